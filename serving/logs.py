"""What the API and the workers log: lines that nothing a client sends can forge, and a line of JSON per request.

A request has an id, the job that it asks for another, and a run of Dagster that the job starts a third. Each line that
is logged on their account has them, so one id leads through all processes.
"""

import datetime as dt
import logging
import re
import time
import traceback
from asyncio import AbstractEventLoop, get_running_loop
from contextvars import ContextVar
from typing import IO, Literal

import msgspec

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
#: Characters that end a line, move the cursor, colour a terminal or change the direction of text.
_UNSAFE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_WRITE_SECONDS = 0.1
_LONGEST_PATH = 2000
#: Of the request that is answered or the job that is done, by name: `request_id`, `job_id`, `run_id`.
IDS: ContextVar[dict[str, str]] = ContextVar("ids", default={})  # noqa: B039 - it is replaced, never changed


def add_ids(**ids: str) -> None:
    """Log these ids with each further line of this task and of the tasks that it starts."""
    IDS.set(IDS.get() | ids)


class LineFormatter(logging.Formatter):
    """Escapes control characters; lines of an entry after its first one, as of a traceback, begin with `  | `."""

    def format(self, record: logging.LogRecord) -> str:
        """The entry."""
        text = _UNSAFE.sub(lambda match: ascii(match[0])[1:-1], super().format(record))
        ids = "".join(f" {name}={value}" for name, value in IDS.get().items())
        return (text + ids if "\n" not in text else text.replace("\n", ids + "\n", 1)).replace("\n", "\n  | ")


class Line(msgspec.Struct, omit_defaults=True):
    """A line of the log as JSON; an id that does not apply is left out."""

    time: dt.datetime
    level: str
    logger: str
    message: str
    request_id: str = ""
    job_id: str = ""
    run_id: str = ""
    error: str = ""


class JsonFormatter(logging.Formatter):
    """One object a line; `error` is the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The entry."""
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        error = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        line = Line(moment, record.levelname, record.name, record.getMessage(), **IDS.get(), error=error)
        return msgspec.json.encode(line).decode()


def log_to_stderr(level: str, form: Literal["text", "json"] = "text") -> None:
    """Write the log of this process to stderr, from this level on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if form == "json" else LineFormatter(FORMAT))
    logging.basicConfig(level=level.upper(), handlers=[handler])


class Entry(msgspec.Struct):
    """A request and its answer; `ms` until the last byte of the body was sent."""

    time: dt.datetime
    request_id: str
    client: str
    method: str
    path: str
    status: int
    ms: float
    bytes: int


class AccessLog:
    """Writes an entry per request; those of a tenth of a second are written together."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._lines: list[bytes] = []
        self._encoder = msgspec.json.Encoder()

    def add(
        self, request_id: str, client: str, method: str, path: bytes, status: int, seconds: float, size: int
    ) -> None:
        """Log a request; its path and query are as they were received, other bytes than ASCII escaped."""
        text = path[:_LONGEST_PATH].decode("ascii", "backslashreplace")
        moment = dt.datetime.fromtimestamp(time.time(), dt.UTC)
        entry = Entry(moment, request_id, client, method, text, status, round(1000 * seconds, 3), size)
        if not self._lines:
            loop: AbstractEventLoop = get_running_loop()
            loop.call_later(_WRITE_SECONDS, self.write)
        self._lines.append(self._encoder.encode(entry))

    def write(self) -> None:
        """Write the entries that wait."""
        if self._lines:
            lines, self._lines = self._lines, []
            self._file.write(b"\n".join(lines) + b"\n")
            self._file.flush()
