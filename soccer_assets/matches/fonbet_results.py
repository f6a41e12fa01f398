"""Fonbet's results of a day compared with the matches: missing scores are filled in, different ones are conflicts.

The results name two sides and a day, no competition, and are linked as its events are. A result without a certain
match changes nothing.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import polars as pl

from soccer_assets.leagues import country_of_league
from soccer_assets.linking import decisions
from soccer_assets.linking.assignment import Scorer
from soccer_assets.linking.link import link
from soccer_assets.matches.records import GOALS, MOST_GOALS
from soccer_assets.matches.schema import FONBET, MATCH_CONFLICTS, ON
from soccer_assets.storage.tables import UTC

#: The file's day and the league's own date of a match differ by a day at most.
MOST_DAYS_APART: Final = dt.timedelta(days=1)
UNPLAYED: Final = ("scheduled", "in_play")
SCORED: Final = ("finished", "awarded")
SIDES: Final = ("home", "away")


@dataclass(frozen=True)
class Checked:
    """The matches, scores filled in; a conflict for each that differs; how many results agree, differ and fill."""

    rows: pl.DataFrame
    conflicts: pl.DataFrame
    counts: dict[str, int]


def check_results(
    matches: pl.DataFrame, results: pl.LazyFrame, ledger: pl.DataFrame, scorer: Scorer | None = None
) -> Checked:
    """Matches checked against the results of their days; a day's results are linked by themselves.

    Args:
        matches: rows of `matches`, those to be checked and those of the days beside them.
        results: rows of `fonbet_results` on the same dates.
        ledger: the decisions on names and links.
        scorer: of names; the shipped one by default.
    """
    linked = _linked(matches, _usable(results), ledger, scorer)
    key = ["match_id", "match_date"]
    # results of one match that contradict each other are ignored
    consistent = linked.filter(pl.struct(f"{g}_result" for g in GOALS).n_unique().over(key) == 1)
    results_by_match = consistent.unique(key, keep="first", maintain_order=True)
    rows = matches.join(results_by_match, on=key, how="left", maintain_order="left")
    has_score = pl.all_horizontal(pl.col(goals).is_not_null() for goals in GOALS)
    has_result = pl.col("event_id").is_not_null()
    fills = has_result & pl.col("status").is_in(UNPLAYED) & ~has_score
    scored = has_result & pl.col("status").is_in(SCORED) & has_score
    same = pl.all_horizontal(pl.col(goals) == pl.col(f"{goals}_result") for goals in GOALS)
    differing = rows.filter(scored & ~same)
    counts = {
        "agree": rows.select((scored & same).sum()).item(),
        "differ": len(differing),
        "filled": rows.select(fills.sum()).item(),
    }
    conflicts = differing.select(
        *key,
        field=pl.lit("score"),
        kept_source="source",
        kept=pl.format("{}-{}", *GOALS),
        source=pl.lit(FONBET),
        value=pl.format("{}-{}", *(f"{goals}_result" for goals in GOALS)),
        value_payload_id="_payload_id",
        value_line="_record",
    )
    filled = rows.with_columns(
        status=pl.when(fills).then("status_result").otherwise("status"),
        **{goals: pl.when(fills).then(f"{goals}_result").otherwise(goals) for goals in GOALS},
    )
    return Checked(filled.select(matches.columns), MATCH_CONFLICTS.conform(conflicts), counts)


def _usable(results: pl.LazyFrame) -> pl.DataFrame:
    """The results of first men's sides, with goals as numbers and `event_id`: payload and record."""
    goals = [pl.col(name).cast(pl.Int16, strict=False).alias(f"{name}_result") for name in GOALS]
    ours = (pl.col("sex").fill_null("men") == "men") & (pl.col("kind").fill_null("first") == "first")
    # a club may bear its town or country in brackets, but two of one league do not: `Арсенал (Крис)` is a gamer
    in_brackets = pl.all_horizontal(pl.col(side).str.contains("(", literal=True) for side in SIDES)
    rows = results.filter(ours & pl.col("home").is_not_null() & pl.col("away").is_not_null() & ~in_brackets).select(
        "_payload_id", "_record", *SIDES, *goals, pl.col("status").alias("status_result"),
        date="match_date", event_id=pl.format("{}:{}", "_payload_id", "_record"),
    )  # fmt: skip
    sound = pl.all_horizontal(pl.col(f"{name}_result").is_between(0, MOST_GOALS) for name in GOALS)
    return rows.filter(sound).collect().sort("date", "event_id")


def _linked(matches: pl.DataFrame, results: pl.DataFrame, ledger: pl.DataFrame, scorer: Scorer | None) -> pl.DataFrame:
    """The results that are surely a match, with its `match_id` and `match_date`."""
    candidates = matches.filter(pl.col("status").is_in(ON)).select(
        "match_id", *SIDES, "home_id", "away_id", date="match_date", competition="league",
        country=country_of_league(), kick_off_at=pl.lit(None, dtype=UTC),
    )  # fmt: skip
    aliases = decisions.aliases(ledger).filter(pl.col("source") == FONBET)
    rejected = decisions.rejected(ledger).filter(pl.col("source") == FONBET)
    ids = {"match_id": pl.lit(None, dtype=pl.String), "match_date": pl.lit(None, dtype=pl.Date)}
    parts = [results.clear().drop(*SIDES, "date").with_columns(**ids)]
    for (day,), rows in results.partition_by("date", as_dict=True, maintain_order=True).items():
        near = candidates.filter((pl.col("date") - day).abs() <= MOST_DAYS_APART)
        if near.is_empty():
            continue
        events = rows.select("event_id", "date", *SIDES)
        links = link(events, near, aliases, scorer, rejected=rejected, with_cases=False)
        links = links.filter(pl.col("outcome") == "linked").select("event_id", "match_id")
        # a day's file has no result of a later day
        dated = links.join(near.select("match_id", match_date="date"), on="match_id")
        parts.append(rows.drop(SIDES).join(dated, on="event_id").filter(pl.col("match_date") <= day).drop("date"))
    return pl.concat(parts).sort("match_date", "match_id", "event_id")
