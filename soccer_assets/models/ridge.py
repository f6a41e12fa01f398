"""Ridge regression on the inputs of a linear model: the slopes and intercepts of least penalised squared error."""

import numpy as np

from soccer_assets.scoring import Floats


def fit_ridge(inputs: Floats, targets: Floats, penalty: float) -> tuple[Floats, Floats]:
    """Return slopes `(m, k)` and intercepts `(m,)`, which have no penalty.

    Args:
        inputs: `(n, k)`, standardised, so that one penalty suits all.
        targets: `(n, m)`.
        penalty: weight of the squared slopes, in squared errors.
    """
    from threadpoolctl import threadpool_limits

    means, level = inputs.mean(axis=0), targets.mean(axis=0)
    inputs, targets = inputs - means, targets - level
    with threadpool_limits(limits=1, user_api="blas"):  # the last bits of a sum depend on the number of threads
        curvature = inputs.T @ inputs + penalty * np.eye(inputs.shape[1])
        slopes: Floats = np.linalg.solve(curvature, inputs.T @ targets).T.astype(np.float64)
        return slopes, np.asarray(level - slopes @ means)
