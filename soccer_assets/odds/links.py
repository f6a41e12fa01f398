"""Events of a bookmaker and the matches they are, a date at a time.

A date is linked in the light of the decisions that stand and of what was linked on earlier dates, never on later ones:
a range of dates gives what its dates give one by one.
"""

import csv
import datetime as dt
import io
from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from soccer_assets.leagues import country_of_league
from soccer_assets.linking import decisions
from soccer_assets.linking.assignment import Scorer
from soccer_assets.linking.link import SEEN, link
from soccer_assets.matches.schema import ON
from soccer_assets.odds.schema import ODDS_LINKS
from soccer_assets.storage.tables import MOST_EXAMPLES, UTC

SOURCE: Final = "fonbet"
NOBODY: Final = "linker"
#: A match that was moved so many days is a case; the league's own date and the UTC date differ by one.
DAYS_MOVED: Final = 3
WINDOW: Final = dt.timedelta(days=DAYS_MOVED)
#: So many events of a competition that are like a league's matches are no cup and no chance.
LEAST_RENAMED: Final = 3
#: What was linked longer ago tells little: clubs are renamed, and leagues change.
REMEMBERED: Final = dt.timedelta(days=400)


def odds_links(
    events: pl.DataFrame,
    matches: pl.DataFrame,
    history: pl.DataFrame,
    ledger: pl.DataFrame,
    scorer: Scorer | None = None,
) -> pl.DataFrame:
    """Return the rows of `odds_links` for the dates of the events, which stand once in each snapshot that has them.

    The matches are of those dates and of `DAYS_MOVED` before and after them; the history is `odds_links` of earlier
    dates; the ledger holds the decisions; names are scored by the shipped scorer where none is given.
    """
    newest = _newest(events)
    into = decisions.merged(ledger)
    fixtures = (
        matches.filter(pl.col("status").is_in(ON))
        .select("match_id", "home", "away", "kick_off_at", "league", date="match_date", competition="league",
                country=country_of_league(),
                home_id=pl.col("home_id").replace(into), away_id=pl.col("away_id").replace(into))
    )  # fmt: skip
    aliases = decisions.aliases(ledger).filter(pl.col("source") == SOURCE)
    rejected = decisions.rejected(ledger).filter(pl.col("source") == SOURCE)
    rows = [ODDS_LINKS.empty()]
    for (date,), of_day in newest.partition_by("match_date", as_dict=True).items():
        past = pl.concat([history, *rows]).filter(pl.col("match_date") >= date - REMEMBERED)
        near = fixtures.filter((pl.col("date") - date).abs() <= WINDOW)
        asked = of_day.filter("ours").select(
            "event_id", "home", "away", "competition", "country", "kick_off_at",
            date="match_date", league=pl.coalesce("_league", "competition"),  # of a cup its own name
        )  # fmt: skip
        linked = link(asked, near, aliases, scorer, seen=_seen(past, into), rejected=rejected)
        rows.append(_rows(of_day, linked, near, aliases))
    return ODDS_LINKS.conform(pl.concat(rows))


def _newest(events: pl.DataFrame) -> pl.DataFrame:
    """Each event of a date as last seen; `ours` are the sides the platform follows."""
    # a club may bear its town or country in brackets, but two of one league do not: `Арсенал (Крис)` is a gamer
    in_brackets = pl.all_horizontal(pl.col("home", "away").str.contains("(", literal=True))
    return (
        events.sort("match_date", "event_id", "_seen_at", "quoted_at", "_payload_id", "_record")
        .unique(["match_date", "event_id"], keep="last", maintain_order=True)
        .with_columns(
            kick_off_at=pl.col("kick_off_at").str.to_datetime("%+", time_zone="UTC", strict=False).cast(UTC),
            ours=(pl.col("sex").fill_null("men") == "men") & (pl.col("kind").fill_null("first") == "first")
            & pl.col("home").is_not_null() & pl.col("away").is_not_null() & ~in_brackets,
        )
    )  # fmt: skip


def _seen(links: pl.DataFrame, into: dict[str, str]) -> pl.DataFrame:
    linked = links.filter(pl.col("outcome") == "linked")
    days = pl.concat([linked.select("match_date", name=side, team_id=f"{side}_id") for side in ("home", "away")])
    days = days.with_columns(pl.col("team_id").replace(into)).unique()
    return days.group_by("name", "team_id").agg(days=pl.len().cast(SEEN["days"])).sort("name", "team_id")


def _rows(of_day: pl.DataFrame, linked: pl.DataFrame, matches: pl.DataFrame, aliases: pl.DataFrame) -> pl.DataFrame:
    """The events with what is told of them; those that were not asked about are none."""
    decided = aliases.select("name", "country", "decided_at", "decided_by")
    both = pl.concat([of_day.select("event_id", "country", name=side) for side in ("home", "away")])
    same_country = (pl.col("country_of_name") == pl.col("country")).fill_null(True)
    last = (
        both.join(decided.rename({"country": "country_of_name"}), on="name")
        .filter(same_country)
        .sort("event_id", "decided_at", "decided_by")
        .group_by("event_id", maintain_order=True)
        .agg(alias_at=pl.col("decided_at").last(), alias_by=pl.col("decided_by").last())
    )
    by_alias = pl.col("method").eq_missing("alias")
    clubs = matches.select("match_id", "home_id", "away_id")
    rows = (
        of_day.join(linked, on="event_id", how="left")
        .join(clubs, on="match_id", how="left")
        .join(last, on="event_id", how="left")
    )
    return rows.select(
        "match_date", "event_id", pl.lit(SOURCE).alias("source"),
        pl.when("ours").then("_league").alias("league"), "competition", "country",
        pl.col("home", "away").fill_null(""), "kick_off_at",
        "match_id", "home_id", "away_id", "candidate_id", "score", "runner_up", "margin",
        pl.col("evidence").fill_null("{}"), "method", pl.col("outcome").fill_null("none"),
        decided_at=pl.when(by_alias).then(pl.max_horizontal("alias_at", "_seen_at")).otherwise("_seen_at"),
        decided_by=pl.when(by_alias).then("alias_by").otherwise(pl.lit(NOBODY)),
    )  # fmt: skip


def unlinked(links: pl.DataFrame, matches: pl.DataFrame) -> list[dict[str, Any]]:
    """Return how many events of each league have no match, on dates on which the league has any.

    A league has league, events, unlinked, share, and `examples`: up to five, each with its alias lines to complete.
    """
    played = matches.filter(pl.col("status").is_in(ON)).select(pl.col("league").cast(pl.String), "match_date").unique()
    ours = links.filter(pl.col("league").is_not_null()).join(played, on=["league", "match_date"], how="semi")
    counts = []
    for (league,), events in ours.sort("match_date", "event_id").partition_by("league", as_dict=True).items():
        missing = events.filter(pl.col("outcome") != "linked")
        examples = [
            {name: str(event[name]) for name in ("match_date", "event_id", "home", "away", "outcome")}
            | {"alias lines": [alias_line(event, side, None) for side in ("home", "away")]}
            for event in missing.head(MOST_EXAMPLES).iter_rows(named=True)
        ]
        share = len(missing) / len(events)
        counts.append(
            {"league": league, "events": len(events), "unlinked": len(missing), "share": share, "examples": examples}
        )
    return sorted(counts, key=lambda row: str(row["league"]))


def renamed(links: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """Competitions that may be a league of ours under another name: `competition`, `league`, `events`.

    At least `LEAST_RENAMED` of their events, and more than half, are like matches of the league that no event is.
    """
    no_event = matches.join(links.filter(pl.col("outcome") == "linked"), on="match_id", how="anti")
    cases = links.filter(pl.col("league").is_null(), pl.col("outcome") == "review").join(
        no_event.select("match_id", _league=pl.col("league").cast(pl.String)),
        left_on="candidate_id",
        right_on="match_id",
    )
    every = links.group_by("competition").len("_every")
    counts = cases.group_by("competition", league="_league").agg(events=pl.len()).join(every, on="competition")
    enough = (pl.col("events") >= LEAST_RENAMED) & (2 * pl.col("events") > pl.col("_every"))
    return counts.filter(enough).drop("_every").sort("competition", "league")


def alias_line(event: Mapping[str, Any], side: str, team_id: str | None) -> str:
    """A line of the file of aliases for a side of an event; `?` where the club is to be filled in."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(
        [event["source"], event[side], event["country"], team_id or decisions.NO_CLUB]
    )
    return line.getvalue()
