"""Which answer an address gives: a page to a browser, data to a program.

A browser says that it accepts HTML; then the addresses of pages are pages. To everybody else they are those of the API,
where it has them. An address of the API with an ending, such as `/ledger.csv`, is data in that form, whoever asks.
"""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Literal
from urllib.parse import quote

from litestar.types import ASGIApp, Receive, Scope, Send

from serving.api.responses import wants_page
from serving.resources.formats import CSV, JSON, NDJSON, PARQUET

#: Where the routes of pages are, out of the way of the API's.
INSIDE = "/pages"
FORMS = {"json": JSON, "csv": CSV, "ndjson": NDJSON, "parquet": PARQUET}
#: Paths whose meaning is kept.
MOST_KEPT = 8192
Meant = Literal["moved", "data", "page", "either", "route"]
#: Earlier addresses, and what they are now; two slashes at the beginning would lead to another host.
MOVED = {re.compile(r"/matches/([^/]+)/page"): r"/matches/\1", re.compile("/quality/page"): "/quality",
         re.compile(rf"{INSIDE}(/(?!/).*)"): r"\1"}  # fmt: skip


class Addresses:
    """ASGI middleware that leads each request to the page or the resource that it means.

    Args:
        app: the application.
        pages: paths of the pages, with parameters such as `{match_id:str}`.
        resources: paths of the API's data.
    """

    def __init__(self, app: ASGIApp, pages: Iterable[str], resources: Collection[str]) -> None:
        self._app = app
        self._shared = _any_of(path for path in pages if path in resources)
        self._alone = _any_of(path for path in pages if path not in resources)
        self._meant = lru_cache(MOST_KEPT)(self._meaning)  # asked for at each request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope.get("method") in ("GET", "HEAD"):
            meant, path, form = self._meant(scope["path"])
            if meant == "moved":
                query = b"?" + scope["query_string"] if scope["query_string"] else b""
                headers = [(b"location", quote(path).encode() + query), (b"content-length", b"0")]
                await send({"type": "http.response.start", "status": 308, "headers": headers})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            if meant == "data":
                others = [header for header in scope["headers"] if header[0] != b"accept"]
                scope["headers"] = [*others, (b"accept", form.encode())]
            if meant in ("data", "page") or (meant == "either" and wants_page(scope)):
                scope["path"], scope["raw_path"] = path, path.encode()
        await self._app(scope, receive, send)

    def _meaning(self, path: str) -> tuple[Meant, str, str]:
        """What a path means, where that is, and in which form data are wanted."""
        name, _, ending = path.rpartition(".")
        if moved := next((old.sub(new, path) for old, new in MOVED.items() if old.fullmatch(path)), None):
            return "moved", moved, ""
        if ending in FORMS and name and not name.endswith("/") and not path.startswith("/schema/"):
            return "data", name, FORMS[ending]
        inside = (INSIDE + path).rstrip("/")
        if self._alone.fullmatch(path):
            return "page", inside, ""
        return ("either" if self._shared.fullmatch(path) else "route"), inside, ""


def _any_of(paths: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.sub(r"\{[^}]*\}", "[^/]+", path) for path in paths) or "(?!)")
