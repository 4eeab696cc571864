"""What a card's first words may lose, and what a click may promise."""

import re
from dataclasses import replace

from assessments import assessment, known
from contract_patients import ICD, TODAY, at, few, possible

from cds.cards import CardOptions, build
from cds.clinical import Gap


def test_a_summary_that_begins_with_a_crisis_keeps_its_hedge():
    for patient, hedge in ((possible(), "cause not proven."), (few(4, 5, 6, 8), "The cause cannot be told.")):
        summary = patient.condition(ICD, "R45.851", TODAY - 8).answer()["cards"][0]["summary"]
        assert summary.startswith("Suicidal thoughts on record: assess first.")
        assert summary.endswith(hedge)


def test_nobody_is_offered_to_keep_the_present_dose_of_an_over_sedated_patient():
    labels = {}
    for name, patient in (("awake", possible()), ("sedated", possible().measured("9279-1", 7, "/min", at(TODAY, 22)))):
        card = patient.on("order-sign").answer()["cards"][0]
        labels[name] = card["suggestions"][0]["label"]
        assert card["suggestions"][0]["actions"][0]["resourceId"] == "MedicationRequest/draft-1"
    assert labels == {
        "awake": "Withdraw this draft and keep the present dose",
        "sedated": "Withdraw this draft",
    }


def test_every_date_on_a_card_is_written_in_one_way():
    iso = re.compile(r"\d{4}-\d\d-\d\d")
    gap = Gap("labs", "truncated", "labs: nothing older than 2026-03-09 was sent")
    flags = ("an order of 2014-02-01 still counts",)
    found = assessment("possible-oih")
    found = replace(found, case=replace(found.case, gaps=(gap,)), dose=replace(found.dose, flags=flags))
    text = "\n".join(card.detail for card in build(found, known(), CardOptions()))
    assert "9 Mar 2026" in text
    assert not iso.search(text)
