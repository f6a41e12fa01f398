"""The examples in docstrings give what they say."""

import doctest
import importlib

import pytest

EXAMPLES = {
    "soccer_assets": 14,
    "soccer_assets.odds.devig": 5,
    "soccer_assets.predictions.match_prices": 6,
    "soccer_assets.predictions.settlement": 2,
    "soccer_assets.score_matrices": 3,
    "soccer_assets.scoring": 3,
}


@pytest.mark.parametrize(("module", "least"), EXAMPLES.items())
def test_the_examples_of_a_module_are_executed_and_right(module, least):
    found = doctest.testmod(importlib.import_module(module))
    assert found.failed == 0 and found.attempted >= least
