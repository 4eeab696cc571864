"""A worker that is killed is replaced, and the log says how it ended."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
from conftest import wait_until_up


def workers_of(process):
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def test_a_killed_worker_is_replaced_and_its_signal_logged(free_port, tmp_path):
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OIH_CDS_")}
    environment |= {"OIH_CDS_DATABASE_URL": f"sqlite:///{tmp_path / 'store.sqlite3'}", "OIH_CDS_WORKERS": "1"}
    log = tmp_path / "log"
    with log.open("wb") as stream:
        command = [sys.executable, "-m", "hooks.cli", "serve", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=stream, stderr=subprocess.STDOUT, cwd=tmp_path)
    try:
        wait_until_up(base, process, log)
        (first,) = workers_of(process)
        os.kill(first, signal.SIGKILL)
        deadline = time.monotonic() + 60
        while workers_of(process) in ([first], []) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert httpx.get(f"{base}/health", timeout=60, trust_env=False).status_code == 200
    finally:
        process.terminate()
        process.wait(60)
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    (told,) = [line for line in lines if line["event"] == "worker ended"]
    assert (told["worker"], told["signal"], told["status"], told["reason"]) == (first, "SIGKILL", None, "from outside")
