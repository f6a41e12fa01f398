"""Promotion: the gate between a selected model and the title of champion, and who holds the title on a date.

A model is accepted when every condition holds, on the matches of its selection fold (nothing was tuned on them, and
it is judged as calibrated by earlier folds):

- it learned from dates before its own alone, and no blocking check of what it rests on has failed;
- there are enough matches;
- its ECE is at most `MOST_ECE`, or what luck gives a calibrated forecaster on as many matches;
- it is not worse than the champion on the matches both forecast unseen: the 95% interval of their paired log loss ends
  at `MARGIN` or below, or it holds zero and its mean is at most `MARGIN`. The first model has nobody to beat.

Where the first model is refused, a baseline serves (`first_model`): it needs only the first of these conditions.

The `promotions` table is only ever added to. A move holds from the match date `effective_from`, so forecasts of the
past are made by the champions of the past. A move to a model that was made anew since is void.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import polars as pl

from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.models.schema import CHAMPION, PREDICTION, PROMOTIONS
from soccer_assets.scoring import PROBABILITIES, Floats, ece, log_loss, paired_difference
from soccer_assets.storage.lake import DATE, Lake

MOST_ECE = 0.02
MARGIN = 0.001  # nats; less than what a half-width of an interval over a season's matches can show
LUCK = (200, 95)  # simulated seasons, and the percentile of their ECEs
#: How the reason of a baseline begins that serves because the gate refused the first model.
BASELINE = "A baseline serves until the gate accepts a model"


class Condition(msgspec.Struct, frozen=True):
    """One condition of the gate, and whether it holds."""

    name: str
    holds: bool
    value: str
    needed: str


@dataclass(frozen=True)
class Verdict:
    """What the gate says of a model; `previous` is the champion it was compared with."""

    conditions: tuple[Condition, ...]
    previous: str | None
    #: Why a baseline serves; empty for a model.
    baseline: str = ""

    @property
    def accepted(self) -> bool:
        """Whether every condition holds."""
        return all(condition.holds for condition in self.conditions)

    @property
    def reason(self) -> str:
        """One sentence."""
        if self.accepted:
            return self.baseline or "every condition of the gate holds"
        return "; ".join(f"{c.name}: found {c.value}, needed {c.needed}" for c in self.conditions if not c.holds)


def ledger(lake: Lake) -> pl.DataFrame:
    """All moves and refusals so far, oldest first."""
    return in_order(lake.scan(PROMOTIONS.name)) if lake.exists(PROMOTIONS.name) else PROMOTIONS.empty()


def in_order(promotions: pl.LazyFrame) -> pl.DataFrame:
    """Rows of `promotions`, the oldest first."""
    return promotions.sort("moved_at").collect()


def champion_moves(promotions: pl.DataFrame) -> pl.DataFrame:
    """Accepted moves of the champion in the order in which they hold: of one date, the last one made."""
    accepted = promotions.filter(pl.col("accepted"), pl.col("alias") == CHAMPION)
    return accepted.sort("effective_from", "moved_at").unique("effective_from", keep="last", maintain_order=True)


def champion_on(promotions: pl.DataFrame, dates: Iterable[dt.date]) -> pl.Series:
    """Version of the champion that forecasts each date, in their order; null before the first."""
    asked = pl.DataFrame({DATE: pl.Series(list(dates), dtype=pl.Date)}).with_row_index("place").sort(DATE)
    moves = champion_moves(promotions).select("effective_from", "version")
    return asked.join_asof(moves, left_on=DATE, right_on="effective_from").sort("place")["version"]


def standing(promotions: pl.DataFrame, versions: Sequence[str]) -> pl.DataFrame:
    """The moves to versions that are still there: a model made anew takes the moves of the one it replaced along."""
    return promotions.filter(pl.col("version").is_in(list(versions)))


def champion_before(models: pl.LazyFrame, promotions: pl.DataFrame, day: dt.date) -> str | None:
    """Version of the champion on a date, of the models of earlier dates; None where there is none."""
    versions = models.filter(pl.col(DATE) < day).select("version").collect()["version"].to_list()
    version: str | None = champion_on(standing(promotions, versions), [day]).item()
    return version


def current_champion(lake: Lake, day: dt.date) -> str | None:
    """Version of the champion on a date, of the models of earlier dates in the lake; None where there is none."""
    if not lake.exists("selected_model"):
        return None
    return champion_before(lake.scan("selected_model"), ledger(lake), day)


def judge(
    model: Mapping[str, Any],
    models: pl.LazyFrame,
    promotions: pl.DataFrame,
    history: pl.DataFrame,
    failed_checks: Sequence[str],
    least_matches: int,
) -> Verdict:
    """The verdict on a model.

    Args:
        model: its row of `selected_model`.
        models: rows of `selected_model`, the champion's among them.
        promotions: the ledger.
        history: the examples it learned from.
        failed_checks: names of the blocking checks that failed last.
        least_matches: matches on which the gate may decide.

    Raises:
        ModelError: the champion's features are no longer made.
    """
    day = model[DATE]
    earlier = models.filter(pl.col(DATE) < day)
    champion = champion_before(models, promotions, day)
    window = selection_fold(model).join(history, on="match_id", how="left", maintain_order="left")
    own, rival = window.select(PROBABILITIES).to_numpy(), None
    if champion is not None:
        row = earlier.filter(pl.col("version") == champion).sort(DATE).last().collect().row(0, named=True)
        rival = _unseen(row, window)
        common = np.isfinite(rival).all(axis=1)
        window, own, rival = window.filter(pl.Series(common)), own[common], rival[common]
    conditions = [
        Condition(
            "learned from the past", model["trained_through"] < day, str(model["trained_through"]), f"before {day}"
        ),
        Condition("checks", not failed_checks, ", ".join(failed_checks) or "none failed", "no blocking check failed"),
    ]
    if champion is None and model["reason"].startswith(BASELINE):
        return Verdict(tuple(conditions), None, model["reason"])
    conditions.append(Condition("matches", len(own) >= least_matches, str(len(own)), f"at least {least_matches}"))
    if len(own):
        y = window["outcome"].to_numpy().astype(np.int64)
        conditions.append(_calibrated(own, y))
        if champion is not None and rival is not None:
            conditions.append(_not_worse(log_loss(own, y), log_loss(rival, y), window[DATE].to_numpy(), champion))
    return Verdict(tuple(conditions), champion)


def selection_fold(model: Mapping[str, Any]) -> pl.DataFrame:
    """Return the predictions of a row of `selected_model` on its selection fold: match_id, p_home, p_draw, p_away."""
    return pl.DataFrame(model["out_of_fold"], schema=PREDICTION)


def _unseen(champion: Mapping[str, Any], window: pl.DataFrame) -> Floats:
    """The champion's forecasts of the matches it did not learn from, else out of fold; NaN where there is neither."""
    after = (window[DATE] > champion["trained_through"]).to_numpy()
    before = window.select("match_id").join(selection_fold(champion), on="match_id", how="left", maintain_order="left")
    p = before.select(pl.col(PROBABILITIES).fill_null(np.nan)).to_numpy().copy()
    if after.any():
        p[after] = Forecaster.decode(champion["forecaster"]).predict(window.filter(pl.Series(after)))
    return p


def _calibrated(p: Floats, y: np.ndarray) -> Condition:
    samples, percentile = LUCK
    drawn = np.random.default_rng(0).random((samples, len(p)))
    edges = p.cumsum(axis=1)[:, :2]
    by_luck = [ece(p, (draw[:, None] > edges).sum(axis=1)) for draw in drawn]
    most = max(MOST_ECE, float(np.percentile(by_luck, percentile)))
    value = ece(p, y)
    return Condition("ECE", value <= most, f"{value:.4f}", f"at most {most:.4f}")


def _not_worse(own: Floats, rival: Floats, dates: np.ndarray, champion: str) -> Condition:
    behind = paired_difference(own, rival, dates)
    holds = behind.high <= MARGIN or (behind.includes_zero and behind.mean <= MARGIN)
    value = f"{behind.mean:+.4f} (95% from {behind.low:+.4f} to {behind.high:+.4f})"
    return Condition(f"log loss against {champion}", holds, value, f"not distinguishably above {MARGIN:+.4f}")
