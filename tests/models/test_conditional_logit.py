import numpy as np
import pytest

from soccer_assets.models.conditional_logit import MARGIN, clip_probabilities, fit, softmax


def test_the_fit_recovers_the_coefficients_that_made_the_outcomes():
    rng = np.random.default_rng(0)
    design, theta = rng.normal(size=(20_000, 3, 2)), np.array([0.8, -0.5])
    p = softmax(design @ theta)
    y = (rng.random(20_000)[:, None] > p.cumsum(axis=1)[:, :2]).sum(axis=1)
    assert fit(design, y, np.zeros(2), 1.0) == pytest.approx(theta, abs=0.04)


def test_the_gradient_is_zero_at_the_fit():
    rng = np.random.default_rng(1)
    design, y, prior = rng.normal(size=(500, 3, 4)), rng.integers(0, 3, 500), np.ones(4)
    theta = fit(design, y, prior, 5.0)
    residual = np.eye(3)[y] - softmax(design @ theta)
    assert np.einsum("nc,nck->k", residual, design) - 5.0 * (theta - prior) == pytest.approx(0.0, abs=1e-3)


def test_without_matches_the_prior_stays():
    assert fit(np.empty((0, 3, 2)), np.empty(0, dtype=np.int64), np.array([0.0, 1.0]), 2.0).tolist() == [
        0.0,
        1.0,
    ]


def test_a_start_far_from_the_truth_does_not_diverge():
    rng = np.random.default_rng(2)
    design, y = rng.normal(size=(300, 3, 1)) * 50, rng.integers(0, 3, 300)
    assert abs(fit(design, y, np.array([8.0]), 1e-3)[0]) < 0.1


def test_scores_of_any_size_become_probabilities():
    assert softmax(np.array([[1000.0, 1000.0, -1000.0]])).tolist() == [[0.5, 0.5, 0.0]]


def test_certainty_is_taken_back_by_the_margin():
    p = clip_probabilities(np.array([[1.0, 0.0, 0.0]]))
    assert 0 < p.min() <= MARGIN
    assert p.max() < 1
    assert p.sum() == pytest.approx(1.0)
