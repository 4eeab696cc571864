"""An issuer of the measurements: its file for the service, and tokens that last for the run."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

ISS = "https://ehr.bench.example.org"


def issuer(folder: Path, servers: Iterable[str] = ()) -> tuple[Path, Callable[[str], str]]:
    """The issuer file, and a function from audience to a token of one hour; repetition is observed, not refused.

    servers  FHIR servers that requests may name
    """
    key = ec.generate_private_key(ec.SECP384R1())
    public = ECAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": "bench", "use": "sig", "alg": "ES384"}
    (folder / "jwks.json").write_text(json.dumps({"keys": [public]}))
    path = folder / "issuers.toml"
    path.write_text(
        f'[[issuer]]\niss = "{ISS}"\njwks = "jwks.json"\nreplay = "observe"\n'
        f"fhir_servers = {json.dumps(list(servers))}\n"
    )

    def token(audience: str) -> str:
        now = int(time.time())
        claims = {"iss": ISS, "aud": audience, "iat": now, "exp": now + 3600, "jti": str(uuid.uuid4())}
        return jwt.encode(claims, key, algorithm="ES384", headers={"kid": "bench", "typ": "JWT"})

    return path, token
