"""The registration file, and the cookie that a browser gets under https and inside an EHR's frame."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask
from page_service import settings

from hooks.pages import smart_file
from hooks.pages.smart_routes import Launches
from hooks.settings import SettingsError

PUBLIC = '[[server]]\niss = "https://EHR.example.org:443/fhir/"\nclient_id = "us"\nauth = "public"\n'
PRIVATE = PUBLIC.replace('"public"', '"private_key_jwt"') + 'key = "key.pem"\nkid = "k1"\n'


def read(folder, text, key=None):
    if key is not None:
        (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "smart.toml").write_text(text)
    return smart_file.load(folder / "smart.toml")


def test_a_server_is_known_in_one_spelling(tmp_path):
    assert list(read(tmp_path, PUBLIC)) == ["https://ehr.example.org/fhir"]


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ec.generate_private_key(ec.SECP384R1()), "ES384"),
        (rsa.generate_private_key(public_exponent=65537, key_size=2048), "RS384"),
    ],
    ids=["P-384", "RSA 2048"],
)
def test_a_confidential_client_has_the_algorithm_of_its_key(tmp_path, key, algorithm):
    (found,) = read(tmp_path, PRIVATE, key).values()
    assert found.algorithm == algorithm
    assert found.public_jwk["kid"] == "k1"
    assert not {"d", "p", "q"} & found.public_jwk.keys()
    assert "PRIVATE" not in repr(found)


@pytest.mark.parametrize(
    "key",
    [ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(public_exponent=65537, key_size=1024)],
    ids=["P-256", "RSA 1024"],
)
def test_a_weak_key_is_refused_at_start(tmp_path, key):
    with pytest.raises(SettingsError, match="P-384"):
        read(tmp_path, PRIVATE, key)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (PUBLIC + PUBLIC, "stands twice"),
        (PUBLIC + 'key = "key.pem"\n', "only then"),
        (PRIVATE.replace('kid = "k1"\n', ""), "kid"),
        (PRIVATE, "No such file"),
        (PUBLIC.replace("https://EHR", "http://EHR"), "https"),
        (PUBLIC + "colour = 1\n", "colour"),
        ("", "server"),
        ("[[", "smart.toml"),
    ],
)
def test_a_wrong_file_is_refused_and_named(tmp_path, text, says):
    with pytest.raises(SettingsError, match=says) as refused:
        read(tmp_path, text)
    assert str(refused.value).startswith("smart.toml")


def cookie(folder, **more):
    launches = Launches(settings(folder, "https://cds.example.org", **more), {}, *[None] * 8)
    app = Flask(__name__)
    with app.test_request_context():
        return launches.keep(app.response_class(), "a" * 16, "handle", 60).headers["Set-Cookie"]


def test_under_https_the_cookie_is_bound_to_the_host(tmp_path):
    found = cookie(tmp_path)
    assert found.startswith(f"__Host-oih-{'a' * 16}=handle;")
    for word in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert word in found
    assert "Domain" not in found
    assert "Partitioned" not in found


def test_in_a_frame_the_cookie_is_sent_and_kept_to_that_ehr(tmp_path):
    found = cookie(tmp_path, frame_ancestors=("https://ehr.example.org",))
    assert "SameSite=None" in found
    assert "Partitioned" in found
    assert "Secure" in found
