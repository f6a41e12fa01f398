"""The choice for a date: the forecaster made of the best candidate, and what is known of it on unseen matches."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.features.catalog import NAMES
from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.models.estimators import decode
from soccer_assets.models.goals_model import fit_goals
from soccer_assets.models.schema import PREDICTION, SELECTED_MODEL
from soccer_assets.models.selection.blending import Blend, fit_blend, predicted_closing
from soccer_assets.models.selection.calibration import AnyCalibrator, choose_calibrator
from soccer_assets.models.selection.closing_line import ClosingMove, fit_move
from soccer_assets.models.selection.selection import CandidateScores, select
from soccer_assets.models.totals_model import TotalsModel, fit_totals
from soccer_assets.models.training.training import out_of_fold
from soccer_assets.models.training_data import labels
from soccer_assets.scoring import PROBABILITIES, Floats, Ints, divergence, log_loss, paired_difference, summary
from soccer_assets.storage.lake import DATE, MATCH


class OutOfFold:
    """A family's predictions out of fold, met by their outcomes, leagues and prices.

    Args:
        oof: `Tuned.oof` of the family: match_id, fold and probabilities.
        examples: the matches it learned from.
        market: rows of `pre_match_prices` of the priced ones among them.
        closing: rows of `closing_prices` of those whose closing price is known.
        seed: of every random choice.

    Raises:
        ModelError: a match of `oof` is not among the examples.
    """

    def __init__(
        self, oof: pl.DataFrame, examples: pl.DataFrame, market: pl.DataFrame, closing: pl.DataFrame, seed: int
    ) -> None:
        self._seed = seed
        expected = pl.Series("expected", labels(examples, 1.0), dtype=pl.Array(pl.Float64, 3))
        outcomes = examples.select("match_id", DATE, "league", "outcome", expected)
        matches = oof.join(outcomes, on="match_id", how="left", maintain_order="left")
        if unknown := matches.filter(pl.col("outcome").is_null())["match_id"].to_list():
            raise ModelError(
                f"Expected the outcome of every match predicted out of fold, found {len(unknown)} of "
                f"{len(matches)} without, such as {unknown[:5]}. Give the examples that the candidate was tuned on."
            )
        self.matches = matches
        self.features = matches.select("match_id").join(examples, on="match_id", maintain_order="left")
        # both frames have p_home and its like: the market's keep their names in a frame of their own
        self.prices = matches.select(MATCH).join(market, on=MATCH, how="left", maintain_order="left")
        self.priced = self.prices["p_home"].is_not_null().to_numpy()
        self.p: Floats = matches.select(PROBABILITIES).to_numpy()
        self.y: Ints = matches["outcome"].to_numpy().astype(np.int64)
        self.dates = matches[DATE].to_numpy()
        at_close = matches.select(MATCH).join(closing, on=MATCH, how="left", maintain_order="left")
        self.closing: Floats = at_close.select(pl.col(PROBABILITIES).fill_null(np.nan)).to_numpy()
        closed = np.isfinite(self.closing).all(axis=1, keepdims=True)
        self.closing_or_outcome: Floats = np.where(closed, self.closing, np.eye(3)[self.y])
        self._past = examples.join(market.select(MATCH), on=MATCH, how="semi")
        self._past_prices = self._past.select(MATCH).join(market, on=MATCH, how="left", maintain_order="left")
        at_close = self._past.select(MATCH).join(closing, on=MATCH, how="left", maintain_order="left")
        self._past_closing = at_close.select(pl.col(PROBABILITIES).fill_null(np.nan)).to_numpy()
        self._moves: dict[tuple[dt.date, int | None], ClosingMove | None] = {}

    def calibrator(self, rows: np.ndarray) -> tuple[AnyCalibrator, pl.DataFrame]:
        """What the predictions of some rows teach, and the comparison of the forms."""
        return choose_calibrator(self.p[rows], self.y[rows], self.dates[rows], self.leagues(rows))

    def calibrated(self, calibrator: AnyCalibrator, rows: np.ndarray) -> Floats:
        """The predictions of some rows, repaired."""
        return calibrator.apply(self.p[rows], self.leagues(rows))

    def blend(self, calibrator: AnyCalibrator, rows: np.ndarray) -> Blend:
        """What the priced ones of some rows teach of the weights, and all matches up to the last of them of prices.

        They make the divergence from the closing price least, and the log loss where none is known. They are learned
        with prices predicted from what the matches before the rows taught, as a forecast is.
        """
        dates = self.matches.filter(pl.Series(rows))[DATE]
        priced = pl.Series(rows & self.priced)
        calibrated = self.calibrated(calibrator, priced.to_numpy())
        first, last = dates.min(), dates.max()
        assert isinstance(first, dt.date) and isinstance(last, dt.date)
        before, after = self._move(first), self._move(last + dt.timedelta(days=1), self._seed)
        honest = predicted_closing(before, self.features.filter(priced), self.prices.filter(priced))
        return fit_blend(calibrated, honest, self.closing_or_outcome[priced.to_numpy()], after)

    def _move(self, day: dt.date, seed: int | None = None) -> ClosingMove | None:
        """How the prices of the matches before a date moved until the close; trees, where seeded, take seconds."""
        if (day, seed) not in self._moves:
            rows = self._past[DATE] < day
            past, prices = self._past.filter(rows), self._past_prices.filter(rows)
            self._moves[day, seed] = fit_move(past, NAMES, prices, self._past_closing[rows.to_numpy()], seed)
        return self._moves[day, seed]

    def leagues(self, rows: np.ndarray) -> list[str]:
        """League of each of some rows."""
        return self.matches["league"].filter(pl.Series(rows)).to_list()


def selected(
    candidates: Sequence[Mapping[str, Any]],
    history: pl.DataFrame,
    market: pl.DataFrame,
    closing: pl.DataFrame,
    seed: int,
) -> pl.DataFrame:
    """The row of `selected_model`: the simplest of the best candidates, calibrated, with its blend and its goals.

    The selection fold is the newest; nothing was tuned on it. What is reported of it - `out_of_fold` and `lines` - is
    repaired and blended by what the earlier folds taught, so that it is what a model of that time would have said.

    Args:
        candidates: rows of `candidate_<family>` for one date.
        history: the examples they learned from.
        market: rows of `pre_match_prices` of the matches that have prices.
        closing: rows of `closing_prices` of the matches that have closing prices.
        seed: of every random choice.
    """
    predictions = {row["family"]: out_of_fold(row) for row in candidates}
    newest = max(frame["fold"].max() for frame in predictions.values())  # type: ignore[type-var]
    newest_fold = OutOfFold(
        next(iter(predictions.values())).filter(pl.col("fold") == newest), history, market, closing, seed
    )
    scores = [
        CandidateScores(row["family"], row["complexity"], predictions[row["family"]].filter(pl.col("fold") == newest))
        for row in candidates
    ]
    selection = select(scores, newest_fold.y, newest_fold.matches["expected"].to_numpy(), newest_fold.dates)
    best = next(row for row in candidates if row["family"] == selection.name)
    oof = OutOfFold(predictions[selection.name], history, market, closing, seed)
    everything, judged = np.ones(len(oof.y), dtype=bool), (oof.matches["fold"] == newest).to_numpy()
    calibrator, forms = oof.calibrator(everything)
    forecaster = Forecaster(
        decode(best["estimator"]),
        calibrator,
        oof.blend(calibrator, everything),
        NAMES,
        best["trained_through"],
        fit_goals(history, NAMES),
        _totals(history, market, closing, seed),
    )
    earlier, _ = oof.calibrator(~judged)
    honest = oof.calibrated(earlier, judged)
    row = {name: best[name] for name in ("match_date", "family", "trained_through", "examples", "parameters")} | {
        "version": forecaster.version,
        "log_loss": selection.table.filter(name=selection.name)["log_loss"].item(),
        "comparison": selection.table.to_dicts(),
        "reason": " ".join(selection.reasons),
        "calibration": forms.to_dicts(),
        "lines": _lines(oof, judged, honest, oof.blend(earlier, ~judged)),
        "out_of_fold": [
            dict(zip(PREDICTION, (match_id, *p), strict=True))
            for match_id, p in zip(oof.matches["match_id"].filter(pl.Series(judged)), honest.tolist(), strict=True)
        ],
        "forecaster": forecaster.encode(),
    }
    return SELECTED_MODEL.conform(pl.DataFrame([row], schema=SELECTED_MODEL.schema))


def _totals(history: pl.DataFrame, market: pl.DataFrame, closing: pl.DataFrame, seed: int) -> TotalsModel | None:
    """What the examples and their prices, before the match and at the close, teach of the total."""
    matches = history.select(MATCH)
    prices, at_close = (matches.join(rows, on=MATCH, how="left", maintain_order="left") for rows in (market, closing))
    return fit_totals(history, NAMES, prices, at_close, seed)


def _lines(oof: OutOfFold, judged: np.ndarray, model_p: Floats, blend: Blend) -> list[dict[str, Any]]:
    """Scores of the three lines on the priced matches of the selection fold, beside the market and from the close."""
    rows = judged & oof.priced
    if not rows.any():
        return []
    prices = oof.prices.filter(pl.Series(rows))
    own = model_p[oof.priced[judged]]
    market = prices.select(PROBABILITIES).to_numpy()
    y, dates = oof.y[rows], oof.dates[rows]
    scores = []
    for line, p in (
        ("model", own),
        ("market", market),
        ("blend", blend.apply(own, prices, oof.features.filter(pl.Series(rows)))),
    ):
        behind = paired_difference(log_loss(p, y), log_loss(market, y), dates)
        interval = {"difference": behind.mean, "difference_low": behind.low, "difference_high": behind.high}
        apart = divergence(p, oof.closing[rows])
        closed = np.isfinite(apart)
        close = {"divergence": float(apart[closed].mean()) if closed.any() else None}
        scores.append({"line": line, **summary(p, y), **interval, **close})
    return scores
