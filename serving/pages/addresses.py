"""Which answer an address gives: a page to a browser, data to a program.

A browser says that it accepts HTML; then the addresses of pages are pages. To everybody else they are those of the API,
where it has them.
An address of the API with an ending, such as `/ledger.csv`, is data in that form, whoever asks.
"""

import re
from collections.abc import Collection, Iterable

from litestar.types import ASGIApp, Receive, Scope, Send

from serving.api.responses import wants_page
from serving.resources.formats import CSV, JSON, NDJSON, PARQUET

#: Where the routes of pages are, out of the way of the API's.
INSIDE = "/pages"
FORMS = {"json": JSON, "csv": CSV, "ndjson": NDJSON, "parquet": PARQUET}
#: Earlier addresses, and what they are now.
MOVED = {re.compile(r"/matches/([^/]+)/page"): r"/matches/\1", re.compile("/quality/page"): "/quality",
         re.compile(rf"{INSIDE}(/.*)"): r"\1"}  # fmt: skip


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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        path = scope["path"]
        name, _, ending = path.rpartition(".")
        if scope.get("method") not in ("GET", "HEAD"):
            pass
        elif moved := next((old.sub(new, path) for old, new in MOVED.items() if old.fullmatch(path)), None):
            query = b"?" + scope["query_string"] if scope["query_string"] else b""
            await send({"type": "http.response.start", "status": 308,
                        "headers": [(b"location", moved.encode() + query), (b"content-length", b"0")]})  # fmt: skip
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        elif ending in FORMS and name and not name.endswith("/") and not path.startswith("/schema/"):
            _lead(scope, name)
            others = [header for header in scope["headers"] if header[0] != b"accept"]
            scope["headers"] = [*others, (b"accept", FORMS[ending].encode())]
        elif self._alone.fullmatch(path) or (self._shared.fullmatch(path) and wants_page(scope)):
            _lead(scope, (INSIDE + path).rstrip("/"))
        await self._app(scope, receive, send)


def _lead(scope: Scope, path: str) -> None:
    scope["path"], scope["raw_path"] = path, path.encode()


def _any_of(paths: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.sub(r"\{[^}]*\}", "[^/]+", path) for path in paths) or "(?!)")
