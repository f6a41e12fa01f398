"""The record of what was forecast before it could be known: rows are added, chained by their hashes, never changed.

A forecast is sealed while its match has not kicked off: before `kick_off_at`, or before its date begins (UTC) where no
time was published. So a forecast that is backfilled over the past is never sealed. A new forecast of the match is a new
row; one that says what the last row of its match and line says is not written again.

Whoever noted a hash can show later that nothing before it was changed; that rows were taken off the end shows only
against a hash that was noted. How rows are hashed stands in `chain`.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import polars as pl

from soccer_assets.errors import ClockError
from soccer_assets.odds.consensus import SHARP_BOOKMAKER
from soccer_assets.predictions.markets import PRICED
from soccer_assets.predictions.schema import PREDICTION_LEDGER
from soccer_assets.scoring import PROBABILITIES
from soccer_assets.storage.chain import GENESIS, HASHES, canonical, row_hash
from soccer_assets.storage.lake import DATE, MATCH, Lake

NAME: Final = PREDICTION_LEDGER.name
#: Written with a row, but not what it says: the same forecast at another time or by another edition is the same.
_CIRCUMSTANCES: Final = ("number", "code_version", "sealed_at", *HASHES)
_CONTENT: Final = [name for name in PREDICTION_LEDGER.schema if name not in _CIRCUMSTANCES]
#: What a forecast says of its match.
_SAID: Final = (*PROBABILITIES, "home_goals_expected", "away_goals_expected", "rho", "p_over")
#: A clock that is further behind the last row than this is wrong; `SOCCER_TODAY` may set it back within a day.
CLOCK_BEHIND: Final = dt.timedelta(days=1)
#: When it is too late to seal.
_KNOWN_FROM: Final = pl.coalesce("kick_off_at", pl.col(DATE).cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))


@dataclass(frozen=True)
class Verdict:
    """A chain that was verified: its rows, the hash of the last one, and what is wrong with the first broken one."""

    rows: int
    tip: str
    broken: str | None


def sealing(
    predictions: pl.DataFrame,
    features: pl.LazyFrame,
    prices: pl.LazyFrame,
    now: dt.datetime,
    played: pl.DataFrame | None = None,
) -> Callable[[pl.LazyFrame], pl.DataFrame]:
    """Return a function that gives the rows to add to the ledger, chained to the rows of the ledger it is called with.

    These are the forecasts that can still be sealed and say something new. `features` and `prices`, rows of
    `market_probabilities`, are of at least the same matches. The clock alone is not believed: matches of `played` have
    a result, and it is no earlier than when the last row was sealed.

    Raises:
        ClockError: by the function, when the clock is more than a day behind the last row.
    """
    unsealed = predictions.filter(now < _KNOWN_FROM)
    if played is not None:
        unsealed = unsealed.join(played, on=MATCH, how="anti", maintain_order="left")
    forecasts = _with_grounds(unsealed, features, prices).select(_CONTENT).sort(*MATCH, "line")

    def after(ledger: pl.LazyFrame) -> pl.DataFrame:
        last, new = _new(ledger, forecasts.filter(_latest(ledger, now) < _KNOWN_FROM))
        return PREDICTION_LEDGER.empty() if new.is_empty() else PREDICTION_LEDGER.conform(_chained(new, *last, now))

    return after


def as_sealed(lake: Lake, predictions: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    """The forecasts, those of matches that kicked off as they were sealed last by the same model, where they were.

    A result that is corrected changes the features of later matches of the past, never what was said of them.
    """
    if not lake.exists(NAME) or predictions.is_empty():
        return predictions
    key = [*MATCH, "line", "model_version"]
    rows = _sealed(lake.scan(NAME, *(predictions.select(first=pl.col(DATE).min(), last=pl.col(DATE).max()).row(0))))
    newest = rows.filter(pl.col("number") == pl.col("number").max().over(key)).select(*key, *_SAID, sealed=pl.lit(True))
    joined = predictions.join(newest.collect(), on=key, how="left", nulls_equal=True, suffix="_sealed")
    stands = pl.col("sealed").fill_null(False) & (now >= _KNOWN_FROM)
    said = [pl.when(stands).then(f"{name}_sealed").otherwise(name).alias(name) for name in _SAID]
    return joined.with_columns(said).select(predictions.columns)


def verify(lake: Lake, noted: str | None = None) -> Verdict:
    """Say whether every row is as it was sealed, in order and in time; `noted` is a hash that was the last one once."""
    rows = PREDICTION_LEDGER.empty()
    if lake.exists(NAME):
        rows = _sealed(lake.scan(NAME)).select(rows.columns).sort("number", "hash").collect()
    last, seen = GENESIS, noted is None
    in_time = rows.select(pl.col("sealed_at") < _KNOWN_FROM).to_series()
    for number, (row, timely) in enumerate(zip(rows.iter_rows(named=True), in_time, strict=True), start=1):
        wrong = _wrong(row, number, last)
        if wrong is None and not timely:
            wrong = "it was sealed after kick-off"
        if wrong:
            named = f"row {row['number']} ({row['match_date']} {row['match_id']} {row['line']})"
            return Verdict(len(rows), last, f"{named}: {wrong}")
        last = row["hash"]
        seen = seen or last == noted
    return Verdict(len(rows), last, None if seen else f"no row has the hash {noted}, which was noted: rows are missing")


def _sealed(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows with every column: what was not said yet when the first of them were sealed is null, and not hashed."""
    return pl.concat([PREDICTION_LEDGER.empty().lazy(), rows], how="diagonal")


def _latest(ledger: pl.LazyFrame, now: dt.datetime) -> dt.datetime:
    """The time it is at least: that of the clock or of the last row, whichever is later."""
    sealed: dt.datetime | None = ledger.select(pl.col("sealed_at").max()).collect().item()
    if sealed is None:
        return now
    if sealed - now > CLOCK_BEHIND:
        raise ClockError(
            f"{NAME}: expected a time after {sealed:%Y-%m-%d %H:%M} UTC, when its last row was sealed, found "
            f"{now:%Y-%m-%d %H:%M} on the clock: nothing was sealed. Set the clock, or SOCCER_TODAY. If "
            "that row was sealed by a clock that was ahead, the next one is sealed when its time has passed"
        )
    return max(now, sealed)


def _wrong(row: Mapping[str, Any], number: int, last: str) -> str | None:
    if row["number"] != number:
        return f"expected number {number}: rows before it are missing or there are too many"
    if row["previous_hash"] != last:
        return f"expected to follow {last[:12]}, found {row['previous_hash'][:12]}"
    if row["hash"] != (actual := row_hash(row)):
        return f"it does not have the hash {row['hash'][:12]} that it was sealed with, but {actual[:12]}"
    return None


def _with_grounds(rows: pl.DataFrame, features: pl.LazyFrame, prices: pl.LazyFrame) -> pl.DataFrame:
    """The forecasts with hashes of the features and of the prices that each line rests on."""
    matches = rows.select(MATCH).unique().lazy()
    knew = features.join(matches, on=MATCH, how="semi").collect()
    heard = pl.col("bookmaker").cast(pl.String).is_in(["average", SHARP_BOOKMAKER]), pl.col("kind") == "pre_match"
    quote_columns = ["bookmaker", "market", "line", "selection", "price", "quoted_at"]
    quoted = (
        prices.filter(*heard)
        .join(matches, on=MATCH, how="semi")
        .select(*MATCH, *quote_columns)
        .with_columns(pl.col("bookmaker", "market", "selection").cast(pl.String))
        .sort(*MATCH, *quote_columns)
        .group_by(MATCH)
        .agg(pl.struct(quote_columns).alias("odds_hash"), odds_quoted_at=pl.col("quoted_at").max())
        .collect()
    )
    priced, market = pl.col("line").is_in(PRICED), pl.col("line") == "market"
    return (
        rows.join(knew.select(*MATCH, features_hash=_digests(knew.select(sorted(knew.columns)))), on=MATCH, how="left")
        .join(quoted.with_columns(odds_hash=_digests(quoted.select("odds_hash"))), on=MATCH, how="left")
        .with_columns(
            pl.when(~market).then("features_hash"), pl.when(priced).then(pl.col("odds_hash", "odds_quoted_at"))
        )
    )


def _new(ledger: pl.LazyFrame, forecasts: pl.DataFrame) -> tuple[tuple[int, str], pl.DataFrame]:
    """Number and hash of the last row of the ledger, and the forecasts that it does not hold yet."""
    last = ledger.select("number", "hash").filter(pl.col("number") == pl.col("number").max()).collect()
    newest = _sealed(ledger).filter(pl.col("match_id").is_in(forecasts["match_id"].unique().to_list())).collect()
    newest = newest.filter(pl.col("number") == pl.col("number").max().over("match_id", "line"))
    new = forecasts.join(newest, on=_CONTENT, how="anti", nulls_equal=True, maintain_order="left")
    return last.row(0) if len(last) else (0, GENESIS), new


def _chained(new: pl.DataFrame, number: int, last: str, now: dt.datetime) -> pl.DataFrame:
    rows = []
    for row in new.iter_rows(named=True):
        number += 1
        row |= {"number": number, "code_version": code_version(), "sealed_at": now, "previous_hash": last}
        last = row_hash(row)
        rows.append(row | {"hash": last})
    return pl.DataFrame(rows, schema_overrides=PREDICTION_LEDGER.schema, orient="row")


def _digests(rows: pl.DataFrame) -> pl.Series:
    texts = [hashlib.sha256(canonical(row)).hexdigest() for row in rows.iter_rows(named=True)]
    return pl.Series(texts, dtype=pl.String)


@lru_cache(maxsize=1)
def code_version() -> str:
    """Return the platform's version and the first 12 hex digits of the SHA-256 of its source, data files included."""
    folder = Path(__file__).parent.parent
    source = hashlib.sha256()
    for file in sorted(file for suffix in ("py", "json", "txt") for file in folder.rglob(f"*.{suffix}")):
        source.update(f"{file.relative_to(folder).as_posix()}\n".encode() + file.read_bytes())
    return f"{version('soccer-assets')}+{source.hexdigest()[:12]}"
