"""The service on a real socket of this machine, and requests to it as an EHR would send them."""

import json
import threading
from contextlib import contextmanager
from pathlib import Path

import httpx
from werkzeug.serving import WSGIRequestHandler, make_server

FIXTURES = Path(__file__).parent.parent / "fixtures"


class Silent(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_arguments):
        pass

    log = log_request


@contextmanager
def served(app):
    """An HTTP client whose base URL is the application's."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", timeout=60, trust_env=False) as client:
            yield client
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def request_of(fixture):
    return json.loads((FIXTURES / fixture / "request.json").read_text())


def path_of(request):
    return f"/cds-services/oih-{request['hook']}"


def post(client, request, **more):
    return client.post(path_of(request), json=request, **more)


def issues_of(response):
    """(code, expression) of each issue; proves on the way that the answer is an OperationOutcome in JSON."""
    assert response.headers["Content-Type"] == "application/json"
    body = response.json()
    assert body["resourceType"] == "OperationOutcome"
    assert all(issue["severity"] in ("error", "fatal") and issue["diagnostics"] for issue in body["issue"])
    return [(issue["code"], issue.get("expression", [None])[0]) for issue in body["issue"]]
