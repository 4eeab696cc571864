"""The words of English sigs: numbers, units, frequencies, and the phrases that change no dose."""

from __future__ import annotations

import re
from decimal import Decimal

WORDS = {
    "half a": "0.5",
    "half an": "0.5",
    "half of a": "0.5",
    "half of an": "0.5",
    "one-half": "0.5", "one half": "0.5", "half": "0.5", "a half": "0.5", "½": "0.5", "one and one-half": "1.5",
    "one and a half": "1.5", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "twelve": "12", "a": "1", "an": "1", "single": "1",
}  # fmt: skip
# Possessive (++): digits are never given back, so "25" is not read as a 2 beside a 5, and a long run costs its length.
NUM = (
    r"(?:half of an?|half an?|\d++\s+\d/\d(?!\d)|\d++/\d++|\d++ and \d/\d(?!\d)|\d++(?:\.\d++)?½?|\.\d++|one and one-half|one and a half|one[- ]half|a half|half|½|one|two|three"
    r"|four|five|six|seven|eight|nine|ten|twelve)"
)
UNIT = (
    r"(?:mcg/hour|mcg/hr?|tablets?|tabs?|tab\(s\)|tablet\(s\)|caplets?|pills?|capsules?|caps?|cap\(s\)|capsule\(s\)|mgs?|milligrams?|mcg|ug"
    r"|micrograms?|ml|mls|milliliters?|cc|teaspoon(?:ful)?s?|tsp|tablespoon(?:ful)?s?|tbsp|patch(?:es)?|patch\(es\)|films?"
    r"|strips?|lozenges?|suppositor(?:y|ies)|sprays?|puffs?|t(?!\.?[a-z]))"
)

_FRACTIONS = ("1/2", "1/3", "2/3", "1/4", "2/4", "3/4")


def number(text: str) -> Decimal:
    """ "2", "1/2", "1 1/2", "2½", "half a", "one and a half"; 0 where it is none."""
    text = text.strip()
    if text in WORDS:
        return Decimal(WORDS[text])
    if text.endswith("½"):
        return Decimal(text[:-1]) + Decimal("0.5")
    whole, _, fraction = text.replace(" and ", " ").partition(" ")
    if fraction:
        part = number(fraction)
        return Decimal(whole) + part if part else part
    top, _, bottom = text.partition("/")
    if bottom:
        # "11/2" is 1 1/2 to whoever wrote it, and "5/325" a combination: neither is a number.
        return Decimal(top) / Decimal(bottom) if text in _FRACTIONS else Decimal(0)
    return Decimal(WORDS.get(text.replace("-", " "), text))


TIMES = {
    "daily": "1", "every day": "1", "each day": "1", "once daily": "1", "once a day": "1", "once per day": "1",
    "once every day": "1", "qd": "1", "q day": "1", "qday": "1", "per day": "1", "a day": "1", "od": "1",
    "twice daily": "2", "twice a day": "2", "twice per day": "2", "two times daily": "2", "bid": "2", "b.i.d.": "2", "b.i.d": "2",
    "bd": "2", "tid": "3", "t.i.d.": "3", "t.i.d": "3", "tds": "3", "thrice daily": "3", "qid": "4", "q.i.d.": "4", "q.i.d": "4", "qds": "4",
    "every other day": "0.5", "qod": "0.5", "on alternate days": "0.5", "every second day": "0.5",
    "hourly": "24", "every hour": "24",
}  # fmt: skip
SLOT_WORDS = {
    "every morning": "MORN", "each morning": "MORN", "qam": "MORN", "q am": "MORN", "in the morning": "MORN", "in am": "MORN",
    "in the am": "MORN", "every am": "MORN", "mornings": "MORN", "in morning": "MORN", "a.m.": "MORN", "am": "MORN",
    "at noon": "NOON", "at midday": "NOON", "at lunch": "NOON", "with lunch": "NOON", "noon": "NOON", "midday": "NOON",
    "in the afternoon": "AFT", "every afternoon": "AFT", "afternoon": "AFT", "with breakfast": "CM", "at breakfast": "CM",
    "with dinner": "CV", "at dinner": "CV", "with supper": "CV", "every evening": "EVE", "in the evening": "EVE",
    "each evening": "EVE", "qpm": "EVE", "q pm": "EVE", "in the pm": "EVE", "in pm": "EVE", "evening": "EVE", "pm": "EVE",
    "at bedtime": "HS", "qhs": "HS", "q hs": "HS", "hs": "HS", "before bed": "HS", "before bedtime": "HS", "bedtime": "HS",
    "every bedtime": "HS", "nightly": "NIGHT", "at night": "NIGHT", "every night": "NIGHT", "each night": "NIGHT",
    "qnight": "NIGHT", "night": "NIGHT", "morning": "MORN",
}  # fmt: skip
LINKED = ("am", "a.m.", "pm", "noon", "midday", "afternoon", "evening", "bedtime", "night", "morning")


def choice(words: dict[str, str] | tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


# A number in words that WORDS does not know, such as "72 (seventy-two)"; ECHO has compared the others.
PARENTHESIS = r"(?:\s*\(\s*[a-z][a-z\- ]*\))?"
EVERY = re.compile(
    rf"(?:every|q\.?|each)\s*({NUM})\s*{PARENTHESIS}(?:\s*(?:-|to|or|–)\s*({NUM}){PARENTHESIS})?\s*"
    r"(hours?|hrs?|h|days?|d|weeks?|wks?|minutes?|min)(?![a-z])"
)
PER_DAY = re.compile(
    rf"(up to\s+)?({NUM})\s*{PARENTHESIS}(?:\s*(?:-|to|or|–)\s*({NUM}){PARENTHESIS})?\s*(?:times?|x)\s*"
    r"(?:/|per|a|each|every)?\s*(day|daily|24 ?h(?:ou)?rs?|d|week|weekly)(?![a-z])"
)
# "1 tab x3 daily"; "x3 days" is a length, "x3" alone may be either.
X_DAILY = re.compile(rf"x\s?({NUM})\s*(?:times\s*)?(?:daily|(?:/|per|a|each|every)\s*day)(?![a-z])")
WEEKLY = re.compile(r"(?:once (?:a|per|every) week|once weekly|weekly|every week|qwk|q week)(?![a-z])")
SIMPLE = re.compile(rf"(?:{choice(TIMES)})(?![a-z])")
SLOT = re.compile(rf"(?:{choice(SLOT_WORDS)})(?![a-z])")
AT_CLOCK = re.compile(r"(?:at |@ ?)?(\d{1,2})(?::(\d\d))?\s*(am|pm|a\.m\.|p\.m\.)(?![a-z])")
ONCE = re.compile(
    r"(?:stat|once only|one time only|one time|one-time|now|x ?1(?: dose)?|single dose|for (?:1|one) dose|once)(?![a-z0-9])"
)
_COMPLAINT = (
    r"(?:(?:moderate to severe|mild to moderate|moderately severe|severe|moderate|mild|chronic|acute|breakthrough|back|cancer|post-?operative"
    r"|surgical|neck|knee|leg|hip|joint|abdominal|uncontrolled|your|the) )*"
    r"(?:pain|cough|aches?|discomfort|headaches?|migraines?|dyspnea|shortness of breath|sickle cell crisis|diarrhea)"
    r"(?: control| management| relief| crisis)?(?:, ?(?:mild|moderate|severe))?(?: ?\(?(?:pain )?(?:score|scale|level)? ?(?:of )?\d+ ?(?:-|to) ?\d+(?: ?/ ?10)?\)?)?"
)
SYMPTOM = rf"{_COMPLAINT}(?:(?:,? or |,? and |, |/){_COMPLAINT})*"
PRN = re.compile(
    r"(?:prn|p\.r\.n\.|as needed|if needed|when needed|as required|if required|when required|as necessary)(?![a-z])"
    rf"(?:[: ] ?(?:\((?:for )?{SYMPTOM}\)|(?:for )?{SYMPTOM}(?![a-z])))?"
)
MAX = re.compile(
    r"(?:up to(?: a)? max(?:imum)? of|max(?:imum)?\.?(?: daily)?(?: dos(?:e|age)| amount)?(?: of)?(?: is)?:?|not to exceed|nte|do not exceed|"
    r"don't exceed|no more than|do not take more than|not more than|mdd\s*[:=]?|up to)\s*"
    rf"({NUM})\s*{PARENTHESIS}\s*({UNIT}|doses?|times?)?\s*(?:/|per|a|an|in(?: a)?|each|every|within)?\s*"
    r"(day|daily|24 ?h(?:ou)?rs?|24-?hour(?: period)?|24 ?h|d)(?![a-z])(?:\s*period)?"
)
# "(max 6)", "max 6 tabs", and nothing more: of a day, where it is more than one dose.
MAX_PLAIN = re.compile(rf"max(?:imum)?\.?(?: of)?:?\s*({NUM})(?:\s*({UNIT}))?(?=\s*(?:$|[.,;)]))")
MAX_DAILY = re.compile(rf"max(?:imum)?\.? daily (?:dose|amount|dosage)\s*(?:of|is|:)?\s*({NUM})\s*({UNIT})(?![a-z])")
# "MDD 4": of whatever the dose is counted in.
MDD = re.compile(rf"mdd\s*[:=]?\s*({NUM})(?:\s*({UNIT}))?(?=$|[ .;,)])")
# "up to 2 tablets every 6 hours"; "up to 8 tablets a day" is a maximum and is read before.
UP_TO = re.compile(rf"up to\s+(?={NUM}\s*{UNIT}(?![a-z]))")
_DAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:days?)?"
ON_DAYS = re.compile(rf"(?:on |every |each )?({_DAY}(?:(?:, and |,? & |, | and |/){_DAY})*)(?![a-z])")
DAY_NAME = re.compile(_DAY)
FOR_TIME = re.compile(
    rf"(?:for|x|times)\s*(?:up to\s+)?({NUM})\s*{PARENTHESIS}\s*(?:more\s+)?(days?|d|weeks?|wks?|months?)(?![a-z])"
)
AMOUNT = re.compile(
    rf"({NUM}){PARENTHESIS}(?:\s*(?:-|–|to|or)\s*({NUM}){PARENTHESIS})?\s*"
    rf"(?:x\s*)?(?:\(?(\d+(?:\.\d+)?)\s*-?\s*(mg|mcg)(?:/h(?:ou)?r?)?\)?\s+(?=tab|cap|film|loz|supp|patch))?({UNIT})(?![a-z])"
    r"(?:\s*\(\s*(?:=\s*)?(\d+(?:\.\d+)?)(?:\s*-\s*(\d+(?:\.\d+)?))?\s*(mg|mcg)(?:/h(?:ou)?r?)?(?:\s*total)?\s*\))?(?:\s*total)?"
)
# "1 po q8h", "... and 2 at night": a number without a unit, before a route or a time.
BARE = re.compile(
    rf"({NUM})(?:\s*(?:-|to|or)\s*({NUM}))?(?=\s+(?:po|p\.o\.|by mouth|orally|at (?:noon|bedtime|night)|in the|every|each|q|daily|twice|bid|tid|qid|bd|od|tds|qds|prn|once|(?:two|three|four) times)(?![a-z]{{2}}))"
)
# "10 mg (1 tablet)" and "10 mg = 1 tablet" say what "1 tablet (10 mg total)" says.
MASS_FIRST = re.compile(
    rf"(?<![\d.\-–/])(\d++(?:\.\d++)?)\s*(mg|mcg)\s*(?:\(\s*({NUM})\s*({UNIT})\s*\)|=\s*({NUM})\s*({UNIT})(?![a-z]))"
)
# "4 (four)", "1 (one)", "one (1)": a number said twice, so that a slip of the pen shows.
ECHO = re.compile(rf"({NUM})\s*\(\s*({NUM})\s*\)")
# "1 tablet every 12 hours (2 tablets a day)" says the day's total again; joined by "and" it is another dose.
RESTATED = re.compile(
    rf"({NUM})\s*({UNIT})(?![a-z])\s*(?:total\s*)?(?:daily|(?:/|per|a|each|every|in a)\s*day|(?:in|per|/)\s*24 ?h(?:ou)?rs?)(?![a-z])"
)
VERB = re.compile(
    r"(?:take|given|gave|took|give|applied|apply|place|use|inject|administer|insert|dissolve|chew|swallow|put|infuse|let|instill|change|replace|wear|sig|patient to take)"
    r"(?![a-z]):?"
)
_WHERE = (
    r"(?:(?:the|your|a|an|clean|dry|intact|flat|hairless|non-?hairy|non-?irritated|upper|outer|left|right|area of|and)[, ]+)*"
    r"(?:skin|chest(?: wall)?|back|arms?|torso|flank|abdomen|shoulder|thigh)"
)
ROUTE = re.compile(
    r"(?:by mouth|by (?:the )?oral route|orally|oral|po|p\.o\.|per os|iv push|iv|intravenous(?:ly)?|into (?:the|a) vein|im|intramuscular(?:ly)?|sc|subq|sq|subcut(?:aneous(?:ly)?)?"
    r"|sl|sublingual(?:ly)?|under the tongue|buccal(?:ly)?|rectal(?:ly)?|per rectum|pr|transdermal(?:ly)?|topically|"
    rf"(?:on|on to|onto|to) {_WHERE}|intranasal(?:ly)?|epidural(?:ly)?|intrathecal(?:ly)?|(?:per|via|by) (?:ng|g|peg|feeding) ?tube)(?![a-z])"
)
_SLEEPY = (
    r"(?:(?:over-?|excessive |increased )?(?:sedation|sedated|somnolen(?:ce|t)|drowsiness|drowsy)|respiratory depression"
    r"|(?:rr|resp(?:iratory)?\.? rate)(?: is)?\s*(?:<|less than|below|under)\s*\d+)"
)
# A remark for whoever gives the dose; what is ordered stays the same.
HOLD = re.compile(rf"hold (?:for|if) {_SLEEPY}(?:(?:,? or|,? and|,|/) ?{_SLEEPY})*(?![a-z])")
# A frequency of its own where no other is written.
MEALS = re.compile(r"(?:with|before|after) (?:each |every |all )?meals?(?![a-z])")
HARMLESS = re.compile(
    r"(?:with (?:food|water|milk|or without food|a full glass of water)|with food or milk|as directed|as instructed|whole|the|new|please|"
    rf"(?:for |indications?:? ?(?:for )?)?{SYMPTOM}|around the clock|atc|scheduled|"
    r"earliest fill date:? ?\d+[/-]\d+[/-]\d+|(?:dx:? ?|icd-?10:? ?)?[a-tv-z]\d\d\.\d{1,4}|"
    r"(?:and )?remove (?:the )?(?:old|previous|used) patch(?:es)?(?: (?:before|prior to|when|after) applying (?:the |a )?new(?: one| patch(?:es)?)?)?|"
    r"then remove|after removing the old (?:one|patch)|max(?:imum)?\.?(?: of)? (?:1|one) patch at a time|rotate (?:application )?sites?|"
    r"do not (?:crush|chew|split|cut|break|open)(?:(?:,? or|,| and) ?(?:crush|chew|split|cut|break|open| )+)*|swallow whole|may cause drowsiness|immediate release|extended release|er|ir|sr|total(?: of)?)(?![a-z])"
)
# The limit of a combination's partner is no limit of the opioid.
PARTNER_LIMIT = re.compile(
    r"(?:max(?:imum)?\.?(?: of)?|not to exceed|do not exceed|no more than|nte)\s*\d+(?:,\d{3})*(?:\.\d+)?\s*(?:g|grams?|gm|mg)\s*(?:of )?"
    r"(?:acetaminophen|apap|tylenol|ibuprofen|aspirin)(?: total)?(?:\s*(?:/|per|in|a)\s*(?:day|24 ?h(?:ou)?rs?|24h))?(?![a-z])"
)
SEPARATOR = re.compile(r"and|plus")
# What no element begins with: skipped at once, since a text may hold nothing else.
BETWEEN = re.compile(r"(?:[ ,(;–+&:)]|\.(?!\d)|-(?=\s))++")
# What announces a total of the day.
TOTALLED = re.compile(r"(?:\(|=|total(?: of|:)?)\s*$")
# Between two words for one time of day ("in the morning with breakfast", "at bedtime (9 pm)") nothing else stands.
SAME_TIME = re.compile(r"[ (:\-]*")
# Between days of the week that are a list.
DAY_LIST = re.compile(r"[ ,;/&]*(?:and )?")
ADDED = re.compile(r"(?:and|plus|\+|&)\s*$")
ADDED_AS_NEEDED = re.compile(rf"(?:and|plus|\+|&)\s*{PRN.pattern}\s*$")
PLUS = re.compile(r"(?:plus|\+)\s*$")
THEN = re.compile(
    r"(?:,?\s*(?:and )?then(?! remove)|followed by|;\s*then|\. then)\s+(?:decrease to|reduce to|increase to)?"
)
AND_PAIR = re.compile(r"(?:and|&|,)\s*")
ROUTINE = re.compile(r"(?:continuous(?:ly)?)(?![a-z])")
