"""The world as football-data.co.uk would publish it on a given day, in the site's own files.

The layouts are those of the real files of 2023/24 without the bookmakers IW and VC, and so are the oddities:

- files start with a byte order mark; the English archives end their lines with CRLF, the others with LF;
- the oldest season writes years with two digits, and its E1 file trails commas and ends in rows of commas;
- `fixtures.csv` has the columns of an archive, goals and closing odds empty, and its odds only a week ahead;
- a match that was abandoned has no score until it is awarded;
- Norway is one of the site's extra leagues: one file for all seasons with closing odds alone, and a fixture
  list of its own.
"""

import datetime as dt
from pathlib import Path
from typing import Final

import polars as pl

from soccer_assets.leagues import LEAGUES
from soccer_assets.simulation.bookmakers import BOOKMAKERS
from soccer_assets.simulation.clubs import PYRAMIDS
from soccer_assets.simulation.world import World

BOM: Final = b"\xef\xbb\xbf"
FIXTURE_DAYS: Final = 14
PRICED_DAYS: Final = 7

_MAIN = tuple(code for leagues in PYRAMIDS.values() for code in leagues if not LEAGUES[code].extra)
_EXTRA = tuple(code for leagues in PYRAMIDS.values() for code in leagues if LEAGUES[code].extra)

_MATCH = ["Div", "Date", "Time", "HomeTeam", "AwayTeam"]
_GOALS = ["FTHG", "FTAG", "FTR", "HTHG", "HTAG", "HTR"]
_STATISTICS = ["HS", "AS", "HST", "AST", "HF", "AF", "HC", "AC", "HY", "AY", "HR", "AR"]


def _odds(c: str) -> list[str]:
    """Odds columns in the site's order; `c` is `C` for closing."""
    makers = [*(maker.code for maker in BOOKMAKERS), "Max", "Avg"]
    pairs = [*(maker.totals_code for maker in BOOKMAKERS if maker.totals_code), "Max", "Avg"]
    results = [f"{code}{c}{outcome}" for code in makers for outcome in "HDA"]
    totals = [f"{code}{c}{side}2.5" for code in pairs for side in "><"]
    return [*results, *totals, f"AH{c}h", *(f"{code}{c}AH{side}" for code in pairs for side in "HA")]


def season_code(season_start: int) -> str:
    """The folder of an autumn season: 2023 -> `2324`."""
    return f"{season_start % 100:02d}{(season_start + 1) % 100:02d}"


def _outcome(home: str, away: str) -> pl.Expr:
    return (
        pl.when(pl.col(home) > pl.col(away))
        .then(pl.lit("H"))
        .when(pl.col(home) < pl.col(away))
        .then(pl.lit("A"))
        .otherwise(pl.lit("D"))
    )


def _as_published(matches: pl.DataFrame, year: str = "%Y") -> pl.DataFrame:
    """The matches with the site's identifying columns, all as strings; numbers lose a trailing `.0`."""
    return matches.with_columns(
        pl.col("league").alias("Div"),
        pl.col("match_date").dt.to_string(f"%d/%m/{year}").alias("Date"),
        pl.col("kick_off").dt.to_string("%H:%M").alias("Time"),
        pl.col("home").alias("HomeTeam"),
        pl.col("away").alias("AwayTeam"),
        _outcome("FTHG", "FTAG").alias("FTR"),
        _outcome("HTHG", "HTAG").alias("HTR"),
        pl.col(pl.Float64).cast(pl.String).str.strip_suffix(".0"),
    )


def _extra_columns(matches: pl.DataFrame) -> pl.DataFrame:
    """The matches of the extra leagues, which the site names in words."""
    leagues = [LEAGUES[code] for code in _EXTRA]
    words = pl.DataFrame(
        {
            "league": _EXTRA,
            "Country": [league.country for league in leagues],
            "League": [league.name for league in leagues],
        }
    )
    return (
        matches.join(words, on="league", maintain_order="left")
        .with_columns(pl.col("season_start").cast(pl.String).alias("Season"))
        .rename({"home": "Home", "away": "Away", "FTHG": "HG", "FTAG": "AG", "FTR": "Res"})
    )


def _csv(frame: pl.DataFrame, *, crlf: bool = False) -> bytes:
    return BOM + frame.write_csv(line_terminator="\r\n" if crlf else "\n").encode("ascii")


def _ragged(body: bytes) -> bytes:
    """Every line with one comma too many, and three rows of commas at the end."""
    lines = body.split(b"\r\n")[:-1]
    empty = b"," * (lines[0].count(b",") + 1)
    return b"".join(line + b"\r\n" for line in [*(line + b"," for line in lines), *[empty] * 3])


def _archives(played: pl.DataFrame, oldest: int) -> dict[str, bytes]:
    archives = {}
    for (league, start), matches in played.group_by("league", "season_start", maintain_order=True):
        if league not in _MAIN:
            continue
        english = LEAGUES[str(league)].country == "England"
        old = start == oldest
        columns = [*_MATCH, *_GOALS, *["Referee"] * english, *_STATISTICS, *_odds(""), *_odds("C")]
        body = _csv(_as_published(matches, "%y" if old else "%Y").select(columns), crlf=english)
        if old and league == "E1":
            body = _ragged(body)
        archives[f"mmz4281/{season_code(int(str(start)))}/{league}.csv"] = body
    return archives


def _extra_archives(played: pl.DataFrame) -> dict[str, bytes]:
    odds = [f"{code}C{outcome}" for code in ("PS", "Max", "Avg") for outcome in "HDA"]
    columns = ["Country", "League", "Season", "Date", "Time", "Home", "Away", "HG", "AG", "Res", *odds]
    archives = {}
    for code in _EXTRA:
        matches = played.filter(pl.col("league") == code)
        if matches.height:
            archives[f"new/{code}.csv"] = _csv(_extra_columns(_as_published(matches)).select(columns))
    return archives


def _listed(world: World, as_of: dt.date) -> pl.DataFrame:
    """The matches of the coming days, moved and postponed ones where lists of that day had them."""
    matches = world.matches.join(world.disruptions, on="key", how="left", maintain_order="left")
    earlier = (pl.col("known_on") > as_of) & (pl.col("kind") != "awarded")
    matches = matches.with_columns(
        match_date=pl.when(earlier).then("from_date").otherwise("match_date"),
        kick_off=pl.when(earlier).then("from_kick_off").otherwise("kick_off"),
    )
    listed = pl.col("match_date").is_between(as_of, as_of + dt.timedelta(days=FIXTURE_DAYS - 1))
    return matches.filter(listed).sort("league", "match_date", "kick_off", "home")


def _without_undecided(world: World, played: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """The matches without the score and statistics of those that were abandoned and are not awarded yet."""
    undecided = world.disruptions.filter(pl.col("kind") == "awarded", pl.col("known_on") > as_of)["key"]
    blank = pl.col("key").is_in(undecided.to_list())
    names = [name for name in (*_GOALS, *_STATISTICS) if name in played.columns]
    return played.with_columns(pl.when(~blank).then(name).alias(name) for name in names)


def _fixtures(listed: pl.DataFrame, as_of: dt.date) -> dict[str, bytes]:
    priced = pl.col("match_date") <= as_of + dt.timedelta(days=PRICED_DAYS)
    published = _as_published(listed).with_columns(
        *(pl.lit(None, pl.String).alias(name) for name in (*_GOALS, *_odds("C"))),
        *(pl.when(priced).then(name).alias(name) for name in _odds("")),
    )
    main = published.filter(pl.col("league").is_in(_MAIN)).select(*_MATCH, *_GOALS, *_odds(""), *_odds("C"))
    odds = [f"{code}{outcome}" for code in ("P", "Max", "Avg") for outcome in "HDA"]
    extra = _extra_columns(published).rename({f"PS{outcome}": f"P{outcome}" for outcome in "HDA"})
    extra = extra.select("Country", "League", "Date", "Time", "Home", "Away", *odds)
    return {"fixtures.csv": _csv(main), "new_league_fixtures.csv": _csv(extra)}


def files(world: World, as_of: dt.date) -> dict[str, bytes]:
    """Path on the site -> body, as of the morning of `as_of`.

    Archives hold the matches before `as_of`; a season without one has no archive yet. Fixture lists hold the
    matches of the `FIXTURE_DAYS` days from `as_of` on, itself included, with odds for those at most
    `PRICED_DAYS` ahead.
    """
    played = _without_undecided(world, world.matches.filter(pl.col("match_date") < as_of), as_of)
    oldest = int(world.matches.filter(pl.col("league").is_in(_MAIN))["season_start"].to_numpy().min())
    return _archives(played, oldest) | _extra_archives(played) | _fixtures(_listed(world, as_of), as_of)


def write(files: dict[str, bytes], folder: Path) -> None:
    """Write the files under `folder`, creating what is missing."""
    for path, body in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
