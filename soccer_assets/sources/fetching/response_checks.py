"""Answers that are no data at all, whatever the source: bot walls and other pages where a file was asked for."""

import re

from soccer_assets.errors import BlockedError, ShapeError

#: What the walls in front of sites leave in their pages: Incapsula, Cloudflare, DataDome, PerimeterX, captchas.
_WALL = re.compile(
    rb"_Incapsula_Resource|Incapsula incident|Request unsuccessful\.|cf-chl-|/cdn-cgi/challenge-platform/h/|"
    rb"<title>Just a moment|Attention Required! \| Cloudflare|captcha-delivery\.com|px-captcha|g-recaptcha|h-captcha",
    re.IGNORECASE,
)
#: A wall's page is small; a page with data may carry the script of a wall as well.
WALL_BYTES = 50_000
MOST_WORDS = 300
#: Of what the last good answer had; with less, an answer is a partial one.
LEAST_SHARE = 0.5


def unforeseen(address: str, error: Exception) -> ShapeError:
    """The refusal of an answer whose reading raised what no reader foresaw."""
    return ShapeError(address, f"expected an answer that can be read, found {describe(error)}")


def describe(error: Exception) -> str:
    """Type and message of an error in one line of text that can be stored."""
    words = f"{type(error).__name__}: {error}".encode("utf-8", "backslashreplace").decode()
    return " ".join(words.split())[:MOST_WORDS]


def quoted(value: object) -> str:
    """A value in a message: as Python writes it, cut where it is long; its type where that cannot be written."""
    try:
        return repr(value)[:MOST_WORDS]
    except (ValueError, RecursionError):  # a number of thousands of digits, lists within lists within lists
        return f"a {type(value).__name__} that cannot be written"


def refuse_bot_wall(address: str, body: bytes) -> None:
    """Raise BlockedError for the page of a bot wall."""
    mark = _WALL.search(body) if len(body) <= WALL_BYTES and _is_page(body) else None
    if mark:
        raise BlockedError(
            address,
            f"expected data, found the page of a bot wall ({mark[0].decode()!r}); it will let this client in again "
            "later, or with another SOCCER_HTTP_PROXY or SOCCER_HTTP_COOKIES",
        )


def refuse_html(address: str, body: bytes, expected: str = "CSV") -> None:
    """Raise ShapeError for an HTML page, which is what blocks, logins and error pages come as."""
    if _is_page(body):
        raise ShapeError(address, f"expected {expected}, found an HTML page that starts {body[:60]!r}")


def refuse_shrunken(address: str, count: int, before: int, what: str) -> None:
    """Raise ShapeError where `count` is less than `LEAST_SHARE` of the count `before`."""
    if count < LEAST_SHARE * before:
        raise ShapeError(address, f"expected at least {LEAST_SHARE:.0%} of the {before} {what}, found {count}")


def _is_page(body: bytes) -> bool:
    head = body[:2048].lstrip().lower()
    return head.startswith((b"<!doctype", b"<html", b"<?xml")) or b"<html" in head
