"""Whether a request may go on to its route, and who it comes from.

The gate looks at the headers: host, key, origin, content type, and counts the request. What a client may do there is
checked once the route is known: `check_scope` reads the scope that a route names, `opt={"scope": "predict"}`.
Liveness alone passes without a look.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Scope as Connection

from serving.api.problems import ProblemError
from serving.security import LOCAL, Client, client_of
from serving.security.headers import cors, preflight
from serving.security.keys import Keyring
from serving.security.limits import Headers, Quota, RateLimits
from serving.settings import ServingSettings, is_loopback

LIVENESS = "/health/live"
READS = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST_ADDRESS = 4096
JSON = b"application/json"
#: What a client without a key may do where SERVING_OPEN lets it in.
OPEN_SCOPES = LOCAL.scopes - {"operate"}

RequestHeaders = Mapping[bytes, bytes]


class Gate:
    """Decides on every request of one application."""

    def __init__(self, serving: ServingSettings, keyring: Keyring, limits: RateLimits) -> None:
        self._keyring = keyring
        self._limits = limits
        self._open = serving.open
        self._is_local = is_loopback(serving.host)
        self._hosts = serving.hosts
        self._origins = serving.origins
        self._quotas = {
            False: (Quota("reads", serving.reads_per_minute), Quota("forecasts", serving.forecasts_per_minute)),
            True: (
                Quota("reads", serving.local_reads_per_minute),
                Quota("forecasts", serving.local_forecasts_per_minute),
            ),
        }

    async def admit(self, scope: Connection, headers: RequestHeaders, answer: Headers) -> bool:
        """Let a request on with its client in the scope's state; False for one that is answered by `answer` alone.

        Args:
            scope: the request.
            headers: its headers by name in small letters.
            answer: headers of the answer; the gate adds to them.

        Raises:
            ProblemError: the request may not go on.
        """
        client = scope["state"]["client"] = self._client(scope, headers)
        if scope["path"] == LIVENESS:
            return True
        if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
            raise ProblemError("address-too-long", f"expected a path and query of at most {LONGEST_ADDRESS} bytes")
        method = str(scope.get("method"))
        self._check_host(headers.get(b"host", b""))
        origin = headers.get(b"origin")
        if origin is not None and origin.decode("latin-1") in self._origins:
            if method == "OPTIONS" and b"access-control-request-method" in headers:
                answer += preflight(origin)
                return False
            answer += cors(origin)
            origin = None
        reads, others = self._quotas[client is LOCAL]
        if method in READS:
            if reads.requests:
                answer += self._limits.count_read(client, reads)
            return True
        if others.requests:
            answer += await self._limits.count_shared(client, others)
        _check_origin(origin, headers)
        _check_content_type(headers)
        return True

    def _check_host(self, value: bytes) -> None:
        if self._hosts is None:
            return
        host = value.decode("latin-1").lower()
        name = host.rpartition(":")[0] if host[-1:].isdigit() and ":" in host and not host.endswith("]") else host
        if name not in self._hosts:
            detail = f"expected a host out of SERVING_ALLOWED_HOSTS, found {host[:100]!r}"
            raise ProblemError("unknown-host", detail)

    def _client(self, scope: Connection, headers: RequestHeaders) -> Client:
        """The client of the key, or one without; its scopes are empty where a key is needed."""
        self._keyring.refresh()
        address = scope["client"][0] if scope.get("client") else ""  # type: ignore[index]
        if key := _key(headers):
            if client := self._keyring.client(key):
                return client
            return Client(address, frozenset())
        if self._is_local and not self._keyring.has_keys and is_loopback(address):
            return LOCAL
        return Client(address, OPEN_SCOPES if self._open else frozenset())


async def check_scope(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard of every route: the client has the scope that the route names, `read` where it names none.

    Raises:
        ProblemError: no valid key was given where one is needed, or the key has not the scope.
    """
    needed = handler.opt.get("scope", "read")
    client = client_of(connection.scope)
    if needed == "none" or needed in client.scopes:
        return
    if client.scopes:
        detail = f"expected a key with the scope {needed!r}, found one with {sorted(client.scopes)}"
        raise ProblemError("forbidden", detail)
    headers = dict(connection.scope["headers"])
    has_key = _key(headers) is not None
    error = ', error="invalid_token"' if has_key else ""
    schemes = f'Bearer realm="soccer"{error}'
    if b"text/html" in headers.get(b"accept", b""):  # a browser asks its user: any name, the key as the password
        schemes = 'Basic realm="soccer", charset="UTF-8"'
    key = "one that is unknown, revoked, expired or mistyped" if has_key else "none"
    detail = f"expected a key, as `Authorization: Bearer <key>` or `X-API-Key: <key>`, found {key}"
    raise ProblemError("unauthorized", detail, headers={"www-authenticate": schemes})


def _key(headers: RequestHeaders) -> str | None:
    """The text that a client gives as its key."""
    if key := headers.get(b"x-api-key"):
        return key.decode("latin-1")
    scheme, _, value = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer":
        return value.strip().decode("latin-1")
    if scheme.lower() == b"basic":
        try:
            return base64.b64decode(value.strip(), validate=True).partition(b":")[2].decode("latin-1")
        except binascii.Error:
            return ""
    return None


def _check_origin(origin: bytes | None, headers: RequestHeaders) -> None:
    """Refuse a change that a page of another site asks for: the browser sends its user's key by itself."""
    if origin is None or origin.partition(b"://")[2] == headers.get(b"host"):
        return
    name = origin[:100].decode("latin-1")
    raise ProblemError("cross-origin", f"expected an origin out of SERVING_CORS_ORIGINS, found {name!r}")


def _check_content_type(headers: RequestHeaders) -> None:
    """Refuse a body that is not declared to be JSON: a form of another site can send other types without asking."""
    kind = headers.get(b"content-type", b"")
    if kind.partition(b";")[0].strip().lower() == JSON:
        return
    if kind or b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0":
        name = kind[:100].decode("latin-1")
        raise ProblemError("unsupported-media-type", f"expected a body of {JSON.decode()}, found {name!r}")
