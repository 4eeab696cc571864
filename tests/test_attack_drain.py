"""SIGTERM under load: every call that was taken is answered, and who comes later is refused, never cut off."""

import os
import subprocess
import sys
import threading
from collections import Counter

import httpx
from conftest import wait_until_up
from served import path_of, request_of

CLIENTS = 4


def test_a_service_told_to_end_answers_what_it_took_and_refuses_the_rest(free_port, tmp_path):
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    request = request_of("co_rise/plain_on_patient_view")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OIH_CDS_")}
    environment["OIH_CDS_DATABASE_URL"] = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    command = [sys.executable, "-m", "hooks.cli", "serve", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT, cwd=tmp_path)
    ended: Counter[str] = Counter()
    warm = threading.Barrier(CLIENTS + 1)

    def call_until_refused():
        with httpx.Client(base_url=base, timeout=60, trust_env=False) as client:
            for count in range(10_000):
                if count == 5:
                    warm.wait(60)
                try:
                    answer = client.post(path_of(request), json=request)
                except httpx.HTTPError as error:
                    ended[type(error).__name__] += 1
                    return
                assert answer.status_code == 200

    clients = [threading.Thread(target=call_until_refused) for _ in range(CLIENTS)]
    try:
        wait_until_up(base, process, tmp_path / "log")
        for client in clients:
            client.start()
        warm.wait(60)
    finally:
        process.terminate()
        status = process.wait(60)
    for client in clients:
        client.join(60)
    assert (status, ended) == (0, Counter(ConnectError=CLIENTS))
