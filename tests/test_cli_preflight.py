"""`oih-cds preflight` fails where a pilot would: a required key that cannot be had, or that holds nothing to evaluate."""

import pytest
from click.testing import CliRunner
from fhir_server import TOKEN, FhirServer, resources_of, serving
from served import request_of

from hooks.commands import preflight

REQUEST = request_of("pattern/pain_rises_with_each_increase")
MEDICATIONS = ("MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration")


def down(call):
    return call.json({"resourceType": "OperationOutcome"}, 500)


def run(faults=(), *options, token=TOKEN):
    with serving(FhirServer(resources_of(REQUEST), faults=dict.fromkeys(faults, down))) as server:
        words = ["--fhir", server.base, "--patient", REQUEST["context"]["patientId"], *options]
        environment = {"PREFLIGHT_TOKEN": token, "COLUMNS": "200", "OIH_CDS_FETCH_SECONDS": "10"}
        done = CliRunner(env=environment).invoke(preflight.command, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, " ".join(done.output.split())


@pytest.mark.parametrize("faults", [(), ("Condition", "Encounter"), MEDICATIONS[1:]])
def test_a_preflight_in_which_every_required_key_came_succeeds(faults):
    assert run(faults)[0] == 0


@pytest.mark.parametrize(
    ("faults", "told"), [(("Observation",), "pain"), (MEDICATIONS, ", ".join(preflight.MEDICATION_KEYS))]
)
def test_a_preflight_in_which_a_required_key_failed_fails(faults, told):
    code, said = run(faults)
    assert code == 1
    assert f"Required and not to be had: {told}. The service would answer 412." in said


def test_a_preflight_in_which_every_key_failed_fails():
    code, said = run(token="another")
    assert code == 1
    assert "Required and not to be had: patient, medicationRequests" in said


def test_a_preflight_in_which_nothing_that_came_can_be_read_fails():
    code, said = run((), "--fhir-version", "STU3")
    assert code == 1
    assert "can be evaluated; look at --fhir-version and at the codes" in said
