"""A FHIR server of the tests' own, over a real socket: reads, searches by POST and GET, pages, and faults on demand."""

from collections.abc import Mapping
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from loopback import loopback

TOKEN = "canary-token-5f1d"


class FhirServer:
    """What it serves and how it misbehaves; both may be changed while it runs.

    resources  of any type
    page       entries on a page
    faults     resource type (or "*") -> function that answers a call in another way; may return False to let it pass
    posts      whether `_search` by POST is understood
    """

    def __init__(self, resources, page=200, faults: Mapping | None = None, posts=True):
        self.resources = list(resources)
        self.page = page
        self.faults = dict(faults or {})
        self.posts = posts
        self.server = None

    @property
    def base(self):
        return f"{self.server.base}/fhir"

    @property
    def calls(self):
        return self.server.calls

    def asked(self, kind):
        """(method, path) of the calls about a type, in order."""
        return [(call.method, urlsplit(call.path).path) for call in self.calls if f"/{kind}" in call.path]

    def answer(self, call):
        parts = urlsplit(call.path)
        kind, _, rest = parts.path.removeprefix("/fhir/").partition("/")
        if call.headers.get("Authorization") != f"Bearer {TOKEN}":
            return call.json({"resourceType": "OperationOutcome"}, 401)
        fault = self.faults.get(kind) or self.faults.get("*")
        if fault is not None and fault(call) is not False:
            return None
        if rest == "_search" or not rest:
            if call.method == "POST" and not self.posts:
                return call.json({"resourceType": "OperationOutcome"}, 405)
            asked = parse_qs(call.body.decode() if call.method == "POST" else parts.query)
            return call.json(self.bundle(kind, asked))
        found = [each for each in self.resources if each["resourceType"] == kind and each["id"] == rest]
        return call.json(found[0] if found else {"resourceType": "OperationOutcome"}, 200 if found else 404)

    def bundle(self, kind, asked):
        codes = set(asked["code"][0].split(",")) if "code" in asked else None
        patient = asked["patient"][0]
        found = [
            each for each in self.resources
            if each["resourceType"] == kind and patient in str(each.get("subject", each.get("patient")))
            and (codes is None or codes & set(_codes(each)))
        ]  # fmt: skip
        start = int(asked.get("_page", ["0"])[0])
        shown = found[start : start + self.page]
        bundle = {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": len(found),
            "entry": [
                {"fullUrl": f"{self.base}/{kind}/{each['id']}", "resource": each, "search": {"mode": "match"}}
                for each in shown
            ],
        }
        if start + self.page < len(found):
            code = f"&code={asked['code'][0]}" if codes else ""
            url = f"{self.base}/{kind}?patient={patient}{code}&_page={start + self.page}"
            bundle["link"] = [{"relation": "next", "url": url}]
        return bundle


@contextmanager
def serving(fhir, tls=None):
    with loopback(fhir.answer, tls) as server:
        fhir.server = server
        yield fhir


def resources_of(request):
    for value in request["prefetch"].values():
        if value is not None:
            yield from [each["resource"] for each in value.get("entry", [])] if "entry" in value else [value]


def by_server(request, server, *keys, scope="patient/*.read"):
    """The request without these prefetch keys (all, if none is named), and with the server to read them from."""
    sent = {key: value for key, value in request["prefetch"].items() if keys and key not in keys}
    authorization = {
        "access_token": TOKEN,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": scope,
        "subject": "us",
        "patient": request["context"]["patientId"],
    }
    return {**request, "prefetch": sent, "fhirServer": server.base, "fhirAuthorization": authorization}


def _codes(resource):
    return [f"{each['system']}|{each['code']}" for each in resource.get("code", {}).get("coding", [])]
