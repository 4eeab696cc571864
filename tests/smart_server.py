"""A record system of the tests' own on this machine: SMART configuration, authorise and token endpoints, keys, FHIR.

It takes nothing on trust: PKCE is computed again, the client's assertion is verified, a code is good once.
"""

import base64
import hashlib
import json
import secrets
import time
from contextlib import contextmanager
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fhir_server import TOKEN, FhirServer
from loopback import loopback
from served import Silent
from werkzeug.serving import make_server

CLIENT = "oih-cds-test"


class SmartServer(FhirServer):
    """One patient's record behind OAuth.

    public_key  of the client, where it is confidential
    twist       claims of the id_token, or parts of the token's answer, that a test falsifies
    """

    def __init__(self, resources, patient, *, public_key=None, twist=None):
        super().__init__(resources)
        self.patient = patient
        self.public_key = public_key
        self.twist = dict(twist or {})
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.codes = {}
        self.asked_to_authorise = []

    def answer(self, call):
        path = urlsplit(call.path).path
        if path == "/fhir/.well-known/smart-configuration":
            return call.json(self.configuration(), kind="application/json")
        if path == "/authorize":
            return self.authorize(call)
        if path == "/token":
            return self.token(call)
        if path == "/jwks":
            public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            return call.json(
                {"keys": [{**public, "kid": "own", "alg": "RS256", "use": "sig"}]}, kind="application/json"
            )
        return super().answer(call)

    def configuration(self):
        base = self.server.base
        told = {
            "issuer": base,
            "jwks_uri": f"{base}/jwks",
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "code_challenge_methods_supported": ["S256"],
            "capabilities": ["launch-ehr", "launch-standalone", "sso-openid-connect"],
        }
        return {**told, **self.twist.get("configuration", {})}

    def authorize(self, call):
        asked = {name: values[0] for name, values in parse_qs(urlsplit(call.path).query).items()}
        self.asked_to_authorise.append(asked)
        good = (
            asked["response_type"] == "code"
            and asked["client_id"] == CLIENT
            and asked["aud"] == self.base
            and asked["code_challenge_method"] == "S256"
            and ("launch" in asked) != ("launch/patient" in asked["scope"].split())
        )
        if not good:
            return call.raw(b"bad request", 400, "text/plain")
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"], **self.twist.get("back", {})}
        return call.raw(b"", 302, "text/plain", Location=f"{asked['redirect_uri']}?{urlencode(back)}")

    def token(self, call):
        form = {name: values[0] for name, values in parse_qs(call.body.decode()).items()}
        asked = self.codes.pop(form.get("code"), None)
        if asked is None or form.get("redirect_uri") != asked["redirect_uri"]:
            return self.refuse(call, "invalid_grant")
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return self.refuse(call, "invalid_grant")
        if not self.knows(form):
            return self.refuse(call, "invalid_client", 401)
        granted = {
            "access_token": TOKEN,
            "token_type": "Bearer",
            "expires_in": 3600,
            "scope": asked["scope"],
            "patient": self.patient,
        }
        if "openid" in asked["scope"].split():
            granted["id_token"] = self.identity(asked)
        return call.json({**granted, **self.twist.get("token", {})}, kind="application/json", Cache_Control="no-store")

    def knows(self, form):
        """A public client names itself; a confidential one proves itself with an assertion for this endpoint."""
        if self.public_key is None:
            return form.get("client_id") == CLIENT and "client_assertion" not in form
        if form.get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
            return False
        assertion = form["client_assertion"]
        claims = jwt.decode(
            assertion,
            self.public_key,
            algorithms=["ES384"],
            audience=f"{self.server.base}/token",
            options={"require": ["iss", "sub", "aud", "exp", "jti"]},
        )
        short = claims["exp"] - time.time() <= 300
        return (
            claims["iss"] == claims["sub"] == CLIENT and short and jwt.get_unverified_header(assertion)["kid"] == "k1"
        )

    def identity(self, asked):
        now = int(time.time())
        claims = {
            "iss": self.server.base,
            "aud": CLIENT,
            "sub": "user",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
        }
        return jwt.encode({**claims, **self.twist.get("identity", {})}, self.key, "RS256", headers={"kid": "own"})

    @staticmethod
    def refuse(call, error, status=400):
        return call.json({"error": error}, status, kind="application/json")


@contextmanager
def record_system(resources, patient, **more):
    system = SmartServer(resources, patient, **more)
    with loopback(system.answer) as server:
        system.server = server
        yield system


def write_key(path):
    """A new P-384 key as PEM in `path`; its public half."""
    key = ec.generate_private_key(ec.SECP384R1())
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key.public_key()


def registration(folder, iss, *, confidential=False, scopes=None):
    """The file that OIH_CDS_SMART names."""
    lines = ["[[server]]", f'iss = "{iss}"', f'client_id = "{CLIENT}"']
    lines += ['auth = "private_key_jwt"', 'key = "smart.pem"', 'kid = "k1"'] if confidential else ['auth = "public"']
    lines += [f"scopes = {json.dumps(scopes)}"] if scopes else []
    path = folder / "smart.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


@contextmanager
def served_at(port, app):
    """The application on a port that was chosen before, since its own addresses name the port."""
    import threading

    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
