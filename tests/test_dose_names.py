"""Opioids by name alone: strengths that leave a doubt, letters and signs, brands."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from dosing import (  # fmt: skip
    BID,
    ONE_BID,
    day,
    dosage,
    doses,
    knowledge,
    mg,
    mme,
    reasons,
    request,
)

from cds.dose import names
from cds.errors import KnowledgeError
from cds.knowledge import drugs

RULES = Path(drugs.__file__).parents[2] / "rules"


def strength(text):
    found = names.read(text, knowledge())
    assert found is not None
    return found.mg, found.per


# ------------------------------------------------------------------------------------------- strengths


@pytest.mark.parametrize(
    "text",
    [
        "codeine-butalbital-ASA-caffeine 30-50-325-40 mg capsule",
        "butalbital-aspirin-caffeine-codeine 50-325-40-30 mg capsule",
        "Fioricet with codeine 50-325-40-30 capsule",
        "Fioricet with codeine 50 mg-325 mg-40 mg-30 mg capsule",
        "carisoprodol-ASA-codeine 200/325/16 mg tablet",
        "hydrocodone 325/50/30 capsule",
        "Tylenol with codeine 30 + 300 + 15 mg",
    ],
)
def test_a_chain_of_three_or_more_numbers_is_no_strength(text):
    assert strength(text) == (None, "")


def test_a_chain_of_numbers_is_declared_not_counted():
    order = request({"text": "codeine-butalbital-ASA-caffeine 30-50-325-40 mg capsule"}, ONE_BID)
    assert reasons(doses(order)) == {"MedicationRequest/r1": "no-strength"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("oxycodone-acetaminophen 10/325 mg tablet", ("10", "unit")),
        ("co-codamol 5/500 mg tablet", ("5", "unit")),
        ("Codipar 15/500", ("15", "unit")),
        ("acetaminophen-codeine 300-30 mg tablet", ("30", "unit")),
        ("acetaminophen w/ codeine 30 mg tablet", ("30", "unit")),
        ("oxycodone-acetaminophen 5mg/325mg", ("5", "unit")),
        ("Oxycodone/APAP 5 MG/325 MG/1 tablet", ("5", "unit")),
        ("hydrocodone-acetaminophen 7.5-325 mg/15 mL solution", ("0.5", "mL")),
        ("hydrocodone-acetaminophen 7.5 mg-325 mg/15 mL solution", ("0.5", "mL")),
        ("oxycodone-naloxone 10-5 mg tablet", ("10", "unit")),
        ("morphine 100 mg/5 mL (20 mg/mL)", ("20", "mL")),
        ("morphine 1,000 mg/100 mL", ("10", "mL")),
        ("fentanyl 2,500 mcg/250 mL infusion", ("0.01", "mL")),
        ("fentanyl-bupivacaine 2 mcg/mL-0.125 % infusion", ("0.002", "mL")),
    ],
)
def test_two_numbers_still_tell_the_strength(text, expected):
    assert strength(text) == (Decimal(expected[0]), expected[1])


@pytest.mark.parametrize(
    "text",
    [
        "acetaminophen 325 mg / oxycodone",
        "oxycodone / acetaminophen 325 mg",
        "oxycodone with naloxone 5 mg",
        "Percocet 325 mg tablet",
        "acetaminophen-codeine 300 mg",
        "oxycodone-acetaminophen 325-5 mg tablet",
        "acetaminophen-codeine 30-300 mg tablet",
        "acetaminophen-codeine 12-120 mg/5 mL",
    ],
)
def test_a_strength_that_may_be_the_partners_is_none_of_the_opioid(text):
    assert strength(text) == (None, "")


@pytest.mark.parametrize("text", ["tramadol 37,5 mg tablet", "hydromorphone 0,125 mg", "morphine 0,5 mg/mL", "morphine 1,234 mg"])  # fmt: skip
def test_a_decimal_comma_is_not_read_as_another_number(text):
    assert strength(text) == (None, "")


def test_a_range_of_doses_is_no_strength():
    assert strength("oxycodone 5-10 mg tablet") == (None, "")
    assert strength("oxycodone 5-325 mg tablet") == (Decimal(5), "unit")


@pytest.mark.parametrize("filling", ["1-" * 100_000, "1 -" * 70_000, "opioid or " * 20_000, "1,1." * 50_000])
def test_chains_and_lists_are_looked_at_once(filling):
    assert strength(f"morphine {filling} x") == (None, "")


def test_a_brand_with_a_partner_holds_no_hundreds_of_milligrams_of_opioid():
    order = request({"text": "Percocet 5-325 mg tablet"}, dosage(mg(325), BID))
    assert reasons(doses(order)) == {"MedicationRequest/r1": "dose-contradiction"}


# ------------------------------------------------------------------------------------------- letters and signs


@pytest.mark.parametrize(
    "text",
    [
        "oxyCODONE 10 mg tablet",
        "OXYCODONE HCL 10 MG TABLET",
        "oxycodone hcl (ROXICODONE) 10 mg immediate release tablet",
        "Oxycodone10mg tablet",
        "Oxycodone\u00a010\u00a0mg\u202ftablet",
        "Ox\u00fdcodone 10 mg tablet",
        "oxy\u00adcodone 10 mg tablet",
        "oxycodone\u2013acetaminophen 10\u2013325 mg tablet",
        "Percocet\u2122 10\u2044325 mg tablet",
        "\uff2f\uff38\uff39\uff23\uff2f\uff24\uff2f\uff2e\uff25 10 mg tablet",
        "oxycodone 10000 \u03bcg tablet",
        "percoset 10/325 mg tablet",
    ],
)
def test_letters_and_signs_do_not_hide_an_opioid(text):
    assert mme(request({"text": text}, ONE_BID)) == (30, 30, 30)


# ------------------------------------------------------------------------------------------- brands


@pytest.mark.parametrize(
    ("text", "opioid", "release", "partners"),
    [
        ("MST 30 mg tablets", "morphine", "ER", ()),
        ("MXL 60 mg capsules", "morphine", "ER", ()),
        ("Morphgesic SR 10 mg tablets", "morphine", "ER", ()),
        ("M-Eslon 30 mg capsule", "morphine", "ER", ()),
        ("MS IR 15 mg tablet", "morphine", "IR", ()),
        ("MSO4 4 mg", "morphine", "", ()),
        ("morph sulf 15 mg tab", "morphine", "IR", ()),
        ("Statex 5 mg tablet", "morphine", "IR", ()),
        ("Reltebon 10 mg tablets", "oxycodone", "ER", ()),
        ("Oxeltra 10 mg tablets", "oxycodone", "ER", ()),
        ("OxyNEO 10 mg tablet", "oxycodone", "ER", ()),
        ("Supeudol 5 mg tablet", "oxycodone", "IR", ()),
        ("Endone 5 mg tablet", "oxycodone", "IR", ()),
        ("Solpadol 30mg/500mg caplets", "codeine", "IR", ("acetaminophen",)),
        ("Kapake 30/500", "codeine", "", ("acetaminophen",)),
        ("Zapain 30mg/500mg capsules", "codeine", "IR", ("acetaminophen",)),
        ("Tylex 30mg/500mg capsules", "codeine", "IR", ("acetaminophen",)),
        ("Codipar 15/500 tablets", "codeine", "IR", ("acetaminophen",)),
        ("codein 30 mg", "codeine", "", ()),
        ("Remedeine 20/500 tablets", "dihydrocodeine", "IR", ("acetaminophen",)),
        ("DF118 Forte 40 mg tablets", "dihydrocodeine", "IR", ()),
        ("DHC Continus 60 mg", "dihydrocodeine", "ER", ()),
        ("Tramacet 37.5/325 mg tablets", "tramadol", "IR", ("acetaminophen",)),
        ("Zamadol 50mg capsules", "tramadol", "IR", ()),
        ("Zamadol SR 100mg capsules", "tramadol", "ER", ()),
        ("Marol 100 mg tablets", "tramadol", "ER", ()),
        ("Tramal 50 mg MR tablets", "tramadol", "ER", ()),
        ("Tridural 200 mg tablet", "tramadol", "ER", ()),
        ("Ralivia 200 mg tablet", "tramadol", "ER", ()),
        ("Fencino 25 micrograms/hour patch", "fentanyl", "", ()),
        ("Recivit 133 mcg sublingual tablets", "fentanyl", "IR", ()),
        ("Butec 10 micrograms/hour patch", "buprenorphine", "", ()),
        ("Espranor 8 mg", "buprenorphine", "", ()),
        ("Norspan 5 mcg/h patch", "buprenorphine", "", ()),
        ("Hydromorph Contin 3 mg capsule", "hydromorphone", "ER", ()),
        ("Palladon 4 mg Retardkapsel", "hydromorphone", "ER", ()),
        ("Meperitab 50 mg tablet", "meperidine", "IR", ()),
        ("Co-Gesic 5-500 tablet", "hydrocodone", "IR", ("acetaminophen",)),
        ("Hydrocodon-acetaminophen 5-325 mg", "hydrocodone", "", ("acetaminophen",)),
        ("co-proxamol 32.5/325 tablets", "propoxyphene", "IR", ("acetaminophen",)),
        ("Diconal tablets", "dipipanone", "IR", ("cyclizine",)),
        ("Meptid 200 mg tablets", "meptazinol", "IR", ()),
        ("papaveretum 15.4 mg/mL injection", "papaveretum", "IR", ()),
        ("Valoron 100 mg retard", "tilidine", "ER", ("naloxone",)),
        ("Percocet 5-325 mg tablet", "oxycodone", "IR", ("acetaminophen",)),
        ("Targinact 10/5 mg", "oxycodone", "ER", ("naloxone",)),
        ("Zomorph 30 mg capsules", "morphine", "ER", ()),
    ],
)  # fmt: skip
def test_a_brand_tells_opioid_release_and_partner(text, opioid, release, partners):
    found = names.read(text, knowledge())
    assert found is not None
    assert (found.opioid, found.release, found.partners) == (opioid, release, partners)


@pytest.mark.parametrize(
    "text",
    [
        "Polamidon 5 mg tablet", "L-Polamidon 5 mg tablet", "L-methadone 5 mg tablet", "levo-methadone 5 mg tablet",
        "Levomethadon 5 mg tablet", "Meptid 200 mg tablet", "Diconal 10 mg tablet", "papaveretum 10 mg tablet",
        "co-proxamol 32.5/325 tablet", "ethylmorphine 10 mg tablet", "DF118 30 mg tablet",
    ],
)  # fmt: skip
def test_an_opioid_without_a_factor_is_said_and_takes_no_others_factor(text):
    found = doses(request({"text": text}, ONE_BID), on="2024-03-10")
    assert reasons(found) == {"MedicationRequest/r1": "no-factor"}
    assert day(found, "2024-03-10") == (None, None, None)


@pytest.mark.parametrize(
    "text", ["oxycodine 10 mg tablet", "hydrocodeine 10 mg tablet", "hydrocodine 10 mg tablet", "opiates"]
)
def test_a_misspelling_that_may_be_several_opioids_is_none_of_them(text):
    assert reasons(doses(request({"text": text}, ONE_BID))) == {"MedicationRequest/r1": "drug-not-clear"}


@pytest.mark.parametrize("text", ["tylenol 325 mg tablet", "Tylenol 325", "Triatec 5 mg", "df1180", "mste 5 mg"])
def test_a_name_inside_another_word_or_number_is_no_opioid(text):
    assert names.opioids_in(text, knowledge()) == frozenset()


@pytest.mark.parametrize(
    ("new", "message"),
    [("percocet,oxycodone,brand,slow,", "release 'slow'"), ("percocet,oxycodone,brand,,acetaminophen,\n#", "source is empty")],
)  # fmt: skip
def test_a_name_with_an_unknown_release_or_without_a_source_is_refused(tmp_path, new, message):
    shutil.copytree(RULES / "codes", tmp_path / "codes")
    path = tmp_path / "codes/opioid_names.csv"
    path.write_text(path.read_text().replace("percocet,oxycodone,brand,,", new, 1))
    with pytest.raises(KnowledgeError, match=message):
        drugs.load(tmp_path)
