"""A request whose body is read within a time; what is wrong with it is the client's fault, never ours."""

import asyncio
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException, ValidationException

from serving.api.problems import ProblemError

#: The client needs no more of this connection; what is left of its body would be read in vain.
CLOSE = {"connection": "close"}
#: Whole numbers up to here are the same as floats and as integers.
MOST_EXACT = 2**53


class BoundedRequest(Request[Any, Any, Any]):
    """A request of the API."""

    async def body(self) -> bytes:
        """The body.

        Raises:
            ProblemError: it took too long to come, or the client went away before its end.
        """
        seconds = self.app.state.serving.body_seconds
        try:
            async with asyncio.timeout(seconds):
                return await super().body()
        except TimeoutError:
            detail = f"expected the whole body within {seconds:g} s, found a part of it"
            raise ProblemError("request-timeout", detail, headers=CLOSE) from None
        except InternalServerException as error:  # of the framework: nothing else in it raises one here
            detail = "expected the whole body, found a part of it and a closed connection"
            raise ProblemError("client-closed-request", detail) from error

    async def json(self) -> Any:
        """The body as what its route takes; the framework alone would take "1" for 1.

        Raises:
            ProblemError: it is nested too deep, or is not UTF-8.
            ValidationException: a value has another type.
        """
        try:
            body = _whole(await super().json())
        except RecursionError:
            raise ProblemError("invalid-request", "expected JSON, found one that is nested too deep") from None
        except UnicodeDecodeError:
            raise ProblemError("invalid-request", "expected JSON in UTF-8, found other bytes") from None
        field = self.route_handler.parsed_data_field
        try:
            return body if field is None else msgspec.convert(body, field.annotation)
        except msgspec.ValidationError as error:
            message, _, path = str(error).partition(" - at `$")
            extra = [{"message": message, "key": path.strip("`.") or "data", "source": "body"}]
        raise ValidationException(f"Validation failed for {self.method} {self.scope['path']}", extra=extra)


def _whole(value: Any) -> Any:
    """The value with 1.0 as 1: to JSON they are the same number, to Python not."""
    match value:
        case float() if value.is_integer() and abs(value) <= MOST_EXACT:
            return int(value)
        case list():
            return [_whole(item) for item in value]
        case dict():
            return {name: _whole(item) for name, item in value.items()}
    return value
