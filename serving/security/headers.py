"""Security headers of every answer, and what scripts of other origins may read (CORS)."""

from collections.abc import Iterable

Headers = list[tuple[bytes, bytes]]

#: For every answer. A page has a policy of its own, which it sends itself.
ALWAYS: Headers = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin")]
POLICY = b"content-security-policy"
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: A page that other sites may show in a frame; it has no script and no form.
CARD_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors *"
)
NO_PAGE = (POLICY, b"default-src 'none'; frame-ancestors 'none'")
ALLOWED_METHODS = b"GET, HEAD, POST, DELETE"
ALLOWED_HEADERS = b"authorization, content-type, idempotency-key, if-none-match, last-event-id, x-api-key, x-request-id"
EXPOSED_HEADERS = b"etag, link, location, ratelimit, ratelimit-policy, retry-after, x-request-id"
PREFLIGHT_SECONDS = b"600"


def with_security(headers: Iterable[tuple[bytes, bytes]], extra: Headers) -> Headers:
    """The headers of an answer with `extra` ones and those for its security."""
    answered = [*headers, *extra, *ALWAYS]
    if not any(name == POLICY for name, _ in answered):
        answered.append(NO_PAGE)
    return answered


def cors(origin: bytes) -> Headers:
    """What a script of an allowed origin may read; it is given no credentials of the browser."""
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", EXPOSED_HEADERS),
        (b"vary", b"Origin"),
    ]


def preflight(origin: bytes) -> Headers:
    """What a script of an allowed origin may ask."""
    return [
        *cors(origin),
        (b"access-control-allow-methods", ALLOWED_METHODS),
        (b"access-control-allow-headers", ALLOWED_HEADERS),
        (b"access-control-max-age", PREFLIGHT_SECONDS),
    ]
