"""What happens in a match: goals, and the statistics that go with who was the stronger side."""

import numpy as np
from numpy.typing import NDArray

from soccer_assets.simulation.clubs import REFEREES
from soccer_assets.simulation.score_matrix import Float

Int = NDArray[np.int64]


def draw_goals(matrix: Float, rng: np.random.Generator) -> tuple[Int, Int]:
    """A score of each match, home and away, drawn from its score matrix."""
    cumulative = matrix.reshape(len(matrix), -1).cumsum(axis=1)
    drawn = (rng.random((len(matrix), 1)) * cumulative[:, -1:] > cumulative).sum(axis=1)
    home, away = np.divmod(drawn, matrix.shape[2])
    return home, away


def statistics(
    goals: dict[str, Int], rates: dict[str, Float], rng: np.random.Generator
) -> dict[str, NDArray[np.generic]]:
    """Half-time goals, statistics and the referee, under the site's names.

    `goals` and `rates` (mean goals) hold one entry for each side, `H` and `A`. The side with the higher rate
    shoots more, wins more corners and is booked less.
    """
    edge = {"H": np.log(rates["H"] / rates["A"]) / 2}
    edge["A"] = -edge["H"]
    columns: dict[str, NDArray[np.generic]] = {f"HT{side}G": rng.binomial(goals[side], 0.45) for side in goals}
    columns["Referee"] = rng.choice(np.array(REFEREES), len(edge["H"]))
    on_target = {side: goals[side] + rng.poisson(3.2 * np.exp(0.5 * edge[side])) for side in goals}
    columns |= {f"{side}S": on_target[side] + rng.poisson(8.0 * np.exp(0.5 * edge[side])) for side in goals}
    columns |= {f"{side}ST": on_target[side] for side in goals}
    for name, mean, lean in (("F", 10.7, -0.15), ("C", 5.2, 0.6), ("Y", 1.85, -0.3), ("R", 0.06, -0.3)):
        columns |= {f"{side}{name}": rng.poisson(mean * np.exp(lean * edge[side])) for side in goals}
    return columns
