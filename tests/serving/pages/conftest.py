"""Reads pages as a browser asks for them."""

import re
from collections.abc import Awaitable, Callable
from html.parser import HTMLParser
from typing import Any

import pytest

Client = Any  # see the conftest of the folder above
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
#: Tags that part no words.
WITHIN_WORDS = ("a", "b", "bdi", "code", "em", "i", "small", "strong", "time")
VOID = ("meta", "link", "input", "br", "line")


class Document(HTMLParser):
    """The tags and the text of a page, its white space made one blank; an unclosed or misnested tag is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.texts: dict[str, list[str]] = {}
        self.filled: list[str] | None = None
        self.feed(text)
        assert self.open == []
        self.words = re.sub(r"\s+", " ", self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        for name, value in attrs:
            if value is None:  # an attribute that marks an element, as `data-sealed`
                self.filled = self.texts.setdefault(name, [])
                self.filled.append("")
        if tag not in VOID:
            self.open.append(tag)
        if tag not in WITHIN_WORDS:
            self.words += " "

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.filled = None
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data
        if self.filled:
            self.filled[-1] += data

    def contents(self, mark: str) -> list[str]:
        """The text of each element without children that has an attribute of no value."""
        return self.texts[mark]

    def attributes(self, tag: str, name: str) -> list[str]:
        return [value for found, attrs in self.tags if found == tag and (value := attrs.get(name)) is not None]


@pytest.fixture(scope="session")
def page() -> Callable[..., Awaitable[Document]]:
    """Ask for a page with query parameters, as a browser does, and read it."""

    async def get(client: Client, path: str, status: int = 200, /, **parameters: Any) -> Document:
        answer = await client.get(path, params=parameters or None, headers=HTML)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"].startswith("text/html")
        return Document(answer.text)

    return get
