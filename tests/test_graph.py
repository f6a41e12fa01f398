"""The graph is data: keys, groups, dependencies, checks and schedules stand here as anyone may read them."""

import datetime as dt
import importlib
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from dagster import BackfillPolicy, DefaultScheduleStatus, DefaultSensorStatus, Definitions, TableSchema

ROOT = Path(__file__).parent.parent

GRAPH = """
sources      football_data_results
sources      football_data_fixtures
sources      openfootball_matches
sources      understat_matches
sources      whoscored_matches
sources      fonbet_events
sources      fonbet_results
sources      source_health                  fetch_log fonbet_events fonbet_results football_data_fixtures football_data_results \
                                            openfootball_matches understat_matches whoscored_matches
sources      fetch_log
matches      matches                        fonbet_results football_data_fixtures football_data_results link_decisions openfootball_matches \
                                            understat_matches whoscored_matches
matches      match_links                    fonbet_results football_data_fixtures football_data_results link_decisions openfootball_matches \
                                            understat_matches whoscored_matches
matches      match_conflicts                fonbet_results football_data_fixtures football_data_results link_decisions openfootball_matches \
                                            understat_matches whoscored_matches
matches      teams                          match_links matches
matches      link_decisions
odds         odds_links                     fonbet_events link_decisions matches odds_links
odds         odds                           fonbet_events football_data_fixtures football_data_results matches \
                                            odds_links
odds         market_probabilities           odds
odds         best_prices                    matches odds
features     team_ratings                   market_probabilities matches
features     match_features                 matches team_ratings
features     data_versions                  match_features matches team_ratings
models       candidate_climatology          candidate_climatology data_versions market_probabilities match_features matches
models       candidate_elo_ordered_logit    candidate_elo_ordered_logit data_versions market_probabilities match_features matches
models       candidate_dixon_coles          candidate_dixon_coles data_versions market_probabilities match_features matches
models       candidate_bivariate_poisson    candidate_bivariate_poisson data_versions market_probabilities match_features matches
models       candidate_logistic_regression  candidate_logistic_regression data_versions market_probabilities match_features matches
models       candidate_histogram_gradient_boosting candidate_histogram_gradient_boosting data_versions market_probabilities match_features matches
models       candidate_lightgbm             candidate_lightgbm data_versions market_probabilities match_features matches
models       candidate_xgboost              candidate_xgboost data_versions market_probabilities match_features matches
models       candidate_stack                candidate_bivariate_poisson candidate_climatology candidate_dixon_coles candidate_elo_ordered_logit \
                                            candidate_histogram_gradient_boosting candidate_lightgbm candidate_logistic_regression \
                                            candidate_xgboost matches
models       ablation                       market_probabilities match_features matches
models       selected_model                 candidate_bivariate_poisson candidate_climatology candidate_dixon_coles candidate_elo_ordered_logit \
                                            candidate_histogram_gradient_boosting candidate_lightgbm candidate_logistic_regression \
                                            candidate_stack candidate_xgboost market_probabilities match_features matches
models       promotions                     market_probabilities match_features matches promotions selected_model
models       model_card                     market_probabilities match_features matches promotions selected_model
predictions  predictions                    market_probabilities match_features matches promotions selected_model
predictions  markets                        matches predictions
predictions  value_bets                     best_prices markets match_features matches predictions
predictions  prediction_ledger              market_probabilities match_features matches predictions
predictions  on_demand_forecasts
predictions  explanations                   market_probabilities match_features matches predictions selected_model
predictions  similar_matches                market_probabilities match_features matches predictions
predictions  forecast_scenarios             market_probabilities matches predictions selected_model team_ratings
predictions  season_forecasts               matches team_ratings
predictions  season_changes                 matches team_ratings
monitoring   settled_predictions            best_prices candidate_climatology candidate_elo_ordered_logit market_probabilities match_features \
                                            matches predictions
monitoring   settled_markets                best_prices market_probabilities matches predictions
monitoring   settled_bets                   best_prices matches predictions settled_predictions value_bets
monitoring   backtest_report                candidate_bivariate_poisson candidate_climatology candidate_dixon_coles candidate_elo_ordered_logit \
                                            candidate_histogram_gradient_boosting candidate_lightgbm candidate_logistic_regression \
                                            candidate_stack candidate_xgboost matches predictions settled_bets settled_markets \
                                            settled_predictions team_ratings
monitoring   quality_report                 matches predictions settled_markets settled_predictions
monitoring   drift_report                   match_features
monitoring   forecast_drift                 predictions
monitoring   settled_on_demand              matches on_demand_forecasts
monitoring   check_results
"""

CHECKS = """
football_data_results   no_record_is_lost                           blocks
football_data_results   every_record_is_read                        warns
football_data_results   the_source_answered                         warns
football_data_fixtures  no_record_is_lost                           blocks
football_data_fixtures  every_record_is_read                        warns
football_data_fixtures  the_source_answered                         warns
openfootball_matches    no_record_is_lost                           blocks
openfootball_matches    most_records_are_read                       warns
openfootball_matches    the_source_answered                         warns
understat_matches       no_record_is_lost                           blocks
understat_matches       most_records_are_read                       warns
understat_matches       the_source_answered                         warns
whoscored_matches       no_record_is_lost                           blocks
whoscored_matches       most_records_are_read                       warns
whoscored_matches       the_source_answered                         warns
fonbet_events           no_record_is_lost                           blocks
fonbet_events           most_records_are_read                       warns
fonbet_events           the_source_answered                         warns
fonbet_results          no_record_is_lost                           blocks
fonbet_results          most_records_are_read                       warns
fonbet_results          the_source_answered                         warns
source_health           no_busy_day_is_empty                        warns
source_health           sources_are_fresh                           warns
matches                 match_ids_are_unique                        blocks
matches                 every_result_is_a_match                     blocks
matches                 a_club_plays_at_most_once_a_day             blocks
matches                 a_pair_meets_once_at_a_ground               blocks
matches                 no_match_lies_before_its_season             blocks
matches                 no_table_is_ahead_of_its_calendar           blocks
matches                 sources_agree                               warns
matches                 no_club_has_two_ids                         warns
odds_links              unlinked_events_are_few                     blocks
odds_links              no_league_bears_an_unknown_name             warns
market_probabilities    market_probabilities_sum_to_one             blocks
best_prices             coming_matches_are_quoted_anew              warns
match_features          nothing_after_kick_off_reaches_a_feature    blocks
match_features          no_date_is_older_than_what_it_rests_on      warns
selected_model          selected_model_learned_only_from_the_past   blocks
predictions             predictions_sum_to_one                      blocks
season_forecasts        every_place_is_taken_once                   blocks
model_card              the_gate_let_the_newest_model_pass          warns
predictions             no_model_has_seen_its_matches               blocks
prediction_ledger       the_ledger_is_as_it_was_sealed              warns
explanations            terms_sum_to_the_forecast                   warns
quality_report          no_line_is_far_behind_the_closing_market    warns
"""

#: Cron in UTC.
SCHEDULES = {
    "nightly": ("nightly_job", "0 5 * * *"),
    "hourly_odds": ("odds_job", "20 * * * *"),
    "four_hourly_line": ("line_job", "50 */4 * * *"),
    "weekly_corrections": ("correction_job", "0 7 * * 1"),
    "weekly_tidying": ("tidy_job", "0 3 * * 0"),
}

STAGES_OF_JOBS = {
    "forecast_job": "sources matches odds features predictions",
    "nightly_job": "sources matches odds features predictions monitoring",
    "train_job": "models",
}
ASSETS_OF_THE_ODDS_JOB = """
football_data_fixtures matches match_links match_conflicts teams odds market_probabilities best_prices match_features predictions markets \
value_bets prediction_ledger explanations similar_matches forecast_scenarios
"""

ASSETS_OF_CORRECTIONS = """
football_data_results openfootball_matches understat_matches matches match_links match_conflicts teams settled_predictions settled_markets \
settled_bets quality_report backtest_report settled_on_demand
"""

#: By hand, and the families that the settings of the tests do not name.
LEFT_OUT = {"ablation"} | {
    f"candidate_{name}"
    for name in ("dixon_coles", "bivariate_poisson", "histogram_gradient_boosting", "lightgbm", "xgboost")
}

#: What a new interpreter without any setting finds, as JSON: the graph, and the packages it had to load.
DESCRIBE = """
import json, sys
from soccer_assets.definitions import defs
nodes = defs.resolve_asset_graph().asset_nodes
print(json.dumps({
    "assets": {
        node.key.to_user_string(): {
            "group": node.group_name,
            "reads": sorted(key.to_user_string() for key in node.parent_keys),
            "description": node.description or "",
        }
        for node in nodes
    },
    "packages": sorted({name.split(".")[0] for name in sys.modules}),
}))
"""


def words(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines()]


@pytest.fixture(scope="module")
def by_default(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The graph of the default settings, every model family included."""
    folder = tmp_path_factory.mktemp("nothing-is-written-at-import")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("SOCCER_")}
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DESCRIBE],
        env=plain | {"PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert list(folder.iterdir()) == []
    described: dict[str, Any] = json.loads(found.stdout)
    return described


@pytest.fixture(scope="module")
def nodes() -> list[Any]:
    from soccer_assets.definitions import defs

    return list(defs.resolve_asset_graph().asset_nodes)


def test_the_assets_their_stages_and_what_they_read(by_default):
    told = {name: (group, reads) for group, name, *reads in words(GRAPH)}
    assert {name: (a["group"], a["reads"]) for name, a in by_default["assets"].items()} == told


def test_no_setting_changes_the_shape_of_the_graph(by_default, nodes):
    """The tests name some families, sources and leagues; the other process has no setting at all."""
    shape = {node.key.to_user_string(): sorted(key.to_user_string() for key in node.parent_keys) for node in nodes}
    assert shape == {name: asset["reads"] for name, asset in by_default["assets"].items()}


def test_what_a_page_shows_leads_to_it(nodes):
    from serving.pages.routes import ADDRESSES
    from soccer_assets.definitions import PAGES

    pages = {node.key.path[-1]: node.metadata["page"].value for node in nodes if "page" in node.metadata}
    assert pages.keys() == PAGES.keys()
    assert pages["season_forecasts"] == "http://127.0.0.1:8000/leagues"
    assert set(PAGES.values()) <= set(ADDRESSES)


def test_every_asset_has_an_owner_and_a_layer_and_what_is_made_a_code_version_and_a_freshness_policy(nodes):
    layers = {node.group_name: node.tags["soccer/layer"] for node in nodes}
    assert layers == {
        "sources": "bronze", "matches": "silver", "odds": "silver", "features": "gold", "models": "model",
        "predictions": "gold", "monitoring": "report",
    }  # fmt: skip
    assert {tuple(node.owners) for node in nodes} == {("team:forecasting",)}
    made = [node for node in nodes if node.is_materializable]
    assert [node.key for node in made if node.freshness_policy is None or node.code_version is None] == []
    assert len({(node.group_name, node.code_version) for node in made}) == len({n.code_version for n in made}) == 7


def test_a_code_version_is_the_same_whatever_comments_say():
    from soccer_assets.definitions import without_comments

    bare = 'def f(x):\n    y = "a  # b"\n    return y'
    told = '"""What it does,\nat length."""\n\ndef f(x):\n    """One."""\n    # why\n    y = "a  # b"\n\n    return y\n'
    assert without_comments(told) == without_comments(bare) == bare


def test_the_sources_alone_are_tried_again():
    from dagster import OpDefinition

    from soccer_assets.definitions import defs

    nodes = defs.resolve_implicit_global_asset_job_def().all_node_defs
    ops = {node.name: node.retry_policy for node in nodes if isinstance(node, OpDefinition)}
    assert {name for name, policy in ops.items() if policy} == {
        name for group, name, *_ in words(GRAPH) if group == "sources"
    } - {"source_health", "fetch_log"}


def test_a_training_makes_the_families_that_are_named_and_the_model_selected_among_them():
    from soccer_assets.automation.jobs import training
    from soccer_assets.definitions import defs

    graph = defs.resolve_asset_graph()
    found = {key.path[-1] for key in training("climatology,elo_ordered_logit").resolve(graph)}
    assert found == {
        "candidate_climatology", "candidate_elo_ordered_logit", "selected_model", "promotions", "model_card"
    }  # fmt: skip
    every = {key.path[-1] for key in training("").resolve(graph)}
    assert every == {name for group, name, *_ in words(GRAPH) if group == "models"} - {"ablation"}


def test_a_stage_is_a_folder(by_default):
    folders = {path.parent.name for path in (ROOT / "soccer_assets").glob("*/assets.py")}
    assert {asset["group"] for asset in by_default["assets"].values()} == folders


def test_importing_the_graph_loads_no_heavy_library(by_default):
    heavy = {"mlflow", "evidently", "sklearn", "lightgbm", "xgboost", "optuna", "pandera", "pandas"}
    assert heavy & set(by_default["packages"]) == set()


def test_the_docs_list_the_assets_stage_by_stage(by_default):
    text = (ROOT / "docs" / "pages" / "graph.md").read_text()
    (table,) = re.findall(r"<!-- assets -->\n(.*?)<!-- /assets -->", text, re.DOTALL)
    header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()]
    assert header == ["asset", "stage", "one row is"]
    assert {asset.strip("`"): stage for asset, stage, _ in rows} == {
        name: asset["group"] for name, asset in by_default["assets"].items()
    }
    stages = list(dict.fromkeys(group for group, *_ in words(GRAPH)))
    assert [stage for stage, _ in groupby(stage for _, stage, _ in rows)] == stages
    assert [asset for asset, _, row in rows if len(row.split()) < 3] == []


def test_every_description_says_what_one_row_is(by_default):
    descriptions = {name: asset["description"] for name, asset in by_default["assets"].items()}
    models = {name for name in descriptions if name.startswith("candidate_")} | {"selected_model", "model_card"}
    assert {name for name, text in descriptions.items() if not text.startswith("One ")} == models | {"drift_report"}
    assert {name: text for name, text in descriptions.items() if not text.endswith(".") or len(text) < 40} == {}


def test_every_asset_is_partitioned_by_match_date_and_a_range_is_one_run(nodes):
    from soccer_assets.orchestration.partitions import match_dates

    assert {node.key.to_user_string() for node in nodes if node.partitions_def != match_dates} == {
        "check_results",
        "fetch_log",
        "link_decisions",
        "on_demand_forecasts",
    }
    made = [node for node in nodes if node.is_materializable]
    single = BackfillPolicy.single_run()
    assert {node.key.to_user_string() for node in made if node.backfill_policy != single} == set()


def test_the_partitions_run_from_the_start_date_to_fourteen_days_ahead(season):
    from soccer_assets.orchestration.partitions import match_dates

    keys = match_dates.get_partition_keys()
    assert (keys[0], keys[-1]) == (str(season.first), str(season.clock_day + dt.timedelta(days=14)))


def test_every_column_is_described_and_the_key_is_told(nodes):
    for node in nodes:
        schema = node.metadata["dagster/column_schema"]
        assert isinstance(schema, TableSchema)
        columns = {column.name: column for column in schema.columns}
        assert {"match_date", "model_date", "decided_at", "fetched_at", "evaluated_at"} & set(columns), node.key
        assert set(node.metadata["key"].split(", ")) <= set(columns), node.key
        assert {name for name, column in columns.items() if not column.description} == set(), node.key


def test_the_columns_told_are_those_in_the_lake(season, nodes):
    published = {"football_data_results", "football_data_fixtures"}  # open: whatever else the source publishes
    for node in nodes:
        name = node.key.path[-1]
        # minutes, so of a week of its own: tests/models/test_ablation.py; families that the season does not train
        if name == "ablation" or not season.lake.exists(name):
            continue
        told = [column.name for column in node.metadata["dagster/column_schema"].columns]
        found = season.lake.scan(name).collect_schema().names()
        assert found[: len(told)] == told if name in published else set(found) == set(told), name


def test_the_checks_and_which_of_them_block():
    from soccer_assets.definitions import defs

    graph = defs.resolve_asset_graph()
    found = {
        (key.asset_key.to_user_string(), key.name, "blocks" if graph.get_check_spec(key).blocking else "warns")
        for key in graph.asset_check_keys
    }
    assert found == {tuple(row) for row in words(CHECKS)}
    assert [
        key for key in graph.asset_check_keys if not (graph.get_check_spec(key).description or "").endswith(".")
    ] == []


def test_the_jobs_and_what_they_make(nodes):
    from soccer_assets.definitions import defs

    jobs = {job.name for job in defs.resolve_all_job_defs() if not job.name.startswith("__")}
    assert jobs == {*STAGES_OF_JOBS, "odds_job", "promotion_job", "line_job", "correction_job", "ablation_job",
                    "champion_job", "tidy_job"}  # fmt: skip
    made = {
        name: {key.path[-1] for key in defs.resolve_job_def(name).asset_layer.selected_asset_keys}
        for name in (*STAGES_OF_JOBS, "odds_job", "promotion_job", "line_job", "correction_job")
    }
    assert made.pop("odds_job") == set(ASSETS_OF_THE_ODDS_JOB.split())
    of_predictions = {n.key.path[-1] for n in nodes if n.is_materializable and n.group_name == "predictions"}
    assert made.pop("promotion_job") == of_predictions - {"season_forecasts", "season_changes"}  # of ratings alone
    assert made.pop("correction_job") == set(ASSETS_OF_CORRECTIONS.split())
    of_odds = {node.key.path[-1] for node in nodes if node.group_name == "odds"}
    assert made.pop("line_job") - of_odds == {"fonbet_events", "source_health"}
    assert made == {
        name: {n.key.path[-1] for n in nodes if n.is_materializable and n.group_name in stages.split()} - LEFT_OUT
        for name, stages in STAGES_OF_JOBS.items()
    }


def test_the_schedules_run_from_the_start():
    from soccer_assets.definitions import defs

    repository = defs.get_repository_def()
    assert {s.name: (s.job_name, s.cron_schedule) for s in repository.schedule_defs} == SCHEDULES
    assert {s.execution_timezone for s in repository.schedule_defs} <= {"UTC", None}
    assert {s.default_status for s in repository.schedule_defs} == {DefaultScheduleStatus.RUNNING}


def test_the_sensors_run_from_the_start():
    from soccer_assets.definitions import defs

    sensors = defs.get_repository_def().sensor_defs
    assert {(sensor.name, sensor.job_name if sensor.has_jobs else None) for sensor in sensors} == {
        ("train_first_model", "train_job"),
        ("retrain_on_drift", "train_job"),
        ("carry_corrections", "nightly_job"),
        ("watch_champion", "champion_job"),
        ("forecast_after_promotion", "promotion_job"),
        ("record_check_results", None),
        ("log_failed_runs", None),
    }
    assert {sensor.default_status for sensor in sensors} == {DefaultSensorStatus.RUNNING}


def test_the_definitions_that_dg_checks_are_valid() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["dg"]["project"]
    Definitions.validate_loadable(importlib.import_module(project["code_location_target_module"]).defs)
    assert f"--with dagster-dg-cli=={version('dagster')} dg check defs" in (ROOT / "justfile").read_text()
