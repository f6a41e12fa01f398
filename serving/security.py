"""Who asks, and what a client may do."""

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
    client: Client = connection["state"].get("client", LOCAL)
    return client
