"""Who asks, and what a client may do.

keys         the file of keys, and the keys of a running process
gate         who a request comes from, and whether it may go on: host, key, limits, origin, content type
limits       how often a client may ask
headers      security headers of every answer, and what other origins may read
edge         the outermost middleware: the gate, security headers, metrics, access log
requests     a request whose body is read within a time
server       uvicorn with limits on connections and with readiness before its end
"""

from typing import Literal, get_args

import msgspec
from litestar.types import Scope as Connection

Scope = Literal["read", "predict", "operate"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


class Client(msgspec.Struct, frozen=True):
    """A client of the API: the id that its jobs and rate limits are kept under, and its scopes."""

    id: str
    scopes: frozenset[Scope]


#: The client of a request without a key, where none is needed.
LOCAL = Client("local", frozenset(SCOPES))


def client_of(connection: Connection) -> Client:
    """The client that a request comes from."""
    client: Client = connection["state"]["client"]
    return client
