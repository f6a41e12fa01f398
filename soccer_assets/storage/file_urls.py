"""Folders and files by the names that settings give them: a path, a file:// URL or an S3 URL."""

import os
import re
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from contextlib import suppress
from pathlib import Path

from pyarrow import fs

from soccer_assets.errors import SettingsError
from soccer_assets.settings import path_of

#: A request to S3 may take this long, and twice as long with its retries; the API waits less.
REQUEST_SECONDS = 30.0
#: A folder that is made or dropped while it is listed is listed again.
LISTING_TRIES = 3
#: Names of the parts of a key of S3, in the file of the AWS clients as in the options of delta-rs and polars.
KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")


def local_folder(address: str) -> Path | None:
    """The absolute path of a folder given as path or file:// URL; None for an address of another file system."""
    if address.startswith("file://"):
        return path_of(address).resolve()
    return None if re.match(r"[a-z][a-z0-9+.-]*://", address) else Path(address).expanduser().resolve()


def file_system(url: str, request_seconds: float = REQUEST_SECONDS) -> tuple[fs.FileSystem, str]:
    """The file system of a folder or a URL, and the path in it.

    Raises:
        SettingsError: the URL is neither of a folder nor of S3.
    """
    folder = local_folder(url)
    if folder is not None:
        return fs.LocalFileSystem(), str(folder)
    if not url.startswith("s3://"):
        raise SettingsError(f"expected a folder, or an address that begins with file:// or s3://, found {url!r}")
    store = fs.S3FileSystem(
        region=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
        endpoint_override=os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"),
        request_timeout=request_seconds,
        connect_timeout=request_seconds,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=2),
    )
    return store, url.removeprefix("s3://").rstrip("/")


def listed(files: fs.FileSystem, folder: str, *, recursive: bool = False) -> list[fs.FileInfo]:
    """What a folder holds; nothing where there is none.

    Arrow looks again for a folder that it could not open, and raises where somebody has made it in between.
    """
    selector = fs.FileSelector(folder, recursive=recursive, allow_not_found=True)
    for _ in range(LISTING_TRIES - 1):
        with suppress(FileNotFoundError):
            return list(files.get_file_info(selector))
    return list(files.get_file_info(selector))


def keys_of_file() -> dict[str, str]:
    """The keys of the file AWS_SHARED_CREDENTIALS_FILE as options of delta-rs and polars, which do not read it.

    Without that variable, and where the keys are variables, there are none: those libraries find them then.

    Raises:
        SettingsError: the file has no keys of the profile.
    """
    file = os.environ.get("AWS_SHARED_CREDENTIALS_FILE")
    if not file or os.environ.get("AWS_ACCESS_KEY_ID"):
        return {}
    profile = os.environ.get("AWS_PROFILE") or "default"
    parser = ConfigParser(interpolation=None)
    with suppress(ConfigParserError):  # its message may hold a key
        parser.read(file)
    keys = {name: value for name in KEYS if (value := parser.get(profile, name, fallback=""))}
    if len(keys) < 2:
        raise SettingsError(
            f"AWS_SHARED_CREDENTIALS_FILE: expected [{profile}] with {KEYS[0]} and {KEYS[1]} in {file!r}, found "
            f"{sorted(keys) or 'none of them'}: write them into it, or make it readable"
        )
    return keys
