"""Steps that are tried again: where storage did not answer, after pauses that double. Other errors fail at once.

Sources have retries of their own, request by request, and one that does not answer fails no step.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any

from dagster import AssetExecutionContext, RetryRequested
from deltalake.exceptions import DeltaError
from polars.exceptions import ComputeError

from soccer_assets.settings import Settings

MOST_RETRIES = 3
#: What a store raises that is away or full for a moment. Polars gives its own name to an answer that did not come.
TRANSIENT = (OSError, DeltaError, ComputeError)
#: A file that is not there will not be there in a minute.
LASTING = (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)


@contextmanager
def tried_again(earlier_tries: int) -> Iterator[None]:
    """Have the step tried again when storage fails in the block, `MOST_RETRIES` times in all.

    Raises:
        RetryRequested: storage failed; its cause is the error, which fails the step after the last try.
    """
    try:
        yield
    except LASTING:
        raise
    except TRANSIENT as error:
        pause = Settings.read().storage_retry_seconds * 2**earlier_tries
        raise RetryRequested(max_retries=MOST_RETRIES, seconds_to_wait=pause) from error


def step_tried_again(body: Callable[..., Any]) -> Callable[..., Any]:
    """The body of an asset in `tried_again`; a generator, which gives checks too, has a policy of its asset."""
    if isgeneratorfunction(body):
        return body

    @wraps(body)
    def tried(*inputs: Any, **named: Any) -> Any:
        with tried_again(AssetExecutionContext.get().retry_number):
            return body(*inputs, **named)

    return tried
