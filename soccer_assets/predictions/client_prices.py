"""A client's own prices beside a forecast: freed of their margin as the graph's are, and ready to be blended."""

import numpy as np
import polars as pl

from soccer_assets.odds.consensus import SHARP_PROBABILITIES
from soccer_assets.odds.devig import power
from soccer_assets.odds.schema import GOALS_LINE
from soccer_assets.score_matrices import GOALS, coherent
from soccer_assets.scoring import PROBABILITIES, Floats

_OVER = np.add.outer(np.arange(GOALS), np.arange(GOALS)) > GOALS_LINE


def pre_match_quotes(odds: Floats) -> pl.DataFrame:
    """The columns of `pre_match_prices` of decimal odds of home, draw and away, shape (n, 3), and of nothing else.

    Raises:
        OddsError: odds that are not above 1.
    """
    market = power(odds)
    unknown = [pl.lit(None, pl.Float64).alias(name) for name in (*SHARP_PROBABILITIES, "p_over")]
    return pl.DataFrame({name: market[:, column] for column, name in enumerate(PROBABILITIES)}).with_columns(unknown)


def over_2_5(rates: Floats, rho: float, model_p: Floats, model_over: Floats, odds: Floats) -> tuple[Floats, Floats]:
    """The probabilities `(n,)` of more than 2.5 goals by the model and by decimal odds.

    Args:
        rates: goals expected of both clubs, shape (n, 2).
        rho: the goals model's correction of low scores.
        model_p: probabilities of home win, draw and away win, shape (n, 3).
        model_over: the model's probability of more than 2.5 goals, shape (n,); NaN where the rates tell it.
        odds: of over and under 2.5 goals, shape (n, 2).

    Raises:
        OddsError: odds that are not above 1.
    """
    matrices = coherent(rates, np.full(len(rates), rho), model_p, model_over)
    return matrices[:, _OVER].sum(axis=1), power(odds)[:, 0]
