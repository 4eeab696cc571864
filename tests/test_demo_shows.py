"""`oih-cds demo`: the index case over real HTTP, in a terminal and without one; and `serve` beside it."""

import os
import pty
import socket
import subprocess
import sys
import time

import httpx
import pytest

DEMO = [sys.executable, "-m", "hooks.cli", "demo", "--port"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("OIH_CDS_")}


def test_without_a_terminal_it_shows_the_cards_and_ends(free_port, tmp_path):
    done = subprocess.run(
        [*DEMO, str(free_port())], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "Possible OIH pattern" in done.stdout
    assert "Liang 2017 (case report, n=1)" in done.stdout
    assert "Pattern with de-challenge" not in done.stdout
    # What it prints after the cards invites nobody to an address that is gone.
    after = " ".join(done.stdout.split("No terminal: ")[1].split())
    assert after.startswith("the service ends with this command")
    assert "http" not in after
    assert "/bench" not in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_in_a_terminal_it_serves_until_ctrl_c(free_port):
    port = free_port()
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*DEMO, str(port)], stdin=follower, stdout=follower, stderr=follower, start_new_session=True
    )
    os.close(follower)
    try:
        shown = read_until(leader, b"Serving until Ctrl-C")
        assert b"Possible OIH pattern" in shown
        assert httpx.get(f"http://127.0.0.1:{port}/cds-services", trust_env=False).status_code == 200
        process.send_signal(2)
        assert process.wait(timeout=60) == 0
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{port}/cds-services", trust_env=False)
    finally:
        process.kill()
        process.wait()
        os.close(leader)


def read_until(descriptor, words):
    seen, end = b"", time.monotonic() + 120
    while words not in seen:
        assert time.monotonic() < end, seen
        seen += os.read(descriptor, 65536)
    return seen


@pytest.mark.parametrize("command", ["demo", "serve"])
def test_a_busy_port_gets_a_clear_message_and_no_trace(command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run(command, "--port", port)
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_trust_settings_only_loopback_is_served(free_port):
    done = run("serve", "--host", "0.0.0.0", "--port", str(free_port()))
    assert done.returncode == 1
    assert "OIH_CDS_ISSUERS" in done.stderr


def test_an_unknown_setting_is_refused_at_start(free_port):
    done = run("serve", "--port", str(free_port()), OIH_CDS_WORKER="2")
    assert done.returncode == 1
    assert "OIH_CDS_WORKER" in done.stderr


def run(*arguments, **settings):
    command = [sys.executable, "-m", "hooks.cli", *arguments]
    return subprocess.run(command, env=ENVIRONMENT | settings, capture_output=True, text=True, timeout=60)


def test_three_services_are_listed_each_with_an_id_of_its_own(server):
    listed = httpx.get(f"{server}/cds-services", trust_env=False).json()["services"]
    assert {(one["id"], one["hook"]) for one in listed} == {
        ("oih-patient-view", "patient-view"),
        ("oih-order-select", "order-select"),
        ("oih-order-sign", "order-sign"),
    }
