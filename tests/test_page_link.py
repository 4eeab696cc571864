"""The signed link: off unless switched on, short-lived, single-patient, and nothing readable behind it."""

import re

import httpx
import pytest
import time_machine
from page_service import DEMO, SECRET, service, settings
from served import post, request_of

from hooks.settings import Settings, SettingsError, load


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("link")


@pytest.fixture(scope="module")
def base(folder, free_port):
    with service(folder, free_port(), explain_silence=True) as found:
        yield found


def links(base, fixture=DEMO):
    with httpx.Client(base_url=base, timeout=60, trust_env=False) as client:
        cards = post(client, request_of(fixture)).json()["cards"]
    return [link for card in cards for link in card["links"] if "/page/" in link["url"]]


def get(url):
    return httpx.get(url, timeout=60, trust_env=False)


def test_without_the_setting_no_card_leads_to_a_page(tmp_path, free_port):
    with service(tmp_path, free_port(), link="off") as off:
        assert links(off) == []


@pytest.mark.parametrize("missing", ["SECRET_KEY", "PUBLIC_URL"])
@pytest.mark.parametrize("switch", [{"OIH_CDS_LINK": "absolute"}, {"OIH_CDS_SMART": "smart.toml"}])
def test_a_page_without_its_secret_or_address_is_refused_at_start(switch, missing):
    given = {"OIH_CDS_SECRET_KEY": SECRET, "OIH_CDS_PUBLIC_URL": "https://cds.example.org"} | switch
    assert isinstance(load(given), Settings)
    del given[f"OIH_CDS_{missing}"]
    with pytest.raises(SettingsError, match=f"OIH_CDS_{missing}"):
        load(given)


def test_the_link_shows_what_the_card_spoke_of(base):
    found = links(base)
    assert {link["type"] for link in found} == {"absolute"}
    page = get(found[0]["url"])
    assert page.status_code == 200
    assert "60 to 180 MME/day" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_every_answer_has_a_link_of_its_own(base):
    assert links(base)[0]["url"] != links(base)[0]["url"]


def test_a_link_ends_after_its_minutes(base):
    with time_machine.travel("2026-11-21T12:00:00+00:00", tick=True) as clock:
        url = links(base)[0]["url"]
        clock.shift(14 * 60)
        assert get(url).status_code == 200
        clock.shift(2 * 60)
        page = get(url)
    assert page.status_code == 404
    assert "has expired" in page.text
    assert "rises-with" not in page.text


@pytest.mark.parametrize("change", [lambda h: h[:-1], lambda h: h + "A", lambda h: h.swapcase(), lambda h: "A" * 43])
def test_a_guessed_or_changed_handle_opens_nothing(base, change):
    url = links(base)[0]["url"]
    handle = url.rpartition("/")[2]
    answer = get(f"{base}/page/{change(handle)}")
    assert answer.status_code == 404
    assert "rises-with" not in answer.text


def test_the_store_holds_neither_handle_nor_patient(base, folder):
    handle = links(base)[0]["url"].rpartition("/")[2]
    stored = b"".join(path.read_bytes() for path in folder.glob("store.sqlite3*"))
    assert handle.encode() not in stored
    assert b"rises-with-each-increase" not in stored
    assert len(handle) >= 43


def test_another_secret_opens_no_link(folder, base, free_port):
    from smart_server import served_at

    from hooks.service import create_service

    handle = links(base)[0]["url"].rpartition("/")[2]
    port = free_port()
    other = settings(folder, f"http://127.0.0.1:{port}", link="absolute").model_copy(
        update={"secret_key": type(settings(folder, base).secret_key)("x" * 40)}
    )
    with served_at(port, create_service(other)) as there:
        assert get(f"{there}/page/{handle}").status_code == 404


def test_a_link_shows_one_patient_and_resources_of_that_record_only(base):
    url = links(base)[0]["url"]
    assert get(f"{url}/resource?ref=Patient/rises-with-each-increase").status_code == 200
    for other in ("Patient/1", "", "../x", "entry[0]"):
        assert get(f"{url}/resource?ref={other}").status_code == 404


def test_every_reference_on_the_page_opens_its_resource(base):
    url = links(base, "founding/liang_2017_reading_a")[0]["url"]
    found = set(re.findall(r'href="(/page/[^"]+/resource\?ref=[^"]+)"', get(url).text))
    assert len(found) > 8
    assert [each for each in found if get(f"{base}{each}").status_code != 200] == []


def test_only_a_named_ehr_may_frame_the_page(tmp_path, free_port):
    with service(tmp_path, free_port(), frame_ancestors=("https://ehr.example.org",)) as framed:
        policy = get(links(framed)[0]["url"]).headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors https://ehr.example.org")
    with pytest.raises(SettingsError, match="OIH_CDS_FRAME_ANCESTORS"):
        load({"OIH_CDS_FRAME_ANCESTORS": "*"})
