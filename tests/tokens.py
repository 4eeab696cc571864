"""Tokens as an EHR makes them, and as a forger would."""

import base64
import hashlib
import hmac
import json
import time
import uuid

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ISS = "https://ehr.example.org"
PUBLIC = "https://cds.example.org/oih"
PATH = "/cds-services/oih-patient-view"
EC_KEY = ec.generate_private_key(ec.SECP384R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
STRANGER = ec.generate_private_key(ec.SECP384R1())
SMALL = ec.generate_private_key(ec.SECP256R1())


def jwk(key, kid, algorithm=None):
    family = jwt.algorithms.ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else jwt.algorithms.RSAAlgorithm
    return {**family.to_jwk(key.public_key(), as_dict=True), "kid": kid, **({"alg": algorithm} if algorithm else {})}


KEYS = {"keys": [jwk(EC_KEY, "ec", "ES384"), jwk(RSA_KEY, "rsa"), jwk(SMALL, "small")]}


def claims(**changed):
    now = int(time.time())
    made = {"iss": ISS, "aud": PUBLIC + PATH, "exp": now + 300, "iat": now, "jti": str(uuid.uuid4())} | changed
    return {name: value for name, value in made.items() if value is not ...}


def token(key=EC_KEY, algorithm="ES384", kid="ec", header=None, **changed):
    headers = {name: value for name, value in {"kid": kid, "typ": "JWT", **(header or {})}.items() if value is not ...}
    return jwt.encode(claims(**changed), key, algorithm, headers=headers)


def part(value):
    return (
        base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode())
        .rstrip(b"=")
        .decode()
    )


def assembled(header, payload, signature=b""):
    return ".".join((part(header), part(payload), part(signature)))


def with_secret(algorithm, digest):
    """The confusion of a public key with a shared secret."""
    pem = EC_KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signed = assembled({"alg": algorithm, "kid": "ec", "typ": "JWT"}, claims()).rpartition(".")[0]
    return f"{signed}.{part(hmac.new(pem, signed.encode(), digest).digest())}"


def tampered():
    header, payload, signature = token().split(".")
    changed = json.loads(base64.urlsafe_b64decode(payload + "==")) | {"jti": "another"}
    return f"{header}.{part(changed)}.{signature}"


def now():
    return int(time.time())


ES384 = {"alg": "ES384", "kid": "ec", "typ": "JWT"}

# name -> (why it is refused, what stands in the Authorization header); made when asked for, since times are relative
FORGED = {
    "no token": ("no token", lambda: None),
    "another scheme": ("form", lambda: f"Basic {token()}"),
    "no words": ("form", lambda: "Bearer "),
    "garbage": ("form", lambda: "Bearer a.b.c"),
    "two parts": ("form", lambda: f"Bearer {token().rpartition('.')[0]}"),
    "far too long": ("form", lambda: f"Bearer {token(header={'x': 'y' * 20_000})}"),
    "payload is a list": (
        "form",
        lambda: f"Bearer {assembled(ES384, [1], b'x' * 96)}",
    ),
    "deep header": ("form", lambda: f"Bearer {part(b'[' * 5000)}.{part({})}.{part(b'x')}"),
    "alg none": ("algorithm", lambda: f"Bearer {assembled({'alg': 'none', 'kid': 'ec', 'typ': 'JWT'}, claims())}"),
    "alg nOnE": ("algorithm", lambda: f"Bearer {assembled({'alg': 'nOnE', 'kid': 'ec', 'typ': 'JWT'}, claims())}"),
    "HS256 with the public key": ("algorithm", lambda: f"Bearer {with_secret('HS256', hashlib.sha256)}"),
    "HS384 with the public key": ("algorithm", lambda: f"Bearer {with_secret('HS384', hashlib.sha384)}"),
    "ES256": ("algorithm", lambda: f"Bearer {token(SMALL, 'ES256', 'small')}"),
    "a small curve under ES384": ("key", lambda: f"Bearer {_small_as_es384()}"),
    "RS256": ("algorithm", lambda: f"Bearer {token(RSA_KEY, 'RS256', 'rsa')}"),
    "PS384": ("algorithm", lambda: f"Bearer {token(RSA_KEY, 'PS384', 'rsa')}"),
    "kid of the other key": ("key", lambda: f"Bearer {token(kid='rsa')}"),
    "a stranger's signature": ("signature", lambda: f"Bearer {token(STRANGER)}"),
    "tampered payload": ("signature", lambda: f"Bearer {tampered()}"),
    "signature of zeros": ("signature", lambda: f"Bearer {assembled(ES384, claims(), bytes(96))}"),
    "no signature": ("signature", lambda: f"Bearer {assembled(ES384, claims())}"),
    "unknown kid": ("key", lambda: f"Bearer {token(kid='other')}"),
    "no kid": ("header", lambda: f"Bearer {token(kid=...)}"),
    "kid is a path": ("key", lambda: f"Bearer {token(kid='../../etc/passwd')}"),
    "another typ": ("header", lambda: f"Bearer {token(header={'typ': 'at+jwt'})}"),
    "unknown crit": ("form", lambda: f"Bearer {token(header={'crit': ['x'], 'x': 1})}"),
    "a key of its own": ("key", lambda: f"Bearer {token(STRANGER, kid='own', header={'jwk': jwk(STRANGER, 'own')})}"),
    "a jku of its own": ("jku", lambda: f"Bearer {token(header={'jku': 'https://evil.example/keys'})}"),
    "unknown iss": ("issuer", lambda: f"Bearer {token(iss='https://evil.example')}"),
    "no iss": ("issuer", lambda: f"Bearer {token(iss=...)}"),
    "iss with a slash more": ("issuer", lambda: f"Bearer {token(iss=ISS + '/')}"),
    "aud of another service": ("audience", lambda: f"Bearer {token(aud=PUBLIC + '/cds-services/oih-order-sign')}"),
    "aud of discovery": ("audience", lambda: f"Bearer {token(aud=PUBLIC + '/cds-services')}"),
    "aud is the base": ("audience", lambda: f"Bearer {token(aud=PUBLIC)}"),
    "aud with a slash more": ("audience", lambda: f"Bearer {token(aud=PUBLIC + PATH + '/')}"),
    "aud of the feedback": ("audience", lambda: f"Bearer {token(aud=PUBLIC + PATH + '/feedback')}"),
    "no aud": ("claims", lambda: f"Bearer {token(aud=...)}"),
    "aud is a number": ("audience", lambda: f"Bearer {_unchecked(aud=1)}"),
    "expired": ("expired", lambda: f"Bearer {token(iat=now() - 400, exp=now() - 100)}"),
    "no exp": ("claims", lambda: f"Bearer {token(exp=...)}"),
    "exp in ten years": ("lifetime", lambda: f"Bearer {token(exp=now() + 315_360_000)}"),
    "exp is a text": ("times", lambda: f"Bearer {_unchecked(exp=str(now() + 300))}"),
    "exp is a fraction": ("times", lambda: f"Bearer {_unchecked(exp=now() + 300.5)}"),
    "exp is true": ("expired", lambda: f"Bearer {_unchecked(exp=True)}"),
    "exp is beyond every clock": ("lifetime", lambda: f"Bearer {_unchecked(exp=10**30)}"),
    "exp before iat": ("lifetime", lambda: f"Bearer {token(iat=now() + 30, exp=now() + 10)}"),
    "no iat": ("claims", lambda: f"Bearer {token(iat=...)}"),
    "iat in an hour": ("not yet valid", lambda: f"Bearer {token(iat=now() + 3600, exp=now() + 3900)}"),
    "iat is a text": ("times", lambda: f"Bearer {_unchecked(iat=str(now()))}"),
    "nbf in an hour": ("not yet valid", lambda: f"Bearer {token(nbf=now() + 3600)}"),
    "nbf is a text": ("times", lambda: f"Bearer {_unchecked(nbf=str(now()))}"),
    "no jti": ("claims", lambda: f"Bearer {token(jti=...)}"),
    "empty jti": ("jti", lambda: f"Bearer {token(jti='')}"),
    "jti is a number": ("claims", lambda: f"Bearer {_unchecked(jti=7)}"),
    "jti is a book": ("jti", lambda: f"Bearer {token(jti='j' * 257)}"),
    "another tenant": ("tenant", lambda: f"Bearer {token(tenant='other')}"),
    "no tenant": ("tenant", lambda: f"Bearer {token(tenant=...)}"),
}


def _signed(header, payload, key=EC_KEY):
    signed = f"{part(header)}.{part(payload)}"
    signature = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA384).sign(signed.encode(), key)
    return f"{signed}.{part(signature)}"


def _unchecked(**changed):
    """Properly signed, with claims that a library would not write."""
    return _signed(ES384, claims(**changed))


def _small_as_es384():
    return _signed({"alg": "ES384", "kid": "small", "typ": "JWT"}, claims(), SMALL)
