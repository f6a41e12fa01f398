"""How the rows of the ledger are chained.

The hash of a row is the SHA-256 of the previous row's hash in hexadecimal (64 zeros before the first), a line feed, and
the row as JSON in UTF-8: the columns that are not null but for the two hashes, by name, without spaces, floats in their
shortest form, times in ISO 8601.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

GENESIS: Final = "0" * 64
HASHES: Final = ("previous_hash", "hash")


def row_text(row: Mapping[str, Any]) -> str:
    """What is hashed of a row after the previous hash."""
    return canonical({name: value for name, value in row.items() if name not in HASHES and value is not None}).decode()


def row_hash(row: Mapping[str, Any]) -> str:
    """The hash of a row, in hexadecimal, from what it says and its `previous_hash`."""
    return hashlib.sha256(f"{row['previous_hash']}\n{row_text(row)}".encode()).hexdigest()


def canonical(value: Mapping[str, Any]) -> bytes:
    """A mapping as JSON that is the same for the same content."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=lambda t: t.isoformat())
    return text.encode()
