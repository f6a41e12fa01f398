"""Runs of a season summed up: how likely each final position and each event is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soccer_assets.predictions.season.simulation import CARRIED, play
from soccer_assets.predictions.season.standings.state import SeasonState, codes
from soccer_assets.predictions.season.strengths import RHO, STEP_DAYS, STEPS, Strengths, drawn
from soccer_assets.scoring import Floats, Ints


@dataclass(frozen=True)
class Runs:
    """The ends of a season: final position from 1, points and goal difference by run and club, (runs, n) each.

    `outcomes` are those of the matches that were asked for: 0 home win, 1 draw, 2 away win, (runs, watched).
    """

    positions: NDArray[np.int8]
    points: NDArray[np.int16]
    differences: NDArray[np.int16]
    outcomes: NDArray[np.int8]

    def places(self) -> Floats:
        """Probability of each final position, (n, n): by club, then position."""
        n = self.positions.shape[1]
        counts = [np.bincount(self.positions[:, club], minlength=n + 1)[1:] for club in range(n)]
        return np.array(counts) / len(self.positions)


def steps_of(state: SeasonState) -> Ints:
    """The step of strengths that each match left falls in, (m,)."""
    days = state.days_ahead + (state.date - state.began).days
    return np.clip(days // STEP_DAYS, 0, STEPS - 1)


def simulate(state: SeasonState, strengths: Strengths, runs: int, seed: int, watched: int = 0) -> Runs:
    """Play the rest of a season so many times.

    Args:
        state: the season.
        strengths: its clubs'.
        runs: how many times.
        seed: of all random numbers; the same one makes the runs of two days comparable, run by run.
        watched: the first so many matches left are reported one by one.
    """
    n, groups = len(state.clubs), state.rules.groups
    left = np.column_stack([state.left, steps_of(state)])
    made = Runs(
        np.empty((runs, n), np.int8), np.empty((runs, n), np.int16), np.empty((runs, n), np.int16),
        np.empty((runs, watched), np.int8),
    )  # fmt: skip
    sizes, meetings, carried = (
        np.array(values, dtype=np.int64)
        for values in (
            [group.size for group in groups],
            [group.meetings for group in groups],
            [CARRIED.index(group.carried) for group in groups],
        )
    )
    play(
        np.uint64(seed), state.hashes, state.totals, state.pairs, state.points_after, left,
        drawn(state, strengths, runs, seed), strengths.advantage, strengths.rates, RHO, sizes, meetings, carried,
        state.group, state.fixtures, codes(state.rules.order), watched, made.positions, made.points, made.differences,
        made.outcomes,
    )  # fmt: skip
    return made
