"""The registration file of the SMART launch: at which record systems this service is known, and under which client id."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema
from marshmallow.fields import String as Text

from hooks.schemas.parts import NOT_BLANK
from hooks.settings import SettingsError, base_url

_LEAST_RSA_BITS = 2048
# What the hooks read, and nothing else; no identity unless the operator asks for it.
_SCOPES = " ".join(
    f"patient/{kind}"
    for kind in (
        "Patient.r",
        "Encounter.s",
        "MedicationRequest.s",
        "MedicationStatement.s",
        "MedicationDispense.s",
        "MedicationAdministration.s",
        "Medication.r",
        "Observation.s",
        "Condition.s",
        "AllergyIntolerance.s",
        "Procedure.s",
    )
)


@dataclass(frozen=True, slots=True)
class Registration:
    """This service as a client of one record system.

    iss     base URL of its FHIR server, in our spelling
    scopes  besides `launch` or `launch/patient`, which the way of launching decides
    key     PEM of our private key for private_key_jwt; None: a public client
    """

    iss: str
    client_id: str
    scopes: str = _SCOPES
    key: str | None = field(default=None, repr=False)
    kid: str = ""
    algorithm: str = ""

    @property
    def public_jwk(self) -> dict[str, Any] | None:
        """Our public key as the record system needs it; None for a public client."""
        if self.key is None:
            return None
        public = load_pem_private_key(self.key.encode(), None).public_key()
        form = ECAlgorithm if self.algorithm == "ES384" else RSAAlgorithm
        jwk: dict[str, Any] = form.to_jwk(public, as_dict=True)  # type: ignore[call-overload]
        return {**jwk, "kid": self.kid, "alg": self.algorithm, "use": "sig"}


class _Row(Schema):
    class Meta:
        unknown = RAISE

    iss = Text(required=True, validate=NOT_BLANK)
    client_id = Text(required=True, validate=NOT_BLANK)
    auth = Text(required=True, validate=validate.OneOf(["public", "private_key_jwt"]))
    key = Text(validate=NOT_BLANK)
    kid = Text(validate=NOT_BLANK)
    scopes = Text(load_default=_SCOPES, validate=NOT_BLANK)

    @validates_schema
    def _key_where_needed(self, data: Mapping[str, object], **_kwargs: object) -> None:
        confidential = data.get("auth") == "private_key_jwt"
        if confidential != ("key" in data) or confidential != ("kid" in data):
            raise ValidationError("give key (a PEM file) and kid with auth private_key_jwt, and only then", "key")


class _File(Schema):
    class Meta:
        unknown = RAISE

    server = fields.List(fields.Nested(_Row), required=True, validate=validate.Length(min=1))


def load(path: Path) -> Mapping[str, Registration]:
    """iss -> registration. Raises SettingsError naming file and place, never a key."""
    try:
        rows = _File().load(tomllib.loads(path.read_text(encoding="utf-8")))["server"]
    except OSError as error:
        raise SettingsError(f"{path.name}: {error.strerror or 'cannot be read'}") from None
    except ValidationError as error:
        raise SettingsError(f"{path.name}: {json.dumps(error.messages)}") from None
    except ValueError as error:
        raise SettingsError(f"{path.name}: {error}") from None
    found: dict[str, Registration] = {}
    for row in rows:
        try:
            registration = _registration(row, path.parent)
        except (ValueError, TypeError, OSError, jwt.PyJWTError) as error:
            raise SettingsError(f"{path.name}: server {row['iss']}: {error}") from None
        if registration.iss in found:
            raise SettingsError(f"{path.name}: server {registration.iss} stands twice")
        found[registration.iss] = registration
    return found


def _registration(row: Mapping[str, Any], folder: Path) -> Registration:
    plain = Registration(base_url(row["iss"]), row["client_id"], row["scopes"])
    if row["auth"] == "public":
        return plain
    pem = (folder / row["key"]).read_text(encoding="ascii")
    key = load_pem_private_key(pem.encode(), None)
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP384R1):
        algorithm = "ES384"
    elif isinstance(key, RSAPrivateKey) and key.key_size >= _LEAST_RSA_BITS:
        algorithm = "RS384"
    else:
        raise ValueError("key must be an EC key on P-384 (ES384) or an RSA key of 2048 bits or more (RS384)")
    return Registration(plain.iss, plain.client_id, plain.scopes, pem, row["kid"], algorithm)
