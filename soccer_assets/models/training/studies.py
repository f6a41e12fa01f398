"""Where Optuna keeps its studies.

The parameters that a search came to stand in the lake: a journal that cannot be read costs further searches, no model.
"""

import json
import logging
from typing import Any

from soccer_assets.settings import Settings, machine_time

logger = logging.getLogger(__name__)


def study_storage(settings: Settings) -> Any:
    """The URL of the settings, else a journal file, which is begun anew where it is damaged."""
    if settings.optuna_url:
        return settings.optuna_url
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

    journal = settings.var_path / "optuna" / "journal.log"
    journal.parent.mkdir(parents=True, exist_ok=True)
    lock = JournalFileSymlinkLock(str(journal))
    lock.acquire()  # no other process is in mid-line now
    try:
        if journal.is_file() and not _is_whole(journal.read_bytes()):
            aside = journal.with_name(f"{journal.name}.damaged-{machine_time():%Y%m%dT%H%M%S}")
            journal.rename(aside)
            logger.warning("%s: expected whole lines of JSON, found others: set aside as %s", journal, aside.name)
    finally:
        lock.release()
    return JournalStorage(JournalFileBackend(str(journal), lock_obj=lock))


def _is_whole(journal: bytes) -> bool:
    """Whether every line is whole: a full disk or a lost write leaves part of one, to which the next is added."""
    try:
        return all(line.endswith(b"\n") and json.loads(line) for line in journal.splitlines(keepends=True))
    except ValueError:
        return False
