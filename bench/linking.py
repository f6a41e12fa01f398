"""Benchmarks of linking: a day of 1,500 events against 1,500 matches, and a real season of Russian names, judged.

The real one needs the daily results of Fonbet, 2020-21, and the matches of football-data.co.uk and football.json.
Scores are hidden from the linker and used to judge it: a link is right when both tables have the same score, and the
matches to be found are those whose two names meet the same two clubs again and again with the same scores.
"""

import datetime as dt
import gzip
import json
import random
import sys
import time
from typing import Any

import polars as pl

from bench.process import ROOT

DATA = ROOT.parent / "shared" / "data"
RESULTS = DATA / "raw" / "fonbet" / "results_2020-21"
FIRST, LAST = dt.date(2020, 5, 20), dt.date(2021, 6, 10)
SIDES = ("home", "away")
#: Dates on which a name and a club must have had the same score, and their share of all on which both played.
AGREED, SHARE = 3, 0.8
#: How often two matches of one day have the same score by chance.
CHANCE = 0.09


def day(events: int = 1500) -> dict[str, Any]:
    """One day of made-up clubs, whose names differ by a word, on both sides."""
    from soccer_assets.linking.link import ALIASES, link

    made, letters = random.Random(0), ("bdfghklmnprstvz", "aeiou")
    names = [
        "".join(made.choice(letters[position % 2]) for position in range(8)).capitalize() for _ in range(2 * events)
    ]
    home, away, date = names[:events], names[events:], [LAST] * events
    ids = [str(n) for n in range(events)]
    theirs = pl.DataFrame({"event_id": ids, "date": date, "home": [f"FC {n}" for n in home], "away": away})
    ours = pl.DataFrame({"match_id": ids, "date": date, "home": home, "away": [f"{n} United" for n in away]})
    ours = ours.with_columns(home_id="home", away_id="away")
    link(theirs.head(1), ours.head(1), ALIASES.to_frame())  # what is read once a process
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        rows = link(theirs, ours, ALIASES.to_frame())
        seconds.append(time.perf_counter() - began)
    return {
        "events": events,
        "matches": events,
        "right": (rows["match_id"] == rows["event_id"]).sum(),
        "seconds of names never seen": seconds[0],
        "seconds": seconds[1],
        "target seconds": 1,
    }


def season() -> dict[str, Any]:
    """243 days of real events against the matches of two sources."""
    if not RESULTS.is_dir():
        return {"left out": "the real data are not there"}
    events = _events()
    measured: dict[str, Any] = {"events": len(events), "target precision": 0.999, "target recall": 0.98}
    for name, matches in (("football-data", _football_data()), ("football.json", _football_json())):
        print(f"links: {len(events)} events, {len(matches)} matches of {name}", file=sys.stderr, flush=True)
        measured |= {f"{name} {what}": value for what, value in judge(events, matches).items()}
    return measured


def judge(events: pl.DataFrame, matches: pl.DataFrame) -> dict[str, Any]:
    """How well the events find their matches; both with goals, which the linker does not see."""
    from soccer_assets.linking.link import ALIASES, link

    matches = matches.with_row_index("match_id")
    began = time.perf_counter()
    rows = link(events.drop("goals"), matches.drop("goals"), ALIASES.to_frame())
    seconds = time.perf_counter() - began
    links = rows.filter(pl.col("outcome") == "linked").join(events.select("event_id", "goals"), on="event_id")
    links = links.join(matches.select("match_id", theirs="goals"), on="match_id")
    wrong = int((links["goals"] != links["theirs"]).sum()) / (1 - CHANCE)
    truth = _truth(events, matches)
    judged = truth.join(rows, on="event_id").group_by("event_id").agg(
        right=(pl.col("match_id") == pl.col("match_id_right")).fill_null(False).any(),
        review=(pl.col("outcome") == "review").any(),
    )  # fmt: skip
    return {
        "links": len(links),
        "precision": 1 - wrong / max(len(links), 1),
        "to be found": len(judged),
        "recall": judged["right"].mean(),
        "review share": judged.select((pl.col("review") & ~pl.col("right")).mean()).item(),
        "seconds": seconds,
    }


def _truth(events: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """`event_id`, `match_id` of one date, both of whose names agree in their scores with the clubs."""
    pairs = events.join(matches, on="date", suffix="_ours").with_columns(same=pl.col("goals") == pl.col("goals_ours"))
    for side in SIDES:
        other = pairs.group_by(side, f"{side}_id").agg(
            agreed=pl.col("date").filter("same").n_unique(), met=pl.col("date").n_unique()
        )
        agreeing = other.filter(pl.col("agreed") >= AGREED, pl.col("agreed") >= SHARE * pl.col("met"))
        pairs = pairs.join(agreeing.select(side, f"{side}_id"), on=[side, f"{side}_id"], how="semi")
    return pairs.filter("same").select("event_id", "match_id")


def _events() -> pl.DataFrame:
    rows = []
    for file in sorted(RESULTS.glob("*.csv.gz")):
        date = dt.date.fromisoformat(file.name.removesuffix(".csv.gz"))
        for line in gzip.decompress(file.read_bytes()).decode("cp1251").splitlines():
            home_goals, away_goals, home, away, *_ = line.split(";")
            rows.append((date, home, away, f"{home_goals}-{away_goals}"))
    return pl.DataFrame(rows, schema=["date", "home", "away", "goals"], orient="row").with_row_index("event_id")


def _football_data() -> pl.DataFrame:
    from soccer_assets.leagues import LEAGUES

    goals = pl.format("{}-{}", pl.col("FTHG").cast(pl.Int64), pl.col("FTAG").cast(pl.Int64))
    countries = {code: league.country for code, league in LEAGUES.items()}
    columns = ("date", "home", "away", "competition", "country", "goals")
    tables = [
        pl.read_parquet(DATA / "tables" / "football_data_matches.parquet")
        .with_columns(competition="div", country=pl.col("div").replace_strict(countries), goals=goals)
        .select(columns)
    ]
    for file in sorted((DATA / "raw" / "football-data" / "new").glob("???.csv")):
        rows = pl.read_csv(file, infer_schema=False, encoding="utf8-lossy")
        rows.columns = [name.strip("\ufeff") for name in rows.columns]
        rows = rows.rename({"HomeTeam": "Home", "AwayTeam": "Away", "FTHG": "HG", "FTAG": "AG"}, strict=False)
        dates = [pl.col("Date").str.to_date(layout, strict=False) for layout in ("%d/%m/%Y", "%d/%m/%y")]
        tables.append(
            rows.select(
                pl.coalesce(dates).alias("date"),
                pl.col("Home").str.strip_chars().alias("home"), pl.col("Away").str.strip_chars().alias("away"),
                pl.lit(file.stem).alias("competition"), pl.col("Country").alias("country"),
                pl.format("{}-{}", "HG", "AG").alias("goals"),
            )
        )  # fmt: skip
    return _with_ids(pl.concat(tables))


def _football_json() -> pl.DataFrame:
    rows = []
    for season_ in ("2019-20", "2020", "2020-21"):
        for file in sorted((DATA / "raw" / "openfootball" / "football.json" / season_).glob("*.json")):
            for match in json.loads(file.read_bytes())["matches"]:
                goals = match["score"].get("ft") if isinstance(match.get("score"), dict) else None
                score = "-".join(map(str, goals)) if goals else None
                date, country = dt.date.fromisoformat(match["date"]), file.stem.split(".")[0]
                rows.append((date, match["team1"], match["team2"], file.stem, country, score))
    return _with_ids(
        pl.DataFrame(rows, schema=["date", "home", "away", "competition", "country", "goals"], orient="row")
    )


def _with_ids(matches: pl.DataFrame) -> pl.DataFrame:
    clubs = (pl.format("{}|{}", "country", side).alias(f"{side}_id") for side in SIDES)
    return matches.filter(pl.col("date").is_between(FIRST, LAST), pl.col("goals").is_not_null()).with_columns(clubs)
