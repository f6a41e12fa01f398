"""Folders and files by the names that settings give them: a path, a file:// URL or an S3 URL."""

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pyarrow import fs

#: A request to S3 may take this long, and twice as long with its retries; the API waits less.
REQUEST_SECONDS = 30.0


def path_of(url: str) -> Path:
    """The path that a file:// URL names; `#` is a letter of it, a query is not."""
    return Path(unquote(urlsplit(url, allow_fragments=False).path))


def local_folder(address: str) -> Path | None:
    """The absolute path of a folder given as path or file:// URL; None for an address of another file system."""
    if address.startswith("file://"):
        return path_of(address).resolve()
    return None if re.match(r"[a-z][a-z0-9+.-]*://", address) else Path(address).expanduser().resolve()


def file_system(url: str, request_seconds: float = REQUEST_SECONDS) -> tuple[fs.FileSystem, str]:
    """The file system of a folder or a URL, and the path in it."""
    folder = local_folder(url)
    if folder is not None:
        return fs.LocalFileSystem(), str(folder)
    if not url.startswith("s3://"):
        files, path = fs.FileSystem.from_uri(url)
        return files, str(path)
    store = fs.S3FileSystem(
        region=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
        endpoint_override=os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"),
        request_timeout=request_seconds,
        connect_timeout=request_seconds,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=2),
    )
    return store, url.removeprefix("s3://").rstrip("/")
