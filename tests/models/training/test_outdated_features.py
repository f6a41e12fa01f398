"""Features that a table of an earlier edition lacks are refused; those that nobody could know are not."""

import datetime as dt
import re
from typing import Any

import polars as pl
import pytest
from dagster import AssetSelection

from soccer_assets.errors import ModelError, RunFailedError
from soccer_assets.features.catalog import NAMES
from soccer_assets.features.schema import MATCH_FEATURES
from soccer_assets.models.training.outdated_features import refuse_outdated
from soccer_assets.models.training.training import examples
from soccer_assets.storage.data_versions import DATA_VERSIONS, columns_hash

Tables = tuple[pl.LazyFrame, pl.LazyFrame, pl.LazyFrame]


@pytest.fixture(scope="module")
def tables(season) -> Tables:
    return tuple(season.lake.scan(name) for name in ("match_features", "matches", "market_probabilities"))


@pytest.fixture(scope="module")
def known(season, tables: Tables):
    return examples(*tables, season.first, season.today)


def refuse(known, tables: Tables, made=None):
    refuse_outdated(known, *tables[1:], DATA_VERSIONS.empty() if made is None else made)


def without(known: pl.DataFrame, share: float, *names: str) -> pl.DataFrame:
    """The features null in the oldest rows."""
    oldest = pl.int_range(pl.len()) < share * len(known)
    return known.with_columns(pl.when(~oldest).then(pl.col(name)).alias(name) for name in names)


def test_what_the_source_does_not_have_is_not_refused(known, tables):
    """No expected goals at all, and no prices of a third of the matches."""
    mostly = [name for name in NAMES if 2 * known[name].null_count() > len(known)]
    assert any("xg" in name for name in mostly)
    refuse(known, tables)


@pytest.mark.parametrize("name", ["home_elo", "home_shots_for_last_5", "away_table_position", "market_log_odds"])
def test_a_feature_that_is_null_where_it_could_be_known_is_refused_with_what_to_run(known, tables, name):
    old = without(known, 0.9, name)
    first, last = min(known["match_date"]), max(old.filter(pl.col(name).is_null())["match_date"])
    told = (
        f"expected {name} to be known where they can be, found them null in up to {old[name].null_count()} of "
        f"{len(known)} matches from {first} to {last}"
    )
    with pytest.raises(ModelError, match=f"{re.escape(told)}.*Run `uv run soccer backfill {first} {last}`"):
        refuse(old, tables)


def test_a_feature_that_is_null_for_less_than_half_of_the_rows_is_not(known, tables):
    refuse(without(known, 0.3, "home_elo"), tables)


def of_editions(known: pl.DataFrame, since: dt.date) -> pl.DataFrame:
    """Dates from `since` on were made with today's columns, those before with others."""
    now, old = columns_hash(MATCH_FEATURES.schema.names()), columns_hash(["match_date", "match_id"])
    dates = known.select("match_date").unique().sort("match_date")
    columns = pl.when(pl.col("match_date") >= since).then(pl.lit(now)).otherwise(pl.lit(old))
    more: dict[str, Any] = {
        "name": pl.lit("match_features"),
        "rows": 1,
        "made_on": since,
        "columns": columns,
        "upstream": 0,
    }
    return DATA_VERSIONS.conform(dates.with_columns(**more))


def test_a_new_column_of_an_old_lake_is_refused_though_its_matches_lack_it_too(known, tables):
    """337 of 374 rows: neither the old features nor the old matches have what the newest rows have."""
    name, since = "home_xg_for_last_5", known["match_date"].quantile(0.9, "nearest")
    value = pl.when(pl.col("match_date") >= since).then(1.0).alias(name)
    with pytest.raises(ModelError, match=f"expected {name} to be known"):
        refuse(known.with_columns(value), tables, of_editions(known, since))
    # made with the same columns, it is a source that began then
    refuse(known.with_columns(value), tables, of_editions(known, known["match_date"].min()))
    refuse(known.with_columns(value), tables)


def test_training_stops_before_anything_is_learned_from_an_outdated_table(season):

    with season.undone():
        rows = season.lake.read("match_features")
        season.lake.replace("match_features", rows.with_columns(home_elo=pl.lit(None, dtype=pl.Float32)), None)
        with pytest.raises(RunFailedError, match=r"candidate_climatology: .*expected home_elo to be known"):
            season.materialize(
                AssetSelection.assets("candidate_climatology"), season.model_dates[1], season.model_dates[1]
            )


@pytest.mark.parametrize(
    ("name", "absent"),
    [
        ("candidate_stack", "candidate_climatology, candidate_elo_ordered_logit, candidate_logistic_regression"),
        ("selected_model", "candidate_climatology, candidate_elo_ordered_logit, candidate_logistic_regression, "
                           "candidate_stack"),
        ("model_card", "selected_model"),
    ],
)  # fmt: skip
def test_a_step_of_training_alone_says_what_it_lacks(season, name, absent):

    day = season.today
    with pytest.raises(
        RunFailedError, match=f"{name}: .*expected {absent} of {day}, found none: run `uv run soccer train {day}`"
    ):
        season.materialize(AssetSelection.assets(name).required_multi_asset_neighbors(), day, day)


@pytest.mark.parametrize(
    "name",
    ["markets", "value_bets", "prediction_ledger", "settled_predictions", "settled_bets", "quality_report",
     "backtest_report"],
)  # fmt: skip
def test_what_is_made_of_forecasts_is_not_green_and_empty_where_there_are_none(season, name):
    """A date with matches before the first model."""
    matches = season.lake.read("matches", None, season.model_dates[0]).filter(status="finished")
    day = matches["match_date"].unique().sort().to_list()[-9]
    count = len(matches.filter(match_date=day))
    told = f"expected predictions of {count} matches on {day}, found none: run `uv run soccer predict {day} {day}`"
    with pytest.raises(RunFailedError, match=f"{name}: .*{re.escape(told)}"):
        season.materialize(AssetSelection.assets(name).required_multi_asset_neighbors(), day, day)


def test_a_range_that_begins_before_the_first_model_forecasts_the_rest(season, digest):

    first = season.model_dates[0]
    before = digest(season.lake.read("predictions"))
    with season.undone():
        season.materialize(AssetSelection.assets("predictions"), first - dt.timedelta(days=20), season.last)
        assert digest(season.lake.read("predictions")) == before
