"""What a run prints."""

import re
from pathlib import Path

import pytest
from dagster import AssetSelection

from soccer_assets.commands import materialize as runs


def test_every_step_is_printed_whatever_becomes_of_dagster_s_copy_of_the_output(
    season, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    mute = tmp_path / "tail"  # what Dagster copies the output of a step with
    mute.write_text("#!/bin/sh\nexec sleep 60\n")
    mute.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    day = season.model_dates[0]
    with season.undone(), runs.instance() as instance:
        report = runs.materialize(AssetSelection.assets("quality_report"), day, day, instance)
    first, *lines = capfd.readouterr().out.splitlines()
    assert first == f"match dates {day} to {day} (1), 1 assets"
    assert [re.sub(r" +[\d.]+ s\b.*", "", line).split() for line in lines] == [
        ["run", report.run_id, "planned"],
        ["quality_report", str(report.rows["quality_report"]), "rows"],
        ["quality_report_no_line_is_far_behind_the_closing_market", "checked"],
        ["done", "in"],
    ]


def test_each_table_that_a_step_makes_has_its_own_count(season):
    tables, day = ("matches", "match_links", "match_conflicts"), season.today
    lines: list[str] = []
    with season.undone(), runs.instance() as instance:
        report = runs.materialize(AssetSelection.assets(*tables), day, day, instance, lines.append)
        stored = {table: len(season.lake.read(table, day, day)) for table in tables}
    assert stored["matches"] > 0
    assert report.rows == stored
    printed = dict(line.split()[:2] for line in lines if line.split()[0] in tables)
    assert printed == {table: f"{rows:,}" for table, rows in stored.items()}
