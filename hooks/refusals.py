"""What the door refuses, as errors and issues; hooks/problems.py turns them into answers.

Apart from that, because the command line raises some of them too and needs no HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cds.errors import MalformedInput, OihError


class Unauthenticated(OihError):
    """The caller did not prove who he is. The reason is for our log; the answer is a bare 401.

    reason  one stable word, never a part of the token
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(OihError):
    """A request that HTTP itself refuses, such as a wrong content type.

    headers  sent along
    """

    def __init__(self, status: int, message: str, headers: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.headers = tuple(headers)


class InvalidAnswer(OihError):
    """Our own answer breaks a rule of CDS Hooks: it stays here, and the client gets a 500.

    The message names paths only, since what stands there may be the patient's.
    """


@dataclass(frozen=True, slots=True)
class Issue:
    """One problem, as an OperationOutcome's issue.

    code        of http://hl7.org/fhir/issue-type
    text        names the thing and the next step; goes to the client only, never to a log
    expression  path of the element
    """

    code: str
    text: str
    expression: str | None = None


class InvalidRequest(MalformedInput):
    """A body of the wrong shape; every wrong element is told."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__("; ".join(issue.text for issue in issues), expression=issues[0].expression)
        self.issues = tuple(issues)
