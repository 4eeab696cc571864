"""What a card offers: valid FHIR of the client's version, drafts only, and never where it would be unwise."""

from __future__ import annotations

import copy
import importlib
import json
from dataclasses import replace
from decimal import Decimal

import pytest
from assessments import DAY, assessment, draft, finding, graded, known

from cds.cards import CardOptions, build
from cds.clinical import Assessment, DailyDose, DoseTimeline, Exposure, FhirVersion, Gate, Source, Suggestion

MODELS = {
    FhirVersion.R4: "fhir.resources.R4B",
    FhirVersion.R5: "fhir.resources",
    FhirVersion.STU3: "fhir.resources.STU3",
}
RAISING = {"hook": "order-sign", "proposed": draft()}


def offers(found: Assessment) -> dict[str, Suggestion]:
    first, *_ = build(found, known(), CardOptions("https://cds.example"))
    return {suggestion.label.split(" ")[0]: suggestion for suggestion in first.suggestions}


@pytest.mark.parametrize("version", list(FhirVersion))
@pytest.mark.parametrize("encounter", [None, "e1"])
def test_every_resource_is_valid_in_the_clients_version(version, encounter):
    seen = []
    for suggestion in offers(assessment(version=version, encounter_id=encounter, **RAISING)).values():
        for action in suggestion.actions:
            assert action.description
            if action.type == "create":
                resource = copy.deepcopy(dict(action.resource or {}))
                model = importlib.import_module(f"{MODELS[version]}.{resource['resourceType'].lower()}")
                read = getattr(model, resource["resourceType"]).model_validate(resource)
                assert json.loads(read.model_dump_json()) == resource
                assert resource["status"] == "draft"
                assert resource["intent"] == "proposal"
                assert resource["subject"] == {"reference": "Patient/p1"}
                seen.append(resource["resourceType"])
    old = ["ProcedureRequest", "ReferralRequest"]
    assert sorted(seen) == sorted(
        ["MedicationRequest", *(old if version is FhirVersion.STU3 else ["ServiceRequest"] * 2)]
    )


def test_the_draft_increase_can_be_withdrawn_where_it_has_an_id():
    withdraw = offers(assessment(**RAISING))["Withdraw"]
    assert [(action.type, action.resource_id, action.resource) for action in withdraw.actions] == [
        ("delete", "MedicationRequest/draft-1", None)
    ]
    for reference in ("entry[2]", "urn:uuid:0b6d", "https://ehr.example/MedicationRequest/1"):
        nameless = replace(draft(), references=(reference,))
        assert "Withdraw" not in offers(assessment(hook="order-sign", proposed=nameless))


def test_nothing_is_withdrawn_where_no_draft_raises_the_dose():
    assert "Withdraw" not in offers(assessment())
    assert "Withdraw" not in offers(assessment(recent=draft()))  # signed already
    assert "Withdraw" not in offers(assessment(hook="order-select", proposed=draft(180, None, raises=None)))


@pytest.mark.parametrize("rule", ["R0-cancer", "R0-sickle-cell", "R0-palliative-evaluated"])
def test_in_cancer_sickle_cell_or_palliative_care_the_draft_stays_with_the_clinician(rule):
    offered = offers(assessment(graded("possible-oih", caps=(finding(rule, what="cancer"),)), **RAISING))
    assert set(offered) == {"Measure", "Refer"}


def test_over_sedation_offers_only_to_withdraw_the_draft():
    slow = Gate("S-breathing", "replaces", "respiratory rate 8 a minute 0.5 h ago")
    assert set(offers(assessment(gates=(slow,), **RAISING))) == {"Withdraw"}
    assert set(offers(assessment(gates=(slow,)))) == set()


# ---------------------------------------------------------------------------------------------- naloxone


def on(mme: str | None, *exposures: str) -> DoseTimeline:
    mid = None if mme is None else Decimal(mme)
    return DoseTimeline(
        "CDC-2022",
        daily=(DailyDose(DAY, mid, mid, mid),),
        exposures=tuple(Exposure(each, each, DAY, DAY, "MedicationStatement/1", Source.STATED) for each in exposures),
    )


def test_naloxone_is_offered_from_50_mme_and_not_below():
    assert "Offer" in offers(assessment(dose=on("50")))
    assert "Offer" not in offers(assessment(dose=on("49.9")))
    assert "Offer" not in offers(assessment(dose=on(None)))


def test_the_dose_that_an_order_would_make_counts_too():
    assert "Offer" in offers(assessment(dose=on("40"), hook="order-sign", proposed=draft(40, 60)))
    assert "Offer" not in offers(assessment(dose=on("30"), hook="order-sign", proposed=draft(30, 40)))


def test_naloxone_is_offered_with_each_risk_that_the_guideline_names():
    for found, reason in (
        (assessment(dose=on("20", "benzodiazepine")), "benzodiazepine"),
        (assessment(dose=on("20"), findings=(finding("M-opioid-use-disorder"),)), "substance use disorder"),
        (assessment(dose=on("20"), findings=(finding("G-sleep-apnoea"),)), "sleep-disordered breathing"),
    ):
        assert offers(found)["Offer"].label == f"Offer take-home naloxone (CDC 2022: {reason})"


def test_naloxone_on_record_is_not_offered_again():
    assert "Offer" not in offers(assessment(dose=on("200", "naloxone")))


def test_the_naloxone_draft_names_no_dose():
    (action,) = offers(assessment())["Offer"].actions
    assert "dosage" not in json.dumps(action.resource).lower()
