"""The recipe of the constants of `predictions/season/strengths.py`, and how well seasons are forecast.

`python -m bench.season LAKE fit` plays the seasons 2004/05 to 2009/10 with other constants beside the shipped ones;
`python -m bench.season LAKE` judges 2010/11 to 2023/24 and prints the tables of docs/pages/seasons.md. LAKE is the
folder of a lake with `matches` and `team_ratings` from 2000 on. Seasons that ended early, or that the archive does not
have to the end, are left out; Belgium's are judged by the regular rounds up to 2022/23, for it has no more of them.
"""

import datetime as dt
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from soccer_assets.errors import SeasonError
from soccer_assets.leagues import LEAGUES
from soccer_assets.matches.schema import SCORED
from soccer_assets.predictions.season.date_range import MATCH_COLUMNS, RATING_COLUMNS, SEASON_AROUND, seasons_of_range
from soccer_assets.predictions.season.forecast import simulate
from soccer_assets.predictions.season.forecast_rows import event_probabilities
from soccer_assets.predictions.season.rules.league_rules import LEAGUE_RULES
from soccer_assets.predictions.season.rules.rules import rules_of
from soccer_assets.predictions.season.standings.counting import PUBLISHED_DAYS, season_state
from soccer_assets.predictions.season.standings.state import SeasonState
from soccer_assets.predictions.season.strengths import Prior, strengths_of
from soccer_assets.scoring import BINS, Floats, Ints
from soccer_assets.settings import Settings
from soccer_assets.storage.lake import Lake

SHARES = (0.0, 0.25, 0.5, 0.75)
SIMPLER = ("ratings alone", "last season", "present table")
EVENTS = ("title", "top_four", "relegation")
FITTED, JUDGED = (2004, 2009), (2010, 2023)
#: A match or two that were never played do not make a season incomplete.
FEW = 2
SEED = 20240701


@dataclass(frozen=True)
class Case:
    """A season as of a share of its matches, the ratings of its clubs, its end, and last season's order of clubs."""

    share: float
    state: SeasonState
    ratings: pl.DataFrame
    final: SeasonState
    previous: dict[str, int]


def cases(lake: Lake, years: tuple[int, int]) -> Iterator[Case]:
    """Every complete season of the leagues with odds that begins in these years, four times."""
    year = pl.col("season").str.slice(0, 4).cast(pl.Int32)
    usual = [code for code, league in LEAGUES.items() if not league.extra and code in LEAGUE_RULES]
    since, until = years[0] - 1, years[1]
    matches = lake.scan("matches").filter(year.is_between(since, until), pl.col("league").is_in(usual))
    ratings = lake.scan("team_ratings").select(RATING_COLUMNS).collect().partition_by("team_id", as_dict=True)
    order: dict[tuple[str, int], dict[str, int]] = {}
    seasons = matches.select(MATCH_COLUMNS).collect().sort("season").partition_by("league", "season")
    for season in seasons:
        league, label = season.select("league", "season").row(0)
        start = int(label[:4])
        try:
            rules = rules_of(LEAGUE_RULES, league, start)
            rules = replace(rules, groups=()) if league == "B1" and start < 2023 else rules
            end: dt.date = season["match_date"].max()  # type: ignore[assignment]
            final = season_state(season, rules, end + dt.timedelta(days=1))
        except SeasonError:
            continue
        if len(final.left) + (final.fixtures > 0).sum() > FEW:
            continue
        places = dict(zip(final.clubs, final.table(final=True).tolist(), strict=True))
        tier = LEAGUES[league].tier
        order[league, start] = {club: 100 * tier + position for club, position in places.items()}
        if start < years[0]:
            continue
        country = LEAGUES[league].country
        previous = {club: position for (other, first), clubs in order.items() if first == start - 1
                    and LEAGUES[other].country == country for club, position in clubs.items()}  # fmt: skip
        days = season.filter(pl.col("status").is_in(SCORED))["match_date"].sort()
        own = pl.concat([ratings[(club,)] for club in final.clubs if (club,) in ratings])
        for share in SHARES:
            try:
                yield Case(share, season_state(season, rules, days[int(share * len(days))]), own, final, previous)
            except SeasonError:  # the fixtures of all clubs were not known yet
                continue


def order_as_places(score: Floats) -> Floats:
    """The places of clubs in descending order of a score, as certain, (n, n)."""
    places = np.zeros((len(score), len(score)))
    places[np.argsort(-score, kind="stable"), np.arange(len(score))] = 1.0
    return places


def last_season(case: Case) -> Floats:
    """Last season's order: those that came down first, those that came up after the others, newcomers last."""
    return order_as_places(np.array([-case.previous.get(club, 10_000) for club in case.state.clubs], dtype=float))


def present_table(case: Case) -> Floats:
    """The points of now, and the league's mean of so many a match for the rest."""
    state = case.state
    left = 2 * (len(state.clubs) - 1) * state.rules.meetings / 2 - state.played
    mean = state.points.sum() / max(state.played.sum(), 1)
    return order_as_places(state.points + mean * left + state.totals[:, 1] / 1000)


def tournament_rps(places: Floats, final: Ints) -> float:
    """The ranked probability score of a whole table (Ekstrøm et al. 2021), 0 to 1, of final positions from 1, (n,)."""
    reached = final[:, None] <= np.arange(1, len(final))
    return float(np.square(np.cumsum(places, axis=1)[:, :-1] - reached).mean())


def judged(case: Case, prior: Prior | None, runs: int, bare: bool) -> dict[str, Any]:
    """Scores of one season as of one share of its matches; with `bare` those of the simpler forecasts too."""
    final, state = case.final.table(final=True), case.state
    made = simulate(state, strengths_of(state, case.ratings, prior), runs, SEED)
    places = made.places()
    error = (case.final.points - made.points.mean(axis=0)) / np.maximum(made.points.std(axis=0), 0.3)
    row: dict[str, Any] = {
        "share": case.share, "forecast": tournament_rps(places, final), "surprise": float(np.square(error).mean()),
        "simulated spread": float(made.points.std(axis=1).mean()), "real spread": float(case.final.points.std()),
    }  # fmt: skip
    if bare:
        certain = simulate(state, strengths_of(state, case.ratings, None), runs, SEED).places()
        row |= {
            "ratings alone": tournament_rps(certain, final), "last season": tournament_rps(last_season(case), final),
            "present table": tournament_rps(present_table(case), final),
        }  # fmt: skip
    chances = event_probabilities(state, places)
    for event in EVENTS:
        if (span := state.rules.span(event)) is not None:
            row[event] = (chances[event], ((span[0] <= final) & (final <= span[1])).astype(float))
    return row


def event_scores(rows: list[dict[str, Any]], event: str, runs: int) -> tuple[float, ...]:
    """Clubs, Brier score, log loss and expected calibration error of an event."""
    p, y = (np.concatenate([row[event][position] for row in rows if event in row]) for position in (0, 1))
    kept = np.clip(p, 0.5 / runs, 1.0 - 0.5 / runs)
    loss = -(y * np.log(kept) + (1.0 - y) * np.log(1.0 - kept))
    of_bin = np.minimum((p * BINS).astype(int), BINS - 1)
    gaps = [abs((p - y)[of_bin == number].sum()) for number in range(BINS)]
    return len(p), float(np.square(p - y).mean()), float(loss.mean()), float(sum(gaps) / len(p))


def scores(chosen: list[Case], prior: Prior | None, runs: int, bare: bool = False) -> list[dict[str, Any]]:
    """What `judged` says of all cases."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(partial(judged, prior=prior, runs=runs, bare=bare), chosen))


def difference(rows: list[dict[str, Any]], name: str, share: float) -> str:
    """Mean difference of the tournament RPS to another forecast's, with a 95 % bootstrap interval over seasons."""
    own = np.array([row["forecast"] - row[name] for row in rows if row["share"] == share])
    draws = np.random.default_rng(SEED).integers(0, len(own), (2000, len(own)))
    low, high = np.quantile(own[draws].mean(axis=1), [0.025, 0.975])
    return f"{own.mean():+.4f} ({low:+.4f}, {high:+.4f})"


def show(rows: list[dict[str, Any]], runs: int) -> None:
    """Print a table of whole tables and one of events, a row a share of the season, as Markdown."""
    names = [name for name in rows[0] if name not in ("share", *EVENTS)]
    print(f"\n| played | seasons | {' | '.join(names)} |\n| --- | --- |{' --- |' * len(names)}")
    for share in SHARES:
        own = [row for row in rows if row["share"] == share]
        means = [np.mean([row[name] for row in own]) for name in names]
        print(f"| {share:.0%} | {len(own)} | {' | '.join(f'{mean:.4f}' for mean in means)} |")
    for name in names:
        if name in SIMPLER:
            print(f"forecast less {name}: {', '.join(difference(rows, name, share) for share in SHARES)}")
    print("\n| event | played | clubs | Brier | log loss | ECE |\n| --- | --- | --- | --- | --- | --- |")
    for event in EVENTS:
        for share in SHARES:
            clubs, *values = event_scores([row for row in rows if row["share"] == share], event, runs)
            print(f"| {event} | {share:.0%} | {clubs} | {' | '.join(f'{value:.4f}' for value in values)} |", flush=True)


def busiest_day(environment: dict[str, str]) -> dict[str, Any]:
    """Seconds of the forecasts of all leagues with their changes, on the day after the one with most leagues."""
    lake = Lake(f"{environment['SOCCER_VAR']}/lake")
    played = lake.scan("matches").filter(pl.col("status").is_in(SCORED)).group_by("match_date")
    leagues = played.agg(pl.col("league").n_unique()).sort("league", "match_date").collect()
    day: dt.date = leagues["match_date"][-1] + dt.timedelta(days=1)
    matches = lake.scan("matches", day - dt.timedelta(days=SEASON_AROUND), day + dt.timedelta(days=PUBLISHED_DAYS))
    ratings = lake.scan("team_ratings", None, day)
    seasons_of_range(matches, ratings, day, day, 100, SEED)  # the loops are compiled once a machine
    began = time.perf_counter()
    rows = seasons_of_range(matches, ratings, day, day, Settings().season_runs, SEED).forecasts.rows
    seconds = time.perf_counter() - began
    return {"day": str(day), "leagues": rows["league"].n_unique(), "clubs": len(rows), "runs": Settings().season_runs,
            "seconds": seconds, "target seconds of 38 leagues": 10}  # fmt: skip


def main(folder: str, fit: bool) -> None:
    """Print the figures of the shipped constants and, to fit them, of others beside."""
    chosen = list(cases(Lake(folder), FITTED if fit else JUDGED))
    if not fit:
        show(scores(chosen, Prior(), 10_000, bare=True), 10_000)
        return
    one_by_one = {"floor": (0.02, 0.08), "daily": (2e-4, 1e-3), "shrink": (0.0, 0.2), "promoted_below": (0.1, 0.3),
                  "newcomer_below": (0.2, 0.6)}  # fmt: skip
    others = [Prior(), *(replace(Prior(), **{name: value}) for name, pair in one_by_one.items() for value in pair)]
    for prior in others:
        print(f"\n{prior}")
        show(scores(chosen, prior, 1000), 1000)


if __name__ == "__main__":
    main(sys.argv[1], fit="fit" in sys.argv[2:])
