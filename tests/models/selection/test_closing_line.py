"""Prices that move towards a known place until the close."""

import msgspec
import numpy as np
import polars as pl
import pytest
from threadpoolctl import threadpool_limits

from soccer_assets.errors import ModelError
from soccer_assets.models.selection.closing_line import LARGEST_MOVE, MIN_MATCHES, ClosingMove, fit_move
from soccer_assets.scoring import OUTCOMES, PROBABILITIES, log_loss

N, LEARNED = 12_000, 10_000
COLUMNS = ("elo_diff", "form", "shots", "noise")


def prices(average, pinnacle=None):
    """Rows of `pre_match_prices`: an average, and Pinnacle where it quotes."""
    columns = {name: average[:, place] for place, name in enumerate(PROBABILITIES)}
    pinnacle = np.full(average.shape, np.nan) if pinnacle is None else pinnacle
    columns |= {f"pinnacle_{name}": pinnacle[:, place] for place, name in enumerate(OUTCOMES)}
    return pl.DataFrame(columns).with_columns(pl.all().fill_nan(None))


@pytest.fixture(scope="module")
def known(world):
    return world(N, seed=3)


@pytest.fixture(scope="module")
def early(known):
    """Prices before the match that do not know of the form yet; the closing price is the truth."""
    pull = np.where(known.examples["form"].is_null(), 0.0, known.examples["form"].fill_null(0.0).to_numpy()) * 0.1
    tilted = known.truth * np.exp(np.outer(pull, [-1.0, 0.0, 1.0]))
    return tilted / tilted.sum(axis=1, keepdims=True)


def fit(known, early, closing=None, pinnacle=None, rows=slice(0, LEARNED)):
    told = prices(early, pinnacle)[rows]
    return fit_move(known.examples[rows], COLUMNS, told, (known.truth if closing is None else closing)[rows], 0)


@pytest.fixture(scope="module")
def move(known, early):
    return fit(known, early)


def test_what_a_feature_foretells_is_in_the_price_before_it_moves(known, early, move):
    later = slice(LEARNED, None)
    predicted = move.apply(known.examples[later], prices(early)[later])
    apart = [np.abs(np.log(p / known.truth[later])).mean() for p in (predicted, early[later])]
    assert apart[0] < apart[1] / 5
    gain = log_loss(predicted, known.y[later]).mean() - log_loss(early[later], known.y[later]).mean()
    assert gain == pytest.approx((log_loss(known.truth, known.y) - log_loss(early, known.y))[later].mean(), abs=5e-4)
    assert move.matches == LEARNED


def test_a_price_that_never_moves_stays_where_it_is(known):
    move = fit(known, known.truth)
    assert move.apply(known.examples, prices(known.truth)) == pytest.approx(known.truth, abs=1e-9)


def test_a_bookmaker_that_knows_the_close_is_followed_where_it_quotes(known, early):
    half = np.where(np.arange(N)[:, None] % 2 == 0, known.truth, np.nan)
    predicted = fit(known, early, pinnacle=half).apply(known.examples, prices(early, half))
    assert np.isfinite(predicted).all()
    assert np.abs(predicted - known.truth)[::2].mean() < np.abs(early - known.truth)[::2].mean() / 3


def test_predicted_prices_are_probabilities_and_nan_without_a_price(known, early, move):
    some = early.copy()
    some[3] = np.nan
    predicted = move.apply(known.examples[:50], prices(some[:50]))
    assert np.isnan(predicted).any(axis=1).nonzero()[0].tolist() == [3]
    assert np.nansum(predicted, axis=1)[[0, 1, 2, 4]] == pytest.approx(1.0)
    assert np.nanmin(predicted) > 0
    assert move.apply(known.examples[:0], prices(early[:0])).shape == (0, 3)


def test_a_move_of_a_match_is_the_same_alone_and_among_others(known, early, move):
    together = move.apply(known.examples[:50], prices(early[:50], early[:50]))
    alone = [move.apply(known.examples[i : i + 1], prices(early, early)[i : i + 1])[0] for i in range(50)]
    assert together.tobytes() == np.array(alone).tobytes()


def test_a_misprint_at_the_close_teaches_no_more_than_a_large_move(known, early):
    wrong = known.truth.copy()
    wrong[:200] = [1e-6, 1e-6, 1 - 2e-6]
    misled = fit(known, early, closing=wrong).apply(known.examples, prices(early))
    shift = np.log(misled / early)[LEARNED:]
    assert np.abs(shift - np.log(known.truth / early)[LEARNED:]).mean() < 3 * LARGEST_MOVE * 200 / LEARNED


def test_matches_without_both_prices_teach_nothing(known, early):
    closing, before = known.truth.copy(), early.copy()
    closing[1:N:2], before[5000:] = np.nan, np.nan
    assert fit(known, before, closing=closing).matches == 2500
    few = slice(0, MIN_MATCHES - 1)
    assert fit(known, early, rows=few) is None


def test_the_number_of_threads_changes_no_bit(known, early):
    many = {
        f"f{place}": pl.Series(values) for place, values in enumerate(np.random.default_rng(0).normal(size=(200, N)))
    }
    features, told = known.examples.with_columns(**many), []
    for threads in (1, 2):
        with threadpool_limits(limits=threads, user_api="blas"):
            told.append(msgspec.json.encode(fit_move(features, (*COLUMNS, *many), prices(early), known.truth, 0)))
    assert told[0] == told[1]


def test_a_move_read_back_is_the_same(move):
    text = msgspec.json.encode(move)
    read = msgspec.json.decode(text, type=ClosingMove)
    assert msgspec.json.encode(read) == text
    assert len(read.forests) == 2


def test_a_move_without_trees_is_that_of_an_older_model(known, early):
    bare = fit_move(known.examples, COLUMNS, prices(early), known.truth)
    assert bare is not None and bare.forests == ()
    older = msgspec.json.decode(msgspec.json.encode(bare).replace(b',"forests":[]', b""), type=ClosingMove)
    assert older == bare


def test_prices_of_other_matches_or_without_columns_are_refused(known, early, move):
    with pytest.raises(ModelError, match="Expected a price row for each of 10 matches, found 9"):
        move.apply(known.examples[:10], prices(early[:9]))
    with pytest.raises(ModelError, match="Expected the columns pinnacle_home, pinnacle_draw, pinnacle_away"):
        move.apply(known.examples[:10], prices(early[:10]).select(PROBABILITIES))
