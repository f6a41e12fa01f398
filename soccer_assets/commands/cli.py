"""The console command `soccer`. Each command imports what it runs, so that help and shell completion stay fast."""

import datetime as dt
import json
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from soccer_assets.commands.keys import keys
from soccer_assets.commands.links import links
from soccer_assets.errors import MatchDatesError, SoccerError, first_line

if TYPE_CHECKING:
    from soccer_assets.storage.lake import Lake

#: The exit code of a training whose model the gate refused: 1 is an error, 2 a command that cannot be read.
REFUSED = 3
#: The exit code of a doctor who found damage.
DAMAGED = 4
#: The packages that raise what a damaged file or table, or one of another release, makes them raise.
READERS = ("polars", "pyo3_runtime", "deltalake", "_internal", "pyarrow", "sqlite3", "sqlalchemy")
#: The headings of the help and the commands under each.
SECTIONS = {
    "Data": ("backfill", "parse", "accept"),
    "Models": ("train", "rollback"),
    "Forecasts": ("predict", "seasons", "backtest", "export", "explain", "coupon", "table", "season"),
    "Links": ("links", "link", "score-names"),
    "Ledger": ("ledger",),
    "Platform": ("demo", "up", "serve", "worker", "metrics", "keys", "settings"),
    "Stores": ("doctor", "backup", "restore"),
}


class Sections(click.Group):
    """The root group: help by section; an error of the platform, a path or a table is one line on stderr and code 1."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands of each section with the first sentence of their help."""
        for title, names in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(100)) for name in names])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except SoccerError as error:
            click.echo(f"error: {error}", err=True)
        except (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
            click.echo(f"error: expected a file or folder that can be used, found {error}", err=True)
        except BrokenPipeError:  # whoever reads the output has enough of it, which click knows
            raise
        except BaseException as error:  # Polars panics at a file that is cut, by no Exception
            if isinstance(error, OSError):
                click.echo(f"error: expected a file, folder or address that can be used, found {error}", err=True)
            elif type(error).__module__.partition(".")[0] in READERS:
                click.echo(
                    f"error: expected files and tables that can be read, found {type(error).__name__}: "
                    f"{first_line(error)}: `uv run soccer doctor` says what is damaged",
                    err=True,
                )
            else:
                raise
        ctx.exit(1)


def file_argument(name: str) -> Callable[[Any], Any]:
    """One argument that is the path of a file."""
    return click.argument(name, metavar=name.upper(), type=click.Path(path_type=Path))


def match_date(text: str) -> dt.date:
    """A match date as an argument."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"expected a date such as 2024-05-01, found {text!r} ({error})") from None


def date_range(command: Callable[..., None]) -> Callable[..., None]:
    """Add the arguments FROM and TO, both inclusive; TO is no earlier date."""

    @wraps(command)
    def in_order(*arguments: Any, first: dt.date, last: dt.date, **named: Any) -> None:
        if first > last:
            raise MatchDatesError(
                f"expected a first match date up to the last one, found {first} and {last}: swap them"
            )
        command(*arguments, first=first, last=last, **named)

    return click.argument("first", metavar="FROM", type=match_date)(
        click.argument("last", metavar="TO", type=match_date)(in_order)
    )


def _lake() -> "Lake":
    from soccer_assets.settings import Settings
    from soccer_assets.storage.lake import Lake

    return Lake(Settings.read().lake)


def _materialize(selection: str, first: dt.date, last: dt.date) -> None:
    from soccer_assets.commands import materialize as runs

    with runs.instance() as instance:
        runs.materialize(getattr(runs, selection), first, last, instance)


@click.group(cls=Sections, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="soccer-assets")
def soccer() -> None:
    """A football forecasting platform. Dates are match dates, as YYYY-MM-DD; ranges include both ends."""


soccer.add_command(links)
soccer.add_command(keys)


@soccer.command()
@date_range
def backfill(first: dt.date, last: dt.date) -> None:
    """Materialize sources to features for a range of match dates."""
    _materialize("UP_TO_FEATURES", first, last)


@soccer.command()
@click.argument("source", metavar="SOURCE")
@click.argument("files", metavar="FILE...", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--address", help="Where they were published; default: the path of the file.")
def parse(source: str, files: Sequence[Path], address: str | None) -> None:
    """Print what raw payloads of a source yield, as JSON lines, or why they are refused; .gz is unpacked."""
    from soccer_assets.commands.parse import parse

    parse(source, files, address)


@soccer.command()
@click.argument("source", metavar="SOURCE")
@click.argument("address", metavar="ADDRESS")
def accept(source: str, address: str) -> None:
    """Let the newest answer of ADDRESS count from the next run on, though it was refused beside the last good one."""
    from soccer_assets.commands.accept import accept
    from soccer_assets.settings import Settings

    records = accept(Settings.read(), source, address)
    click.echo(f"{address} counts from the next run on, with {records} records")


@soccer.command()
@click.argument("day", metavar="DATE", type=match_date)
@click.pass_context
def train(context: click.Context, day: dt.date) -> None:
    """Train, select and judge a model of DATE on the matches before it.

    The exit code is 3 where the gate refuses the model.
    """
    from soccer_assets.models.champion.promotion_gate import ledger

    _materialize("MODELS", day, day)
    lake = _lake()
    version = lake.read("model_card", day, day)["version"].item()
    move = ledger(lake).filter(version=version, effective_from=day).tail(1).row(0, named=True)
    if move["accepted"]:
        click.echo(f"The gate let {move['version']} become champion from {day} on: {move['reason']}")
        return
    stays = f"{move['previous']} stays champion" if move["previous"] else "there is no champion"
    click.echo(f"The gate refused {move['version']} of {day}, {stays}: {move['reason']}", err=True)
    context.exit(REFUSED)


@soccer.command()
@click.argument("version", metavar="[VERSION]", required=False)
@click.option("--reason", default="rolled back by hand", show_default=True, help="For the ledger of promotions.")
def rollback(version: str | None, reason: str) -> None:
    """Make an earlier version champion by hand; default: the champion before this one."""
    from soccer_assets.models.champion.registry import Registry
    from soccer_assets.settings import Clock, Settings

    settings = Settings.read()
    today = Clock.from_settings(settings).today()
    version = Registry(settings).rollback(_lake(), version, reason, today)
    click.echo(f"{version} is champion from {today} on")


@soccer.command()
@date_range
def predict(first: dt.date, last: dt.date) -> None:
    """Materialize forecasts, markets, value bets, settlement and quality for a range of match dates."""
    _materialize("FORECASTS", first, last)


@soccer.command()
@date_range
def seasons(first: dt.date, last: dt.date) -> None:
    """Materialize forecasts of the leagues' final tables for a range of match dates."""
    _materialize("SEASONS", first, last)


@soccer.command()
@date_range
@click.option("--every", metavar="DAYS", type=click.IntRange(1), default=182, show_default=True, help="Days per fit.")
def backtest(first: dt.date, last: dt.date, every: int) -> None:
    """Forecast a range of past match dates with models refitted on the way, and report beside the market."""
    from soccer_assets.commands.backtest import backtest

    backtest(first, last, every)


@soccer.command()
@date_range
@file_argument("file")
@click.option("--line", help="Only this line, in the codes and names of football-data.co.uk.")
def export(first: dt.date, last: dt.date, file: Path, line: str | None) -> None:
    """Write the forecasts of a range of match dates to FILE, .csv or .parquet."""
    from soccer_assets.commands.export import export

    click.echo(f"{export(_lake(), first, last, file, line)} rows written to {file}")


@soccer.command()
@click.argument("match_id", metavar="MATCH_ID")
@click.option(
    "--line", type=click.Choice(["model", "market", "blend", "challenger"]), help="Default: blend, else model."
)
def explain(match_id: str, line: str | None) -> None:
    """Print why a match is forecast as it is, earlier matches most like it, and what would change it."""
    from soccer_assets.commands.explain import explain

    click.echo(explain(_lake(), match_id, line))


@soccer.command()
@click.argument("league", metavar="LEAGUE")
@click.option("--date", "day", metavar="DATE", type=match_date, help="As of this match date; default: now.")
def table(league: str, day: dt.date | None) -> None:
    """Print a league's table as it stands and how it is expected to end.

    LEAGUE is a division code, such as E0.
    """
    from soccer_assets.commands.table import table

    for line in table(_lake(), league, day):
        click.echo(line)


@soccer.command()
@file_argument("file")
@click.option("--json", "as_json", is_flag=True, help="The whole report as JSON.")
def coupon(file: Path, as_json: bool) -> None:
    """Print what an accumulator or pool in FILE is worth by the stored forecasts; no bet is advice.

    A .csv file with the columns match_id, market, selection and, where needed, goals_line, price and match_date is an
    accumulator, a leg a row; legs of one match have one price. With match_id and, where wanted, picks such as `home
    draw`, it is a pool, a fixture a row. A .json file says `kind`, accumulator or pool, with `legs` or `fixtures` and
    the options of the API's POST /coupons.
    """
    from soccer_assets.commands.coupon import report_coupon

    click.echo(report_coupon(_lake(), file, as_json))


@soccer.command()
@file_argument("file")
def season(file: Path) -> None:
    """Play a season from the table and the matches left in FILE, JSON.

    It holds league, date, table (club, points, goal_difference, goals_for) and left (pairs of home and away club).
    """
    from soccer_assets.commands.season import season
    from soccer_assets.settings import Settings

    for line in season(_lake(), file, Settings.read()):
        click.echo(line)


@soccer.command()
@file_argument("events")
@file_argument("matches")
@file_argument("out")
def link(events: Path, matches: Path, out: Path) -> None:
    """Link two tables of your own by names and fixtures, .csv or .parquet."""
    from soccer_assets.linking.files import link_files

    counts = link_files(events, matches, out)
    click.echo(f"{', '.join(f'{count} {outcome}' for outcome, count in counts.items())} written to {out}")


@soccer.command("score-names")
@file_argument("pairs")
def score_names(pairs: Path) -> None:
    """Print how well the shipped scorer of club names does on labelled pairs, as JSON."""
    from soccer_assets.linking.names.report import score_names

    click.echo(json.dumps(score_names(pairs)))


@soccer.group()
def ledger() -> None:
    """The chained record of forecasts before kick-off."""


@ledger.command()
@click.option("--noted", metavar="HASH", help="A hash that was the last one once and must still be there.")
def verify(noted: str | None) -> None:
    """Verify that every row is as it was sealed, in order and in time."""
    from soccer_assets.predictions.ledger import verify

    verdict = verify(_lake(), noted)
    if verdict.broken:
        raise SoccerError(f"the ledger of {verdict.rows} rows is broken at {verdict.broken}")
    click.echo(f"{verdict.rows} rows as they were sealed, the last one {verdict.tip}")


@soccer.command()
@click.option("--once", is_flag=True, help="Stop after the forecasts.")
def demo(once: bool) -> None:
    """Run a synthetic football world through the whole graph, then the platform."""
    from soccer_assets.commands.demo import demo

    demo(once=once)


@soccer.command()
def up() -> None:
    """Run the API, a worker, Redis, the Dagster UI and daemon, until Ctrl-C."""
    from soccer_assets.commands.up import platform
    from soccer_assets.settings import Settings

    with platform(Settings.read()) as running:
        running.wait()


@soccer.command()
def settings() -> None:
    """Print every setting with its value, whether it is the default, and what it is; secrets are hidden."""
    from soccer_assets.commands.settings import describe_settings

    click.echo("\n".join(describe_settings()))


@soccer.command()
@click.option("--repair", is_flag=True, help="Make what is damaged readable again; name what must be made anew.")
@click.option("--quick", is_flag=True, help="Compare sizes alone: no file of a table and no payload is read.")
@click.pass_context
def doctor(context: click.Context, repair: bool, quick: bool) -> None:
    """Check lake, payloads, registry, ledger, databases and clock, and say what is lost and what brings it back.

    The exit code is 4 where something is damaged.
    """
    from soccer_assets.commands.doctor import Doctor
    from soccer_assets.settings import Settings

    stores = Doctor(Settings.read(), quick=quick)
    if repair:
        for line in stores.repair():
            click.echo(line)
    findings = stores.findings()
    for finding in findings:
        click.echo(str(finding), err=True)
    for store, count in stores.counts.items():
        click.echo(f"{store}: {count}")
    if findings:
        context.exit(DAMAGED)


@soccer.command()
@click.argument("to", metavar="TO")
def backup(to: str) -> None:
    """Copy lake, payloads, registry, Dagster, ledger and keys to TO, an empty folder or s3://; the platform may run."""
    from soccer_assets.commands.backup import backup
    from soccer_assets.settings import Settings

    made = backup(Settings.read(), to)
    size = sum(file.size for file in made.files.values())
    click.echo(f"{len(made.tables)} tables, {len(made.files)} files, {size:,} bytes copied to {to} and verified")
    for line in made.left_out:
        click.echo(f"not in it: {line}")


@soccer.command()
@click.argument("source", metavar="FROM")
def restore(source: str) -> None:
    """Verify the backup in FROM and copy it into the stores of the settings, which must be empty."""
    from soccer_assets.commands.backup import restore
    from soccer_assets.settings import Settings

    made = restore(Settings.read(), source)
    click.echo(f"{len(made.tables)} tables, {len(made.files)} files of {made.made_at:%Y-%m-%d %H:%M} UTC restored")
    for line in made.left_out:
        click.echo(f"not in it: {line}")


@soccer.command()
def serve() -> None:
    """Run the API alone."""
    from serving.app import main

    main()


@soccer.command()
def worker() -> None:
    """Run a worker alone."""
    from serving.worker import main

    main()


@soccer.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=9101, show_default=True, help="Port to listen on.")
def metrics(host: str, port: int) -> None:
    """Tell Prometheus of runs, daemons, schedules, the ledger and the disk, until Ctrl-C."""
    from soccer_assets.commands.metrics import serve

    serve(host, port)


def main() -> None:
    """Run the command line; exit codes: 0 done, 1 an error, 2 a usage error, 3 a refused model, 4 damage."""
    if not sys.warnoptions:  # notices of libraries to their developers
        warnings.simplefilter("ignore")
    soccer()
