"""Raw payloads exactly as a source sent them: content-addressed, kept for ever, replayable.

The fetch log says where and when each payload came from and what became of it. It is a table of the lake.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import msgspec
import polars as pl

from soccer_assets.errors import LostPayloadError
from soccer_assets.settings import machine_time
from soccer_assets.storage.file_urls import file_system, listed
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.tables import UTC, Column, Table

#: Good answers, none at that address, an answer that was refused, a bot wall, and no usable answer at all.
OUTCOMES = ("accepted", "unchanged", "missing", "rejected", "blocked", "failed")
GOOD, BAD = OUTCOMES[:2], OUTCOMES[3:]
#: Clocks of machines differ by less; more is a fault.
CLOCK_SLACK = dt.timedelta(minutes=5)

FETCH_LOG = Table(
    "fetch_log",
    "One answer of a source to a request, and what became of it.",
    (
        Column("address", pl.String, "the address asked"),
        Column("fetched_at", UTC, "when the answer was complete"),
        Column("outcome", pl.String, "what became of it", among=OUTCOMES),
        Column("reason", pl.String, "why it was not accepted, or was by hand", nullable=True),
        Column("status", pl.Int32, "HTTP status; 200 for a file that was read", nullable=True),
        Column("payload_id", pl.String, "SHA-256 of the body", nullable=True),
        Column("size", pl.Int64, "bytes of the body", nullable=True),
        Column("etag", pl.String, "validator the source gave", nullable=True),
        Column("last_modified", pl.String, "validator the source gave", nullable=True),
        Column("answered_by", pl.String, "where it was asked, when that was a mirror of the address", nullable=True),
        Column("source", pl.String, "who publishes the address", nullable=True),
    ),
    ("address", "fetched_at"),
)


class Fetch(msgspec.Struct, frozen=True):
    """One row of the fetch log."""

    address: str
    fetched_at: dt.datetime
    outcome: str
    reason: str | None = None
    status: int | None = None
    payload_id: str | None = None
    size: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    answered_by: str | None = None
    source: str | None = None

    @property
    def host(self) -> str:
        """The host that was asked; empty for a file."""
        return urlsplit(self.answered_by or self.address).netloc


class Payloads:
    """Bytes by their SHA-256, on a local folder or S3, with the log of the fetches that brought them."""

    def __init__(self, url: str, lake: Lake, now: Callable[[], dt.datetime] = machine_time) -> None:
        self._lake = lake
        self._now = now
        self._fs, self._root = file_system(url)

    def put(self, body: bytes) -> str:
        """Keep the bytes, also where those in store are lost or changed; returns their id."""
        payload_id = hashlib.sha256(body).hexdigest()
        path = f"{self._root}/{payload_id}"
        if self._fs.get_file_info(path).size != len(body) or self._read(path) != body:
            self._fs.create_dir(self._root, recursive=True)
            # a reader never sees half a payload: the id appears when the bytes are whole, whoever else writes them
            part = f"{path}.{uuid.uuid4().hex}.part"
            with self._fs.open_output_stream(part) as stream:
                stream.write(body)
            self._fs.move(part, path)
        return payload_id

    def get(self, payload_id: str) -> bytes:
        """The bytes of an id.

        Raises:
            LostPayloadError: they are not in store, or others stand in their place.
        """
        path = f"{self._root}/{payload_id}"
        try:
            body = self._read(path)
        except FileNotFoundError:
            raise LostPayloadError(path, "none") from None
        actual = hashlib.sha256(body).hexdigest()
        if actual != payload_id:
            raise LostPayloadError(path, f"{len(body)} bytes with the hash {actual}")
        return body

    def _read(self, path: str) -> bytes:
        with self._fs.open_input_stream(path) as stream:
            return bytes(stream.readall())

    def drop_parts(self, older_than: dt.timedelta = dt.timedelta(days=1)) -> int:
        """Drop what writers that were killed left of payloads; their number."""
        entries = listed(self._fs, self._root)
        oldest = machine_time() - older_than
        parts = [entry.path for entry in entries if entry.extension == "part" and entry.mtime < oldest]
        for path in parts:
            self._fs.delete_file(path)
        return len(parts)

    def sizes(self) -> dict[str, int]:
        """The size in bytes of each payload that is kept, by its id."""
        entries = listed(self._fs, self._root)
        return {entry.base_name: entry.size for entry in entries if len(entry.base_name) == 64}

    def record(self, fetches: Sequence[Fetch]) -> None:
        """Add to the fetch log, in one commit."""
        if fetches:
            rows = pl.DataFrame([msgspec.structs.asdict(f) for f in fetches], schema=FETCH_LOG.schema)
            self._lake.append(FETCH_LOG.name, rows)

    def fetches(self, prefix: str = "", source: str | None = None) -> pl.DataFrame:
        """The fetch log, as `in_order`.

        Args:
            prefix: what the addresses start with.
            source: who publishes them; rows without a name may be anybody's. None: all.
        """
        if not self._lake.exists(FETCH_LOG.name):
            return FETCH_LOG.empty()
        log = self._lake.scan(FETCH_LOG.name).filter(pl.col("address").str.starts_with(prefix))
        return in_order(log.collect(), self._now(), source)

    def last_good(self, prefix: str = "") -> dict[str, Fetch]:
        """The newest accepted answer of each address that starts with `prefix`."""
        return newest_accepted(self.fetches(prefix))


def in_order(log: pl.DataFrame, now: dt.datetime, source: str | None = None) -> pl.DataFrame:
    """Rows of the fetch log, oldest first; those of a source are also those that name none. None: all.

    An answer of a time to come was written by a clock that was ahead. As the newest one it would hide all that is
    fetched until then, so it is left out where its address has others.
    """
    log = pl.concat([FETCH_LOG.empty(), log], how="diagonal")  # one that an earlier version wrote lacks columns
    rows = log if source is None else log.filter(pl.col("source").fill_null(source) == source)
    has_come = pl.col("fetched_at") <= now + CLOCK_SLACK
    return rows.filter(has_come | ~has_come.any().over("address")).sort("fetched_at", "address")


def newest_accepted(log: pl.DataFrame) -> dict[str, Fetch]:
    """The newest accepted answer of each address in a fetch log, oldest first."""
    newest = standing(log).unique("address", keep="last", maintain_order=True)
    return {row["address"]: Fetch(**row) for row in newest.iter_rows(named=True)}


def standing(log: pl.DataFrame) -> pl.DataFrame:
    """The accepted answers of a fetch log but those that were rejected later, when they could not be parsed.

    Such a rejection has a payload and no status: nobody was asked.
    """
    answer = ["address", "payload_id"]
    withdrawn = log.filter(
        pl.col("outcome") == "rejected", pl.col("status").is_null(), pl.col("payload_id").is_not_null()
    )
    rejected = withdrawn.group_by(answer).agg(_rejected_at=pl.col("fetched_at").max())
    accepted = log.filter(pl.col("outcome") == "accepted").join(rejected, on=answer, how="left", maintain_order="left")
    return accepted.filter((pl.col("fetched_at") > pl.col("_rejected_at")).fill_null(True)).drop("_rejected_at")
