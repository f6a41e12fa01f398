"""The whole graph on a synthetic world: what stands in the tables, and what another day changes."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from dagster import AssetSelection

from soccer_assets import scoring
from soccer_assets.errors import RunFailedError
from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.simulation.football_data import PRICED_DAYS

LEAGUES = ["E0", "E1", "NOR"]
PROBABILITIES = list(scoring.PROBABILITIES)
DAY = dt.timedelta(days=1)
WHO = ["league", "home", "away", "match_date"]
AFTER_THE_SOURCES = ("matches", "odds", "features")


def true_matches(season: Any, first: dt.date, last: dt.date) -> pl.DataFrame:
    """The world's own matches of the leagues that are followed, with their result as 0, 1 or 2."""
    difference = pl.col("FTHG") - pl.col("FTAG")
    return season.world.matches.filter(
        pl.col("league").is_in(LEAGUES), pl.col("match_date").is_between(first, last)
    ).select(*WHO, result=pl.when(difference > 0).then(0).when(difference == 0).then(1).otherwise(2))


def lines_of(predictions: pl.DataFrame) -> dict[tuple[Any, ...], list[str]]:
    grouped = predictions.group_by(WHO).agg(pl.col("line").sort())
    return {tuple(row[:4]): row[4] for row in grouped.select(*WHO, "line").rows()}


def test_every_coming_fixture_is_forecast_and_the_priced_ones_on_three_lines(season):
    coming = true_matches(season, season.today, season.last)
    priced_until = season.today + dt.timedelta(days=PRICED_DAYS)
    expected = {row[:4]: ["blend", "market", "model"] if row[3] <= priced_until else ["model"] for row in coming.rows()}
    assert lines_of(season.lake.read("predictions", season.today)) == expected
    assert {len(lines) for lines in expected.values()} == {1, 3}  # the world has both


def test_every_played_match_is_forecast_on_three_lines(season):
    yesterday = season.today - DAY
    played = true_matches(season, season.model_dates[0], yesterday)
    expected = {row[:4]: ["blend", "market", "model"] for row in played.rows() if row[0] != "NOR"}
    # Norway's archive has closing prices alone: what was known before the match is not in it
    expected |= {row[:4]: ["model"] for row in played.rows() if row[0] == "NOR"}
    assert lines_of(season.lake.read("predictions", None, yesterday)) == expected


def test_the_three_probabilities_sum_to_one(season):
    p = season.lake.read("predictions").select(PROBABILITIES).to_numpy()
    assert np.abs(p.sum(axis=1) - 1).max() < 1e-12
    assert p.min() > 0


def test_every_played_match_is_settled_with_the_result_of_the_world(season):
    settled = season.lake.read("settled_predictions").filter(line="model")
    met = settled.join(season.lake.read("matches").select("match_id", "match_date", "home", "away"),
                       on=["match_id", "match_date"])  # fmt: skip
    played = true_matches(season, season.model_dates[0], season.today - DAY)
    assert sorted(met.select(*WHO, "outcome").rows()) == sorted(played.rows())


def test_a_moved_match_is_postponed_on_its_old_date_and_forecast_on_the_new_one_under_one_id(season):
    moved = season.world.moved
    rows = season.lake.read("matches").filter(league=moved.league, home=moved.home, away=moved.away)
    rows = rows.filter(pl.col("match_date").is_in([moved.from_date, moved.to_date]))
    assert dict(rows.select("match_date", "status").rows()) == {
        moved.from_date: "postponed",
        moved.to_date: "scheduled",
    }
    (match_id,) = rows["match_id"].unique()
    forecasts = season.lake.read("predictions", season.today).filter(match_id=match_id)
    assert forecasts["match_date"].unique().to_list() == [moved.to_date]


def test_each_date_is_forecast_by_the_newest_model_of_that_date_or_before(season):
    first, second = season.model_dates
    versions = dict(season.lake.read("selected_model").select("match_date", "version").rows())
    assert set(versions) == {first, second}
    assert versions[first] != versions[second]
    told = season.lake.read("predictions").filter(pl.col("line") != "market")
    expected = pl.when(pl.col("match_date") < second).then(pl.lit(versions[first])).otherwise(pl.lit(versions[second]))
    assert told.filter(pl.col("model_version") != expected).rows() == []
    assert set(told["model_version"]) == set(versions.values())
    assert season.lake.read("predictions").filter(line="market")["model_version"].unique().to_list() == [None]


def test_a_model_has_learned_through_the_last_match_before_its_date(season):
    finished = season.lake.read("matches").filter(status="finished")
    for day, through, n in (
        season.lake.read("selected_model").select("match_date", "trained_through", "examples").rows()
    ):
        before = finished.filter(pl.col("match_date") < day)
        assert (through, n) == (before["match_date"].max(), len(before))
    assert season.lake.read("predictions").filter(pl.col("trained_through") >= pl.col("match_date")).rows() == []


def test_the_forecasts_are_what_the_stored_model_says_of_the_stored_features(season):
    model = season.lake.read("selected_model").filter(match_date=season.model_dates[1])
    forecaster = Forecaster.decode(model["forecaster"].item())
    features = season.lake.read("match_features", season.model_dates[1]).sort("match_id")
    told = season.lake.read("predictions", season.model_dates[1]).filter(line="model").sort("match_id")
    assert told["match_id"].to_list() == features["match_id"].to_list()
    assert np.array_equal(told.select(PROBABILITIES).to_numpy(), forecaster.predict(features))


def test_the_newest_model_is_the_champion_and_every_promotion_is_in_the_ledger(season):
    moves = season.lake.read("promotions").sort("moved_at")
    days, versions = zip(
        *season.lake.read("selected_model").sort("match_date").select("match_date", "version").rows(), strict=True
    )
    assert moves.select("alias", "effective_from", "previous", "version", "accepted").rows() == [
        ("champion", days[0], None, versions[0], True),
        ("champion", days[1], versions[0], versions[1], True),
    ]
    cards = season.lake.read("model_card").sort("match_date")
    assert cards.select("version", "accepted").rows() == [(version, True) for version in versions]
    assert cards["conditions"].to_list() == moves["conditions"].to_list()


def test_the_quality_report_is_what_the_metrics_say_of_the_settled_forecasts(season):
    settled = season.lake.read("settled_predictions")
    report = season.lake.read("quality_report").filter(market="1x2")
    assert set(report["match_date"]) == set(settled["match_date"])
    for row in report.iter_rows(named=True):
        day, league, line = row["match_date"], row["league"], row["line"]
        window = settled.filter(
            pl.col("match_date").is_between(day.replace(year=day.year - 1), day, closed="right"),
            True if league == "ALL" else pl.col("league") == league,
            pl.col("complete") | (row["sample"] == "all"),
        )
        mine = window.filter(line=line)
        expected = scoring.summary(mine.select(PROBABILITIES).to_numpy(), mine["outcome"].to_numpy())
        assert row["matches"] == expected["n"]
        for metric in ("log_loss", "rps", "brier", "accuracy", "ece"):
            assert row[metric] == pytest.approx(expected[metric], abs=1e-12)
        if row["sample"] == "complete":
            gap = mine["log_loss"].mean() - window.filter(line="closing")["log_loss"].mean()
            assert row["log_loss_vs_closing"] == pytest.approx(gap, abs=1e-12)
        else:
            assert row["log_loss_vs_closing"] is None


def test_value_bets_are_the_edges_over_the_market_at_the_best_price(season):
    bets = season.lake.read("value_bets")
    assert bets["edge"].min() >= 0.05
    told = season.lake.read("predictions")
    best = (
        season.lake.read("odds").filter(market="1x2", kind="pre_match").group_by("match_id", "match_date", "selection")
    )
    best = {row[:3]: row[3] for row in best.agg(pl.col("price").max()).rows()}
    chances = {
        (*row[:3], selection): p
        for row in told.select("match_id", "match_date", "line", *PROBABILITIES).rows()
        for selection, p in zip(("home", "draw", "away"), row[3:], strict=True)
    }
    expected = {
        key: (p, p - market, best[key[0], key[1], key[3]])
        for key, p in chances.items()
        if key[2] in ("model", "blend")
        and (market := chances.get((key[0], key[1], "market", key[3]))) is not None
        and p - market >= 0.05
    }
    columns = ("match_id", "match_date", "line", "selection", "probability", "edge", "price")
    found = {row[:4]: row[4:] for row in bets.filter(market="1x2").select(columns).rows()}
    assert found.keys() == expected.keys()
    for key, figures in expected.items():
        assert found[key] == pytest.approx(figures, abs=1e-9)


def test_drift_is_reported_where_both_windows_hold_fifty_matches(season_with_drift):
    season = season_with_drift
    features = season.lake.read("match_features")
    now = features.filter(pl.col("match_date").is_between(season.today - 41 * DAY, season.today))
    middle = season.today - 386 * DAY
    then = features.filter(
        pl.col("match_date").is_between(middle - 21 * DAY, middle + 21 * DAY),
        pl.col("league").is_in(now["league"].unique().to_list()),
    )
    report = season.lake.read("drift_report")
    if min(len(now), len(then)) < 50:
        assert report.rows() == []
        return
    (row,) = report.iter_rows(named=True)
    assert (row["match_date"], row["current_matches"], row["reference_matches"]) == (season.today, len(now), len(then))
    scores = {score["feature"]: score["score"] for score in row["scores"]}
    drifted = sorted(column for column, score in scores.items() if score >= row["threshold"])
    assert row["threshold"] >= 0.25
    # how much is known is no trait of the matches
    assert not any(name.endswith(("variance", "uncertainty")) for name in scores)
    assert row["drifted_columns"] == drifted
    assert (row["columns"], row["drifted"], row["drift_share"]) == (
        len(scores),
        len(drifted),
        len(drifted) / len(scores),
    )
    assert Path(row["html"]).read_text().count("<html") == 1


def test_the_drift_of_forecasts_waits_for_those_of_an_earlier_season(season):
    assert season.lake.read("predictions")["match_date"].min() > season.today - 300 * DAY
    assert season.lake.read("forecast_drift").rows() == []


def test_a_day_later_the_fixtures_are_results_and_their_forecasts_are_settled(season, next_day):
    played = sorted(true_matches(season, season.today, season.today).rows())
    assert played != []
    today = (season.today, season.today)
    assert set(season.lake.read("matches", *today)["status"]) == {"scheduled"}
    assert set(next_day.read("matches", *today)["status"]) == {"finished"}
    assert season.lake.read("settled_predictions", *today).rows() == []
    settled = next_day.read("settled_predictions", *today).filter(line="model")
    met = settled.join(next_day.read("matches", *today).select("match_id", "home", "away"), on="match_id")
    assert sorted(met.select(*WHO, "outcome").rows()) == played
    assert next_day.read("quality_report")["match_date"].max() == season.today


def test_a_day_later_the_forecasts_made_before_kick_off_stand(season, next_day):
    """What the model said of a match before its day is what it says after it."""
    lines = ["match_id", "line", *PROBABILITIES, "model_version"]
    before, after = (
        lake.read("predictions", season.today, season.today).filter(pl.col("line") == "model").select(lines).sort(lines)
        for lake in (season.lake, next_day)
    )
    assert before.equals(after)


def test_a_day_later_the_list_of_fixtures_is_a_day_longer(season, next_day):
    coming = true_matches(season, season.today + DAY, season.last + DAY)
    found = next_day.read("matches", season.today + DAY).filter(status="scheduled")
    assert sorted(found.select(WHO).rows()) == sorted(coming.select(WHO).rows())
    assert set(lines_of(next_day.read("predictions", season.today + DAY))) == set(coming.select(WHO).rows())


def test_a_day_later_nothing_older_than_the_nightly_range_has_changed(season, next_day, digest):
    until = season.today + DAY - dt.timedelta(days=8)
    for name in ("matches", "odds", "market_probabilities", "match_features", "team_ratings", "predictions"):
        assert digest(next_day.read(name, None, until)) == digest(season.lake.read(name, None, until)), name


def made_tables(season: Any) -> list[str]:
    """The tables of everything after the sources."""
    from soccer_assets.definitions import defs

    nodes = defs.resolve_asset_graph().asset_nodes
    made = [node.key.path[-1] for node in nodes if node.is_materializable and node.group_name != "sources"]
    return [name for name in made if name not in ("drift_report", "ablation") and season.lake.exists(name)]


def test_made_again_every_table_is_the_same_to_the_last_bit(season, digest):
    from soccer_assets.commands import materialize as runs

    names = made_tables(season)
    before = {name: digest(season.lake.read(name)) for name in names}
    shutil.rmtree(season.var / "optuna")  # else the trials would be read, not made
    with season.undone():
        season.materialize(AssetSelection.groups(*AFTER_THE_SOURCES), season.model_dates[0], season.last)
        season.materialize(runs.MODELS, season.model_dates[1], season.model_dates[1])
        season.materialize(runs.FORECASTS, season.model_dates[0], season.last)
        assert {name: digest(season.lake.read(name)) for name in names} == before


def test_day_by_day_every_table_is_the_same_as_in_one_range(season, digest):
    from soccer_assets.commands import materialize as runs

    moved = season.world.moved
    days = sorted({season.today, moved.from_date, moved.to_date})
    selection = AssetSelection.groups(*AFTER_THE_SOURCES) | runs.FORECASTS
    names = [name for name in made_tables(season) if not name.startswith(("candidate", "selected", "promotions"))]

    def digests() -> dict[str, list[str]]:
        return {name: [digest(season.lake.read(name, day, day)) for day in days] for name in names}

    before = digests()
    with season.undone():
        for day in days:
            season.materialize(selection, day, day)
        assert digests() == before


def test_the_sources_asked_again_tell_the_same_records(season, digest):

    def told(name: str) -> str:
        rows: pl.DataFrame = season.lake.read(name, season.today - 7 * DAY)
        return digest(rows.drop("_last_seen_at", strict=False))

    names = ("football_data_results", "football_data_fixtures")
    before = {name: told(name) for name in names}
    with season.undone():
        season.materialize(AssetSelection.groups("sources"), season.today - 7 * DAY, season.last)
        assert {name: told(name) for name in names} == before


def test_tidying_joins_files_and_changes_no_row(season, digest):
    from soccer_assets.commands import materialize as runs
    from soccer_assets.definitions import defs

    names = [*made_tables(season), "football_data_results", "fetch_log"]
    assert set(names) <= set(season.lake.names())
    before = {name: digest(season.lake.read(name)) for name in names}
    files = len(season.lake.table("predictions").file_uris())
    with season.undone(), runs.instance() as instance:
        assert defs.resolve_job_def("tidy_job").execute_in_process(instance=instance, run_config=runs.QUIET).success
        assert {name: digest(season.lake.read(name)) for name in names} == before
        assert len(season.lake.table("predictions").file_uris()) <= files


@pytest.fixture
def tampered(season: Any) -> Callable[[str, pl.Expr], None]:
    """Rewrite one column of a table."""

    def rewrite(name: str, column: pl.Expr) -> None:
        season.lake.replace(name, season.lake.read(name).with_columns(column), None)

    return rewrite


def test_a_model_that_has_seen_its_matches_stops_the_run_before_anything_is_made_of_its_forecasts(season, tampered):
    from soccer_assets.commands import materialize as runs

    with season.undone():
        bets = season.lake.version("value_bets")
        later = f'"trained_through":"{season.last}"'
        text = pl.col("forecaster").str.replace(r'"trained_through":"[0-9-]+"', later)
        tampered("selected_model", text.alias("forecaster"))
        with pytest.raises(RunFailedError, match="no_model_has_seen_its_matches"):
            season.materialize(runs.FORECASTS, season.today, season.last)
        assert season.lake.version("value_bets") == bets


def test_forecasts_before_the_first_model_are_refused_with_the_command_that_makes_one(season):

    day = next(day for day in season.lake.read("matches")["match_date"].unique().sort().to_list())
    told = f"expected a selected_model of {day} or before, found none: run `uv run soccer train {day}`"
    with pytest.raises(RunFailedError, match=told):
        season.materialize(AssetSelection.assets("predictions"), day, day)


def test_a_model_of_the_first_date_has_nothing_to_learn_from_and_says_so(season):

    with pytest.raises(RunFailedError, match=r"expected finished matches with features from .*, found none"):
        season.materialize(AssetSelection.assets("candidate_climatology"), season.first, season.first)


def test_every_league_has_its_table_to_come_by_the_number_of_clubs_it_has(season):
    rows = season.lake.read("season_forecasts")
    assert set(rows["league"]) == {"E0", "E1", "NOR"}
    by_day = rows.group_by("match_date", "league").agg(pl.len(), pl.col("p_title", "points", "position").sum())
    assert by_day["len"].unique().to_list() == [16]
    assert by_day["p_title"].to_list() == pytest.approx([1.0] * len(by_day))
    assert by_day["position"].unique().to_list() == [16 * 17 // 2]
    assert all("clubs" in assumed for assumed in rows.filter(pl.col("league") != "NOR")["assumed"])
    newest = rows.filter(pl.col("match_date") == pl.col("match_date").max().over("league"))
    played = season.lake.scan("matches").filter(pl.col("status").is_in(["finished", "awarded"])).collect()
    for day, league, label in newest.select("match_date", "league", "season").unique().rows():
        goals = played.filter(pl.col("match_date") < day, league=league, season=label)
        draws = (goals["home_goals"] == goals["away_goals"]).sum()
        table = newest.filter(league=league)
        assert table["points"].sum() == 3 * len(goals) - draws
        assert table["played"].sum() == 2 * len(goals)
    changes = season.lake.read("season_changes").filter(event="points")
    assert changes["before"].mean() == pytest.approx(changes["after"].mean(), abs=0.3)
