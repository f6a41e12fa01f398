"""The two solvers of the platform: Newton's method for a minimum, and for a root between bounds."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from soccer_assets.scoring import Bools, Floats

State = TypeVar("State")
STEPS = 200
#: Nats over all matches; about twice what the last step gained.
TOLERANCE = 1e-8
SMALLEST_STEP = 1e-6


def minimise(
    objective: Callable[[Floats], tuple[float, State]],
    direction: Callable[[Floats, State], tuple[Floats, Floats]],
    start: Floats,
) -> Floats:
    """Return the parameters at which a convex function is least, by Newton steps that are halved until it falls.

    Args:
        objective: parameters to the value in nats, and to what `direction` needs of them, so that neither is
            calculated twice.
        direction: parameters and the second result of `objective` to the gradient and to the Newton step, the inverse
            curvature times the gradient; both of the shape of the parameters.
        start: the first parameters, of any shape.
    """
    theta, (value, state) = start, objective(start)
    for _ in range(STEPS):
        gradient, step = direction(theta, state)
        size = 1.0
        while (trial := objective(theta - size * step))[0] > value and size > SMALLEST_STEP:
            size /= 2
        theta, (value, state) = theta - size * step, trial
        if (gradient * step).sum() < TOLERANCE:
            break
    return theta


def find_roots(
    function: Callable[[Floats], tuple[Floats, Floats]],
    start: Floats,
    bounds: tuple[Floats | float, Floats | float],
    rising: bool,
    tolerance: float,
) -> tuple[Floats, Bools]:
    """Return where n monotone functions are zero, and which of them were solved.

    Newton's steps are held between bounds that close in (Press et al. 2007, section 9.4). A solved row is not updated,
    so a root has the same bytes alone and in any batch.

    Args:
        function: n points to the n values and the n slopes.
        start: the first points, within the bounds; of any shape.
        bounds: below and above every root; infinite ones are allowed.
        rising: whether the functions rise or fall.
        tolerance: of the values.
    """
    at, (low, high), done = start, bounds, np.zeros(start.shape, dtype=np.bool_)
    for _ in range(STEPS):
        value, slope = function(at)
        done = done | (np.abs(value) <= tolerance) | np.greater_equal(low, high)
        if done.all():
            break
        is_above = (value < 0) == rising
        low, high = np.where(is_above, at, low), np.where(is_above, high, at)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = at - value / slope
        inside = (step > low) & (step < high)
        if not inside.all():
            step = np.where(inside, step, 0.5 * (low + high))
        at = np.where(done, at, step)
    return at, done
