"""The examples in docstrings give what they say."""

import doctest
import importlib

import pytest

EXAMPLES = {"odds.devig": 5, "predictions.settlement": 2, "score_matrix": 3, "scoring": 3}


@pytest.mark.parametrize(("module", "least"), EXAMPLES.items())
def test_the_examples_of_a_module_are_executed_and_right(module, least):
    found = doctest.testmod(importlib.import_module(f"soccer_assets.{module}"))
    assert found.failed == 0 and found.attempted >= least
