"""Two real workers with issuers configured: they share what was used, and leave no secret anywhere."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from conftest import wait_until_up
from fhir_server import TOKEN, FhirServer, by_server, resources_of, serving
from served import path_of, request_of
from tokens import ISS, KEYS, PUBLIC, token

FIXTURE = "co_rise/plain_on_patient_view"
SECRET = "a-secret-of-the-tests-only-32-chars-long"


@pytest.fixture(scope="module")
def fhir():
    request = request_of(FIXTURE)
    with serving(FhirServer(resources_of(request), page=5)) as server:
        yield server


@pytest.fixture(scope="module")
def guarded(fhir, free_port, tmp_path_factory):
    """(HTTP client, working folder) of `oih-cds serve` with two workers and one issuer."""
    folder, port = tmp_path_factory.mktemp("guarded"), free_port()
    (folder / "issuers.json").write_text(
        json.dumps({"issuer": [{"iss": ISS, "jwks": KEYS, "fhir_servers": [fhir.base]}]})
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OIH_CDS_")} | {
        "OIH_CDS_DATABASE_URL": f"sqlite:///{folder / 'store.sqlite3'}",
        "OIH_CDS_ISSUERS": str(folder / "issuers.json"),
        "OIH_CDS_PUBLIC_URL": PUBLIC,
        "OIH_CDS_SECRET_KEY": SECRET,
        "OIH_CDS_ALLOW_AS_OF": "true",
        "OIH_CDS_FETCH_SECONDS": "20",
        "OIH_CDS_WORKERS": "2",
        "OIH_CDS_LOG_LEVEL": "DEBUG",
    }
    command = [sys.executable, "-m", "hooks.cli", "serve", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    try:
        base = f"http://127.0.0.1:{port}"
        wait_until_up(base, process, folder / "log")
        with httpx.Client(base_url=base, timeout=60, trust_env=False) as client:
            yield client, folder
    finally:
        process.terminate()
        process.wait(timeout=60)


def bearer(path, **claims):
    return {"Authorization": f"Bearer {token(aud=PUBLIC + path, **claims)}"}


def test_a_token_sent_a_hundred_times_to_two_workers_opens_once(guarded):
    client, _ = guarded
    headers = bearer("/cds-services")

    def ask(_number):
        # A connection of its own each time, so that either worker may take it.
        return httpx.get(f"{client.base_url}/cds-services", headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(ask, range(100))) == [200] + [401] * 99


def test_no_token_and_no_name_of_the_patient_is_left_anywhere(guarded, fhir):
    client, folder = guarded
    request = request_of(FIXTURE)
    path = path_of(request)
    sent = [bearer(path), bearer(path), bearer(path, exp=1), bearer(f"{path}/feedback")]
    fetched = client.post(path, json=by_server(request, fhir), headers=sent[0])
    assert fetched.status_code == 200
    assert fhir.calls
    assert client.post(path, json={**request, "prefetch": {}}, headers=sent[1]).status_code == 412
    assert client.post(path, json=request, headers=sent[2]).status_code == 401
    item = {
        "card": fetched.json()["cards"][0]["uuid"],
        "outcome": "overridden",
        "outcomeTimestamp": "2026-11-20T10:05:31Z",
    }
    item |= {"overrideReason": {"userComment": "a comment about CANARY-PATIENT"}}
    assert client.post(f"{path}/feedback", json={"feedback": [item]}, headers=sent[3]).status_code == 200
    metrics = client.get("/metrics").content
    written = metrics + b"".join(each.read_bytes() for each in folder.iterdir() if each.name != "issuers.json")
    patient, user = request["context"]["patientId"], request["context"]["userId"]
    for secret in (TOKEN, SECRET, patient, user, "CANARY-PATIENT", *(each["Authorization"][7:] for each in sent)):
        assert secret.encode() not in written
    # What is searched is where such a value would be.
    assert b"call refused" in written
    assert item["card"].encode() in written


def test_refusals_missing_keys_and_reads_are_counted(guarded, fhir):
    client, _ = guarded
    request = request_of(FIXTURE)
    path = path_of(request)
    counted = (
        'oih_refused_calls_total{reason="expired"}',
        'oih_refused_calls_total{reason="replay"}',
        'oih_missing_data_total{key="pain",service="oih-patient-view"}',
        'oih_fetches_total{key="pain",result="had"}',
    )

    def numbers():
        lines = dict(line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if line[:1] != "#")
        return [float(lines.get(name, 0)) for name in counted]

    before, once = numbers(), bearer(path)
    assert client.post(path, json=request, headers=bearer(path, iat=1, exp=2)).status_code == 401
    assert client.post(path, json={**request, "prefetch": {}}, headers=once).status_code == 412
    assert client.post(path, json=request, headers=once).status_code == 401
    assert client.post(path, json=by_server(request, fhir), headers=bearer(path)).status_code == 200
    assert [after - earlier for earlier, after in zip(before, numbers(), strict=True)] == [1, 1, 1, 1]
