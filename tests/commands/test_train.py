"""`uv run soccer train`: what it says when the gate refuses, and its exit code."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import polars as pl
import pytest
from dagster import AssetCheckEvaluation, AssetKey

from soccer_assets.commands import materialize as runs
from soccer_assets.commands.cli import REFUSED


@contextmanager
def blocking_check_failed() -> Iterator[None]:
    """The newest evaluation of a check of what models rest on is red; green again on the way out."""
    evaluation = partial(AssetCheckEvaluation, AssetKey("matches"), "match_ids_are_unique", metadata={})
    with runs.instance() as instance:
        instance.report_runless_asset_event(evaluation(passed=False))
        yield
        instance.report_runless_asset_event(evaluation(passed=True))


def test_a_model_that_the_gate_lets_pass_ends_with_0(season, soccer):
    with season.undone():
        done = soccer("train", season.model_dates[1])
        assert done.exit_code == 0
        version = season.lake.read("model_card", season.model_dates[1])["version"].item()
        assert f"The gate let {version} become champion from {season.model_dates[1]} on" in done.stdout


def test_a_model_that_the_gate_refuses_ends_with_3_and_the_reason(season, soccer):
    """A blocking check has failed, so that the newest model may not be champion."""
    day = season.today
    with season.undone(), blocking_check_failed():
        done = soccer("train", day)
        assert done.exit_code == REFUSED == 3
        move = season.lake.read("promotions").sort("moved_at").tail(1).row(0, named=True)
        assert not move["accepted"]
        verdict = (
            f"The gate refused {move['version']} of {day}, {move['previous']} stays champion: checks: found matches"
        )
        assert verdict in done.stderr


def test_a_training_that_cannot_be_done_ends_with_1(season, soccer):
    with season.undone():
        rows = season.lake.read("match_features").with_columns(home_elo=pl.lit(None, dtype=pl.Float32))
        season.lake.replace("match_features", rows, None)
        done = soccer("train", season.today)
        assert done.exit_code == 1
        assert "error: candidate_" in done.stderr
        assert ": expected home_elo to be known" in done.stderr
        assert "soccer_assets.errors" not in done.stderr


def test_a_range_that_reaches_before_the_first_date_is_cut_and_said(season, soccer):
    early, day = season.first.replace(year=season.first.year - 1), season.first
    with season.undone():
        done = soccer("backfill", early, day)
    assert done.exit_code == 0
    assert f"asked for match dates {early} to {day}: cut to those of the graph" in done.stdout
    assert f"match dates {day} to {day} (1)" in done.stdout


@pytest.mark.parametrize(("first", "last"), [("2000-01-01", "2000-01-02"), ("2026-10-02", "2026-10-01")])
def test_a_range_that_the_graph_has_not_is_refused_in_a_sentence(season, soccer, first, last):
    done = soccer("predict", first, last)
    assert done.exit_code == 1
    assert f"found {first}" in done.stderr
