"""The pages of WhoScored: what is embedded in their scripts, however the year embeds it.

Seen: `require.config.params["args"] = {matchId:1, matchCentreData: {...}}` with bare keys (2019 on), `var
matchCentreData = {...};`. The lists of recent matches in a page's data store carry no date and are not read. A page
saved through a browser's *view source* holds the markup as the text of a table; it is read as the page it shows.
"""

import re
from dataclasses import dataclass
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from soccer_assets.errors import ShapeError
from soccer_assets.sources.whoscored.script_literals import LiteralError, read_literal

_CENTRE = re.compile(r"""\bmatchCentreData["']?\s*[:=](?!=)\s*""")
_MATCH_ID = re.compile(r"""\bmatchId["']?\s*[:=](?!=)\s*["']?(\d+)""")
_FEED = re.compile(r"""["']?(?:fixtures|tournaments)["']?\s*:\s*(?=\[)""")
_CANONICAL = re.compile(r"/matches/(\d+)/", re.IGNORECASE)
_TOURNAMENT = re.compile(r"/regions/(\d+)/tournaments/(\d+)(?:/seasons/(\d+))?(?:/stages/(\d+))?", re.IGNORECASE)
_SEASON = re.compile(r"^(.*?)\s+-\s+(\d{4}(?:/\d{4})?)$", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """What one page embeds: `centre` is the match centre, if any."""

    match_id: str | None
    centre: dict[str, Any] | None
    feeds: tuple[dict[str, Any], ...]
    context: dict[str, str | None]


def is_html(body: bytes) -> bool:
    return body[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def read_page(address: str, body: bytes) -> Page:
    """The data a page embeds.

    Raises:
        ShapeError: no script holds a match centre or a feed, or what it holds cannot be read.
    """
    tree = LexborHTMLParser(body.decode("utf-8", "replace"))
    if source_lines := tree.css("td.line-content"):
        tree = LexborHTMLParser("".join(cell.text() for cell in source_lines))
    scripts = [text for node in tree.css("script") if (text := node.text())]
    centres = [(text, start.end()) for text in scripts if (start := _CENTRE.search(text))]
    feeds = tuple(feed for text in scripts if not _CENTRE.search(text) for feed in _feeds(text))
    if not centres and not feeds:
        title = tree.css_first("title")
        raise ShapeError(
            address,
            "expected a script with matchCentreData, fixtures or tournaments, "
            f"found {len(scripts)} scripts without; title {title.text(strip=True)[:80] if title else None!r}",
        )
    centre = None
    for text, at in centres[:1]:
        try:
            centre, _ = read_literal(text, at)
        except LiteralError as error:
            raise ShapeError(address, f"expected matchCentreData to be an object, {error}") from None
        if not isinstance(centre, dict):
            raise ShapeError(address, f"expected matchCentreData to be an object, found {centre!r}"[:300])
    return Page(_match_id(tree, scripts), centre, feeds, _context(tree))


def _feeds(text: str) -> list[dict[str, Any]]:
    """Lists of fixtures embedded in a tournament page, in the form the feeds have."""
    feeds = []
    for start in _FEED.finditer(text):
        try:
            rows, _ = read_literal(text, start.end())
        except LiteralError:
            continue
        match rows:
            case [dict(first), *_] if {"startTimeUtc", "matches"} & first.keys():
                feeds.append({"tournaments" if "tournaments" in start[0] else "fixtures": rows})
    return feeds


def _match_id(tree: LexborHTMLParser, scripts: list[str]) -> str | None:
    ids = (match[1] for text in scripts if (match := _MATCH_ID.search(text)))
    link = tree.css_first("link[rel=canonical]")
    canonical = _CANONICAL.search((link.attributes.get("href") or "") if link else "")
    return next(ids, canonical[1] if canonical else None)


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
