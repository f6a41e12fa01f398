"""The console command `soccer`: its help, exit codes and completion."""

import os
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import click
import pytest

from soccer_assets.commands import cli

ROOT = Path(__file__).parents[2]
#: The installed console command.
SOCCER = str(Path(sys.executable).with_name("soccer"))


def commands(group: click.Group, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], click.Command]:
    """Every command by its words, groups as well."""
    every: dict[tuple[str, ...], click.Command] = {}
    for name, command in group.commands.items():
        every[*path, name] = command
        if isinstance(command, click.Group):
            every |= commands(command, (*path, name))
    return every


def test_the_help_groups_every_command(soccer):
    done = soccer("--help")
    assert done.exit_code == 0
    headings = [line.removesuffix(":") for line in done.stdout.splitlines() if line and not line.startswith(" ")]
    assert headings[1:] == ["Options", "Data", "Models", "Forecasts", "Links", "Ledger", "Platform", "Stores"]
    assert sorted(name for names in cli.SECTIONS.values() for name in names) == sorted(cli.soccer.commands)


@pytest.mark.parametrize("path", commands(cli.soccer), ids=" ".join)
def test_every_command_has_help_of_a_sentence(soccer, path):
    done = soccer(*path, "--help")
    assert done.exit_code == 0
    assert done.stdout.startswith("Usage: soccer ")
    text = commands(cli.soccer)[path].help
    assert text and text.splitlines()[0].endswith(".")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ((), "Usage: soccer"),
        (("no-such",), "No such command 'no-such'"),
        (("backfill", "2024-05-01"), "Missing argument 'TO'"),
        (
            ("backfill", "2024-05-01", "tomorrow"),
            "Invalid value for 'TO': expected a date such as 2024-05-01, found 'tomorrow'",
        ),
        (("predict", "2024-02-30", "2024-03-01"), "found '2024-02-30' (day is out of range for month)"),
        (("backtest", "2024-05-01", "2024-05-02", "--every", "0"), "0 is not in the range x>=1"),
        (("links", "reject", "1", "left"), "'left' is not one of 'home', 'away'"),
        (("links", "undo"), "Missing argument 'N...'"),
        (("parse", "fonbet"), "Missing argument 'FILE...'"),
    ],
)
def test_a_usage_error_ends_with_2(soccer, command, message):
    done = soccer(*command)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr


def test_an_error_of_the_platform_is_one_line_on_stderr_and_ends_with_1(soccer, tmp_path):
    done = soccer("export", "2024-05-01", "2024-05-02", tmp_path / "f.csv", SOCCER_LAKE_URL=str(tmp_path))
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: expected the table predictions under ")
    assert "`uv run soccer predict FROM TO`" in line


@pytest.mark.parametrize(
    ("command", "environment", "message"),
    [
        (("season", "{}/no.json"), {}, "found [Errno 2] No such file or directory: '{}/no.json'"),
        (("season", "{}"), {}, "found [Errno 21] Is a directory: '{}'"),
        (("train", "2024-05-01"), {"SOCCER_VAR": "{}/empty.csv/x"}, "found [Errno 20] Not a directory: '{}/empty.csv/x/dagster'"),
        (("link", "{}/empty.csv", "{}/empty.csv", "{}/out.csv"), {}, "expected a table of events or matches, found empty CSV"),
    ],
)  # fmt: skip
def test_a_path_that_cannot_be_used_is_one_line_as_well(soccer, tmp_path, command, environment, message):
    (tmp_path / "empty.csv").touch()
    variables = {name: value.format(tmp_path) for name, value in environment.items()}
    done = soccer(*(word.format(tmp_path) for word in command), **variables)
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ") and line.endswith(message.format(tmp_path))


@pytest.mark.parametrize(
    "command",
    [
        ("export", "2026-10-20", "2026-10-10", "{}/out.csv"),
        ("backfill", "2026-10-20", "2026-10-10"),
        ("backtest", "2026-10-20", "2026-10-10"),
    ],
)
def test_a_range_the_wrong_way_round_is_refused_before_anything_is_done(soccer, tmp_path, command):
    done = soccer(*(word.format(tmp_path) for word in command), SOCCER_VAR=str(tmp_path / "var"))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "error: expected a first match date up to the last one, found 2026-10-20 and 2026-10-10: swap them\n"
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("keys", "add", "site", "--scopes", "read", "--expires", "1e400"), "inf is not in the range 0<x<=36525"),
        (("keys", "add", "site", "--scopes", "read", "--expires", "nan"), "expected a number, found nan"),
        (("keys", "add", "site", "--scopes", "read", "--expires", "1e9"), "is not in the range 0<x<=36525"),
        (("keys", "rotate", "site", "--keep", "1e12"), "is not in the range 0<=x<=876600"),
        (("keys", "rotate", "site", "--keep", "-1"), "-1.0 is not in the range 0<=x<=876600"),
        (("metrics", "--port", "99999"), "99999 is not in the range 1<=x<=65535"),
    ],
)
def test_a_number_that_is_no_time_or_port_is_a_usage_error(soccer, tmp_path, command, message):
    done = soccer(*command, SOCCER_VAR=str(tmp_path))
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("command", "environment", "message"),
    [
        (("worker",), {"SOCCER_REDIS_URL": "cache:6379"}, "SOCCER_REDIS_URL: expected an address that begins with one of "),
        (("serve",), {"SERVING_LOG_LEVEL": "loud"}, "SERVING_LOG_LEVEL: expected one out of ['debug', 'info', 'warning', "),
        (("ledger", "verify"), {"SOCCER_LEAGUE": "E0"}, "expected the name of a setting, such as SOCCER_LEAGUES, found "),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_ends_any_command_with_one_line(soccer, tmp_path, command, environment, message):
    done = soccer(*command, SOCCER_VAR=str(tmp_path), **environment)
    assert done.exit_code == 1
    (line,) = (done.stdout + done.stderr).splitlines()
    assert line.startswith(f"error: {message}")


def test_the_version_is_that_of_the_project(soccer):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert soccer("--version").stdout == f"soccer, version {project['version']}\n"
    assert version("soccer-assets") == project["version"]


def test_the_shell_completes_commands():
    words = {"_SOCCER_COMPLETE": "bash_complete", "COMP_WORDS": "soccer ba", "COMP_CWORD": "1"}
    done = subprocess.run([SOCCER], env=os.environ | words, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["plain,backfill", "plain,backtest", "plain,backup"]


def test_help_imports_neither_dagster_nor_polars():
    code = "import sys; from soccer_assets.commands import cli; print({'dagster', 'polars'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_output_that_nobody_reads_to_the_end_is_no_traceback(tmp_path):
    page = tmp_path / "2324" / "E0.csv"
    page.parent.mkdir()
    rows = (f"E0,{day:02d}/08/2023,Ember,Gale,2,1\n" for day in range(1, 31))
    page.write_text("Div,Date,HomeTeam,AwayTeam,FTHG,FTAG\n" + "".join(rows) * 200)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([SOCCER, "parse", "football_data", str(page)], stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
