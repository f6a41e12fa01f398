"""Records of jobs in Redis: hashes whose payload, result and failure are JSON.

Redis is shared with other programs of the machine, so a record may be anything. One that cannot be read is one line in
the log.
"""

import logging
from collections.abc import Sequence

import msgspec

from serving.jobs.contracts import Failure, Job, JobSummary, Payload, Result

SUMMARY = ("kind", "status", "created_at", "started_at", "ended_at", "done", "total")

logger = logging.getLogger(__name__)


def read_job(job_id: str, fields: dict[bytes, bytes]) -> Job | None:
    """The job of a record; None, and a line in the log, where it cannot be read."""
    try:
        text = {name.decode(): value for name, value in fields.items()}
        result, failure = (text.get(name) for name in ("result", "failure"))
        return Job(
            **msgspec.structs.asdict(_summarised(job_id, text)),
            version=int(text["version"]),
            run_ids=[run_id for run_id in text.get("run_ids", b"").decode().split(",") if run_id],
            payload=msgspec.json.decode(text["payload"], type=Payload),
            result=None if result is None else msgspec.json.decode(result, type=Result),
            failure=None if failure is None else msgspec.json.decode(failure, type=Failure),
        )
    except (KeyError, ValueError, msgspec.DecodeError) as error:
        logger.warning("job %r: its record cannot be read: %r", job_id, error)
        return None


def read_summary(job_id: str, values: Sequence[bytes | None]) -> JobSummary | None:
    """The summary of the values of `SUMMARY`; None, and a line in the log, where they cannot be read."""
    text = {name: value for name, value in zip(SUMMARY, values, strict=True) if value is not None}
    try:
        return _summarised(job_id, text)
    except (KeyError, ValueError, msgspec.DecodeError) as error:
        logger.warning("job %r: its record cannot be read: %r", job_id, error)
        return None


def _summarised(job_id: str, text: dict[str, bytes]) -> JobSummary:
    plain = {name: text[name].decode() for name in SUMMARY if name in text}
    document = {"id": job_id, "started_at": None, "ended_at": None, **plain,
                "progress": {"done": int(plain["done"]), "total": int(plain["total"])}}  # fmt: skip
    return msgspec.convert(document, JobSummary)
