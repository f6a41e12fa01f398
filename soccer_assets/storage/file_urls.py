"""Folders and files of this machine by the names that settings give them: a path or a file:// URL."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit


def path_of(url: str) -> Path:
    """The path that a file:// URL names; `#` is a letter of it, a query is not."""
    return Path(unquote(urlsplit(url, allow_fragments=False).path))


def local_folder(address: str) -> Path | None:
    """The absolute path of a folder given as path or file:// URL; None for an address of another file system."""
    if address.startswith("file://"):
        return path_of(address).resolve()
    return None if re.match(r"[a-z][a-z0-9+.-]*://", address) else Path(address).expanduser().resolve()
