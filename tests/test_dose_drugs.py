"""Which opioid a medication is: codes wherever they stand, ingredients, NDC crosswalk, names."""

import csv
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from dosing import (
    BID,
    DAILY,
    HYDROCODONE_5,
    MORPHINE,
    ONE_BID,
    OXYCODONE,
    OXYCODONE_5,
    OXYCODONE_10,
    RXNORM,
    administration,
    day,
    dosage,
    doses,
    knowledge,
    mg,
    mme,
    qty,
    reasons,
    request,
    rx,
    tablets,
)  # fmt: skip

from cds.dose import names
from cds.errors import KnowledgeError
from cds.knowledge import drugs

RULES = Path(drugs.__file__).parents[2] / "rules"


def coded(*codes, text=None, system=RXNORM):
    found = {"coding": [{"system": system, "code": code} for code in codes]}
    return found | ({"text": text} if text else {})


@pytest.mark.parametrize(
    ("sentence", "drug", "expected"),
    [
        ("a clinical drug", coded(OXYCODONE_10), 30),
        ("a branded drug", coded("1049623"), 15),
        ("the clinical drug wins behind the ingredient", coded(OXYCODONE, OXYCODONE_10), 30),
        ("twenty codes with one clinical drug among them", coded(*(str(number) for number in range(900001, 900021)), OXYCODONE_10), 30),
        ("clinical and branded drug of one product", coded("1049621", "1049623"), 15),
        ("another system before it", {"coding": [{"system": "http://snomed.info/sct", "code": "55452001"}, {"system": RXNORM, "code": OXYCODONE_10}]}, 30),
        ("the OID of RxNorm", coded(OXYCODONE_10, system="urn:oid:2.16.840.1.113883.6.88"), 30),
        ("an ingredient whose text tells strength and form", coded(OXYCODONE, text="oxycodone 10 mg tablet"), 30),
        ("a code nobody lists whose display names an opioid", rx("9999999", "oxycodone hydrochloride 10 MG Oral Tablet"), 30),
        ("a name alone", {"text": "Oxycodone 10 mg tablet"}, 30),
        ("a brand alone", {"text": "Percocet 5-325 mg tablet"}, 15),
        ("opioid before partner", {"text": "hydrocodone-acetaminophen 5-325 mg tablet"}, 10),
        ("partner before opioid", {"text": "acetaminophen-codeine 300-30 mg tablet"}, 9),
        ("each with its own strength", {"text": "Acetaminophen 325 MG / Oxycodone Hydrochloride 5 MG Oral Tablet"}, 15),
        ("naltrexone in the product", coded("891881"), 30),
        ("oxycodone with naloxone counts the oxycodone", {"text": "oxycodone 10 mg / naloxone 5 mg ER tablet"}, 30),
    ],
)  # fmt: skip
def test_one_tablet_twice_a_day(sentence, drug, expected):
    assert mme(request(drug, ONE_BID)) == (expected,) * 3


@pytest.mark.parametrize(
    ("sentence", "drug", "certainty"),
    [
        ("a code", coded(OXYCODONE_10), "coded"),
        ("a name", {"text": "Oxycodone 10 mg tablet"}, "low: name only"),
        ("an unknown code with a display", rx("9999999", "oxycodone 10 MG Oral Tablet"), "low: name only"),
        (
            "a code beside another drug's name",
            coded(OXYCODONE_10, text="morphine"),
            "low: code and text name different drugs",
        ),
        ("a strength from the text", coded(OXYCODONE, text="oxycodone 10 mg tablet"), "low: strength from the text"),
    ],
)
def test_the_certainty_is_said(sentence, drug, certainty):
    found = doses(request(drug, ONE_BID), on="2024-03-10")
    assert found.daily[-1].contributors[0].certainty == certainty


@pytest.mark.parametrize(
    ("sentence", "drug", "code"),
    [
        ("codes of two strengths", coded(OXYCODONE_10, OXYCODONE_5), "conflicting-codes"),
        ("codes of two opioids", coded(OXYCODONE_10, "892582"), "conflicting-codes"),
        ("two ingredients", coded(OXYCODONE, MORPHINE), "conflicting-codes"),
        ("two names", {"text": "oxycodone or morphine"}, "drug-not-clear"),
        ("an opioid of no name", {"text": "opioid analgesic"}, "drug-not-clear"),
        ("a name without a strength", {"text": "oxycodone tablet"}, "no-strength"),
        ("a strength that leaves a doubt", {"text": "oxycodone 5 mg or 10 mg tablet"}, "no-strength"),
        ("an NDC without a crosswalk", coded("00406055201", system="http://hl7.org/fhir/sid/ndc"), "ndc-not-mapped"),
        ("an ATC code of the opioids", coded("N02AA01", system="http://www.whocc.no/atc"), "drug-not-clear"),
        ("a local code without a name", coded("X1", system="urn:local"), "drug-not-clear"),
        ("diamorphine", {"text": "diamorphine 10 mg tablet"}, "no-factor"),
        ("buprenorphine with naloxone", coded("351267"), "never-summed"),
        ("benzhydrocodone", coded("2001358"), "no-factor"),
    ],
)
def test_a_drug_that_is_not_clear_is_declared(sentence, drug, code):
    found = doses(request(drug, ONE_BID), on="2024-03-10")
    assert reasons(found) == {"MedicationRequest/r1": code}
    assert found.daily[-1].high is None


@pytest.mark.parametrize(
    ("sentence", "drug"),
    [
        ("lisinopril by code", coded("314076")),
        ("apomorphine is no morphine", {"text": "apomorphine 10 mg/mL injection"}),
        ("naloxone", coded("7242", text="naloxone nasal spray")),
        ("methylnaltrexone", {"text": "methylnaltrexone 12 mg"}),
        ("dextromethorphan", {"text": "dextromethorphan 15 mg"}),
        ("a named NDC of another drug", {"coding": [{"system": "http://hl7.org/fhir/sid/ndc", "code": "0093-1048-01"}], "text": "metformin 500 mg"}),
        ("an ATC code of another group", coded("C09AA03", system="http://www.whocc.no/atc")),
        ("acetaminophen", rx("161", "acetaminophen")),
    ],
)  # fmt: skip
def test_other_drugs_are_no_opioids(sentence, drug):
    found = doses(request(drug, ONE_BID), on="2024-03-10")
    assert (found.daily, found.uncounted, found.opioid_references) == ((), (), frozenset())


def contained(*ingredients, form=None, code=None):
    medication = {"resourceType": "Medication", "id": "m", "ingredient": list(ingredients)}
    if form:
        medication["form"] = {"text": form}
    if code:
        medication["code"] = code
    raw = request(OXYCODONE_10, ONE_BID, contained=[medication], medicationReference={"reference": "#m"})
    del raw["medicationCodeableConcept"]
    return raw


def ingredient(code, top, bottom=None, text=None):
    return {"itemCodeableConcept": rx(code, text), "strength": {"numerator": top, "denominator": bottom or tablets(1)}}


@pytest.mark.parametrize(
    ("sentence", "raw", "expected"),
    [
        ("an ingredient with a strength", contained(ingredient(OXYCODONE, mg(10))), 30),
        (
            "beside a partner",
            contained(ingredient(OXYCODONE, mg(5)), ingredient("161", mg(325), text="acetaminophen")),
            15,
        ),
        ("two salts are their sum", contained(ingredient(OXYCODONE, mg(4.5)), ingredient(OXYCODONE, mg(0.38))), 14.64),
        ("in grams", contained(ingredient(OXYCODONE, qty(0.01, "g", "g"))), 30),
        ("with a form", contained(ingredient(OXYCODONE, mg(10), qty(1, "1", "1")), form="tablet"), 30),
        (
            "a product code outranks the ingredients",
            contained(ingredient(OXYCODONE, mg(99)), code=rx(OXYCODONE_10)),
            30,
        ),
    ],
)
def test_a_medication_with_ingredient_strengths_needs_no_product_code(sentence, raw, expected):
    assert mme(raw) == (round(expected, 4),) * 3


def test_a_solution_by_ingredients():
    raw = contained(ingredient(MORPHINE, mg(10), qty(5, "mL", "mL")), form="oral solution")
    raw["dosageInstruction"] = [dosage(qty(5, "mL", "mL"), BID)]
    assert mme(raw) == (20, 20, 20)


def test_an_ingredient_in_milligrams_needs_no_strength():
    assert mme(request(OXYCODONE, dosage(mg(15), BID))) == (45, 45, 45)


def test_cough_products_are_told_apart_by_name_too():
    found = doses(
        request({"text": "promethazine with codeine 6.25-10 mg/5 mL syrup"}, dosage(qty(5, "mL", "mL"), BID)),
        on="2024-03-10",
    )
    assert day(found, "2024-03-10") == (0, 0, 0)
    assert reasons(found) == {"MedicationRequest/r1": "cough-cold"}


# ------------------------------------------------------------------------------------------- NDC crosswalk


@pytest.mark.parametrize("ndc", ["0406-0552-01", "00406055201", "00406-0552-01", "0406055201"])
def test_an_ndc_in_any_form_is_found_through_the_site_s_crosswalk(tmp_path, ndc):
    site = tmp_path / "ndc.csv"
    site.write_text("ndc,rxcui\n00406055201,1049621\n")
    known = drugs.load(RULES, site)
    found = doses(request(coded(ndc, system="http://hl7.org/fhir/sid/ndc"), ONE_BID), on="2024-03-10", known=known)
    assert day(found, "2024-03-10") == (15, 15, 15)


def test_a_crosswalk_line_that_is_no_ndc_is_refused(tmp_path):
    site = tmp_path / "ndc.csv"
    site.write_text("ndc,rxcui\n406-1,1049621\n")
    with pytest.raises(KnowledgeError, match=r"ndc.csv line 2: '406-1'"):
        drugs.load(RULES, site)


@pytest.mark.parametrize(
    ("ndc", "forms"),
    [
        ("1234-5678-90", ("01234567890",)),
        ("12345-678-90", ("12345067890",)),
        ("12345-6789-0", ("12345678900",)),
        ("12345678901", ("12345678901",)),
        ("1234567890", ("01234567890", "12345067890", "12345678900")),
        ("12-34", ()),
        ("abc", ()),
    ],
)
def test_ndc_forms(ndc, forms):
    assert drugs.eleven_digits(ndc) == forms


# ------------------------------------------------------------------------------------------- the lists


@pytest.mark.parametrize("filling", ["1" * 200_000, " " * 200_000, "1" * 100_000 + " " * 100_000, "1,111" * 40_000])
def test_a_strength_is_looked_for_once_at_each_place(filling):
    # Were every digit and every blank given back in turn, each of these would take hours.
    found = names.read(f"morphine {filling} x", knowledge())
    assert found is not None
    assert (found.opioid, found.mg) == ("morphine", None)


def test_every_product_of_the_list_has_a_source_and_a_known_opioid():
    with (RULES / "codes/opioid_products.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1221
    assert all(row["source"] for row in rows)
    ingredients = {row["opioid"] for row in rows if row["tty"] == "IN"}
    assert {row["opioid"] for row in rows} == ingredients


def test_every_name_leads_to_its_opioid():
    for name in knowledge().names:
        assert knowledge().name_pattern.findall(name) == [name]


@pytest.mark.parametrize(
    "rxcui", sorted(code for code, product in drugs.load().products.items() if product.mg is not None)[::7]
)
def test_products_are_identified_by_their_own_code_and_by_nothing_else(rxcui):
    product = knowledge().products[rxcui]
    found = doses(request(rxcui, dosage(mg(1), BID)), on="2024-03-10")
    assert found.opioid_references == {"MedicationRequest/r1"}
    named = {each.drug for each in found.uncounted} | {share.drug for share in found.daily[-1].contributors}
    assert named == {product.opioid}


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("codes/mme_factors.csv", "CDC-2022,oxycodone,oral,0,,1.5,", 'CDC-2022,oxycodone,oral,0,,"1,5",', "'1,5' is not a number"),
        ("codes/mme_factors.csv", "CDC-2016,methadone,oral,20,40,", "CDC-2016,methadone,oral,30,40,", "leave a gap or overlap"),
        ("codes/opioid_products.csv", "1049683,SCD", "1049621,SCD", "an rxcui stands there twice"),
        ("codes/opioid_names.csv", ",generic,", ",nickname,", "kind 'nickname'"),
        ("dose.toml", "value = 10, unit", 'value = "ten", unit', "reading.open_order_years.value"),
        ("dose.toml", '"convention 6: design choice"', '""', "source is empty"),
        ("dose.toml", "combination_units     = { value = 4", "combination_units     = { value = 0", "above 0"),
        ("dose.toml", '"ropivacaine: co-ingredient of epidural', '"" #', r"\[local_anaesthetics\]: the source is empty"),
        ("dose.toml", "[never_swallowed]\nopioids", "[never_swallowed]\nopiods", "opioids"),
        ("dose.toml", "[local_anaesthetics]", "[anaesthetics]", "local_anaesthetics"),
        ("dose.toml", "bare_units            = { value = 4, unit", "bare_units            = { value = 4, einheit", "unit"),
    ],
)  # fmt: skip
def test_a_wrong_data_file_is_refused_at_start(tmp_path, file, old, new, message):
    import shutil

    shutil.copytree(RULES / "codes", tmp_path / "codes")
    shutil.copy(RULES / "dose.toml", tmp_path / "dose.toml")
    path = tmp_path / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(KnowledgeError, match=message):
        drugs.load(tmp_path)


def with_limit(name, value):
    return replace(knowledge(), limits={**knowledge().limits, name: Decimal(value)})


@pytest.mark.parametrize(
    ("order", "name", "value", "before", "after"),
    [
        (request("1049221", dosage(mg(325), BID)), "combination_units", 65, (None, None, None), (975, 975, 975)),
        (request(OXYCODONE_10, dosage(qty(6), BID)), "bare_units", 6, (None, None, None), (180, 180, 180)),
    ],
)
def test_a_limit_of_the_rules_decides_what_is_counted(order, name, value, before, after):
    assert day(doses(order), "2024-03-31") == before
    assert day(doses(order, known=with_limit(name, value)), "2024-03-31") == after


def test_the_rules_say_which_patches_are_worn_side_by_side():
    given = [
        administration("245134", qty(1, "patch"), f"2024-03-01T{hour}:00:00Z", id=f"a{hour}") for hour in ("08", "10")
    ]
    apart = day(doses(*given, on="2024-03-02"), "2024-03-02")
    assert (apart, day(doses(*given, on="2024-03-02", known=with_limit("patches_together_hours", 2)), "2024-03-02")) == (
        (60, 60, 60), (120, 120, 120),
    )  # fmt: skip


def test_the_rules_say_which_opioids_tablets_are_not_swallowed():
    order = request({"text": "morphine"}, {"text": "1 tablet (15 mg total) twice daily"})
    assert reasons(doses(order)) == {}
    never = replace(knowledge(), never_swallowed=frozenset({"morphine"}))
    assert reasons(doses(order, known=never)) == {"MedicationRequest/r1": "route-not-clear"}


def test_the_rules_say_what_makes_a_mixture_epidural():
    order = request("1233685", dosage(qty(10, "mL", "mL"), DAILY))  # fentanyl and ropivacaine
    assert reasons(doses(order)) == {"MedicationRequest/r1": "neuraxial"}
    none = replace(knowledge(), local_anaesthetics=frozenset())
    assert "neuraxial" not in reasons(doses(order, known=none)).values()


def test_a_combination_in_milligrams_is_the_opioid_s():
    assert mme(request(HYDROCODONE_5, dosage(mg(10), BID))) == (20, 20, 20)
