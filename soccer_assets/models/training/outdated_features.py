"""Features that a table of an earlier edition lacks: null where today's code would know them.

Nulls by themselves say nothing: expected goals are unknown before 2014, statistics in the leagues without them, prices
before 2000. So a feature that is null for most of the rows a model learns from is refused only when it is shown that it
could be known:

- made again from `matches` and prices of a day on which it is null, it has values; or
- it is null in every row of the dates on which `match_features` had other columns than today, and known in most rows
  of the others.
"""

import datetime as dt

import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.features.catalog import NAMES
from soccer_assets.features.leak import make_features
from soccer_assets.features.schema import MATCH_FEATURES
from soccer_assets.odds.consensus import newest_prices
from soccer_assets.storage.data_versions import columns_hash
from soccer_assets.storage.lake import DATE

#: Days that are made again, the busiest of those on which the feature is null; and the past they are made from.
SAMPLED_DAYS = 2
PAST = dt.timedelta(days=420)
MOST_EXAMPLES = 5


def refuse_outdated(examples: pl.DataFrame, matches: pl.LazyFrame, market: pl.LazyFrame, made: pl.DataFrame) -> None:
    """Nothing, where every feature that is null for most of the examples could not be known.

    Args:
        examples: rows of `match_features` to learn from.
        matches: rows of `matches` up to the last example.
        market: rows of `market_probabilities` up to the last example.
        made: rows of `data_versions`.

    Raises:
        ModelError: features are null that could be known; names them and the command that makes them.
    """
    nulls = dict(zip(NAMES, examples.select(pl.col(NAMES).null_count()).row(0), strict=True))
    mostly = [name for name, count in nulls.items() if 2 * count > len(examples)]
    outdated = set(_unknown_before(examples, mostly, made))
    for days, names in _sampled(examples, [name for name in mostly if name not in outdated]).items():
        for day in days:
            outdated |= set(_known_again(examples.filter(pl.col(DATE) == day), names, matches, market))
    if outdated:
        worst = sorted(outdated, key=lambda name: (-nulls[name], name))
        listing = ", ".join(worst[:MOST_EXAMPLES]) + (
            f" and {len(worst) - MOST_EXAMPLES} more" if len(worst) > MOST_EXAMPLES else ""
        )
        rows = examples.filter(pl.any_horizontal(pl.col(worst).is_null()))
        first, last = rows.select(first=pl.col(DATE).min(), last=pl.col(DATE).max()).row(0)
        raise ModelError(
            f"expected {listing} to be known where they can be, found them null in up to {nulls[worst[0]]} of "
            f"{len(examples)} matches from {first} to {last}: these dates of match_features were made by an earlier "
            f"edition. Run `uv run soccer backfill {first} {last}`"
        )


def _unknown_before(examples: pl.DataFrame, names: list[str], made: pl.DataFrame) -> list[str]:
    """Those that are null throughout the dates made with other columns, and known in most rows of the others."""
    now = columns_hash(MATCH_FEATURES.schema.names())
    features_made = made.filter(pl.col("name") == MATCH_FEATURES.name, pl.col("columns") == now).select(DATE)
    today, before = (examples.join(features_made, on=DATE, how=how) for how in ("semi", "anti"))
    if before.is_empty() or today.is_empty():
        return []
    return [
        name for name in names if before[name].null_count() == len(before) and 2 * today[name].null_count() < len(today)
    ]


def _sampled(examples: pl.DataFrame, names: list[str]) -> dict[tuple[dt.date, ...], list[str]]:
    """The busiest days on which features are null, and the features they are busiest of."""
    by_days: dict[tuple[dt.date, ...], list[str]] = {}
    for name in names:
        null = examples.filter(pl.col(name).is_null())
        days = null.group_by(DATE).len().sort("len", DATE, descending=True)[DATE].head(SAMPLED_DAYS).to_list()
        by_days.setdefault(tuple(days), []).append(name)
    return by_days


def _known_again(rows: pl.DataFrame, names: list[str], matches: pl.LazyFrame, market: pl.LazyFrame) -> list[str]:
    """Those that are null in most rows of a day, and known in most of them when made again."""
    day: dt.date = rows[DATE].to_list()[0]
    past = pl.col(DATE).is_between(day - PAST, day)
    earlier = matches.filter(past).collect()
    fixtures = earlier.join(rows, on=[DATE, "match_id"], how="semi")
    again = make_features(earlier, newest_prices(market.filter(past)), fixtures)
    return [
        name for name in names if 2 * rows[name].null_count() > len(rows) and 2 * again[name].null_count() < len(again)
    ]
