"""contract.md: hospice and palliative care is out of scope, "unless the site has them evaluated"."""

import json

from served import post, request_of, served

from hooks.app import create_app
from hooks.settings import Settings


def with_palliative_care(request):
    patient = request["prefetch"]["patient"]["id"]
    condition = {
        "resourceType": "Condition",
        "id": "palliative",
        "subject": {"reference": f"Patient/{patient}"},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "Z51.5"}]},
        "onsetDateTime": "2026-01-05",
    }
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": condition}]}
    return {**request, "prefetch": {**request["prefetch"], "conditions": bundle}}


def answer(request, **more):
    app = create_app(Settings(**more))
    with served(app) as client:
        response = post(client, request)
    assert response.status_code == 200
    return response.json()["cards"]


def test_palliative_care_is_out_of_scope_unless_the_site_has_it_evaluated():
    request = with_palliative_care(request_of("pattern/pain_rises_with_each_increase"))
    assert answer(request) == []
    assert len(answer(request, evaluate_palliative=True)) == 2


def test_no_prompt_to_taper_where_palliative_patients_are_evaluated():
    request = with_palliative_care(request_of("pattern/pain_rises_with_each_increase"))
    pattern, _ = answer(request, evaluate_palliative=True)
    assert "taper" not in json.dumps(pattern)
    assert "taper" in json.dumps(answer(request_of("pattern/pain_rises_with_each_increase"))[0])
