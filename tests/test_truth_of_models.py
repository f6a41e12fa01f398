"""The synthetic world tells the truth about the models: what is learned comes near it, and luck is not called skill.

Expected losses under the true probabilities are compared, not those of the results that happened: no noise of results
is left, only what a model does not know.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pytest

from soccer_assets import scoring
from soccer_assets.features.history import History
from soccer_assets.features.ratings import rate
from soccer_assets.matches.schema import MATCHES
from soccer_assets.models.champion import promotion_gate as promotion
from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.models.families import FAMILIES
from soccer_assets.models.schema import PROMOTIONS, SELECTED_MODEL
from soccer_assets.models.selection.assembly import selected
from soccer_assets.models.training.training import candidate, examples
from soccer_assets.monitoring.bets import settle_bets
from soccer_assets.monitoring.reports import best_of, bet_sums, earned, figures, forecast_sums
from soccer_assets.monitoring.schema import COMPARED_LINES, CONTEXT, SETTLED_BETS, SETTLED_MARKETS, SETTLED_PREDICTIONS
from soccer_assets.monitoring.scored_predictions import settle
from soccer_assets.odds.consensus import closing_prices, newest_prices, pre_match_prices
from soccer_assets.odds.market import devigged
from soccer_assets.odds.schema import ODDS
from soccer_assets.predictions.schema import PREDICTIONS
from soccer_assets.settings import Settings
from soccer_assets.simulation.public_state import kick_off_at
from soccer_assets.simulation.world import World, make_world
from soccer_assets.sources.football_data.source import STATISTICS

TODAY = dt.date(2026, 1, 1)
UNSEEN = TODAY - dt.timedelta(days=182)
P = list(scoring.PROBABILITIES)
CHOSEN = ("elo_ordered_logit", "dixon_coles", "logistic_regression")
QUOTED = {"1x2": {"H": "home", "D": "draw", "A": "away"}, "over_under": {">2.5": "over", "<2.5": "under"}}


def matches_of(world: World) -> pl.DataFrame:
    """The played matches of a world as rows of `matches`."""
    letters = {name: codes.split() for name, codes in STATISTICS.items()}
    seen = {f"{side}_{name}": letters[name][place] for name in letters for place, side in enumerate(("home", "away"))}
    year = pl.col("season_start")
    rows = world.matches.filter(pl.col("match_date") < TODAY).with_columns(
        kick_off_at=kick_off_at(), match_id="key", status=pl.lit("finished"), home_id=pl.format("{}.{}", "country", "home"),
        away_id=pl.format("{}.{}", "country", "away"), leg=1, home_goals="FTHG", away_goals="FTAG",
        home_goals_half_time="HTHG", away_goals_half_time="HTAG", source=pl.lit("football-data"),
        payload_id=pl.lit("0" * 64), line=2, referee="Referee", **seen,
        season=pl.when(pl.col("league") == "NOR").then(year.cast(pl.String))
        .otherwise(pl.format("{}/{}", year, (year + 1).cast(pl.String).str.tail(2))),
    )  # fmt: skip
    unknown = [pl.lit(None).alias(name) for name in MATCHES.schema if name not in rows.columns]
    return MATCHES.conform(rows.with_columns(unknown))


def market_of(world: World) -> pl.DataFrame:
    """The average prices of its matches as rows of `market_probabilities`."""
    priced = world.matches.filter(pl.col("match_date") < TODAY).with_columns(kick_off_at=kick_off_at())
    parts = [
        priced.select(
            "match_date", "league", match_id="key", bookmaker=pl.lit("average"), market=pl.lit(market),
            line=pl.lit(2.5 if market == "over_under" else None, pl.Float64), kind=pl.lit(kind), selection=pl.lit(name),
            price=f"Avg{letter}{code}", quoted_at="kick_off_at",
        )
        for kind, letter in (("pre_match", ""), ("closing", "C"))
        for market, codes in QUOTED.items()
        for code, name in codes.items()
    ]  # fmt: skip
    rows, unsound = devigged(ODDS.conform(pl.concat(parts)).lazy())
    assert unsound.rows() == []
    return rows


@dataclass(frozen=True)
class Learned:
    """A model selected on what was known before `UNSEEN`, the features of the matches after it, and the truth of all."""

    row: dict[str, Any]
    known: pl.DataFrame
    unseen: pl.DataFrame
    truth: pl.DataFrame

    def true_of(self, rows: pl.DataFrame) -> np.ndarray:
        """The true probabilities of some matches, `(n, 3)`."""
        return rows.select("match_id").join(self.truth, on="match_id", how="left", maintain_order="left")[P].to_numpy()


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Learned:
    """Five seasons of four leagues; the features, ratings, families and selection are those of the graph."""
    world = make_world(TODAY, seed=5, seasons=5.5, clubs=20)
    matches, market = matches_of(world), market_of(world)
    ratings = rate(matches, newest_prices(market.lazy()))
    features = History.build(matches, ratings).features(matches)
    first = matches["match_date"].min()
    assert isinstance(first, dt.date)
    known = examples(features.lazy(), matches.lazy(), market.lazy(), first, UNSEEN)
    settings = Settings(var=str(tmp_path_factory.mktemp("var")), trials=1, folds=3, fold_days=365)
    rows = [candidate(FAMILIES[name], known, UNSEEN, settings).row(0, named=True) for name in CHOSEN]
    row = selected(rows, known, pre_match_prices(market.lazy()), closing_prices(market.lazy()), 0).row(0, named=True)
    unseen = features.filter(pl.col("match_date") >= UNSEEN)
    return Learned(row, known, unseen, world.matches.select(P, match_id="key"))


# --- what is learned


def excess(p: np.ndarray, truth: np.ndarray) -> float:
    """Expected log loss beyond that of the truth, in nats: the divergence of Kullback and Leibler."""
    return float((truth * np.log(truth / p)).sum(axis=1).mean())


def test_after_five_seasons_the_selected_model_is_within_five_thousandths_of_the_truth(learned):
    truth = learned.true_of(learned.unseen)
    assert len(truth) > 700
    assert excess(np.tile(truth.mean(axis=0), (len(truth), 1)), truth) > 0.1  # there is much to be learned
    p = Forecaster.decode(learned.row["forecaster"]).predict(learned.unseen)
    assert excess(p, truth) < 0.005


# --- the gate


def distorted(p: np.ndarray, how: str) -> np.ndarray:
    """The truth, or a forecaster that is too sure, not sure enough, or fond of the side at home."""
    power = {"sharpened": 1.4, "flattened": 0.6}.get(how, 1.0)
    changed = p**power * (np.array([1.4, 1.0, 1.0]) if how == "tilted" else 1.0)
    return changed / changed.sum(axis=1, keepdims=True)


def judged(learned: Learned, how: str) -> promotion.Verdict:
    """What the gate says of a model that tells the truth, or bends it, on the last two seasons before `UNSEEN`."""
    window = learned.known.filter(pl.col("match_date") >= UNSEEN - dt.timedelta(days=730))
    p = distorted(learned.true_of(window), how)
    forecasts = window.select("match_id", *(pl.Series(name, p[:, place]) for place, name in enumerate(P)))
    model = learned.row | {"out_of_fold": forecasts.to_dicts()}
    return promotion.judge(model, SELECTED_MODEL.empty().lazy(), PROMOTIONS.empty(), learned.known, (), 150)


def test_a_forecaster_that_tells_the_truth_is_accepted(learned):
    verdict = judged(learned, "truth")
    assert verdict.accepted, verdict.reason


@pytest.mark.parametrize("how", ["sharpened", "flattened", "tilted"])
def test_a_forecaster_that_bends_the_truth_is_refused(learned, how):
    verdict = judged(learned, how)
    assert not verdict.accepted
    assert [condition.name for condition in verdict.conditions if not condition.holds] == ["ECE"]


# --- edges

WORLDS, MATCHES_OF_A_WORLD, MATCH_DAYS = 100, 400, 100
LEAST_EDGE, MARGIN = 0.05, 0.05


@dataclass(frozen=True)
class Worlds:
    """Many small worlds, one after the other: true probabilities, outcomes and dates, world by world."""

    truth: np.ndarray
    outcome: np.ndarray
    day: np.ndarray
    rng: np.random.Generator

    @classmethod
    def drawn(cls, seed: int) -> "Worlds":
        rng = np.random.default_rng(seed)
        truth = rng.dirichlet([4.5, 2.7, 3.0], WORLDS * MATCHES_OF_A_WORLD)
        truth = 0.9 * truth + 0.1 / 3  # no outcome is out of the question
        outcome = (rng.random(len(truth))[:, None] > truth.cumsum(axis=1)[:, :2]).sum(axis=1)
        within = np.arange(len(truth)) % MATCHES_OF_A_WORLD * MATCH_DAYS // MATCHES_OF_A_WORLD
        return cls(truth, outcome, within + np.arange(len(truth)) // MATCHES_OF_A_WORLD * MATCH_DAYS, rng)

    def seen(self, noise: float) -> np.ndarray:
        """The truth through noise of some standard deviation in the logarithm."""
        noisy = self.truth * np.exp(self.rng.normal(0, noise, self.truth.shape))
        return noisy / noisy.sum(axis=1, keepdims=True)

    def frame(self) -> pl.DataFrame:
        dates = pl.Series(self.day).cast(pl.Int32) + FIRST.toordinal() - EPOCH
        return pl.DataFrame(
            {
                "match_date": dates.cast(pl.Date), "match_id": [f"{place:06d}" for place in range(len(self.day))],
                "league": "E0", "season": "2024/25", "status": "finished",
                "home_goals": (self.outcome == 0).astype(np.int16), "away_goals": (self.outcome == 2).astype(np.int16),
            }
        )  # fmt: skip

    def split(self, sums: pl.DataFrame) -> list[pl.DataFrame]:
        """The sums of each world."""
        world = (pl.col("match_date").cast(pl.Int32) - FIRST.toordinal() + EPOCH) // MATCH_DAYS
        return sums.with_columns(world=world).partition_by("world", maintain_order=True, include_key=False)


FIRST, EPOCH = dt.date(2001, 1, 1), dt.date(1970, 1, 1).toordinal()


def yields(worlds: Worlds, model: np.ndarray, market: np.ndarray, prices: np.ndarray) -> list[dict[str, float]]:
    """What the report says of the bets a model finds in each world."""
    match, selection = np.nonzero(model - market >= LEAST_EDGE)
    price = prices[match, selection]
    profit = model[match, selection] * price - 1
    found = worlds.frame()[match].select("match_date", "match_id", "league").with_columns(
        line=pl.lit("model"), market=pl.lit("1x2"), goals_line=pl.lit(None, pl.Float64),
        selection=pl.Series(np.array(scoring.OUTCOMES)[selection]), edge=pl.Series((model - market)[match, selection]),
        price=pl.Series(price), stake=pl.Series(np.clip(profit / (price - 1) / 4, 0, 0.05)),
    )  # fmt: skip
    bets = settle_bets(found, worlds.frame(), PREDICTIONS.empty(), CLOSING, SETTLED_PREDICTIONS.empty())
    sums = bet_sums(bets).filter(slice="all")
    return [earned(of_world, 0).row(0, named=True) for of_world in worlds.split(sums)]


CLOSING = pl.DataFrame(
    schema={"match_date": pl.Date, "match_id": pl.String, "market": pl.String, "line": pl.Float64,
            "selection": pl.String, "probability": pl.Float64}
)  # fmt: skip


@pytest.fixture(scope="module")
def nothing() -> list[dict[str, float]]:
    """The market tells the truth and takes no margin: whatever a model that errs takes for value is none."""
    worlds = Worlds.drawn(seed=11)
    return yields(worlds, worlds.seen(0.25), worlds.truth, 1 / worlds.truth)


def test_where_there_is_no_edge_none_is_found_in_95_of_100_worlds(nothing):
    assert len(nothing) == WORLDS
    assert min(row["bets"] for row in nothing) > 150
    assert sum(row["flat_yield_low"] <= 0 for row in nothing) >= 95
    assert sum(row["kelly_yield_low"] <= 0 for row in nothing) >= 95
    assert sum(row["flat_yield_high"] >= 0 for row in nothing) >= 95  # nor is bad luck called lack of skill


def test_the_best_of_many_models_without_an_edge_is_as_lucky_as_expected(nothing):
    """Taking the best of a hundred yields for skill is the error that `expected_max_yield` is there to show."""
    error = np.mean([(row["flat_yield_high"] - row["flat_yield_low"]) / (2 * 1.96) for row in nothing])
    assert max(row["flat_yield"] for row in nothing) == pytest.approx(error * best_of(WORLDS), rel=0.5)


def test_an_edge_that_exists_is_found():
    worlds = Worlds.drawn(seed=12)
    market = worlds.seen(0.5)
    found = yields(worlds, worlds.truth, market, 1 / (market * (1 + MARGIN)))
    assert sum(row["flat_yield_low"] > 0 for row in found) >= 95
    assert sum(row["kelly_yield_low"] > 0 for row in found) >= 95


def test_of_two_forecasters_equally_good_neither_is_called_better():
    """Both see the truth through noise of one size: one stands for the model, the other for the closing market."""
    worlds = Worlds.drawn(seed=14)
    lines = {line: worlds.seen(0.2) for line in COMPARED_LINES}
    told = pl.concat(told_by(worlds, line, p) for line, p in lines.items() if line != "closing")
    closing = told_by(worlds, "closing", lines["closing"]).select("match_date", "match_id", *P)
    unknown = pl.DataFrame(
        schema={name: SETTLED_PREDICTIONS.schema[name] for name in ("match_date", "match_id", *CONTEXT)}
    )
    settled = settle(told, worlds.frame(), {"closing": closing}, unknown)
    sums = forecast_sums(settled, SETTLED_MARKETS.empty()).filter(market="1x2", slice="all")
    verdicts = [
        figures(of_world, bet_sums(SETTLED_BETS.empty()), 0).filter(line="model")["verdict"].item()
        for of_world in worlds.split(sums)
    ]
    assert verdicts.count("better") <= 5
    assert verdicts.count("worse") <= 5
    assert verdicts.count("not distinguishable") >= 90


def told_by(worlds: Worlds, line: str, p: np.ndarray) -> pl.DataFrame:
    """Probabilities as the columns of `predictions` that settlement reads."""
    told = {name: pl.Series(column) for name, column in zip(P, p.T, strict=True)}
    return worlds.frame().select(
        "match_date", "match_id", "league", "season", line=pl.lit(line), model_version=pl.lit("x"), **told
    )
