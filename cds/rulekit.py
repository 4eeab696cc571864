"""What a rule may use: its limits, `flag`, and the facts that it can ask about.

A rule reads one fact. Each fact answers one question about the patient with numbers, booleans and fixed words; it is
total (every field is there) and is only stated where all of it is known, so no field ever stands for "not known".
`FACTS` declares them with their units; the engine refuses at start a rule that names anything else, because
durable_rules would otherwise never fire it, without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from cds.clinical import Limit
from cds.errors import KnowledgeError

Value = float | str | bool


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a fact.

    type  float, bool or str
    unit  of a number
    words what a word can be; empty where the code lists of rules/ decide
    """

    type: type
    meaning: str
    unit: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fact: the question that it answers, the fields that rules compare, the words that texts print."""

    question: str
    fields: Mapping[str, Field]
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """One derived fact about one patient.

    fields      exactly those of its kind
    told        fixed words and dates for the finding's sentence; never compared, never a patient's text
    references  the records that it comes from; they never reach the rule engine
    first       day of the earliest of them, where known
    """

    kind: str
    fields: Mapping[str, Value]
    told: Mapping[str, str] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    first: date | None = None


class Limits(Mapping[str, float]):
    """A rule's limits by name; a misspelt name stops the service at start, and an unread one is found."""

    def __init__(self, rule: str, limits: Mapping[str, Limit]) -> None:
        self._rule = rule
        self._limits = limits
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> float:
        if name not in self._limits:
            raise KnowledgeError(f"{self._rule}: no limit '{name}' in its .toml file")
        self.read.add(name)
        return self._limits[name].value

    def __iter__(self) -> Iterator[str]:
        return iter(self._limits)

    def __len__(self) -> int:
        return len(self._limits)


@dataclass(frozen=True, slots=True)
class Match:
    """What a rule's body gets: the fact that fired it, and where a flag goes."""

    fact: int
    collect: Callable[[str, int], None]


def flag(match: Match, rule: str) -> None:
    """Says that the rule holds for the fact; all that a rule's body does."""
    match.collect(rule, match.fact)


def _number(unit: str, meaning: str) -> Field:
    return Field(float, meaning, unit)


def _flag(meaning: str) -> Field:
    return Field(bool, meaning)


def _word(meaning: str, *words: str) -> Field:
    return Field(str, meaning, words=words)


_GROUP = _word("group of rules/codes/conditions.csv")

FACTS: Mapping[str, Kind] = {
    # ------------------------------------------------------------------------------------------ scope
    "age": Kind(
        "How old is the patient?", {"most_years": _number("years", "age if born as early as the record allows")}
    ),
    "age-unknown": Kind("Is the patient an adult?", {"assessable": _flag("the birth date tells")}, ("why",)),
    "palliative": Kind(
        "Is this hospice or palliative care?", {"evaluated": _flag("the site has such patients evaluated")}, ("what",)
    ),
    "on-record": Kind("Is this on record and active?", {"group": _GROUP}, ("what", "day")),
    "recent": Kind(
        "How long ago did this begin?",
        {"group": _GROUP, "days": _number("days before the evaluation date", "since onset, or since it was recorded")},
        ("what", "day"),
    ),
    "undated": Kind("Is this on record without any date?", {"group": _GROUP}, ("what",)),
    # ------------------------------------------------------------------------------------------ alternatives
    "fever": Kind(
        "What was the highest temperature?",
        {"celsius": _number("degrees Celsius", "body temperature"), "days": _number("days ago", "when measured")},
        ("day",),
    ),
    "recent-surgery": Kind(
        "How long ago was the last surgery?",
        {"days": _number("days ago", "since the surgery"), "acute": _flag("acute mode")},
        ("what", "day"),
    ),
    "surgery-near-steps": Kind(
        "How long after surgery was the first evaluated dose step?",
        {"hours": _number("hours", "from surgery to the first step"), "acute": _flag("acute mode")},
        ("what", "day"),
    ),
    "event-among-steps": Kind(
        "How far from the counted dose steps was a surgery or an injury?",
        {"days_apart": _number("days", "0 between first and last step")},
        ("what", "day"),
    ),
    "cows": Kind(
        "How strong were signs of withdrawal?",
        {"score": _number("points", "COWS total"), "days": _number("days ago", "when scored")},
        ("day",),
    ),
    "missed-doses": Kind(
        "How often was a dose missed or late?",
        {"share": _number("share, 0 to 1", "of days or of scored days, the larger")},
        ("days", "of_days"),
    ),
    "interdose": Kind(
        "Does pain peak just before a dose and ease after it?",
        {"pairs": _number("pairs", "scored before and after one dose"), "fall": _number("NRS points", "mean fall")},
    ),
    "creatinine": Kind(
        "Did creatinine rise on morphine or hydromorphone?",
        {
            "ratio": _number("times the earlier lowest value", "latest creatinine"),
            "days": _number("days ago", "when measured"),
        },
        ("day", "drug"),
    ),
    "neurotoxic-sign": Kind(
        "How long ago was a sign of opioid neurotoxicity recorded?",
        {"days": _number("days ago", "when recorded")},
        ("what", "day"),
    ),
    # ------------------------------------------------------------------------------------------ data
    "data": Kind("Are there enough data?", {"sufficient": _flag("the estimator's minimum data are met")}, ("missing",)),
    "ceiling": Kind(
        "Could pain still rise?", {"share": _number("share, 0 to 1", "of scores before steps at the top of the scale")}
    ),
    "top-score": Kind(
        "Did a score reach the end of the scale?",
        {"score": _number("NRS points", "highest score evaluated"), "acute": _flag("acute mode")},
    ),
    "phantom-pain": Kind("Is phantom limb pain on record?", {"acute": _flag("acute mode")}, ("what", "day")),
    "void-steps": Kind("Do dose steps not count?", {"steps": _number("steps", "void")}, ("of_steps", "reasons")),
    # ------------------------------------------------------------------------------------------ dose and pain
    "co-rise": Kind(
        "Does pain rise as the dose rises?",
        {
            "increases": _number("increases", "in the latest run of rising dose levels"),
            "marked": _flag("pain at the top of the run is higher by the limits of rules/estimator.toml"),
        },
        ("seen",),
    ),
    "escalated": Kind(
        "Did the increases bring relief?",
        {
            "increases": _number("increases", "in the latest run of rising dose levels"),
            "change": _number("NRS points", "pain at the top minus pain at the first level"),
            "co_rise": _flag("pain rose with the dose"),
        },
    ),
    "response": Kind(
        "Does pain jump at dose steps beyond the drift before them?",
        {
            "beta": _number("NRS points per dose doubling", "rise beyond the drift"),
            "z": _number("standard errors", "beta over its uncertainty"),
        },
    ),
    "rise": Kind(
        "How far did pain rise over the increases?",
        {"points": _number("NRS points", "sum of raw rises over the up-steps")},
    ),
    "relative-rise": Kind(
        "How far did pain rise, relative to where it began?",
        {"percent": _number("% of pain before the first step", "sum of raw rises over the up-steps")},
    ),
    "rising-steps": Kind(
        "How many increases were followed by more pain?", {"share": _number("share, 0 to 1", "of the up-steps")}
    ),
    "ordering": Kind(
        "Did pain rise after the steps rather than before them?",
        {"result": _word("placebo-step test", "holds", "fails", "not assessable")},
    ),
    "score-count": Kind(
        "How many scores carry the estimate?",
        {"scores": _number("scores", "on the instrument that is read"), "acute": _flag("acute mode")},
    ),
    "dose-range": Kind(
        "Does the pattern hold over all doses that the record allows?",
        {"holds": _flag("under the lowest and under the highest of them, too")},
    ),
    "drift": Kind(
        "How does the regression share the rise of pain between time and dose steps?",
        {
            "per_30d": _number("NRS points per 30 days", "steady climb over time, as the regression fits it"),
            "pain_change": _number("NRS points", "last minus first level of pain"),
            "beta": _number("NRS points per dose doubling", "rise with the dose, beyond that climb"),
        },
        ("within", "apart"),
    ),
    "escalation": Kind(
        "Did the dose rise without less pain?",
        {
            "dose_ratio": _number("times", "last over first plateau dose"),
            "pain_change": _number("NRS points", "last minus first level of pain"),
            "beta": _number("NRS points per dose doubling", "rise beyond the drift"),
        },
    ),
    "dechallenge": Kind(
        "Did pain fall after a reduction that counts?",
        {
            "fall": _number("NRS points", "largest fall after a counted reduction, past the withdrawal window"),
            "later_rise": _number("NRS points", "largest rise after any reduction, past the withdrawal window"),
        },
        ("day", "clear"),
    ),
    "co-intervention": Kind(
        "What else happened near a reduction?",
        {"days_apart": _number("days", "between the reduction and the other treatment")},
        ("what", "day"),
    ),
    "dose-level": Kind("How high was the dose?", {"highest": _number("MME per day", "highest evaluated plateau")}),
    "new-site": Kind(
        "Does it hurt in new places?", {"sites": _number("body sites", "scored only after the first step")}
    ),
    "function": Kind(
        "Did function improve while pain rose?",
        {
            "improvement": _number("%", "fall of the function score, which is better when lower"),
            "pain_change": _number("NRS points", "last minus first level of pain"),
        },
        ("instrument",),
    ),
    # ------------------------------------------------------------------------------------------ safety
    "blood-pressure": Kind(
        "How high was the blood pressure?",
        {
            "systolic": _number("mmHg", "highest of the window"),
            "hours": _number("hours ago", "when measured"),
        },
        ("day",),
    ),
    "diastolic": Kind(
        "How high was the diastolic pressure?",
        {"diastolic": _number("mmHg", "highest of the window"), "hours": _number("hours ago", "when measured")},
        ("day",),
    ),
    "respiration": Kind(
        "How slow was breathing?",
        {
            "per_minute": _number("breaths per minute", "lowest of the window"),
            "hours": _number("hours ago", "when measured"),
        },
    ),
    "saturation": Kind(
        "How low was oxygen saturation?",
        {
            "percent": _number("%", "lowest of the window"),
            "hours": _number("hours ago", "when measured"),
            "home_oxygen": _flag("home oxygen is on record"),
        },
    ),
    "sedation": Kind(
        "How sedated was the patient?",
        {"poss": _number("points", "POSS, highest of the window"), "hours": _number("hours ago", "when scored")},
    ),
    "liver-test": Kind(
        "How far are liver tests above normal?",
        {
            "times_upper": _number("times the upper limit of normal", "highest of ALT, AST, ALP, bilirubin"),
            "days": _number("days ago", "when measured"),
        },
        ("what", "day"),
    ),
    "age-after-surgery": Kind(
        "Is an older patient just out of surgery?",
        {
            "least_years": _number("years", "age if born as late as the record allows"),
            "days": _number("days ago", "surgery"),
        },
    ),
    "exposure": Kind(
        "Is another drug on record?",
        {
            "meaning": _word("word of rules/codes/interactions.csv"),
            "days": _number("days ago", "last day; 0 if current"),
        },
        ("drug",),
    ),
    "not-assessable": Kind(
        "What does the record not say?",
        {
            "topic": _word(
                "topic",
                *("blood pressure", "liver", "pregnancy", "psychiatric history", "breathing", "problems", "allergies"),
            )
        },
    ),
}
