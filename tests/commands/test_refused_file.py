"""A command meets a file of football-data.co.uk that cannot be right: it goes on, says so and ends with 1."""

import datetime as dt
import re
from typing import Any

import polars as pl

from soccer_assets.leagues import LEAGUES
from soccer_assets.simulation.football_data import season_code


def test_a_refused_file_leaves_its_league_as_it_was_and_no_other(season: Any, soccer: Any):
    from dagster import AssetCheckKey, AssetKey, AssetSelection

    from soccer_assets.commands import materialize as runs

    tomorrow = season.today + dt.timedelta(days=1)
    code = season_code(LEAGUES["E0"].season_start(season.today))
    with season.undone():
        before = season.lake.read("football_data_results").filter(_league="E0")
        season.publish(tomorrow)
        archive = season.var / "site" / "mmz4281" / code / "E0.csv"
        good = archive.read_bytes()
        american = re.sub(rb"(?m)^E0,(\d\d)/(\d\d)/", rb"E0,\2/\1/", good)
        assert american != good
        archive.write_bytes(american)

        done = soccer("backfill", season.today, tomorrow)
        assert done.exit_code == 1
        refused = f"/mmz4281/{code}/E0.csv: expected a date"
        for text in (done.stdout, done.stderr):  # as it happens, and at the end
            assert "football_data_results: 1 of " in text
            assert refused in text
        assert "  done in " in done.stdout
        assert done.stderr.startswith("error: football_data_results: ")
        assert "Traceback" not in done.stderr
        results = season.lake.read("football_data_results")
        assert results.filter(_league="E0").sort("_line").equals(before.sort("_line").select(results.columns))
        # what the other leagues played today has come
        played = season.lake.read("matches", season.today, season.today).filter(status="finished")
        assert len(played) and "E0" not in set(played["league"])
        check = AssetCheckKey(AssetKey("football_data_results"), "the_source_answered")
        with runs.instance() as instance:
            record = instance.event_log_storage.get_asset_check_execution_history(check, limit=1)[0]
        assert record.status.value == "FAILED"
        log = season.lake.read("fetch_log").filter(pl.col("address").str.ends_with(f"{code}/E0.csv")).sort("fetched_at")
        assert log["outcome"][-1] == "rejected"

        assert soccer("backfill", season.today, tomorrow).exit_code == 1  # for as long as the file is bad
        archive.write_bytes(good)
        assert soccer("backfill", season.today, tomorrow).exit_code == 0
        assert "E0" in set(season.lake.read("matches", season.today, season.today).filter(status="finished")["league"])
    with runs.instance() as instance:  # what was undone did not fail
        runs.materialize(AssetSelection.assets("football_data_results"), tomorrow, tomorrow, instance, lambda _: None)
