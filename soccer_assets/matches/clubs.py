"""Which club a source means by a name, and the names each club goes by."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from soccer_assets.club_ids import slug, team_id
from soccer_assets.leagues import LEAGUES
from soccer_assets.linking import decisions
from soccer_assets.linking.link import link
from soccer_assets.linking.names import Scorer, parse
from soccer_assets.matches.new_clubs import new_ids
from soccer_assets.matches.records import OTHERS
from soccer_assets.matches.schema import ON, TEAMS

#: A name without a match in common is a club's when it is this likely and so much likelier than any other club's.
SURE: Final = 0.8
MARGIN: Final = 0.4
#: A name that resembles none more than this is a club not met before.
UNLIKE: Final = 0.3
#: The clubs of a season are known when there are so many for each name that a source uses in it.
KNOWN_CLUBS: Final = 0.75
SEASON = ["league", "season"]
Decided = tuple[pl.DataFrame, pl.DataFrame]
#: Name -> its club and how that is known.
Settled = dict[str, tuple[str, str]]
COUNTRIES: Final = {code: league.country for code, league in LEAGUES.items()}


def identify(records: pl.DataFrame, base: pl.DataFrame, ledger: pl.DataFrame, scorer: Scorer) -> pl.DataFrame:
    """The records with home_id and away_id, and `reason` where a name is nobody's for certain.

    A name is settled by a decision (alias), by the matches it plays in common with a club of the season or, where it
    has none there, of other seasons (fixture), or by its likeness to the name of one club alone (name). A name like no
    other is a new club where the clubs of its season are not known. A season that football-data.co.uk does not have is
    known by the sources that are trusted more than the one a record is from.

    Args:
        records: rows of one or more sources in `records.FORM`.
        base: matches of football-data.co.uk in the same seasons and around them.
        ledger: the decisions on names and links.
        scorer: likeness of two names.
    """
    by_country = _clubs_by_country(base)
    trusted = {club for clubs in by_country.values() for club in clubs}
    decided = (decisions.aliases(ledger), decisions.rejected(ledger))
    reference = {key: rows for key, rows in base.group_by(SEASON)}
    none = pl.lit(None, pl.String)
    identified = [records.clear().with_columns(home_id=none, home_by=none, away_id=none, away_by=none)]
    for source in OTHERS:
        seasons = {
            key: rows
            for key, rows in records.filter(pl.col("source") == source).sort("season").group_by(
                SEASON, maintain_order=True
            )
        }  # fmt: skip
        named, added = _name_clubs(source, seasons, reference, (by_country, trusted), decided, scorer)
        rows = records.filter(pl.col("source") == source)
        for side in ("home", "away"):
            names = named.rename({"name": side, "team_id": f"{side}_id", "by": f"{side}_by"})
            rows = rows.join(names, on=[*SEASON, side], how="left", maintain_order="left")
        identified.append(rows)
        certain = rows.filter(pl.col("home_id").is_not_null() & pl.col("away_id").is_not_null())
        for key, matches in certain.group_by(SEASON):
            if key in added:
                reference[key] = matches
    return _with_reason(pl.concat(identified))


def _with_reason(records: pl.DataFrame) -> pl.DataFrame:
    unknown = pl.when(pl.col("home_id").is_null()).then("home").otherwise("away")
    nobody = (pl.col("home_id").is_null() | pl.col("away_id").is_null()) & pl.col("reason").is_null()
    why = pl.format("expected the name of one club, found {}, which may be several clubs' or a new one's", unknown)
    itself = (pl.col("home_id") == pl.col("away_id")).fill_null(False) & pl.col("reason").is_null()
    same = pl.format("expected two clubs, found {} and {}, which are one", "home", "away")
    return records.with_columns(reason=pl.when(nobody).then(why).when(itself).then(same).otherwise("reason"))


def _clubs_by_country(base: pl.DataFrame) -> Mapping[str, dict[str, str]]:
    """Id and name of the clubs of each country."""
    sides = [base.select("league", team_id=f"{side}_id", name=side) for side in ("home", "away")]
    clubs: dict[str, dict[str, str]] = {country: {} for country in COUNTRIES.values()}
    for league, club, name in pl.concat(sides).unique().sort("team_id", "name").rows():
        clubs[COUNTRIES[league]][club] = name
    return clubs


def _name_clubs(
    source: str,
    seasons: Mapping[tuple[Any, ...], pl.DataFrame],
    reference: Mapping[tuple[Any, ...], pl.DataFrame],
    known_clubs: tuple[Mapping[str, dict[str, str]], Collection[str]],
    decided: Decided,
    scorer: Scorer,
) -> tuple[pl.DataFrame, set[tuple[Any, ...]]]:
    """The club of each name of a source in each season, with how it is known, and the seasons nobody had before.

    Args:
        source: its name.
        seasons: its records, by league and season, the first season first.
        reference: matches of the same seasons whose clubs are known.
        known_clubs: id and name of each country's clubs, to which new ones are added; those of football-data.co.uk.
        decided: aliases and rejections of all sources.
        scorer: likeness of two names.
    """
    by_country, trusted = known_clubs
    aliases, rejected = (rows.filter(pl.col("source") == source) for rows in decided)
    votes: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    by_fixtures = {}
    for key, rows in seasons.items():
        country = COUNTRIES[key[0]]
        country_aliases = aliases.filter(pl.col("country").fill_null(country) == country)
        if key in reference:
            by_fixtures[key] = _by_fixtures(rows, reference[key], (country_aliases, rejected), scorer)
            votes[country].update(by_fixtures[key].items())
    settled_in = []
    for key, rows in seasons.items():
        league, season = key
        country = COUNTRIES[league]
        names = sorted(set(rows["home"].drop_nulls()) | set(rows["away"].drop_nulls()))
        country_aliases = aliases.filter(pl.col("country").fill_null(country) == country)
        settled: Settled = {name: (club, "fixture") for name, club in by_fixtures.get(key, {}).items()}
        by_alias = dict(country_aliases.select("name", "team_id").rows())
        settled |= {name: (club, "alias") for name, club in by_alias.items() if name in names}
        clubs = _season_clubs(reference.get(key))
        is_closed = len(clubs) >= KNOWN_CLUBS * len(names)
        taken = {club for club, _ in settled.values()}
        for name in names:
            club = _by_other_seasons(votes[country], name)
            if name not in settled and club is not None and club not in taken and (club in clubs or not is_closed):
                settled[name] = (club, "fixture")
                taken.add(club)
        candidates = clubs if is_closed else by_country[country]
        free = {club: name for club, name in candidates.items() if club not in taken}
        left = [name for name in names if name not in settled]
        settled |= _by_likeness(left, free, country, scorer, None if is_closed else trusted)
        new = [name for name, (_, by) in settled.items() if by == "new"]
        settled |= new_ids(country, new, by_country[country])
        by_country[country].update({club: name for name, (club, by) in settled.items() if by == "new"})
        settled_in += [(league, season, name, *settled[name]) for name in sorted(settled)]
    columns = [*SEASON, "name", "team_id", "by"]
    named = pl.DataFrame(settled_in, schema=dict.fromkeys(columns, pl.String), orient="row")
    return named, set(seasons) - set(reference)


def _season_clubs(matches: pl.DataFrame | None) -> dict[str, str]:
    """Id and name of the clubs of a season; none where nobody has it."""
    if matches is None:
        return {}
    sides = [matches.select(team_id=f"{side}_id", name=side) for side in ("home", "away")]
    return dict(pl.concat(sides).unique().sort("team_id", "name").rows())


def _by_other_seasons(votes: Counter[tuple[str, str]], name: str) -> str | None:
    """The one club that the name was by its fixtures, in whatever season."""
    clubs = {club for voted, club in votes if voted == name}
    return clubs.pop() if len(clubs) == 1 else None


def _by_fixtures(rows: pl.DataFrame, base: pl.DataFrame, decided: Decided, scorer: Scorer) -> dict[str, str]:
    """The club of a name by the matches it has in common with a club; a club's second name never plays beside it."""
    on, sides = pl.col("status").is_in(ON), ["home", "away"]
    numbered = pl.int_range(pl.len()).cast(pl.String)
    columns = [*sides, "kick_off_at"]
    events = rows.filter(on & pl.col("reason").is_null()).select(*columns, date="match_date", event_id=numbered)
    matches = base.filter(on).select(*columns, "home_id", "away_id", date="match_date", match_id=numbered)
    if events.is_empty() or matches.is_empty():
        return {}
    aliases, rejected = decided
    links = link(events, matches, aliases, scorer, rejected=rejected, with_cases=False)
    both = (
        links.filter(pl.col("outcome") == "linked")
        .select("event_id", "match_id")
        .join(events, on="event_id")
        .join(matches.select("match_id", "home_id", "away_id"), on="match_id")
    )
    votes = (
        pl.concat([both.select(name=side, team_id=f"{side}_id") for side in sides])
        .group_by("name", "team_id")
        .len()
        .sort("len", "name", "team_id", descending=[True, False, False])
        .unique("name", keep="first", maintain_order=True)
    )
    played = pl.concat([events.select("date", name=side) for side in sides]).group_by("name").agg("date")
    days = {name: set(dates) for name, dates in played.rows()}
    clubs: dict[str, str] = {}
    busy: dict[str, set[Any]] = defaultdict(set)
    for name, club in votes.select("name", "team_id").rows():
        if busy[club].isdisjoint(days[name]):
            clubs[name] = club
            busy[club] |= days[name]
    return clubs


def _by_likeness(
    names: Sequence[str], clubs: Mapping[str, str], country: str, scorer: Scorer, doubtful: Collection[str] | None
) -> Settled:
    """The club each name is most like, by a margin over the next.

    Args:
        names: the names.
        clubs: id and name of those it may be.
        country: their country.
        scorer: likeness of two names.
        doubtful: clubs that a name which resembles one of them a little may be; a name like none of them is a new
            club's. None: no name is.
    """
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
        elif doubtful is not None and (row[best] <= UNLIKE or free[best] not in doubtful):
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
