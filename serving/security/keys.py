"""Keys of clients: a file that keeps their hashes, and the keys that a running process accepts.

A key is `soccer_`, 256 random bits in base 62 and a checksum of six characters, so that a mistyped key is refused
without a look at the file, and scanners of leaked secrets find it. The file keeps the SHA-256 of each key: 256 random
bits need no slow hash. Several keys of one name are one client, as during a rotation.
"""

import datetime as dt
import fcntl
import hashlib
import hmac
import logging
import os
import re
import secrets
import time
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from serving.security import LOCAL, SCOPES, Client, Scope
from soccer_assets.errors import SettingsError
from soccer_assets.settings import Clock

logger = logging.getLogger(__name__)

PREFIX = "soccer_"
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SECRET_LENGTH, CHECKSUM_LENGTH = 43, 6  # 62**43 > 2**256, 62**6 > 2**32
FORM = re.compile(f"{PREFIX}([0-9A-Za-z]{{{SECRET_LENGTH}}})([0-9A-Za-z]{{{CHECKSUM_LENGTH}}})")
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
LOOK_SECONDS = 1.0
INDEX_LENGTH = 8


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key as the file keeps it; `name` is the id of its client."""

    name: str
    sha256: str
    scopes: list[Scope]
    created_at: dt.datetime
    expires_at: dt.datetime | None = None

    def is_valid(self, now: dt.datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


def new_secret() -> str:
    """The text of a new key."""
    secret = _base62(secrets.randbits(256), SECRET_LENGTH)
    return PREFIX + secret + _checksum(secret)


def has_form(text: str) -> bool:
    """Whether a text is a key with a right checksum."""
    match = FORM.fullmatch(text)
    return match is not None and match[2] == _checksum(match[1])


def _checksum(secret: str) -> str:
    return _base62(zlib.crc32(secret.encode()), CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(DIGITS))
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class KeyFile:
    """The file of keys, JSON, readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[Key]:
        """The keys; none when there is no file.

        Raises:
            SettingsError: the file is not a list of keys.
        """
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=list[Key])
        except FileNotFoundError:
            return []
        except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
            raise SettingsError(f"{self.path}: expected a file of `soccer keys`, found: {error}") from None

    def add(self, name: str, scopes: Collection[str], days: float | None, now: dt.datetime) -> str:
        """A new key of a new client, valid for a number of days or until it is revoked.

        Raises:
            SettingsError: a name that is taken or cannot be one, or a scope that is not known.
        """
        if not NAME.fullmatch(name) or name == LOCAL.id:
            raise SettingsError(f"expected a name of small letters, digits and -, not {LOCAL.id!r}, found {name!r}")
        if not scopes or (unknown := set(scopes) - set(SCOPES)):
            raise SettingsError(f"expected scopes out of {SCOPES}, found {sorted(unknown) if scopes else 'none'}")
        chosen: list[Scope] = [scope for scope in SCOPES if scope in scopes]
        end = None if days is None else now + dt.timedelta(days=days)
        with self._changed() as keys:
            if any(key.name == name for key in keys):
                raise SettingsError(f"{name!r} has a key: rotate it, or revoke it first")
            return self._write_with_new(keys, name, chosen, end, now)

    def rotate(self, name: str, keep: dt.timedelta, now: dt.datetime) -> str:
        """A new key of a client with the same scopes and lifetime; earlier ones expire after `keep`.

        Raises:
            SettingsError: the client has no key.
        """
        end = now + keep
        with self._changed() as keys:
            newest = self._keys_of(keys, name)[-1]
            expires_at = None if newest.expires_at is None else now + (newest.expires_at - newest.created_at)
            shortened = [
                msgspec.structs.replace(key, expires_at=min(key.expires_at or end, end)) if key.name == name else key
                for key in keys
            ]
            valid = [key for key in shortened if key.name != name or key.is_valid(now)]
            return self._write_with_new(valid, name, newest.scopes, expires_at, now)

    def revoke(self, name: str) -> None:
        """Remove every key of a client.

        Raises:
            SettingsError: the client has no key.
        """
        with self._changed() as keys:
            self._keys_of(keys, name)
            self._write([key for key in keys if key.name != name])

    @contextmanager
    def _changed(self) -> Iterator[list[Key]]:
        """The keys, which no other process changes meanwhile."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_name(f"{self.path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self.read()

    def _keys_of(self, keys: Sequence[Key], name: str) -> list[Key]:
        if selected := [key for key in keys if key.name == name]:
            return selected
        names = sorted({key.name for key in keys})
        raise SettingsError(f"{self.path}: expected the name of a key out of {names}, found {name!r}")

    def _write_with_new(
        self, keys: list[Key], name: str, scopes: list[Scope], expires_at: dt.datetime | None, now: dt.datetime
    ) -> str:
        secret = new_secret()
        self._write([*keys, Key(name, _sha256(secret), scopes, now, expires_at)])
        return secret

    def _write(self, keys: list[Key]) -> None:
        """Replace the file at once: a reader sees the old keys or the new ones."""
        draft = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(keys)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)


class Keyring:
    """The keys that a running process accepts; a change of the file is seen within a second.

    A process that had keys once needs one of each client from then on, though the file were lost.
    """

    def __init__(self, path: Path) -> None:
        self._file = KeyFile(path)
        self._version: tuple[int, int] | None = None
        self._looked_at = time.monotonic()
        self._index: dict[str, list[Key]] = {}
        self.has_keys = False
        self._read()

    def client(self, text: str) -> Client | None:
        """The client whose key this is; None for a text that is no valid key."""
        if not has_form(text):
            return None
        self.refresh()
        digest, now = _sha256(text), Clock().now()  # the machine's: keys expire whatever day is lived through
        for key in self._index.get(digest[:INDEX_LENGTH], ()):
            if hmac.compare_digest(key.sha256, digest) and key.is_valid(now):
                return Client(key.name, frozenset(key.scopes))
        return None

    def refresh(self) -> None:
        """Read the file again where it has changed; one that cannot be read leaves the keys as they are."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        try:
            self._read()
        except SettingsError as error:
            logger.error("the keys stay as they are: %s", error)

    def _read(self) -> None:
        try:
            status = self._file.path.stat()
            version = status.st_mtime_ns, status.st_ino
        except FileNotFoundError:
            version = None
        if version == self._version and self._index:
            return
        keys, self._version = self._file.read(), version
        self._index = {}
        for key in keys:
            self._index.setdefault(key.sha256[:INDEX_LENGTH], []).append(key)
        self.has_keys = self.has_keys or bool(keys)
