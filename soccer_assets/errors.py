"""Every exception the platform raises on purpose.

    SoccerError
    ├── SettingsError            an environment variable cannot be used
    ├── SourceError              a source did not give what was asked of it
    │   ├── FetchError           no usable answer: status, timeout, broken transfer
    │   ├── ShapeError           an answer that is not the expected kind of file
    │   ├── BlockedError         a page that keeps clients out, whatever its status
    │   └── LostPayloadError     an answer in store is lost or changed
    ├── SourcesFailedError       the failures of one fetch, all addresses together
    ├── SchemaError              a table breaks its declared schema
    ├── DamagedTableError        files or commits of a table are lost or changed
    ├── ClockError               the clock contradicts what was written
    ├── StorageError             a store does not do what the platform rests on
    ├── HistoryExpiredError      an earlier state of a table is not kept any more
    ├── NotMaterializedError     an upstream table or partition is not there yet
    ├── MatchDatesError          match dates that the graph does not have
    ├── OddsError                prices that are no books of decimal odds
    ├── ModelError               a model cannot be fitted, stored or used
    ├── SeasonError              the season of a league cannot be forecast
    ├── ForecastRefusedError     an on-demand forecast cannot be made for this fixture
    ├── CouponError              a coupon that cannot be priced or settled
    ├── RunFailedError           a run of the graph did not succeed
    └── PlatformError            a process of the platform did not start, or ended by itself

A message says what was expected, what was found and what to do.
"""

from collections.abc import Sequence

MOST_EXAMPLES = 10
#: Of what a library says: it may repeat the whole file that it cannot read.
LONGEST_LINE = 300


def first_line(error: BaseException) -> str:
    """What an error of a library says, without the stack that some write below it."""
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} ..."


class SoccerError(Exception):
    """Root of the tree."""


class SettingsError(SoccerError):
    """An environment variable holds a value that cannot be used."""


class SourceError(SoccerError):
    """A source did not give what was asked of it; `address` says where."""

    def __init__(self, address: str, message: str) -> None:
        super().__init__(f"{address}: {message}")
        self.address = address


class FetchError(SourceError):
    """No usable answer came back: an error status, a timeout or a broken transfer.

    `host_wide` says that the host's other addresses need not be asked now: no connection, or it asked to be left alone.
    """

    def __init__(self, address: str, message: str, host_wide: bool = False) -> None:
        super().__init__(address, message)
        self.host_wide = host_wide


class AbsentMirrorError(SourceError):
    """The folder of a mirror on disk is not there."""


class ShapeError(SourceError):
    """The answer is not the file it should be: HTML, truncated, shrunken, or without its key columns."""


class BlockedError(SourceError):
    """A bot wall answered instead of the source: a challenge or a refusal, often with status 200."""


class LostPayloadError(SourceError):
    """The bytes of an answer are gone from the payload store, or other bytes stand in their place."""

    def __init__(self, path: str, actual: str) -> None:
        super().__init__(
            path,
            f"expected the bytes whose SHA-256 is its name, found {actual}; restore them from a backup "
            "(`soccer restore`), or run again with the source, which gives its newest answer anew",
        )
        self.actual = actual


class SourcesFailedError(SoccerError):
    """Some addresses failed; the others were fetched and kept, nothing was overwritten."""

    def __init__(self, failures: Sequence[SourceError], fetched: int, asked: int | None = None) -> None:
        lines = "\n".join(f"  {failure}" for failure in failures[:MOST_EXAMPLES])
        further = f"  and {len(failures) - MOST_EXAMPLES} more\n" if len(failures) > MOST_EXAMPLES else ""
        super().__init__(
            f"{len(failures)} of {fetched + len(failures)} addresses failed; the last good data stay as they are.\n"
            f"{lines}\n{further}"
            "Run again when the source is back, or leave a league out with SOCCER_LEAGUES."
        )
        self.failures = tuple(failures)
        #: No address that was asked gave any answer.
        self.nothing_answered = sum(isinstance(failure, FetchError) for failure in failures) == asked


class SchemaError(SoccerError):
    """A table breaks its declared schema; the message lists up to five offending values per rule."""


class DamagedTableError(SoccerError):
    """Files or commits of a table are lost or changed; `soccer doctor` says which."""


class ClockError(SoccerError):
    """The clock contradicts what was written; nothing that rests on it is done."""


class StorageError(SoccerError):
    """A store does not do what the platform rests on."""


class HistoryExpiredError(SoccerError):
    """An earlier state of a table is not kept any more; the message says from when on it is."""


class NotMaterializedError(SoccerError):
    """An upstream table or partition is not there yet; the message names the command that makes it."""


class MatchDatesError(SoccerError):
    """The graph has none of the match dates that were asked for."""


class OddsError(SoccerError, ValueError):
    """An array does not hold books of decimal odds: its shape, its type, or prices not above 1."""


class ModelError(SoccerError):
    """A model cannot be fitted, stored or used."""


class SeasonError(SoccerError):
    """The season of a league cannot be forecast: its rules, clubs, fixtures or results are not as they must be."""


class ForecastRefusedError(SoccerError):
    """An on-demand forecast cannot be made; `reason` is a stable code, `accepted` what would not have been refused."""

    def __init__(self, reason: str, message: str, accepted: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.reason = reason
        self.accepted = tuple(accepted)


class CouponError(SoccerError):
    """A coupon cannot be priced or settled; `reason` is a stable code, `accepted` what would not have been refused."""

    def __init__(self, reason: str, message: str, accepted: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.reason = reason
        self.accepted = tuple(accepted)


class RunFailedError(SoccerError):
    """A run did not succeed; the message is that of the step that failed."""


class PlatformError(SoccerError):
    """A process of the platform did not start, or ended by itself; the message ends with its last words."""
