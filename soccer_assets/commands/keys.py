"""The commands of `soccer keys`: keys of the API's clients, made, listed, rotated and revoked."""

import datetime as dt
import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soccer_assets.settings import Clock

if TYPE_CHECKING:
    from serving.security.keys import KeyFile


def _number(context: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    """A number of an option; NaN is in every range."""
    if value is not None and math.isnan(value):
        raise click.BadParameter(f"expected a number, found {value}", context, parameter)
    return value


#: A hundred years.
LONGEST_DAYS = 36_525
NAME = click.argument("name", metavar="NAME")


def _file() -> "KeyFile":
    from serving.security.keys import KeyFile
    from serving.settings import ServingSettings
    from soccer_assets.settings import Settings

    return KeyFile(ServingSettings.read().keys_path(Settings.read()))


def _now() -> dt.datetime:
    return Clock().now().replace(microsecond=0)


def _show(name: str, secret: str, path: Path) -> None:
    """Print a key: its text is kept nowhere, so it is printed once."""
    click.echo(f"the key of {name}, shown this once; {path} keeps its SHA-256:", err=True)
    click.echo(secret)


@click.group()
def keys() -> None:
    """Make, list, rotate and revoke keys of the API's clients."""


@keys.command()
@NAME
@click.option("--scopes", required=True, metavar="LIST", help="Out of read, predict, operate; comma-separated.")
@click.option(
    "--expires",
    type=click.FloatRange(0, LONGEST_DAYS, min_open=True),
    metavar="DAYS",
    help="Default: never.",
    callback=_number,
)
def add(name: str, scopes: str, expires: float | None) -> None:
    """Make the key of a new client and print it once."""
    file = _file()
    _show(
        name,
        file.add(name, [scope.strip() for scope in scopes.split(",") if scope.strip()], expires, _now()),
        file.path,
    )


@keys.command("list")
def list_keys() -> None:
    """Print every key: client, scopes, when it was made and when it expires."""
    now = _now()
    for key in _file().read():
        end = "never expires" if key.expires_at is None else f"expires {key.expires_at:%Y-%m-%d %H:%M} UTC"
        state = "" if key.is_valid(now) else " (expired)"
        click.echo(f"{key.name}  {','.join(key.scopes)}  made {key.created_at:%Y-%m-%d %H:%M} UTC  {end}{state}")


@keys.command()
@NAME
@click.option(
    "--keep", type=click.FloatRange(0, 24 * LONGEST_DAYS), default=0.0, show_default=True, metavar="HOURS",
    help="Earlier keys are valid this long.", callback=_number,
)  # fmt: skip
def rotate(name: str, keep: float) -> None:
    """Make a new key of a client with the same scopes and print it once; earlier ones expire."""
    file = _file()
    _show(name, file.rotate(name, dt.timedelta(hours=keep), _now()), file.path)


@keys.command()
@NAME
def revoke(name: str) -> None:
    """Remove every key of a client; the API refuses them within a second."""
    _file().revoke(name)
    click.echo(f"{name} has no key any more")
