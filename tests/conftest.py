"""What tests share: the knowledge and the engine of one process, and a real server on a free port."""

import io
import logging
import os
import socket
import subprocess
import sys
import time

import httpx
import pytest
import structlog
from hypothesis import settings

FORBID_SKIPS = os.environ.get("FORBID_SKIPS") == "1"
# A deadline would be an assertion about a clock; in CI the same examples each time.
settings.register_profile("ours", deadline=None, derandomize=FORBID_SKIPS)
settings.load_profile("ours")


@pytest.fixture(scope="session")
def evaluator():
    from hooks import evaluation

    return evaluation.load()


@pytest.fixture(scope="session")
def knowledge(evaluator):
    return evaluator.knowledge


@pytest.fixture(scope="session")
def engine(evaluator):
    return evaluator.engine


@pytest.fixture(scope="session")
def free_port():
    def find():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    return find


@pytest.fixture(scope="session")
def server(free_port, tmp_path_factory):
    """Base URL of `oih-cds serve` in development mode, with a store of its own."""
    port = free_port()
    folder = tmp_path_factory.mktemp("server")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OIH_CDS_")}
    environment["OIH_CDS_DATABASE_URL"] = f"sqlite:///{folder / 'store.sqlite3'}"
    command = [sys.executable, "-m", "hooks.cli", "serve", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    base = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(base, process, folder / "log")
        yield base
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until_up(base, process, log):
    for _ in range(600):
        if process.poll() is not None:
            pytest.fail(f"the server ended: {log.read_text()[-2000:]}")
        try:
            httpx.get(f"{base}/cds-services", timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the server does not answer: {log.read_text()[-2000:]}")


@pytest.fixture
def log():
    """Everything that this process logs, at its most talkative, through the service's own configuration."""
    from hooks import logs

    root = logging.getLogger()
    handlers, level, configured = list(root.handlers), root.level, structlog.get_config()
    stream = io.StringIO()
    logs.configure("DEBUG", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configured)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """In CI, where everything can be installed, a skipped test is a failed one."""
    report = yield
    if FORBID_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"skipped, which CI forbids: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    if FORBID_SKIPS and report.skipped:
        report.outcome, report.longrepr = "failed", f"skipped, which CI forbids: {report.longrepr}"
    return report


@pytest.fixture(scope="module")
def web():
    from hooks.web import Web

    made = Web()
    yield made
    made.close()
