"""Whole answers, and what the headers of a request say of the one that is wanted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from serving.api.responses import EncodedResponse
from serving.resources.formats import LEAST_COMPRESSED, compress


class Answer:
    """A whole answer and its 304, under one tag."""

    __slots__ = ("_full", "_not_modified", "path_template", "size", "tag")

    def __init__(self, body: bytes, form: str, tag: str, headers: Mapping[str, str]) -> None:
        self.tag, self.size = f'"{tag}"', len(body)
        self.path_template = ""
        shared = tuple((name.encode(), value.encode()) for name, value in {**headers, "etag": self.tag}.items())
        content = ((b"content-type", form.encode()), (b"content-length", str(len(body)).encode()))
        self._full = EncodedResponse(200, (*content, *shared), body)
        self._not_modified = EncodedResponse(304, shared)

    def to(self, held: str) -> EncodedResponse:
        """What is sent to a client that has the tags of an If-None-Match header."""
        if held:
            tags = [tag.strip().removeprefix("W/") for tag in held.split(",")]
            if self.tag in tags or "*" in tags:
                return self._not_modified
        return self._full


def encoded_answer(body: bytes, form: str, tag: str, gzip: bool, headers: Mapping[str, str]) -> Answer:
    """The answer with a body, compressed where the client takes that and the body is long enough."""
    if gzip and len(body) >= LEAST_COMPRESSED:
        return Answer(compress(body), form, f"{tag}-gzip", {**headers, "content-encoding": "gzip"})
    return Answer(body, form, tag, headers)


@dataclass(frozen=True)
class Wanted:
    """What the headers of a request say of its answer."""

    accept: str
    gzip: bool
    held: str


def wanted_by(headers: Iterable[tuple[bytes, bytes]]) -> Wanted:
    """What is asked for; headers are read as they came, since parsing all of them costs more than an answer."""
    accept = held = encoding = b""
    for name, value in headers:
        if name == b"accept":
            accept = value
        elif name == b"if-none-match":
            held = value
        elif name == b"accept-encoding":
            encoding = value
    return Wanted(accept.decode("latin-1"), b"gzip" in encoding, held.decode("latin-1"))
