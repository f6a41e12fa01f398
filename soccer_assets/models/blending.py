"""Blending: a model's forecast and the prices before the match in one, by a logarithmic opinion pool.

    log p[outcome] = a log p_model + b log p_market + sum over books of w log(p_book / p_market)
                     + [draw] d log p_market + bias[outcome] + constant

`p_market` is the de-vigged average price. A bookmaker enters by how it differs from the average: one that does not
quote a match says nothing about it. Weights are those of highest penalised likelihood on matches predicted out of
fold (Genest and Zidek 1986); the prior is the market alone, since prices know what no result tells. The labels are
half the outcome and half the closing price: a closing price has a fraction of an outcome's noise.

Log loss minus that of the average price on 51,570 matches of 2015/16 to 2021/22, refitted every half season and paired
by match date: -0.00015, 95% from -0.00025 to -0.00004. Of it biases are worth half, Pinnacle's price and the weight of
draws the rest; closing prices in the labels halve the width of the interval. Tried without gain: the other bookmakers,
the best price, biases a league, and all weights learned from the two newest years.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import polars as pl

from soccer_assets.delta import DATE
from soccer_assets.errors import ModelError
from soccer_assets.models.conditional_logit import fit, interior, log_probabilities, softmax
from soccer_assets.models.design import require
from soccer_assets.odds.market import consensus
from soccer_assets.scoring import OUTCOMES, PROBABILITIES, Floats

#: With fewer priced matches, weights would be noise: the default is used.
MIN_MATCHES = 300
PENALTY = 25.0  # a normal prior of standard deviation 0.2 around the market alone
MODEL_PENALTY = 250.0  # of the model's weight: two years of matches tell less of it than all tell of prices
#: Bookmakers heard beside the average.
BOOKS = ("pinnacle",)
#: Share of the closing price in a label.
CLOSING_WEIGHT = 0.5


def quotes(market_probabilities: pl.LazyFrame) -> pl.DataFrame:
    """The prices before the match that a blend hears, margin removed by the power method.

    Returns:
        match_date, match_id, p_home, p_draw, p_away of the average, and `<book>_home` ... of each of `BOOKS`, null
        where it does not quote the match.
    """
    before = market_probabilities.filter(
        pl.col("market") == "1x2", pl.col("kind") == "pre_match", pl.col("bookmaker").cast(pl.String).is_in(BOOKS)
    )
    heard = (
        before.sort("quoted_at")  # of several quotes, the newest
        .group_by(DATE, "match_id")
        .agg(
            pl.col("power").filter(pl.col("bookmaker") == book, pl.col("selection") == outcome).last().alias(column)
            for book in BOOKS
            for outcome, column in zip(OUTCOMES, _columns(book), strict=True)
        )
        .collect()
    )
    average = consensus(market_probabilities, "pre_match")
    return average.join(heard, on=[DATE, "match_id"], how="left", maintain_order="left")


def _columns(book: str) -> tuple[str, ...]:
    return tuple(f"{book}_{outcome}" for outcome in OUTCOMES)


class Blend(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Weights of the pool; `matches` is how many it was fitted on, 0 for the default."""

    model_weight: float
    market_weight: float
    book_weights: dict[str, float]
    draw_weight: float
    biases: tuple[float, float, float]
    matches: int

    def apply(self, model_p: Floats, prices: pl.DataFrame) -> Floats:
        """Pooled probabilities `(n, 3)`; NaN where the model or the average price is unknown.

        Args:
            model_p: probabilities `(n, 3)` of the model.
            prices: rows of `quotes` of the same matches, nulls where there is no price.

        Raises:
            ModelError: a column of prices is absent, or the numbers of rows differ.
        """
        terms = _terms(model_p, prices, tuple(self.book_weights))
        weights = np.array([self.model_weight, self.market_weight, *self.book_weights.values(), self.draw_weight])
        # a plain sum, not a BLAS product: a forecast has the same bytes alone and among others
        scores = np.einsum("nck,k->nc", terms, weights) + np.array(self.biases)
        known = np.isfinite(scores).all(axis=1)
        pooled = np.full(scores.shape, np.nan)
        pooled[known] = interior(softmax(scores[known]))
        return pooled


#: Little of a model without odds does no harm to the market's forecast on real seasons.
DEFAULT_BLEND = Blend(0.1, 0.9, {}, 0.0, (0.0, 0.0, 0.0), matches=0)


def fit_blend(
    model_p: Floats, prices: pl.DataFrame, labels: Floats, past_prices: pl.DataFrame, past_labels: Floats
) -> Blend:
    """The blend of highest penalised likelihood, or `DEFAULT_BLEND` with fewer than `MIN_MATCHES` matches.

    What the prices are worth among themselves is learned first, from all priced matches; then, from those that the
    model predicted out of fold, two weights: the model's, and that of the prices together. Seven weights learned from
    two years of matches cost as much as they gained.

    Args:
        model_p: probabilities `(n, 3)` predicted out of fold, calibrated as they will be when blended.
        prices: rows of `quotes` of the same matches; only other bookmakers' prices may be null.
        labels: `(n, 3)` of `design.labels`, or outcomes one-hot.
        past_prices: rows of `quotes` of all priced matches to learn from.
        past_labels: their labels.

    Raises:
        ModelError: the shapes differ, a column is absent, or a probability is not known.
    """
    if not model_p.shape == labels.shape == (len(prices), 3) or past_labels.shape != (len(past_prices), 3):
        raise ModelError(
            f"Expected model probabilities, prices and labels of the same matches, found {model_p.shape}, "
            f"{len(prices)} and {labels.shape}; of the past {len(past_prices)} and {past_labels.shape}. Join them on "
            "match_id."
        )
    terms = _terms(model_p, prices, BOOKS)
    past = _terms(np.full(past_labels.shape, 1 / 3), past_prices, BOOKS)[:, :, 1:]
    if unknown := int((~np.isfinite(terms)).any(axis=(1, 2)).sum() + (~np.isfinite(past)).any(axis=(1, 2)).sum()):
        raise ModelError(f"Expected known probabilities, found {unknown} of {len(terms)} matches without. Drop them.")
    if min(len(terms), len(past)) < MIN_MATCHES:
        return DEFAULT_BLEND
    biases = np.broadcast_to(np.eye(3), (len(past), 3, 3))
    of_prices = _weights(np.concatenate([past, biases], axis=2), past_labels, 1 + len(BOOKS), 0, PENALTY)
    told = np.einsum("nck,k->nc", terms[:, :, 1:], of_prices[:-3]) + of_prices[-3:]
    model, together = _weights(np.stack([terms[:, :, 0], told], axis=2), labels, 2, 1, MODEL_PENALTY)
    market, *books, draws, home, draw, away = (together * of_prices).tolist()
    return Blend(
        float(model), market, dict(zip(BOOKS, books, strict=True)), draws, (home, draw, away), matches=len(past)
    )


def _weights(design: Floats, labels: Floats, evidence: int, first: int, penalty: float) -> Floats:
    """Weights of the columns, of which the prior lets only the one at `first` count.

    The first `evidence` columns are forecasts. Evidence is never turned round: one that is no help is left out.
    """
    used = np.ones(design.shape[2], dtype=bool)
    prior = np.zeros(design.shape[2])
    prior[first] = 1.0
    weights = fit(design, labels, prior, penalty)
    if (weights[:evidence] < 0).any():
        used[:evidence] = weights[:evidence] >= 0
        weights = np.zeros(design.shape[2])
        weights[used] = fit(design[:, :, used], labels, prior[used], penalty)
    return weights


def _terms(model_p: Floats, prices: pl.DataFrame, books: Sequence[str]) -> Floats:
    """What the weights multiply, `(n, 3, 2 + books + 1)`; NaN where the model or the average is unknown."""
    require(prices, [*PROBABILITIES, *(column for book in books for column in _columns(book))])
    model, market = _logs(np.asarray(model_p, dtype=np.float64)), _logs(_values(prices, PROBABILITIES))
    if len(model) != len(market):
        raise ModelError(f"Expected a price row for each of {len(model)} forecasts, found {len(market)}.")
    heard = [np.nan_to_num(_logs(_values(prices, _columns(book))) - market) for book in books]
    return np.stack([model, market, *heard, market * np.array([0.0, 1.0, 0.0])], axis=2)


def _values(prices: pl.DataFrame, columns: Sequence[str]) -> Floats:
    return prices.select(pl.col(columns).cast(pl.Float64).fill_null(np.nan)).to_numpy()


def _logs(p: Floats) -> Floats:
    known = np.isfinite(p).all(axis=1, keepdims=True)
    return np.where(known, log_probabilities(np.where(known, p, 1 / 3)), np.nan)
