"""The manifest of a table: the files of its newest version, each with its checksum, in a file beside the Delta log.

Delta Lake believes its store: a newest commit that is lost or empty takes rows away without an error, and a flipped
byte reads as another value. The manifest is written after each commit, so a log that ends before it has lost commits,
and a file that has another checksum is damaged.
"""

import hashlib
import uuid
from collections.abc import Iterable

import msgspec
from deltalake import DeltaTable
from pyarrow import fs

from soccer_assets.errors import DamagedTableError

#: Delta Lake's vacuum leaves files alone whose name begins with an underscore.
NAME = "_manifest.json"
CHUNK_BYTES = 2**20


class DataFile(msgspec.Struct, frozen=True, array_like=True):
    """A file of a table: its size in bytes and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """The files of one version of a table by name, and its schema as Delta Lake's JSON."""

    version: int
    columns: str
    files: dict[str, DataFile]

    def check(self, name: str, version: int, files: Iterable[str]) -> None:
        """Check that the log of a table is not older than the manifest, and says the same of the same version.

        Raises:
            DamagedTableError: commits are lost.
        """
        if version > self.version:  # by a writer that was killed before it wrote its manifest
            return
        named = set(files)
        if version == self.version and named == self.files.keys():
            return
        raise DamagedTableError(
            f"{name}: expected the {len(self.files)} files of version {self.version}, which was written, found "
            f"{len(named)} in version {version}: commits of its log are lost. "
            "`uv run soccer doctor --repair` brings them back"
        )


def has_manifest(files: fs.FileSystem, folder: str) -> bool:
    """Whether there is a manifest in the folder of a table, which may be damaged."""
    return files.get_file_info(f"{folder}/{NAME}").type is fs.FileType.File


def read_manifest(files: fs.FileSystem, folder: str) -> Manifest | None:
    """The manifest in the folder of a table; None for a table that has none yet.

    Raises:
        DamagedTableError: the manifest cannot be read.
    """
    path = f"{folder}/{NAME}"
    try:
        with files.open_input_stream(path) as stream:
            text = stream.readall()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise DamagedTableError(
            f"expected a manifest in {path}, found {len(text)} bytes that are none ({error}): "
            "`uv run soccer doctor --repair` makes it again"
        ) from None


def write_manifest(files: fs.FileSystem, folder: str, table: DeltaTable, earlier: Manifest | None) -> Manifest:
    """Write the manifest of a version of a table; the checksums of files that the earlier one has are taken from it."""
    taken = {} if earlier is None else earlier.files
    names = file_names(table)
    entries = {name: taken.get(name) or checksum(files, f"{folder}/{name}") for name in sorted(names)}
    manifest = Manifest(table.version(), table.schema().to_json(), entries)
    path = f"{folder}/{NAME}"
    # a put is whole or not there; a file of this machine gets its name when it is whole
    part = f"{path}.{uuid.uuid4().hex}.part" if isinstance(files, fs.LocalFileSystem) else path
    with files.open_output_stream(part) as stream:
        stream.write(msgspec.json.encode(manifest))
    if part != path:
        files.move(part, path)
    return manifest


def file_names(table: DeltaTable) -> set[str]:
    """The names of the files of a version; they all lie in the table's folder, since no table has partitions."""
    return {uri.rpartition("/")[2] for uri in table.file_uris()}


def checksum(files: fs.FileSystem, path: str) -> DataFile:
    """Size and SHA-256 of a file.

    Raises:
        FileNotFoundError: there is none.
    """
    digest, size = hashlib.sha256(), 0
    with files.open_input_stream(path) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return DataFile(size, digest.hexdigest())
