"""The commands of `soccer links`: review links of events to matches, decide on them, trace decisions."""

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from soccer_assets.storage.lake import Lake

FILE = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
CASE = click.argument("case", metavar="CASE")
REASON = click.option("--reason", help="Kept with the decision.")
DECIDED_BY = click.option(
    "--decided-by", metavar="NAME", envvar="SOCCER_DECIDED_BY", default=getpass.getuser, show_default="the user",
    help="Who decides.",
)  # fmt: skip


def _lake() -> "Lake":
    from soccer_assets.settings import Settings
    from soccer_assets.storage.lake import Lake

    return Lake(Settings.read().lake)


@click.group()
def links() -> None:
    """Review links of events to matches, decide on them, and trace decisions."""


@links.command()
def review() -> None:
    """Print the open cases, newest match date first."""
    from soccer_assets.commands.link_review import review

    click.echo("\n".join(review(_lake())))


@links.command()
@click.argument("what", metavar="[TEAM|NAME]", required=False)
def history(what: str | None) -> None:
    """Print decisions and the links each of them changed; default: all."""
    from soccer_assets.commands.link_review import history

    click.echo("\n".join(history(_lake(), what)))


@links.command("export")
@FILE
def export_aliases(file: Path) -> None:
    """Write the aliases to a CSV: source,name,country,team_id."""
    from soccer_assets.linking import decisions

    click.echo(f"{decisions.export_aliases(_lake(), file)} aliases written to {file}")


@links.command("import")
@FILE
def import_aliases(file: Path) -> None:
    """Accept the aliases of a CSV: source,name,country,team_id."""
    from soccer_assets.commands import link_decisions

    click.echo(link_decisions.import_aliases(_lake(), file))


def decision(name: str, help_text: str, *arguments: Callable[[Any], Any]) -> None:
    """Add a command that records the entries which the function of its name in `link_decisions` makes."""

    def command(reason: str | None, decided_by: str, **values: Any) -> None:
        from soccer_assets.commands import link_decisions

        lake = _lake()
        entries = [entry | {"reason": reason} for entry in getattr(link_decisions, name)(lake, **values)]
        click.echo("\n".join(link_decisions.record(lake, entries, decided_by)))

    options = (REASON, DECIDED_BY)
    for argument in (*reversed(arguments), *options):
        command = argument(command)
    links.command(name, help=help_text)(command)


decision(
    "accept", "The event of CASE is its candidate, or the match given.",
    CASE, click.argument("match", metavar="[MATCH_ID]", required=False),
)  # fmt: skip
decision(
    "reject", "The event of CASE is not that match, or its name on one side is not that club.",
    CASE, click.argument("side", type=click.Choice(["home", "away"]), required=False),
)  # fmt: skip
decision(
    "merge", "Two ids are one club; TEAM is the id that counts.",
    click.argument("team", metavar="TEAM"), click.argument("other", metavar="OTHER"),
)  # fmt: skip
decision(
    "split", "A name of a source is not the club it is taken for.",
    click.argument("source", metavar="SOURCE"), click.argument("name", metavar="NAME"),
)  # fmt: skip
decision(
    "undo", "The decisions of these numbers are as if they had never been made.",
    click.argument("numbers", metavar="N...", type=int, nargs=-1, required=True),
)  # fmt: skip
