"""Which way of removing a bookmaker's margin tells results best, measured on closing prices and played matches.

The choice of a month is made on its first day from the whole months of the three years before, so it has seen no match
it is used on. The power method stays unless another one is better by more than chance.
"""

import datetime as dt

import polars as pl

from soccer_assets.odds.devig import METHODS
from soccer_assets.odds.schema import ALL_LEAGUES, MARGIN_METHODS

YEARS = 3
#: A window of whole months before the first of one reaches back this far at most.
WINDOW_DAYS = YEARS * 366
LEAST_MATCHES = 500
#: Standard errors; a hundred bookmakers and leagues are looked at, so two would often be chance.
BEYOND_CHANCE = 3.0
DEFAULT = "power"
GROUP = ["bookmaker", "league"]


def margin_methods(
    market_probabilities: pl.LazyFrame, matches: pl.LazyFrame, first: dt.date, last: dt.date
) -> pl.DataFrame:
    """The methods and the choice as of each first of a month from `first` to `last`, both inclusive.

    Args:
        market_probabilities: rows of at least the three years before each first of a month.
        matches: rows of `matches` on the same dates.
        first: first match date.
        last: last match date.
    """
    starts = pl.date_range(first, last, "1d", eager=True)
    starts = starts.filter(starts.dt.day() == 1)
    if starts.is_empty():
        return MARGIN_METHODS.empty()
    months = _by_month(market_probabilities, matches)
    before = months.join_where(
        pl.DataFrame({"match_date": starts}),
        pl.col("month") < pl.col("match_date"),
        pl.col("month") >= pl.col("match_date").dt.offset_by(f"-{YEARS}y"),
    ).drop("month")
    group = ["match_date", *GROUP]
    sums = before.group_by(group, maintain_order=True).sum()
    n = pl.col("matches")
    per_method = [
        sums.select(
            *group,
            "matches",
            method=pl.lit(method),
            log_loss=pl.col(method) / n,
            minus_power=pl.col(f"{method}_difference") / n,
            variance=pl.col(f"{method}_square") / n - (pl.col(f"{method}_difference") / n) ** 2,
        )
        for method in METHODS
    ]
    measured = pl.concat([sums.select(*group, "matches").clear(), *per_method], how="diagonal").with_columns(
        standard_error=(pl.max_horizontal("variance", 0.0) / n).sqrt()
    )
    return MARGIN_METHODS.conform(_with_choice(measured).select(MARGIN_METHODS.schema.names()))


def _by_month(market_probabilities: pl.LazyFrame, matches: pl.LazyFrame) -> pl.DataFrame:
    """Sums over the played matches of each month, bookmaker and league (and all): losses, differences to power."""
    goals = pl.col("home_goals") - pl.col("away_goals")
    happened = pl.when(goals > 0).then(pl.lit("home")).when(goals < 0).then(pl.lit("away")).otherwise(pl.lit("draw"))
    results = matches.filter(pl.col("status") == "finished").select("match_date", "match_id", selection=happened)
    losses = (
        market_probabilities.filter(pl.col("market") == "1x2", pl.col("kind") == "closing")
        .with_columns(pl.col("bookmaker", "league", "selection").cast(pl.String))
        .join(results, on=["match_date", "match_id", "selection"])
        .sort("match_date", "match_id", *GROUP)  # sums are the same to the last bit, however long the range
        .select(*GROUP, month=pl.col("match_date").dt.truncate("1mo"), **{m: -pl.col(m).log() for m in METHODS})
        .collect()
    )
    each = pl.concat([losses, losses.with_columns(league=pl.lit(ALL_LEAGUES))])
    difference = {m: pl.col(m) - pl.col(DEFAULT) for m in METHODS}
    return each.group_by(*GROUP, "month", maintain_order=True).agg(
        pl.len().alias("matches").cast(pl.Int64),
        *(pl.col(m).sum() for m in METHODS),
        *(d.sum().alias(f"{m}_difference") for m, d in difference.items()),
        *((d**2).sum().alias(f"{m}_square") for m, d in difference.items()),
    )


def _with_choice(measured: pl.DataFrame) -> pl.DataFrame:
    """Add `chosen` and `chosen_by`: by the league where it has enough matches, else by all of the bookmaker's."""
    better = pl.col("minus_power") < -BEYOND_CHANCE * pl.col("standard_error")
    best = (
        measured.filter(pl.col("matches") >= LEAST_MATCHES)
        .sort("log_loss", "method")
        .group_by("match_date", *GROUP)
        .agg(own=pl.col("method").filter(better).first().fill_null(DEFAULT))
    )
    of_all = best.filter(pl.col("league") == ALL_LEAGUES).select("match_date", "bookmaker", shared="own")
    by = (
        pl.when(pl.col("own").is_not_null())
        .then(pl.when(pl.col("league") == ALL_LEAGUES).then(pl.lit("bookmaker")).otherwise(pl.lit("league")))
        .when(pl.col("shared").is_not_null())
        .then(pl.lit("bookmaker"))
        .otherwise(pl.lit("default"))
    )
    return (
        measured.join(best, on=["match_date", *GROUP], how="left")
        .join(of_all, on=["match_date", "bookmaker"], how="left")
        .with_columns(chosen=pl.col("method") == pl.coalesce("own", "shared", pl.lit(DEFAULT)), chosen_by=by)
    )
