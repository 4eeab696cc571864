"""What docs/integrators.md tells an integrator is what the service does."""

import re
import shlex
from pathlib import Path

import pytest
from served import path_of, request_of, served

from hooks import issuers
from hooks.app import create_app
from hooks.scopes import Reach, reach
from hooks.services import all_services
from hooks.settings import PREFIX, Settings
from hooks.templates import all_templates

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "integrators.md").read_text()


def test_the_table_of_keys_is_that_of_the_templates(knowledge):
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([\w ]*?) ?\| `(patient/\w+\.read)` \|$", PAGE, re.MULTILINE)
    templates = all_templates(knowledge, Settings())
    assert [(key, kind) for key, kind, _, _ in rows] == [(key, each.kind) for key, each in templates.items()]
    for key, _, _, scope in rows:
        assert reach(scope, templates[key].kind, search=templates[key].parameters is not None) is Reach.FULL
    assert [key for key, _, needed, _ in rows if needed == "yes"] == ["patient", "pain"]


def test_every_service_is_described():
    assert re.findall(r"^\| `(oih-[\w-]+)` \| ([\w-]+) \|", PAGE, re.MULTILINE) == [
        ("oih-patient-view", "patient-view"),
        ("oih-order-select", "order-select"),
        ("oih-order-sign", "order-sign"),
    ]
    assert set(re.findall(r"`(oih-[a-z-]+)`", PAGE)) == set(all_services())


def test_the_issuer_file_of_the_page_is_taken(tmp_path):
    path = tmp_path / "issuers.toml"
    path.write_text(re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1])
    found = issuers.load(Settings(issuers=path, public_url="https://cds.example.org/oih"))
    assert [(each.jku is None, len(each.keys), each.fhir_version) for each in found.values()] == [
        (False, 0, "R4"),
        (True, 1, "STU3"),
    ]


def test_every_setting_that_the_page_names_exists():
    named = set(re.findall(rf"{PREFIX}(\w+)", PAGE))
    assert named
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_every_call_of_the_page_is_answered_as_it_is_printed(knowledge):
    posted = []
    with served(create_app(Settings(), known=knowledge)) as client:
        for line in re.findall(r"^\$ curl (.*)$", PAGE, re.MULTILINE):
            *options, address = shlex.split(line)
            path = address.removeprefix("http://127.0.0.1:8000")
            if not options:
                assert client.get(path).json()["services"]
                continue
            headers, body = dict([options[options.index("-H") + 1].split(": ")]), options[-1].removeprefix("@")
            answer = client.post(path, content=(ROOT / body).read_bytes(), headers=headers)
            assert answer.status_code == 200
            assert answer.json()["cards"]
            posted.append(path.removeprefix("/cds-services/"))
    assert sorted(posted) == sorted(all_services())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {},
            "prefetch.pain is required: not sent; send it, null or an empty Bundle where nothing was found,"
            " or fhirServer with fhirAuthorization to read it from",
        ),
        (
            {"fhirServer": "http://127.0.0.1:9/fhir"},
            "prefetch.pain is required: not sent, and fhirServer came without fhirAuthorization;"
            " send it, null or an empty Bundle where nothing was found, or fhirAuthorization as well",
        ),
    ],
    ids=["no server", "no token"],
)
def test_what_cannot_be_had_is_told_with_the_next_step(change, told, knowledge):
    request = request_of("pattern/pain_rises_with_each_increase") | change
    del request["prefetch"]["pain"]
    answer = create_app(Settings(), known=knowledge).test_client().post(path_of(request), json=request)
    assert answer.status_code == 412
    assert [issue["diagnostics"] for issue in answer.json["issue"]] == [told]
