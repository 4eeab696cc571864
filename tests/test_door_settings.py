"""A setting is known, legal and documented, or the service does not start; no message repeats its value."""

import pytest

from hooks import settings
from hooks.settings import Settings, SettingsError, base_url, check_bind


def test_a_misspelt_setting_stops_the_start():
    with pytest.raises(SettingsError, match="OIH_CDS_PREFECH"):
        settings.load({"OIH_CDS_PREFECH": "lean", "PATH": "/bin"})


def test_other_variables_are_nobodys_business():
    assert settings.load({"PATH": "/bin", "OIH_OTHER": "x"}) == Settings()


def test_the_environment_of_the_process_is_read(monkeypatch):
    monkeypatch.setenv("OIH_CDS_PREFETCH", "lean")
    monkeypatch.setenv("OIH_CDS_CORS_ORIGINS", "https://a.example, https://b.example:8443")
    found = settings.load()
    assert found.prefetch == "lean"
    assert found.cors_origins == ("https://a.example", "https://b.example:8443")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PREFETCH", "fat-SECRET"),
        ("FETCH_SECONDS", "0-SECRET"),
        ("FETCH_PAGES", "-1SECRET"),
        ("TIME_ZONE", "Mars/SECRET"),
        ("PUBLIC_URL", "http://SECRET.example.org"),
        ("PUBLIC_URL", "https://user:SECRET@cds.example.org"),
        ("CORS_ORIGINS", "*SECRET"),
        ("CORS_ORIGINS", "https://SECRET.example/path"),
        ("FHIR_SERVERS", "ftp://SECRET"),
        ("SECRET_KEY", "SECRET"),
        ("FHIR_VERSION", "R-SECRET"),
    ],
)
def test_a_wrong_value_is_named_by_its_setting_and_never_repeated(name, value):
    with pytest.raises(SettingsError, match=f"OIH_CDS_{name}") as refused:
        settings.load({f"OIH_CDS_{name}": value})
    assert "SECRET" not in str(refused.value).replace("OIH_CDS_SECRET_KEY", "")


def test_a_star_is_no_origin():
    with pytest.raises(SettingsError, match="CORS_ORIGINS"):
        settings.load({"OIH_CDS_CORS_ORIGINS": "*"})


def test_issuers_need_the_public_url_that_their_tokens_name():
    with pytest.raises(SettingsError, match="OIH_CDS_PUBLIC_URL"):
        settings.load({"OIH_CDS_ISSUERS": "issuers.toml"})


def test_the_servers_of_development_mode_are_no_way_around_the_issuer_file():
    given = {"OIH_CDS_ISSUERS": "i.toml", "OIH_CDS_PUBLIC_URL": "https://cds.example.org"}
    assert not settings.load(given).development
    with pytest.raises(SettingsError, match="OIH_CDS_FHIR_SERVERS"):
        settings.load(given | {"OIH_CDS_FHIR_SERVERS": "https://ehr.example.org/fhir"})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "cds.example.org", ""])
def test_development_mode_binds_loopback_only(host, tmp_path):
    for allowed in ("127.0.0.1", "::1", "localhost"):
        check_bind(Settings(), allowed)
    with pytest.raises(SettingsError, match="OIH_CDS_ISSUERS"):
        check_bind(Settings(), host)
    check_bind(Settings(issuers=tmp_path / "i.toml", public_url="https://cds.example.org"), host)


@pytest.mark.parametrize(("set_to", "honoured"), [(None, True), (True, True), (False, False)])
def test_development_mode_honours_a_given_date_unless_told_otherwise(set_to, honoured, tmp_path):
    assert Settings(allow_as_of=set_to).honours_as_of is honoured
    assert Settings(allow_fhir_version=set_to).honours_fhir_version is honoured
    trusted = Settings(issuers=tmp_path / "i.toml", public_url="https://cds.example.org", allow_as_of=set_to)
    assert trusted.honours_as_of is bool(set_to)


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("https://EHR.example.org:443/fhir/", "https://ehr.example.org/fhir"),
        ("https://ehr.example.org:8443", "https://ehr.example.org:8443"),
        ("http://localhost:80/", "http://localhost"),
        ("http://[::1]:8080/fhir", "http://[::1]:8080/fhir"),
    ],
)
def test_a_base_url_has_one_spelling(written, spelt):
    assert base_url(written) == spelt


def test_every_setting_is_documented_with_its_default():
    lines = settings.reference().splitlines()[2:]
    assert len(lines) == len(Settings.model_fields)
    for line, (name, field) in zip(lines, Settings.model_fields.items(), strict=True):
        assert line.startswith(f"| `OIH_CDS_{name.upper()}` | ")
        assert field.description
        assert field.description in line


def test_the_secrets_of_the_settings_are_in_no_text():
    found = settings.load({"OIH_CDS_SECRET_KEY": "k" * 32, "OIH_CDS_DATABASE_URL": "postgresql://u:hidden@db/x"})
    assert "k" * 32 not in repr(found)
    assert "hidden" not in repr(found)
