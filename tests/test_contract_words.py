"""What a card's first words may lose, and what a click may promise."""

from contract_patients import ICD, TODAY, at, few, possible


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
