"""What the platform says of the synthetic world is held against the world's own truth.

Links are right, a calibrated forecaster is called calibrated and a biased one is not, an edge that exists is found and
one that does not exist is not. The functions are those of the graph.
"""

import datetime as dt
from collections.abc import Mapping
from functools import cache
from statistics import fmean

import numpy as np
import polars as pl
import pytest

from soccer_assets import scoring
from soccer_assets.linking.link import ALIASES, link
from soccer_assets.monitoring.reports import quality as quality_report
from soccer_assets.monitoring.schema import CONTEXT, SETTLED_MARKETS, SETTLED_PREDICTIONS
from soccer_assets.monitoring.scored_predictions import settle
from soccer_assets.odds.best import best_prices
from soccer_assets.odds.devig import METHODS
from soccer_assets.odds.schema import ODDS
from soccer_assets.predictions.markets import markets
from soccer_assets.predictions.value import value_bets
from soccer_assets.simulation import fonbet, fonbet_results, whoscored
from soccer_assets.simulation.bookmakers import BIASED, BOOKMAKERS
from soccer_assets.simulation.public_state import kick_off_at, timetable
from soccer_assets.simulation.site import Body
from soccer_assets.simulation.world import World, make_world
from soccer_assets.sources.fetching.client import Answer
from soccer_assets.sources.fonbet import events as fonbet_source
from soccer_assets.sources.fonbet import results as results_source
from soccer_assets.sources.whoscored import feeds as whoscored_source

TODAY = dt.date(2026, 1, 1)
MORNING = dt.datetime(2026, 1, 1, 5, tzinfo=dt.UTC)
P = list(scoring.PROBABILITIES)
SELECTIONS = {"H": "home", "D": "draw", "A": "away"}
NAMES_IN_ODDS = {"B365": "bet365", "BW": "bwin", "PS": "pinnacle", "WH": "william_hill", "Avg": "average"}
#: A quarter of the bias of one bookmaker is in the average of four.
LEAST_EDGE = 0.01
BIAS = 0.2


@cache
def world(seed: int = 3, bias: float = 0.0) -> World:
    return make_world(TODAY, seed, seasons=3.5, clubs=18, bias=bias)


@cache
def one_season(seed: int) -> World:
    return make_world(TODAY, seed, seasons=0.5)


# --- links


def answers(files: Mapping[str, Body], prefix: str = "", query: str = "") -> list[Answer]:
    chosen = {address: body for address, body in files.items() if address.startswith(prefix)}
    bodies = {address: body if isinstance(body, bytes) else body(query) for address, body in chosen.items()}
    return [Answer(f"http://site/{address}", address, MORNING, body) for address, body in bodies.items()]


def records_of(source: str, world: World) -> pl.DataFrame:
    """The matches of men's first teams that a source's reader finds in the source's own files."""
    if source == "whoscored":
        parsed = whoscored_source.parse(answers(whoscored.files(world, MORNING), "livescores")).records
        parsed = parsed.with_columns(event_id="whoscored_id")
    elif source == "fonbet":
        query = "lang=ru&version=0&scopeMarket=1600"
        parsed = fonbet_source.parse(answers(fonbet.files(world, MORNING), "events", query)).records
    else:
        parsed = results_source.parse(answers(fonbet_results.files(world, MORNING))).records
        parsed = parsed.with_columns(event_id=pl.format("{} {}", "match_date", "_record"))
    return parsed.filter(sex="men", kind="first")


def linked(source: str, world: World) -> pl.DataFrame:
    """The links of a source's events to the matches football-data.co.uk shows, with the true key of each event."""
    seen = records_of(source, world)
    shown = timetable(world, MORNING).filter(pl.col("league").str.len_chars() <= 3)  # no cups
    days = seen["match_date"]
    matches = shown.filter(pl.col("match_date").is_between(days.min(), days.max())).select(
        match_id="key", date="match_date", home="home", away="away", country="country", kick_off_at="kick_off_at",
        home_id=pl.format("{}.{}", "country", "home"), away_id=pl.format("{}.{}", "country", "away"),
    )  # fmt: skip
    events = seen.select("event_id", "home", "away", date="match_date")
    name = "fonbet" if source == "fonbet_results" else source
    written = world.events.filter(source=name)
    truth = written.join(shown.select("key", day=pl.col("kick_off_at").dt.date()), on="key")
    by = ["home", "away", "date"]
    events_true = events.join(truth.rename({"day": "date"}).select(*by, "key"), on=by, how="left")
    links = link(events, matches, ALIASES.to_frame())
    return links.join(events_true.select("event_id", "key"), on="event_id", validate="1:1")


@pytest.mark.parametrize(("source", "least"), [("whoscored", 250), ("fonbet", 60), ("fonbet_results", 150)])
@pytest.mark.parametrize("seed", [3, 4])
def test_links_are_right_and_hardly_any_is_missing(source, least, seed):
    found = linked(source, one_season(seed))
    told = found.filter(outcome="linked")
    assert told.filter(pl.col("match_id").ne_missing(pl.col("key"))).rows() == []
    existing = found.filter(pl.col("key").is_not_null())
    assert len(existing) > least
    assert fmean(existing["outcome"] == "linked") >= 0.98


# --- calibration


def outcomes(matches: pl.DataFrame) -> np.ndarray:
    sign = np.sign(matches["FTHG"].to_numpy() - matches["FTAG"].to_numpy())
    return 1 - sign


def told(matches: pl.DataFrame, p: np.ndarray) -> pl.DataFrame:
    """Probabilities as rows of `predictions` on the line of the model."""
    rates = {"home_goals_expected": "home_rate", "away_goals_expected": "away_rate"}
    return matches.select("match_date", "league", "home", "away", match_id="key", **rates).with_columns(
        rho=pl.lit(0.0), season=pl.lit("2024/25"), line=pl.lit("model"), model_version=pl.lit("truth"),
        **{name: pl.Series(column) for name, column in zip(P, p.T, strict=True)},
    )  # fmt: skip


def settled(matches: pl.DataFrame, p: np.ndarray) -> pl.DataFrame:
    finished = matches.select(
        "match_date", match_id="key", status=pl.lit("finished"), home_goals="FTHG", away_goals="FTAG"
    )
    nothing = {name: SETTLED_PREDICTIONS.schema[name] for name in ("match_date", "match_id", *CONTEXT)}
    return settle(told(matches, p), finished, {}, pl.DataFrame(schema=nothing))


def distorted(p: np.ndarray, how: str) -> np.ndarray:
    """The truth, or a forecaster that is too sure, not sure enough, or fond of the side at home."""
    power = {"sharpened": 1.6, "flattened": 0.5}.get(how, 1.0)
    changed = p**power * (np.array([1.8, 1.0, 1.0]) if how == "tilted" else 1.0)
    return changed / changed.sum(axis=1, keepdims=True)


def quality(how: str) -> dict[str, float]:
    """The newest row of the quality report over all leagues."""
    played = world().matches.filter(pl.col("match_date") < TODAY)
    p = distorted(played.select(P).to_numpy(), how)
    rows = quality_report(settled(played, p), SETTLED_MARKETS.empty(), TODAY - dt.timedelta(days=14), TODAY).filter(
        market="1x2"
    )
    return rows.filter(league="ALL", sample="all").sort("match_date").row(-1, named=True)


def test_the_truth_is_called_calibrated():
    assert quality("truth")["matches"] > 1_100
    assert quality("truth")["ece"] < 0.02


@pytest.mark.parametrize("how", ["sharpened", "flattened", "tilted"])
def test_a_forecaster_with_a_bias_is_not_called_calibrated_and_scores_worse(how):
    truth, biased = quality("truth"), quality(how)
    assert biased["ece"] > max(0.03, 2 * truth["ece"])
    assert biased["log_loss"] > truth["log_loss"]
    assert biased["rps"] > truth["rps"]


@pytest.mark.parametrize("how", ["sharpened", "flattened", "tilted"])
def test_the_difference_between_the_truth_and_a_bias_is_beyond_the_luck_of_results(how):
    played = world().matches.filter(pl.col("match_date") < TODAY)
    p, y = played.select(P).to_numpy(), outcomes(played)
    biased, true = (scoring.log_loss(q, y) for q in (distorted(p, how), p))
    assert scoring.paired_difference(biased, true, played["match_date"].to_numpy()).low > 0


# --- edges


def prices(matches: pl.DataFrame) -> pl.DataFrame:
    """The pre-match 1x2 prices as rows of `odds`, without the aggregates."""
    rows = []
    for maker in BOOKMAKERS:
        for letter, selection in SELECTIONS.items():
            rows.append(
                matches.select(
                    "match_date", "league", match_id="key", bookmaker=pl.lit(NAMES_IN_ODDS[maker.code]),
                    market=pl.lit("1x2"), line=pl.lit(None, pl.Float64), kind=pl.lit("pre_match"),
                    selection=pl.lit(selection), price=f"{maker.code}{letter}", quoted_at=kick_off_at() - dt.timedelta(days=2),
                )
            )  # fmt: skip
    return pl.concat(rows).select(
        pl.col(name).cast(ODDS.schema[name]) for name in ODDS.schema if name in rows[0].columns
    )


def on_offer(matches: pl.DataFrame) -> pl.DataFrame:
    """The best prices."""
    known = matches.select(
        "match_date", "league", match_id="key", kick_off_at=kick_off_at(), status=pl.lit("finished")
    )  # fmt: skip
    return best_prices(prices(matches).lazy(), known.lazy())


def devigged(matches: pl.DataFrame, code: str) -> np.ndarray:
    return METHODS["proportional"](matches.select(f"{code}{letter}" for letter in SELECTIONS).to_numpy())


@cache
def yields(bias: float) -> tuple[scoring.Interval, float, int]:
    """Of the value that a sharp bookmaker's view finds in the best prices: profit per unit staked, the true one, bets."""
    matches = world(bias=bias).matches.filter(pl.col("match_date") < TODAY)
    market = told(matches, devigged(matches, "Avg")).with_columns(line=pl.lit("market"))
    forecasts = pl.concat([told(matches, devigged(matches, "PS")), market])
    known = matches.lazy().select("match_date", match_id="key", home_matches_known=40, away_matches_known=40)
    bets = value_bets(
        forecasts,
        markets(forecasts.with_columns(p_over=pl.lit(None, dtype=pl.Float64))),
        on_offer(matches).lazy(),
        known,
        LEAST_EDGE,
        0.25,
    )
    results = settled(matches, devigged(matches, "PS")).select("match_id", "outcome")
    chances = matches.select(match_id="key", truth=pl.concat_list(P))
    met = bets.join(results, on="match_id").join(chances, on="match_id")
    selected = met["selection"].cast(pl.String).replace_strict({"home": 0, "draw": 1, "away": 2}, return_dtype=pl.Int64)
    price = met["price"].to_numpy()
    profit = price * (selected == met["outcome"]).to_numpy() - 1
    interval = scoring.paired_difference(profit, np.zeros(len(profit)), met["match_date"].to_numpy())
    return interval, float((met["truth"].list.get(selected).to_numpy() * price - 1).mean()), len(met)


def test_an_edge_that_exists_is_found():
    found, truth, bets = yields(BIAS)
    assert bets > 1_000
    assert truth > 0.05
    assert found.low > 0
    assert found.low < truth < found.high


def test_an_edge_that_does_not_exist_is_not_found():
    found, truth, bets = yields(0.0)
    assert bets > 300
    assert truth < 0
    assert found.low <= 0


def test_the_bets_are_on_what_the_biased_bookmaker_misprices():
    biased, fair = (world(bias=bias).matches for bias in (BIAS, 0.0))
    longest = pl.max_horizontal(f"{maker.code}H" for maker in BOOKMAKERS) == pl.col(f"{BIASED}H")
    assert biased.select(longest.mean()).item() > 0.9
    assert fair.select(longest.mean()).item() < 0.4
