"""Which club a source means by a name, and the names each club goes by."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl

from soccer_assets.leagues import LEAGUES, slug, team_id
from soccer_assets.matches import decisions
from soccer_assets.matches.linking import link
from soccer_assets.matches.names import Scorer, parse
from soccer_assets.matches.schema import ON, TEAMS

#: A name without a match in common is a club's when it is this likely and so much likelier than any other club's.
SURE: Final = 0.8
MARGIN: Final = 0.4
#: A name that resembles none more than this is a club not met before.
UNLIKE: Final = 0.3
SEASON = ["league", "season"]
Decided = tuple[pl.DataFrame, pl.DataFrame]
#: Name -> its club and how that is known.
Settled = dict[str, tuple[str, str]]
COUNTRIES: Final = {code: league.country for code, league in LEAGUES.items()}


def identify(records: pl.DataFrame, base: pl.DataFrame, ledger: pl.DataFrame, scorer: Scorer) -> pl.DataFrame:
    """The records with home_id and away_id, and `reason` where a name is nobody's for certain.

    A name is settled by a decision (alias), by the matches it plays in common with a club of the season (fixture), or
    by its likeness to the name of one club of the country alone (name); a name like no other is a new club.

    Args:
        records: rows of one or more sources in `records.FORM`.
        base: matches of football-data.co.uk in the same seasons and around them.
        ledger: the decisions on names and links.
        scorer: likeness of two names.
    """
    known = _known_clubs(base)
    decided = (decisions.aliases(ledger), decisions.rejected(ledger))
    seasons = {key: rows for key, rows in base.group_by(SEASON)}
    named = [
        _of_season(rows, seasons.get((league, season), base.clear()), known[COUNTRIES[str(league)]], decided, scorer)
        for (_, league, season), rows in records.group_by("source", *SEASON, maintain_order=True)
    ]
    if not named:
        none = pl.lit(None, pl.String)
        return records.with_columns(home_id=none, home_by=none, away_id=none, away_by=none)
    clubs = pl.concat(named)
    for side in ("home", "away"):
        names = clubs.rename({"name": side, "team_id": f"{side}_id", "by": f"{side}_by"})
        records = records.join(names, on=["source", *SEASON, side], how="left", maintain_order="left")
    unknown = pl.when(pl.col("home_id").is_null()).then("home").otherwise("away")
    nobody = (pl.col("home_id").is_null() | pl.col("away_id").is_null()) & pl.col("reason").is_null()
    why = pl.format("expected the name of one club, found {}, which may be several clubs' or a new one's", unknown)
    itself = (pl.col("home_id") == pl.col("away_id")).fill_null(False) & pl.col("reason").is_null()
    same = pl.format("expected two clubs, found {} and {}, which are one", "home", "away")
    return records.with_columns(reason=pl.when(nobody).then(why).when(itself).then(same).otherwise("reason"))


def _known_clubs(base: pl.DataFrame) -> Mapping[str, dict[str, str]]:
    """Id and name of the clubs of each country."""
    sides = [base.select("league", team_id=f"{side}_id", name=side) for side in ("home", "away")]
    clubs: dict[str, dict[str, str]] = {country: {} for country in COUNTRIES.values()}
    for league, club, name in pl.concat(sides).unique().sort("team_id", "name").rows():
        clubs[COUNTRIES[league]][club] = name
    return clubs


def _of_season(
    rows: pl.DataFrame, base: pl.DataFrame, known: Mapping[str, str], decided: Decided, scorer: Scorer
) -> pl.DataFrame:
    """The club of each name of one source in one league and season, with how it is known.

    Args:
        rows: records of the source.
        base: matches of the league and season.
        known: id and name of the country's clubs.
        decided: aliases and rejections of all sources.
        scorer: likeness of two names.
    """
    source, league, season = rows.select("source", *SEASON).row(0)
    country = COUNTRIES[league]
    aliases, rejected = (told.filter(pl.col("source") == source) for told in decided)
    here = aliases.filter(pl.col("country").fill_null(country) == country)
    names = sorted(set(rows["home"].drop_nulls()) | set(rows["away"].drop_nulls()))
    settled: Settled = {name: (club, "alias") for name, club in here.select("name", "team_id").rows() if name in names}
    by_fixtures = _by_fixtures(rows, base, (here, rejected), scorer)
    settled = {name: (club, "fixture") for name, club in by_fixtures.items()} | settled
    taken = {club for club, _ in settled.values()}
    free = {club: name for club, name in known.items() if club not in taken}
    settled |= _by_likeness([name for name in names if name not in settled], free, country, scorer)
    found = [(source, league, season, name, *settled[name]) for name in sorted(settled)]
    columns = ["source", *SEASON, "name", "team_id", "by"]
    return pl.DataFrame(found, schema=dict.fromkeys(columns, pl.String), orient="row")


def _by_fixtures(rows: pl.DataFrame, base: pl.DataFrame, decided: Decided, scorer: Scorer) -> dict[str, str]:
    """The club of a name by the matches it has in common with a club."""
    on, sides = pl.col("status").is_in(ON), ["home", "away"]
    numbered = pl.int_range(pl.len()).cast(pl.String)
    shown = [*sides, "kick_off_at"]
    events = rows.filter(on & pl.col("reason").is_null()).select(*shown, date="match_date", event_id=numbered)
    matches = base.filter(on).select(*shown, "home_id", "away_id", date="match_date", match_id=numbered)
    if events.is_empty() or matches.is_empty():
        return {}
    aliases, rejected = decided
    links = link(events, matches, aliases, scorer, rejected=rejected).filter(pl.col("outcome") == "linked")
    both = (
        links.select("event_id", "match_id")
        .join(events, on="event_id")
        .join(matches.select("match_id", "home_id", "away_id"), on="match_id")
    )
    votes = (
        pl.concat([both.select(name=side, team_id=f"{side}_id") for side in sides])
        .group_by("name", "team_id")
        .len()
        .sort("len", "name", "team_id", descending=[True, False, False])
        .unique("name", keep="first", maintain_order=True)
        .unique("team_id", keep="first", maintain_order=True)
    )
    return dict(votes.select("name", "team_id").rows())


def _by_likeness(names: Sequence[str], clubs: Mapping[str, str], country: str, scorer: Scorer) -> Settled:
    """The club each name is most like, by a margin over the next; a new club's id where it is like none."""
    slugs = {slug(name): club for club, name in clubs.items()}
    settled: Settled = {name: (slugs[slug(name)], "name") for name in names if slug(name) in slugs}
    taken = {club for club, _ in settled.values()}
    free = [club for club in clubs if club not in taken]
    left = [name for name in names if name not in settled]
    if not left:
        return settled
    likeness = np.zeros((len(left), len(free) + 2))  # two clubs nobody is like, for a margin where there are none
    if free:
        likeness[:, : len(free)] = scorer.matrix(left, [clubs[club] for club in free])
    for name, row in zip(left, likeness, strict=True):
        best, second = np.argsort(-row, kind="stable")[:2]
        alone = row[best] >= likeness[:, best].max()  # no other name is more like the club
        if row[best] >= SURE and row[best] - row[second] >= MARGIN and alone:
            settled[name] = (free[best], "name")
        elif row[best] <= UNLIKE:
            settled[name] = (team_id(country, name), "new")
    return settled


def clubs_of(matches: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """One row per club, match date and name it goes by at a source.

    Args:
        matches: rows of `matches`.
        links: rows of `match_links`: the names of the other sources.
    """
    sides = [
        frame.select("match_date", "league", "source", team_id=f"{side}_id", name=side)
        for side in ("home", "away")
        for frame in (matches, links)
    ]
    rows = pl.concat(sides).unique().with_columns(country=pl.col("league").replace_strict(COUNTRIES))
    marks = pl.DataFrame(
        [(name, parsed.script, parsed.sex, parsed.kind)
         for name in rows["name"].unique().sort().to_list() for parsed in (parse(name),)],
        schema=dict.fromkeys(("name", "script", "sex", "kind"), pl.String), orient="row",
    )  # fmt: skip
    return TEAMS.conform(rows.join(marks, on="name"))
