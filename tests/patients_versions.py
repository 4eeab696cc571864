"""Patients of fixtures/ whom an R5 and an STU3 server send as well; the request is made from the R4 one.

Every patient is compared in memory (test_fixtures_versions.py). Those named here also lie in fixtures/versions, for
`oih-cds replay` and for readers: each resource type, hook and kind of answer is among them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from chart import Resource
from versions import twin

from cds.clinical import FhirVersion

VERSIONS = (FhirVersion.R5, FhirVersion.STU3)
SENT_AGAIN = (
    "founding/liang_2017_reading_a",
    "founding/liang_2017_reading_b",
    "founding/ocker_2020_after",
    "co_rise/plain_on_patient_view",
    "co_rise/plain_on_order_sign",
    "orders/raised_again",
    "orders/raised_again_on_select",
    "orders/renewed_at_the_same_dose",
    "pattern/pain_rises_with_each_increase",
    "pattern/pain_falls_after_the_reduction",
    "pattern/active_cancer",
    "pattern/ketamine_beside_the_reduction",
    "pattern/function_improves_meanwhile",
    "pattern/pain_spreads",
    "alternatives/broken_hip",
    "alternatives/operated_two_days_ago",
    "alternatives/pain_before_each_dose",
    "alternatives/pain_leads_the_dose_in_hospital",
    "alternatives/withdrawal_after_missed_doses",
    "what_was_sent/cannot_be_read",
    "what_was_sent/dose_not_written",
    "what_was_sent/entered_in_error",
    "what_was_sent/everything_twice",
    "what_was_sent/monthly_renewals",
    "safety/hard_to_rouse",
    "safety/much_speaks_against_ketamine",
    "scope/sixteen_years_old",
    "too_little/pain_at_the_ceiling",
)

Build = Callable[[], Resource | list[Resource]]


def twins(patients: Mapping[str, Build]) -> dict[str, Build]:
    """Folder -> what builds the twin: "versions/r5/broken_hip"."""
    return {
        f"versions/{version.lower()}/{name.split('/')[1]}": partial(_twin, patients[name], version)
        for version in VERSIONS
        for name in SENT_AGAIN
    }


def _twin(build: Build, version: FhirVersion) -> Resource:
    request = build()
    assert isinstance(request, dict), "a cohort has no twin in fixtures/"
    return twin(request, version)
