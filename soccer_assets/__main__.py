"""The commands behind the recipes of the justfile: `python -m soccer_assets COMMAND`."""

import argparse
import datetime as dt
import json
import os
import sys
from pathlib import Path

from soccer_assets.clock import Clock
from soccer_assets.errors import SoccerError
from soccer_assets.settings import Settings
from soccer_assets.storage.lake import Lake

#: The exit code of a training whose model the gate refused: 1 is an error, 2 a command that cannot be read.
REFUSED = 3


def main() -> int:
    """Run one command; errors of the platform are one message on stderr and exit code 1, a refused model is 3."""
    arguments = _parser().parse_args()
    try:
        return _run(arguments)
    except SoccerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever reads has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "demo":
            from soccer_assets.commands.demo import demo

            demo(once=arguments.once)
        case "up":
            from soccer_assets.commands.up import platform

            with platform(Settings.read()) as running:
                running.wait()
        case "export":
            file = arguments.file
            rows = _export(arguments.first, arguments.last, file, arguments.line)
            print(f"{rows} rows written to {file}")
        case "parse":
            from soccer_assets.commands.parse import parse

            parse(arguments.source, arguments.files, arguments.address)
        case "link":
            from soccer_assets.linking.files import link_files

            counts = link_files(arguments.events, arguments.matches, arguments.out)
            print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()), f"written to {arguments.out}")
        case "links":
            from soccer_assets.commands import links as links_desk

            settings = Settings.read()
            links_desk.run(arguments.arguments, Lake(settings.lake), Clock.of(settings))
        case "ledger":
            from soccer_assets.commands import ledger as ledger_desk

            ledger_desk.run(arguments.arguments, Lake(Settings.read().lake))
        case "backtest":
            from soccer_assets.commands.backtest import backtest

            backtest(arguments.first, arguments.last, arguments.every)
        case "score-names":
            from soccer_assets.linking.names.report import score_names

            print(json.dumps(score_names(arguments.pairs)))
        case "train-names":
            from soccer_assets.linking.names.report import train_names

            print(json.dumps(train_names(arguments.pairs, arguments.registry, arguments.reep)))
        case "rollback":
            from soccer_assets.models.champion.registry import Registry

            settings = Settings.read()
            today = Clock.of(settings).today()
            version = Registry(settings, Lake(settings.lake)).rollback(arguments.version, arguments.reason, today)
            print(f"{version} is champion from {today} on")
        case "backfill" | "train" | "predict":
            return _materialize(arguments)
    return 0


def _export(first: dt.date, last: dt.date, file: Path, line: str | None) -> int:
    from soccer_assets.commands.export import export

    return export(Lake(Settings.read().lake), first, last, file, line)


def _materialize(arguments: argparse.Namespace) -> int:
    from soccer_assets.commands import materialize as runs

    with runs.instance() as instance:
        if arguments.command == "train":
            runs.materialize(runs.MODELS, arguments.date, arguments.date, instance)
            return _say_verdict(arguments.date)
        selection = runs.UP_TO_FEATURES if arguments.command == "backfill" else runs.FORECASTS
        runs.materialize(selection, arguments.first, arguments.last, instance)
    return 0


def _say_verdict(day: dt.date) -> int:
    """Print what the gate says of the model of a date; 0 where it let it become champion, else `REFUSED`."""
    from soccer_assets.models.champion.promotion_gate import ledger

    lake = Lake(Settings.read().lake)
    version = lake.read("model_card", day, day)["version"].item()
    move = ledger(lake).filter(version=version, effective_from=day).tail(1).row(0, named=True)
    if move["accepted"]:
        print(f"The gate let {move['version']} become champion from {day} on")
        return 0
    stays = f"{move['previous']} stays champion" if move["previous"] else "there is no champion"
    print(f"The gate refused {move['version']} of {day}, {stays}: {move['reason']}", file=sys.stderr)
    return REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="soccer_assets", description="A football forecasting platform.")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="a synthetic world through the whole graph, then the running platform")
    demo.add_argument("--once", action="store_true", help="stop after the forecasts")
    commands.add_parser("up", help="the API, a worker, Redis, the Dagster webserver and daemon, until Ctrl-C")
    for name, text in (
        ("backfill", "sources to features"),
        ("predict", "forecasts, value bets, settlement and quality"),
        ("export", "forecasts as CSV or parquet"),
        ("backtest", "models refitted on the way, forecasts and their report"),
    ):
        command = commands.add_parser(name, help=f"{text}, for a range of match dates")
        command.add_argument("first", type=dt.date.fromisoformat, metavar="FROM", help="YYYY-MM-DD")
        command.add_argument("last", type=dt.date.fromisoformat, metavar="TO", help="YYYY-MM-DD, inclusive")
        if name == "export":
            command.add_argument("file", type=Path, metavar="FILE", help=".csv or .parquet")
            command.add_argument("--line", metavar="LINE", help="one line, in football-data.co.uk's codes and names")
        if name == "backtest":
            command.add_argument("--every", type=int, default=182, metavar="DAYS", help="a fit each; default 182")
    train = commands.add_parser("train", help="candidates, the selected model and its promotion")
    train.add_argument("date", type=dt.date.fromisoformat, metavar="DATE", help="learns from matches before this date")
    rollback = commands.add_parser("rollback", help="make an earlier version champion by hand")
    rollback.add_argument("version", nargs="?", metavar="VERSION", help="default: the champion before this one")
    rollback.add_argument("--reason", default="rolled back by hand", help="for the ledger of promotions")
    payload = commands.add_parser("parse", help="what a raw payload yields, as JSON lines, or why it is refused")
    payload.add_argument("source", metavar="SOURCE", help="such as fonbet")
    payload.add_argument("files", type=Path, nargs="+", metavar="FILE", help="payloads as they came; .gz is unpacked")
    payload.add_argument("--address", help="where they were published; default the file's place")
    link = commands.add_parser("link", help="two tables of events and matches, linked by names and fixtures")
    for name in ("events", "matches", "out"):
        link.add_argument(name, type=Path, metavar=name.upper(), help=".csv or .parquet")
    links = commands.add_parser("links", help="review, decide and trace links")
    what = "review|accept|reject|merge|split|undo|history|export|import"
    links.add_argument("arguments", nargs=argparse.REMAINDER, metavar=what, help="each tells more with --help")
    ledger = commands.add_parser("ledger", help="the chained record of forecasts before kick-off")
    ledger.add_argument("arguments", nargs=argparse.REMAINDER, metavar="verify", help="tells more with --help")
    score = commands.add_parser("score-names", help="the shipped scorer of club names on labelled pairs, as JSON")
    score.add_argument("pairs", type=Path, metavar="PAIRS", help="CSV: country, source_a, name_a, source_b, ...")
    names = commands.add_parser("train-names", help="make the shipped scorer of club names again")
    for name, text in (("pairs", "labelled pairs, with club_a, club_b"), ("registry", "aliases"), ("reep", "clubs")):
        names.add_argument(name, type=Path, metavar=name.upper(), help=text)
    return parser


if __name__ == "__main__":
    sys.exit(main())
