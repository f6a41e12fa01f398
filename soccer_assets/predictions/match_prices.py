"""The markets of one match from its score matrix: what `soccer_assets.score_matrix` returns."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.predictions.markets import fair_odds
from soccer_assets.predictions.schema import RESULTS
from soccer_assets.predictions.settlement import require_bets, settled
from soccer_assets.score_matrices import GOALS
from soccer_assets.scoring import Floats
from soccer_assets.storage.user_tables import numbers


@dataclass(frozen=True)
class ScoreMatrix:
    """Probabilities of the scores of one match, shape (16, 16): rows home goals, columns away goals, from 0 to 15.

    >>> match = ScoreMatrix(np.full((16, 16), 1 / 256))
    >>> match.home_win(), match.draw(), match.away_win()
    (0.46875, 0.0625, 0.46875)
    >>> match.over(0.5) + match.under(0.5), match.score(2, 1)
    (1.0, 0.00390625)
    >>> match.handicap(0.0) == match.handicap(0.0, side="away") == 0.5
    True
    >>> match.handicap(-0.25) < match.handicap(0.0)
    True
    >>> round(match.both_score(), 4)
    0.8789
    """

    probabilities: Floats

    def home_win(self) -> float:
        """Return the probability that the home side wins."""
        return self.probability("1x2", "home")

    def draw(self) -> float:
        """Return the probability of a draw."""
        return self.probability("1x2", "draw")

    def away_win(self) -> float:
        """Return the probability that the away side wins."""
        return self.probability("1x2", "away")

    def over(self, total: float) -> float:
        """Return the fair probability of more goals than `total`, a multiple of 0.25."""
        return self.probability("over_under", "over", total)

    def under(self, total: float) -> float:
        """Return the fair probability of fewer goals than `total`, a multiple of 0.25."""
        return self.probability("over_under", "under", total)

    def handicap(self, goals: float, side: str = "home") -> float:
        """Return the fair probability of a side that is given `goals`, a multiple of 0.25; -0.25 gives a quarter."""
        line = numbers("bets", pl.Series("line", [goals])).item()
        return self.probability("asian_handicap", side, -line if line and side != "home" else line)

    def both_score(self) -> float:
        """Return the probability that both sides score."""
        return self.probability("both_teams_to_score", "yes")

    def score(self, home_goals: int, away_goals: int) -> float:
        """Return the probability of one score.

        Raises:
            ModelError: it is none of the matrix.
        """
        for goals in (home_goals, away_goals):
            if goals not in range(GOALS):
                raise ModelError(f"expected whole numbers of goals from 0 to {GOALS - 1}, found {goals!r}")
        return float(self.probabilities[int(home_goals), int(away_goals)])

    def probability(self, market: str, selection: str, line: float | None = None) -> float:
        """Return the fair probability of a bet, 1 over its fair price: stakes given back do not count.

        Args:
            market: a market of `predictions.schema.SELECTIONS`.
            selection: one of its selections.
            line: goals, or the handicap of the home side for either side; None where the market has none.

        Raises:
            SchemaError: there is no such market or selection, or the line is not in quarters of a goal.
        """
        home, away = (side.ravel() for side in np.indices((GOALS, GOALS)))
        goals = numbers("bets", pl.Series("line", [line])).item()
        bet = {"market": market, "line": goals, "selection": selection, "price": 1.0, "status": "finished"}
        types = {"line": pl.Float64, "price": pl.Float64}
        require_bets(pl.DataFrame([bet | {"home_goals": 0, "away_goals": 0}], schema_overrides=types))
        bets = pl.DataFrame([bet] * GOALS**2, schema_overrides=types).with_columns(
            home_goals=pl.Series(home), away_goals=pl.Series(away)
        )
        result = settled(bets)["result"].to_numpy()
        flat = self.probabilities.ravel()
        shares = np.array([flat[result == name].sum() for name in RESULTS])
        return float(1.0 / fair_odds(shares))
