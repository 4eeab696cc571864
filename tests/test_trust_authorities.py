"""A hospital signs its servers' certificates itself: OIH_CDS_CA_FILE makes every call of ours trust them, and only it does."""

import json
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from fhir_server import FhirServer, by_server, resources_of, serving
from loopback import loopback
from served import path_of, post, request_of, served
from smart_server import CLIENT, SmartServer
from tokens import ISS, KEYS, PUBLIC, token

from hooks.app import create_app
from hooks.cli import main
from hooks.pages.smart_client import LaunchError, SmartClient
from hooks.pages.smart_file import Registration
from hooks.settings import Settings, SettingsError
from hooks.store import open_store
from hooks.store.tokens import UsedTokens
from hooks.web import Web, authorities

PATTERN = "pattern/pain_rises_with_each_increase"
CERTIFICATE = "the server's certificate is not trusted"


def named(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def issued(name, public, signer, signer_name, *, ca):
    now = datetime.now(UTC)
    usage = dict.fromkeys(
        [
            "content_commitment",
            "data_encipherment",
            "key_agreement",
            "key_encipherment",
            "encipher_only",
            "decipher_only",
        ],
        False,
    )
    return (
        x509.CertificateBuilder(signer_name, name, public, x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=ca, crl_sign=ca, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )


class Hospital:
    """An authority that nobody else knows, and a server of this machine with a certificate of it."""

    def __init__(self, folder):
        folder.mkdir()
        authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        us = named("the hospital")
        self.pem = issued(us, authority.public_key(), authority, us, ca=True).public_bytes(Encoding.PEM)
        self.file = folder / "hospital.pem"
        self.file.write_bytes(self.pem)
        chain, key = folder / "server.pem", folder / "key.pem"
        chain.write_bytes(issued(named("ehr"), server.public_key(), authority, us, ca=False).public_bytes(Encoding.PEM))
        key.write_bytes(server.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(chain, key)


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    return Hospital(tmp_path_factory.mktemp("authorities") / "one")


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return Hospital(tmp_path_factory.mktemp("authorities") / "other")


def test_with_the_file_the_record_is_read_from_a_server_that_the_hospital_signed(hospital):
    request = request_of(PATTERN)
    settings = Settings(ca_file=hospital.file, fetch_seconds=20)
    with serving(FhirServer(resources_of(request)), hospital.tls) as fhir, served(create_app(settings)) as client:
        answer = post(client, by_server(request, fhir))
        as_sent = post(client, request).json()
    assert answer.status_code == 200
    assert answer.json()["cards"] == as_sent["cards"]


@pytest.mark.parametrize("theirs", [None, "other"])
def test_without_it_the_412_names_the_certificate(theirs, hospital, other):
    request = request_of(PATTERN)
    settings = Settings(ca_file=other.file if theirs else None, fetch_seconds=20)
    with serving(FhirServer(resources_of(request)), hospital.tls) as fhir, served(create_app(settings)) as client:
        answer = post(client, by_server(request, fhir))
    assert answer.status_code == 412
    assert CERTIFICATE in answer.text
    assert fhir.calls == []


@pytest.mark.parametrize(("trusted", "status"), [(True, 200), (False, 401)])
def test_the_keys_of_an_issuer_are_fetched_from_such_a_server(trusted, status, hospital, tmp_path, log):
    request = request_of(PATTERN)
    store = open_store(f"sqlite:///{tmp_path / 'tokens.sqlite3'}")
    with loopback(lambda call: call.json(KEYS, kind="application/json"), hospital.tls) as server:
        row = {"iss": ISS, "jku": f"{server.base}/keys", "fhir_servers": ["https://ehr.example.org/fhir"]}
        (tmp_path / "issuers.json").write_text(json.dumps({"issuer": [row]}))
        settings = Settings(
            issuers=tmp_path / "issuers.json",
            public_url=PUBLIC,
            allow_as_of=True,
            ca_file=hospital.file if trusted else None,
        )
        with served(create_app(settings, used_tokens=UsedTokens(store))) as client:
            bearer = f"Bearer {token(aud=PUBLIC + path_of(request))}"
            assert post(client, request, headers={"Authorization": bearer}).status_code == status
    store.dispose()
    assert (CERTIFICATE in log.getvalue()) is not trusted


def test_a_smart_launch_finds_such_a_server(hospital):
    system = SmartServer([], "1")
    with serving(system, hospital.tls):
        at = Registration(system.base, CLIENT, "patient/*.rs")
        trusting, strange = Web(authorities(hospital.file)), Web()
        assert SmartClient(trusting, "https://us.example/back").endpoints(at).token == f"{system.server.base}/token"
        with pytest.raises(LaunchError, match=CERTIFICATE):
            SmartClient(strange, "https://us.example/back").endpoints(at)
        trusting.close()
        strange.close()


def test_several_authorities_stand_in_one_file_with_remarks_beside_them(hospital, other, tmp_path):
    file = tmp_path / "all.pem"
    file.write_bytes(other.pem + "# Universitätsklinikum\n".encode() + hospital.pem)
    system = SmartServer([], "1")
    with serving(system, hospital.tls):
        web = Web(authorities(file))
        assert SmartClient(web, "https://us.example/back").endpoints(Registration(system.base, CLIENT, "patient/*.rs"))
        web.close()


def wrong(hospital):
    """Files that are no list of authorities, by name."""
    key = hospital.file.with_name("key.pem").read_bytes()
    return {
        "empty": b"",
        "text": b"our authority",
        "cut off": hospital.pem[:-40],
        "the second broken": hospital.pem + hospital.pem.replace(b"MII", b"M!I"),
        "a key": key,
        "DER": ssl.PEM_cert_to_DER_cert(hospital.pem.decode()),
    }


@pytest.mark.parametrize("name", ["empty", "text", "cut off", "the second broken", "a key", "DER"])
def test_a_wrong_file_stops_the_start_and_names_the_setting(name, hospital, tmp_path):
    file = tmp_path / "wrong.pem"
    file.write_bytes(wrong(hospital)[name])
    with pytest.raises(SettingsError, match="OIH_CDS_CA_FILE: the file holds no certificates in PEM"):
        create_app(Settings(ca_file=file))


def test_a_file_that_cannot_be_read_stops_the_start_and_names_the_setting(tmp_path):
    for file, why in ((tmp_path / "none.pem", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(SettingsError, match=f"OIH_CDS_CA_FILE: the file cannot be read .{why}"):
            create_app(Settings(ca_file=file))


def test_check_says_so_before_a_start(tmp_path, monkeypatch):
    monkeypatch.setenv("OIH_CDS_CA_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("OIH_CDS_DATABASE_URL", f"sqlite:///{tmp_path / 'store.sqlite3'}")
    monkeypatch.setenv("COLUMNS", "300")
    done = CliRunner().invoke(main, ["check", "--offline"])
    assert done.exit_code == 1
    assert "OIH_CDS_CA_FILE: the file cannot be read (No such file or directory)" in done.output
