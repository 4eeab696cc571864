"""One process's knowledge, rules and options, and the walk from the bytes of one input to the bytes of its answer."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from cds import assess, case, knowledge
from cds.cards import CardOptions
from cds.clinical import Assessment
from cds.engine import Engine
from cds.errors import InputError, OihError
from cds.knowledge import Knowledge
from hooks import strict_json
from hooks.report import assess_json
from hooks.schemas.response import checked_answer
from hooks.site import extended
from hooks.wall_clock import on_the_records_clock


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Built once for a process; evaluations share nothing but what never changes."""

    knowledge: Knowledge
    engine: Engine
    options: CardOptions

    def assessment(self, document: object, asked: case.Asked) -> Assessment:
        """Raises InputError for what was sent, RuleFault where the rules did not run to their end."""
        found = case.read(document, asked)
        if asked.zone is None and not case.is_dated(document, asked):
            found = replace(found, as_of=case.as_of(None, on_the_records_clock(asked.now, found.entries), None))
        return assess.assess(found, self.knowledge, self.engine, self.options)

    def report(self, document: object, asked: case.Asked) -> dict[str, Any]:
        """The assessment as contract.md's object, its cards checked as over HTTP. Raises like `assessment`."""
        found = self.assessment(document, asked)
        answer: Any = checked_answer(found.cards)
        return assess_json(found, answer["cards"])

    def line(self, body: bytes, asked: case.Asked) -> tuple[bytes, bool]:
        """One line of output, and whether the input could be evaluated. Raises nothing: other inputs are waiting."""
        try:
            return orjson.dumps(self.report(strict_json.loads(body), asked)), True
        except Exception as error:  # noqa: BLE001 - the outermost edge of one input among many
            return orjson.dumps(refusal(error)), False


def load(root: Path | None = None, pain_codes: Path | None = None, ndc_codes: Path | None = None) -> Evaluator:
    """Reads rules/, or another directory of that shape, and a site's own codes.

    Raises KnowledgeError where one of the files is wrong.
    """
    known = extended(knowledge.load(root), pain_codes, ndc_codes)
    return Evaluator(known, Engine(known), CardOptions())


def refusal(error: Exception) -> dict[str, dict[str, str]]:
    """What stands in an input's place. Only errors that we raise on purpose may speak; others could quote a patient."""
    if isinstance(error, InputError):
        path = error.expression
        message = str(error) if path is None or path in str(error) else f"{path}: {error}"
        return {"error": {"code": error.code, "message": message}}
    if isinstance(error, OihError):
        return {"error": {"code": "exception", "message": str(error)}}
    place = traceback.extract_tb(error.__traceback__)[-1]
    file = "/".join(Path(place.filename).parts[-2:])
    where = f"{type(error).__name__} in {file} line {place.lineno}"
    return {"error": {"code": "exception", "message": f"a fault of oih-cds ({where}); please report it"}}
