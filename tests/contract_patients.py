"""Invented patients of the contract's tests, as FHIR requests: an evaluation on 30 August 2026, doses of oral morphine in mg."""

import copy
from datetime import UTC, datetime, timedelta

from cds.case import Asked
from hooks.evaluation import load

FIRST = datetime(2026, 1, 5)
TODAY = 237  # days after FIRST
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
MORPHINE, OXYCODONE, IBUPROFEN = ("7052", "morphine"), ("7804", "oxycodone"), ("5640", "ibuprofen")
ESCALATED = ((60, 0), (90, 56), (120, 112), (180, 168))
REDUCED = ((60, 0), (90, 42), (120, 84), (180, 126), (120, 176))
_KEYS = (
    "encounters", "medicationRequests", "medicationStatements", "medicationDispenses", "medicationAdministrations", "conditions", "allergies",
    "procedures", "pain", "vitals", "labs",
)  # fmt: skip
_WOBBLE = (0, 1, 0, 0, -1, 0, 0)
_EVALUATOR = []


def day(number):
    return (FIRST + timedelta(days=number)).date().isoformat()


def at(number, hour=9, minute=0, offset="-05:00"):
    return (FIRST + timedelta(days=number, hours=hour, minutes=minute)).isoformat() + offset


def concept(system, code, text=None):
    return {"coding": [{"system": system, "code": code}], **({"text": text} if text else {})}


def dosing(mg, first=None, last=None):
    """A dosage line: so many mg by mouth once a day."""
    repeat = {"frequency": 1, "period": 1, "periodUnit": "d"}
    if last is not None:
        repeat["boundsPeriod"] = {"start": day(first), "end": day(last)}
    dose = {"value": mg, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
    return [
        {
            "timing": {"repeat": repeat},
            "route": concept(SNOMED, "26643006"),
            "doseAndRate": [{"doseQuantity": dose}],
        }
    ]


class Made:
    """One patient; each method adds a resource and gives the patient back."""

    def __init__(self, birth="1968-04-12", as_of=None):
        self.birth, self.as_of, self.hook = birth, as_of or day(TODAY), "patient-view"
        self.parts = {key: [] for key in _KEYS}
        self.drafts = []
        self.instead = {}  # prefetch keys that hold something else than a Bundle

    def add(self, key, **resource):
        number = sum(map(len, self.parts.values()))
        self.parts[key].append({"id": f"{key.lower()}-{number}", "subject": {"reference": "Patient/made"}, **resource})
        return self

    def order(self, mg, first, last=None, drug=MORPHINE, **more):
        status = "active" if last is None else "completed"
        medication = concept(RXNORM, *drug)
        order = {
            "resourceType": "MedicationRequest",
            "status": status,
            "intent": "order",
            "medicationCodeableConcept": medication,
            "authoredOn": at(first, 8),
            "dosageInstruction": dosing(mg, first, last),
        }
        return self.add("medicationRequests", **{**order, **more})

    def orders(self, levels):
        ends = [start - 1 for _, start in levels[1:]] + [None]
        for (mg, start), end in zip(levels, ends, strict=True):
            self.order(mg, start, end)
        return self

    def score(self, value, number):
        return self.measured("72514-3", value, None, at(number), key="pain")

    def scored(self, levels, pains):
        """A score every third day; pain follows each step after three days and wobbles by a point."""
        for place, number in enumerate(range(0, TODAY - 2, 3)):
            pain = [value for (_, start), value in zip(levels, pains, strict=True) if number >= start + 3]
            self.score((pain or pains)[-1 if pain else 0] + _WOBBLE[place % len(_WOBBLE)], number)
        return self

    def condition(self, system, code, onset, status="active", verified="confirmed", text=None):
        return self.add(
            "conditions",
            resourceType="Condition",
            code=concept(system, code, text),
            clinicalStatus=concept("http://terminology.hl7.org/CodeSystem/condition-clinical", status),
            verificationStatus=concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", verified),
            onsetDateTime=day(onset),
        )

    def measured(self, code, value, unit, when, key="vitals"):
        amount = {"valueInteger": value} if unit is None else {"valueQuantity": {"value": value, "unit": unit}}
        observed = {"resourceType": "Observation", "status": "final", "code": concept(LOINC, code)}
        return self.add(key, **observed, effectiveDateTime=when, **amount)

    def surgery(self, number):
        return self.add(
            "procedures",
            resourceType="Procedure",
            status="completed",
            code=concept(SNOMED, "88312006", "Surgical procedure"),
            category=concept(SNOMED, "387713003"),
            performedDateTime=day(number),
        )

    def on(self, hook, mg=240, drug=MORPHINE):
        """The same patient on another hook; an order hook drafts so many mg a day."""
        other = copy.deepcopy(self)
        other.hook = hook
        if hook != "patient-view":
            draft = Made().order(mg, TODAY, drug=drug).parts["medicationRequests"][0]
            other.drafts = [{**draft, "id": "draft-1", "status": "draft"}]
        return other

    def request(self):
        patient = {"resourceType": "Patient", "id": "made", "gender": "female"}
        if self.birth:
            patient["birthDate"] = self.birth
        found = {key: _bundle("searchset", parts) if parts else None for key, parts in self.parts.items()}
        context = {"userId": "Practitioner/invented", "patientId": "made"}
        if self.hook != "patient-view":
            context["draftOrders"] = _bundle("collection", self.drafts)
        if self.hook == "order-select":
            context["selections"] = ["MedicationRequest/draft-1"]
        return {
            "hook": self.hook,
            "hookInstance": "1f58a38a-f29f-4761-a153-05c922eb32e3",
            "context": context,
            "extension": {"org.oih-cds.asOf": self.as_of},
            "prefetch": {"patient": patient, **found, **self.instead},
        }

    def answer(self, request=None):
        """The object that `oih-cds assess` prints, of this request or of the patient's own."""
        if not _EVALUATOR:
            _EVALUATOR.append(load())
        request = self.request() if request is None else request
        return _EVALUATOR[0].report(request, Asked(now=datetime(2026, 9, 1, tzinfo=UTC), service=self.hook))

    def grade(self):
        return self.answer()["grade"]

    def kinds(self, request=None):
        """The cards in few words: "pattern", "evidence", "banner" or "info"."""
        return [_kind(card) for card in self.answer(request)["cards"]]

    def text(self):
        return "\n".join(f"{card['summary']}\n{card['detail']}" for card in self.answer()["cards"])


def _bundle(kind, resources):
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": each} for each in resources]}


def _kind(card):
    if "Over-sedation" in card["summary"]:
        return "banner"
    if "- Elyn 2024:" in card["detail"]:
        return "evidence"
    return "pattern" if "not a proven cause" in card["detail"] else "info"


def possible():
    """Pain jumps after each of three increases."""
    return Made().orders(ESCALATED).scored(ESCALATED, (3, 4, 5, 7))


def strong():
    """The same, and pain falls after a lasting reduction."""
    return Made().orders(REDUCED).scored(REDUCED, (2, 3, 5, 7, 4))


def few(*scores, levels=ESCALATED):
    """One score a level; None: none."""
    made = Made().orders(levels)
    for (_, start), score in zip(levels, scores, strict=True):
        if score is not None:
            made.score(score, start + 30)
    return made


def level():
    """The dose rises three times, pain stays."""
    return Made().orders(ESCALATED).scored(ESCALATED, (5, 5, 5, 5))
