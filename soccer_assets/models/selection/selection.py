"""Selection: the simplest candidate that the matches cannot tell from the best one.

The lowest loss on one fold is partly luck. A candidate gives way to a better one only if the 95% interval of
their paired difference, resampled over match dates, excludes zero. The losses are those expected under the closing
prices, where there are any: they hold far less luck than results, so that a fold tells more candidates apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from soccer_assets.errors import ModelError
from soccer_assets.scoring import PROBABILITIES, Floats, Interval, expected_log_loss, paired_difference, summary


@dataclass(frozen=True)
class CandidateScores:
    """A candidate and its predictions on the selection fold: match_id, p_home, p_draw, p_away."""

    name: str
    complexity: int
    oof: pl.DataFrame


@dataclass(frozen=True)
class Selection:
    """The chosen candidate, the comparison (a row each, best first), and the reasons (a sentence each)."""

    name: str
    table: pl.DataFrame
    reasons: tuple[str, ...]


def simplest_of_the_best(
    losses: Sequence[Floats], complexities: Sequence[int], dates: ArrayLike
) -> tuple[int, int, list[Interval]]:
    """Place of the chosen candidate, place of the best one, and each candidate's difference to the best."""
    best = min(range(len(losses)), key=lambda i: (losses[i].mean(), complexities[i]))
    behind = [paired_difference(loss, losses[best], dates) for loss in losses]
    equal = [i for i, interval in enumerate(behind) if interval.includes_zero]
    chosen = min(equal, key=lambda i: (complexities[i], losses[i].mean()))
    return chosen, best, behind


def select(
    candidates: Sequence[CandidateScores], outcomes: ArrayLike, labels: ArrayLike, dates: ArrayLike
) -> Selection:
    """Choose by mean log loss as expected under the labels of the selection fold, in favour of the simple.

    Args:
        candidates: all with the same matches in the same order.
        outcomes: 0, 1 or 2 of each match.
        labels: `(n, 3)`, what the closing prices say of each match, and what happened where there is none.
        dates: match date of each match.

    Raises:
        ModelError: there is no candidate, no match, or the candidates' matches differ.
    """
    y = np.asarray(outcomes)
    _same_matches(candidates, len(y))
    p = [candidate.oof.select(PROBABILITIES).to_numpy() for candidate in candidates]
    losses = [expected_log_loss(each, labels) for each in p]
    chosen, best, behind = simplest_of_the_best(losses, [candidate.complexity for candidate in candidates], dates)
    table = pl.DataFrame(
        [
            {
                "name": candidate.name,
                "complexity": candidate.complexity,
                **summary(each, y),
                "expected_log_loss": loss.mean(),
                "difference": interval.mean,
                "difference_low": interval.low,
                "difference_high": interval.high,
            }
            for candidate, each, loss, interval in zip(candidates, p, losses, behind, strict=True)
        ]
    )
    return Selection(
        name=candidates[chosen].name,
        table=table.sort("expected_log_loss", "complexity"),
        reasons=tuple(
            _reason(candidate, candidates[best].name, interval, candidate is candidates[chosen])
            for candidate, interval in zip(candidates, behind, strict=True)
        ),
    )


def _reason(candidate: CandidateScores, best: str, interval: Interval, chosen: bool) -> str:
    if candidate.name == best:
        verdict = "no simpler one equals it: chosen" if chosen else "a simpler one cannot be told from it"
        return f"{best} has the lowest expected log loss, and {verdict}."
    if chosen:
        verdict = "not distinguishable, and the simplest such: chosen"
    else:
        verdict = "not distinguishable, but not the simplest" if interval.includes_zero else "worse"
    between = f"95% from {interval.low:+.4f} to {interval.high:+.4f}"
    return f"{candidate.name} loses {interval.mean:+.4f} against {best} ({between}): {verdict}."


def _same_matches(candidates: Sequence[CandidateScores], matches: int) -> None:
    if not candidates or not matches:
        raise ModelError(
            f"Expected at least one candidate and one match to select on, found {len(candidates)} and "
            f"{matches}. Materialize the candidates of this date first."
        )
    first = candidates[0]
    for candidate in candidates:
        ids = candidate.oof["match_id"]
        if len(ids) != matches or not ids.equals(first.oof["match_id"]):
            raise ModelError(
                f"Expected the predictions of {candidate.name} to be of the same {matches} matches in the "
                f"same order as those of {first.name}; found {len(ids)}, of which "
                f"{ids.is_in(first.oof['match_id'].to_list()).sum()} in common. Tune the candidates on the "
                "same examples."
            )
