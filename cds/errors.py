"""The error tree. Each class says who must act.

OihError
├── KnowledgeError      a rule author: a file in rules/ is wrong; the service does not start
├── RuleFault           an operator: the rules could not be evaluated; never read it as "no card"
├── InputError          the caller: what was sent cannot be evaluated
│   ├── MalformedInput      not strict JSON, or not of the expected shape            400
│   ├── UnsupportedVersion  a FHIR version, table or setting that is not allowed     400
│   ├── PatientMismatch     no patient, several patients, or another one's data      400
│   └── MissingData         a required part was not sent and could not be fetched    412
└── UnitError           nobody: caught where a dose is read, becomes "uncounted"
"""

from __future__ import annotations


class OihError(Exception):
    """Base of every error that this project raises on purpose."""


class KnowledgeError(OihError):
    """A file under rules/ is missing, malformed or contradicts another one."""


class RuleFault(OihError):
    """The rule engine did not evaluate the facts to the end."""


class UnitError(OihError):
    """A quantity's unit does not allow the asked conversion."""


class InputError(OihError):
    """The input cannot be evaluated.

    code        short machine word, stable: it is printed by `assess` and in OperationOutcomes
    expression  path of the offending element, such as "context.patientId"; None where there is none
    """

    code = "invalid"

    def __init__(self, message: str, *, expression: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.expression = expression
        if code is not None:
            self.code = code


class MalformedInput(InputError):
    """Not strict JSON, or not of the expected shape."""

    code = "structure"


class UnsupportedVersion(InputError):
    """A FHIR version, a factor table or an extension that this service does not take here."""

    code = "not-supported"


class PatientMismatch(InputError):
    """No patient, several patients without a context, or a context that names another one."""

    code = "patient"


class MissingData(InputError):
    """A required part of the record was not sent and could not be fetched."""

    code = "required"
