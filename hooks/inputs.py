"""The paths of a command line as the bytes of one input after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from cds.errors import InputError, MalformedInput
from hooks import strict_json

REQUEST, REQUESTS = "request.json", "request.ndjson"


def documents(paths: Iterable[str], stdin: BinaryIO) -> Iterator[bytes | InputError]:
    """Every input in order; what cannot be opened is an error in its place. NDJSON is read line by line."""
    for name in paths:
        if name == "-":
            yield from _of_stream(stdin)
            continue
        try:
            for path in files(Path(name)):
                yield from _of_file(path)
        except OSError as error:
            yield MalformedInput(f"{name}: {error.strerror or 'cannot be read'}", code="not-found")
        except InputError as error:
            yield error


def files(path: Path) -> list[Path]:
    """The file itself, or the requests of a fixture folder and of the folders below it, by name.

    Raises MalformedInput for a folder without any.
    """
    if not path.is_dir():
        return [path]
    found = sorted(one for name in (REQUEST, REQUESTS) for one in path.rglob(name))
    if not found:
        raise MalformedInput(f"{path}: no {REQUEST} and no {REQUESTS} in or below this folder", code="not-found")
    return found


def _of_file(path: Path) -> Iterator[bytes]:
    if path.suffix != ".ndjson":
        yield path.read_bytes()
        return
    with path.open("rb") as lines:
        yield from _lines(lines)


def _of_stream(stream: BinaryIO) -> Iterator[bytes]:
    """One line is one input, several are NDJSON; a single document may be spread over several lines."""
    first = stream.readline()
    if _parses(first):
        yield from _lines(chain([first], stream))
        return
    rest = stream.read()
    if not rest.strip() or _parses(first + rest):
        yield first + rest
    else:
        yield from _lines((first + rest).splitlines())


def _lines(lines: Iterable[bytes]) -> Iterator[bytes]:
    return (line for line in lines if line.strip())


def _parses(text: bytes) -> bool:
    try:
        strict_json.loads(text)
    except MalformedInput:
        return False
    return True
