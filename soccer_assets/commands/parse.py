"""What a raw payload yields, to debug a source.

Each record is a JSON line on stdout; each quarantined record and the count are lines on stderr.
"""

import datetime as dt
import gzip
import hashlib
import json
import sys
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TextIO

import polars as pl

from soccer_assets.errors import ShapeError, SoccerError
from soccer_assets.sources.catalog import SOURCES
from soccer_assets.sources.fetching.client import Accept, Answer
from soccer_assets.sources.fetching.response_checks import unforeseen
from soccer_assets.sources.schema import Parsed

#: Under the name of its source, a further table under its own.
READERS: dict[str, tuple[Accept, Callable[[Sequence[Answer]], Parsed]]] = {
    (spec.table.name if number else source.name): (spec.accept, spec.parse)
    for source in SOURCES
    for number, spec in enumerate(source.tables)
}


def parse(
    source: str, files: Sequence[Path], address: str | None, out: TextIO = sys.stdout, err: TextIO = sys.stderr
) -> None:
    """Print what payloads yield.

    Args:
        source: a key of `READERS`.
        files: the payloads as they came, in the order they came: an increment needs the packet before it.
        address: where they were published; by default a file's own place, which tells league, season or day as well.
        out: for the records.
        err: for the rest.

    Raises:
        SoccerError: no such source or file.
        SourceError: the payload is refused as a whole.
    """
    parsed = read_payloads(source, (_answer(file, address) for file in files))
    _print(parsed.records, out)
    _print(parsed.quarantined, err)
    print(f"{len(parsed.records)} records, {len(parsed.quarantined)} quarantined", file=err)


def read_payloads(source: str, answers: Iterable[Answer]) -> Parsed:
    """What payloads yield, each judged by itself and not against an earlier one.

    Args:
        source: a key of `READERS`.
        answers: the payloads, in the order they came.

    Raises:
        SoccerError: no such source.
        SourceError: a payload is refused as a whole.
    """
    if source not in READERS:
        raise SoccerError(f"expected SOURCE out of {', '.join(READERS)}, found {source!r}")
    accept, read = READERS[source]
    judged, current = [], source
    try:
        for answer in answers:
            current = answer.address
            accept(answer.address, answer.body, None)
            judged.append(answer)
        return read(judged)
    except SoccerError:
        raise
    except Exception as error:
        raise unforeseen(current, error) from error


def _answer(file: Path, address: str | None) -> Answer:
    """The payload in a file, fetched when the file was written; one that ends in .gz is unpacked."""
    if not file.is_file():
        raise SoccerError(f"{file}: expected a file, found none")
    try:
        body = file.read_bytes()
    except OSError as error:
        raise SoccerError(f"{file}: expected a file that can be read, found {error}") from None
    if file.suffix == ".gz":
        try:
            body = gzip.decompress(body)
        except (OSError, EOFError, zlib.error) as error:
            raise ShapeError(str(file), f"expected a whole gzip file, found {error}") from None
    address = address or file.resolve().as_uri().removesuffix(".gz")
    fetched_at = dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC)
    return Answer(address, hashlib.sha256(body).hexdigest(), fetched_at, body)


def _print(rows: pl.DataFrame, to: TextIO) -> None:
    for row in rows.iter_rows(named=True):
        fields = {name: value for name, value in row.items() if value is not None}
        print(json.dumps(fields, ensure_ascii=False, default=str), file=to)
