"""One spelling for each code system, so that STU3, R4 and OID-speaking senders give equal codings."""

from __future__ import annotations

import re
from functools import lru_cache

# Pairs of URL and OID from HL7's page "NamingSystem: terminologies" of FHIR STU3 and R4; the OID of ActCode is from
# memory. RxNorm, LOINC and the like have no other FHIR identifier.
_OIDS = {
    "2.16.840.1.113883.6.1": "http://loinc.org",
    "2.16.840.1.113883.6.3": "http://hl7.org/fhir/sid/icd-10",
    "2.16.840.1.113883.6.8": "http://unitsofmeasure.org",
    "2.16.840.1.113883.6.69": "http://hl7.org/fhir/sid/ndc",
    "2.16.840.1.113883.6.88": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "2.16.840.1.113883.6.90": "http://hl7.org/fhir/sid/icd-10-cm",
    "2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "2.16.840.1.113883.6.103": "http://hl7.org/fhir/sid/icd-9-cm",
    "2.16.840.1.113883.5.4": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
}
_SPELT = {url.casefold(): url for url in _OIDS.values()}
# HL7's own tables moved after STU3: .../fhir/v3/ActCode became terminology.hl7.org/CodeSystem/v3-ActCode.
_MOVED = re.compile(r"https?://hl7\.org/fhir/(v[23])/([A-Za-z0-9-]{1,64})", re.ASCII)


@lru_cache(maxsize=1024)
def canonical_system(text: str) -> str:
    """The system's URL as today's FHIR spells it; an unknown system stays as it was written."""
    text = text.strip()
    known = _OIDS.get(text.removeprefix("urn:oid:"))
    if known:
        return known
    moved = _MOVED.fullmatch(text)
    if moved:
        return f"http://terminology.hl7.org/CodeSystem/{moved[1]}-{moved[2]}"
    plain = text.rstrip("/").casefold()
    return _SPELT.get(plain) or _SPELT.get(plain.replace("https://", "http://", 1)) or text
