"""The pages of WhoScored: what is embedded in their scripts, however the year embeds it.

Seen: `require.config.params["args"] = {matchId:1, matchCentreData: {...}}` with bare keys (2019 on), `var
matchCentreData = {...};`, and `DataStore.prime('name', {...}, [[...]])` in single quotes. A page saved through a
browser's *view source* holds the markup as the text of a table; it is read as the page it shows.
"""

import re
from dataclasses import dataclass
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from soccer_assets.errors import ShapeError
from soccer_assets.sources.script_literals import LiteralError, read_literal

_CENTRE = re.compile(r"""\bmatchCentreData["']?\s*[:=](?!=)\s*""")
_MATCH_ID = re.compile(r"""\bmatchId["']?\s*[:=](?!=)\s*["']?(\d+)""")
_PRIME = re.compile(r"\bDataStore\.prime\(")
_FEED = re.compile(r"""["']?(?:fixtures|tournaments)["']?\s*:\s*(?=\[)""")
_CANONICAL = re.compile(r"/matches/(\d+)/", re.IGNORECASE)
_TOURNAMENT = re.compile(r"/regions/(\d+)/tournaments/(\d+)(?:/seasons/(\d+))?(?:/stages/(\d+))?", re.IGNORECASE)
_SEASON = re.compile(r"^(.*?)\s+-\s+(\d{4}(?:/\d{4})?)$", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """What one page embeds: `centre` is the match centre, if any; `primes` are the lists of its data store."""

    match_id: str | None
    centre: dict[str, Any] | None
    primes: tuple[tuple[str, list[Any]], ...]
    feeds: tuple[dict[str, Any], ...]
    context: dict[str, str | None]


def is_html(body: bytes) -> bool:
    return body[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def read_page(address: str, body: bytes) -> Page:
    """The data a page embeds.

    Raises:
        ShapeError: no script holds a match centre, a data store or a feed, or what it holds cannot be read.
    """
    tree = LexborHTMLParser(body.decode("utf-8", "replace"))
    shown = tree.css("td.line-content")
    if shown:
        tree = LexborHTMLParser("".join(cell.text() for cell in shown))
    scripts = [text for node in tree.css("script") if (text := node.text())]
    centres = [(text, found.end()) for text in scripts if (found := _CENTRE.search(text))]
    primes = tuple(prime for text in scripts for prime in _primes(text))
    feeds = tuple(feed for text in scripts if not _CENTRE.search(text) for feed in _feeds(text))
    if not centres and not primes and not feeds:
        title = tree.css_first("title")
        raise ShapeError(
            address,
            "expected a script with matchCentreData, DataStore.prime or fixtures, "
            f"found {len(scripts)} scripts without; title {title.text(strip=True)[:80] if title else None!r}",
        )
    centre = None
    for text, at in centres[:1]:
        try:
            centre, _ = read_literal(text, at)
        except LiteralError as error:
            raise ShapeError(address, f"expected matchCentreData to be an object, {error}") from None
    return Page(_match_id(tree, scripts), centre, primes, feeds, _context(tree))


def _primes(text: str) -> list[tuple[str, list[Any]]]:
    """Name and list of every call whose arguments are literals; other calls carry no rows."""
    found = []
    for call in _PRIME.finditer(text):
        try:
            name, at = read_literal(text, call.end())
            _, at = read_literal(text, text.index(",", at) + 1)
            rows, _ = read_literal(text, text.index(",", at) + 1)
        except ValueError:
            continue
        if isinstance(rows, list):
            found.append((str(name), rows))
    return found


def _feeds(text: str) -> list[dict[str, Any]]:
    """Lists of fixtures embedded in a tournament page, in the form the feeds have."""
    found = []
    for start in _FEED.finditer(text):
        try:
            rows, _ = read_literal(text, start.end())
        except LiteralError:
            continue
        key = "tournaments" if "tournaments" in start[0] else "fixtures"
        if rows and isinstance(rows[0], dict) and ({"startTimeUtc", "matches"} & rows[0].keys()):
            found.append({key: rows})
    return found


def _match_id(tree: LexborHTMLParser, scripts: list[str]) -> str | None:
    stated = (found[1] for text in scripts if (found := _MATCH_ID.search(text)))
    link = tree.css_first("link[rel=canonical]")
    named = _CANONICAL.search((link.attributes.get("href") or "") if link else "")
    return next(stated, named[1] if named else None)


def _context(tree: LexborHTMLParser) -> dict[str, str | None]:
    """Region, tournament and season by the bread crumbs."""
    crumb = next((a for a in tree.css("#breadcrumb-nav a") if _TOURNAMENT.search(a.attributes.get("href") or "")), None)
    if crumb is None:
        return {}
    ids = _TOURNAMENT.search(crumb.attributes["href"] or "")
    assert ids  # by which the crumb was chosen
    title = " ".join(crumb.text().split())
    season = _SEASON.match(title)
    region = tree.css_first("#breadcrumb-nav span")
    return {
        "country": region.text(strip=True) if region else None,
        "competition": season[1] if season else title,
        "season": season[2] if season else None,
        "tournament_id": ids[2],
        "season_id": ids[3],
        "stage_id": ids[4],
    }
