"""Every environment variable the platform reads, with its unit and default; and the one clock, which one of them sets.

A field `lake_url` is read from `SOCCER_LAKE_URL` or from the file that `SOCCER_LAKE_URL_FILE` names, the address of the
source `understat` from `SOCCER_UNDERSTAT_URL`. S3 credentials and endpoints are the usual `AWS_*` variables.
"""

import datetime as dt
import math
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, TypeVar, get_args, get_type_hints
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Meta

from soccer_assets.errors import SettingsError

PREFIX = "SOCCER_"
#: What the name of a variable ends with that holds the path of a file with the setting, such as a secret.
OF_FILE = "_FILE"
#: `SOCCER_FONBET_URLS` names several hosts.
SOURCE_URL = re.compile(rf"{PREFIX}(\w+?)_URLS?")
#: Names as alike as these are one with a slip in it; those of others, such as of services in a cluster, are less so.
SLIP = 0.8
#: The years of the days that settings name: beyond them neither Dagster's calendar nor a history of football goes.
YEARS = range(1850, 3000)
REDIS = ("redis", "rediss", "unix")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
#: What several machines share, so that it has no default beyond one machine.
SHARED = ("lake_url", "payloads_url", "mlflow_url", "optuna_url", "redis_url")
Form = TypeVar("Form", bound=msgspec.Struct)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one process; the defaults need no server and write to `var` alone."""

    env: Annotated[
        Literal["local", "staging", "production"],
        Meta(description="local, staging or production: the latter two refuse what one machine alone can use"),
    ] = "local"
    var: Annotated[str, Meta(description="folder for everything the program writes")] = "var"
    pages_url: Annotated[str, Meta(description="where people find the pages")] = "http://127.0.0.1:8000"
    lake_url: Annotated[str, Meta(description="Delta tables: a folder or s3://; default <var>/lake")] = ""
    payloads_url: Annotated[str, Meta(description="raw payloads: a folder or s3://; default <var>/payloads")] = ""
    mlflow_url: Annotated[str, Meta(description="MLflow tracking and registry; default SQLite in <var>")] = ""
    optuna_url: Annotated[str, Meta(description="Optuna storage (SQLAlchemy URL); default a journal in <var>")] = ""
    redis_url: Annotated[str, Meta(description="Redis; default: one is started from a bundled binary")] = ""
    dagster_port: Annotated[int, Meta(ge=1, le=65535, description="port of the Dagster UI on 127.0.0.1")] = 3000
    start_date: Annotated[dt.date, Meta(description="first match date of the graph")] = dt.date(1993, 7, 1)
    log_format: Annotated[
        Literal["text", "json"],
        Meta(description="of the logs: text, or json, an object a line with the ids of request, job and run"),
    ] = "text"
    today: Annotated[
        dt.date | None, Meta(description="the day it is, to live through another one; default the machine's")
    ] = None
    leagues: Annotated[str, Meta(description="division codes to acquire, comma-separated; default all")] = ""
    sources: Annotated[str, Meta(description="sources to acquire, comma-separated; default all")] = ""
    source_urls: Annotated[
        dict[str, str], Meta(description="address of a source, of a mirror of it or, as file://, of a folder")
    ] = {}  # msgspec gives each settings a dictionary of its own
    whoscored_days: Annotated[int, Meta(ge=0, description="days before today whose feeds WhoScored is asked for")] = 14
    whoscored_pages: Annotated[bool, Meta(description="also ask for the page of every finished match, 1 MB each")] = (
        False
    )
    replay: Annotated[bool, Meta(description="read stored payloads only, never the network")] = False
    http_connect_seconds: Annotated[float, Meta(gt=0, description="to connect")] = 5.0
    http_timeout_seconds: Annotated[float, Meta(gt=0, description="per read and write")] = 30.0
    http_answer_seconds: Annotated[float, Meta(gt=0, description="for a whole answer, however it trickles")] = 120.0
    http_max_bytes: Annotated[int, Meta(ge=1, description="largest answer that is read")] = 100_000_000
    http_retries: Annotated[int, Meta(ge=0, description="further tries after a failed request")] = 3
    http_pause_seconds: Annotated[float, Meta(ge=0, description="pause between requests to one host")] = 1.0
    http_host_pauses: Annotated[str, Meta(description="other pauses of some hosts: host=seconds, comma-separated")] = ""
    http_failures: Annotated[int, Meta(ge=1, description="failed addresses in a row that rest a host")] = 5
    http_rest_seconds: Annotated[float, Meta(ge=0, description="how long a host rests then")] = 600.0
    http_proxy: Annotated[str, Meta(description="proxy of all requests: http://host:port")] = ""
    http_cookies: Annotated[str, Meta(description="file of cookies (Netscape cookies.txt), each for its own host")] = ""
    http_user_agent: Annotated[str, Meta(description="who asks")] = (
        "soccer-assets/0.1 (open-source football forecasting; one request at a time)"
    )
    storage_retry_seconds: Annotated[
        float, Meta(ge=0, description="pause before a step is tried again that storage failed; it doubles")
    ] = 5.0
    revision: Annotated[str, Meta(description="commit of the code, for MLflow; default that of the clone")] = ""
    seed: Annotated[int, Meta(ge=0, description="seed of every random choice")] = 20240701
    families: Annotated[str, Meta(description="model families to train, comma-separated; default all")] = ""
    trials: Annotated[int, Meta(ge=1, description="Optuna trials per family")] = 12
    train_matches: Annotated[int, Meta(ge=500, description="newest matches a candidate learns from")] = 50_000
    folds: Annotated[int, Meta(ge=2, description="walk-forward folds; the last one is for selection")] = 4
    fold_days: Annotated[int, Meta(ge=14, description="match days a fold validates on")] = 182
    retune_days: Annotated[int, Meta(ge=0, description="how long parameters are used again before a new search")] = 180
    promotion_matches: Annotated[int, Meta(ge=1, description="least matches on which a model may be promoted")] = 150
    train_since: Annotated[dt.date, Meta(description="first match date a model learns from")] = dt.date(2005, 7, 1)
    unlinked_share: Annotated[float, Meta(ge=0, le=1, description="most of a league's events without a match")] = 0.02
    value_edge: Annotated[float, Meta(gt=0, lt=1, description="least edge of a value bet")] = 0.05
    season_runs: Annotated[int, Meta(ge=100, description="how often the rest of a season is played")] = 10_000
    kelly_fraction: Annotated[float, Meta(gt=0, le=1, description="share of Kelly's stake that is staked")] = 0.25
    drift_share: Annotated[float, Meta(gt=0, le=1, description="share of drifted features that retrains")] = 0.2
    keep_days: Annotated[
        int, Meta(ge=1, description="how long the steps of a run, its logs and pages of drift are kept")
    ] = 30
    retrain_days: Annotated[int, Meta(ge=1, description="least days between retrainings")] = 14

    @property
    def var_path(self) -> Path:
        return Path(self.var).expanduser().resolve()

    @property
    def is_synthetic(self) -> bool:
        """Whether the sources are those of a synthetic world, which a server on this machine gives."""
        return any(urlsplit(url).hostname in LOOPBACK for url in self.source_urls.values())

    @property
    def lake(self) -> str:
        return self.lake_url or str(self.var_path / "lake")

    @property
    def drift_pages(self) -> str:
        """Where the pages of drift reports are: in `reports/drift` beside the lake, or in a bucket that is the lake.

        >>> Settings(lake_url="s3://soccer/lake").drift_pages
        's3://soccer/reports/drift'
        """
        lake = self.lake.rstrip("/")
        folder = lake.rpartition("/")[0]
        return f"{lake if folder.endswith('/') or not folder else folder}/reports/drift"

    @property
    def payloads(self) -> str:
        return self.payloads_url or str(self.var_path / "payloads")

    @property
    def mlflow(self) -> str:
        return self.mlflow_url or f"sqlite:///{self.var_path / 'mlflow' / 'mlflow.db'}"

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings from the environment (default: the process's own).

        Raises:
            SettingsError: a variable cannot be read as its type, or is out of bounds; no database can lie in `var`.
        """
        settings = from_environment(cls, PREFIX, environment)
        variables = os.environ if environment is None else environment
        urls = {
            match[1].lower(): url for name, url in variables.items() if (match := SOURCE_URL.fullmatch(name)) and url
        }
        urls = {name: url for name, url in urls.items() if f"{name}_url" not in cls.__struct_fields__}
        settings = msgspec.structs.replace(settings, source_urls=urls)
        var = str(settings.var_path)
        if b"?" in var.encode(errors="replace"):
            raise SettingsError(
                f"SOCCER_VAR: expected a folder whose path is UTF-8 and has no `?`, where the address of an SQLite "
                f"database ends, found {var!r}: give another folder"
            )
        for name in ("start_date", "today", "train_since"):
            day: dt.date | None = getattr(settings, name)
            if day is not None and day.year not in YEARS:
                raise SettingsError(
                    f"{PREFIX}{name.upper()}: expected a day of the years {YEARS[0]} to {YEARS[-1]}, found {day}"
                )
        scheme = settings.redis_url.partition("://")[0]
        if settings.redis_url and scheme not in REDIS:
            raise SettingsError(  # without the address, which may hold a password
                f"{PREFIX}REDIS_URL: expected an address that begins with one of {[f'{s}://' for s in REDIS]}, found "
                "another: correct it, or leave it out for the embedded one"
            )
        settings._check_folders()
        settings._check_profile()
        return settings

    def _check_folders(self) -> None:
        """Check that what the platform writes to is a folder or, where that may be, an address of S3.

        Raises:
            SettingsError: it is a file, or an address of another kind.
        """
        for name in ("var", "lake_url", "payloads_url"):
            address: str = getattr(self, name)
            scheme, is_url, _ = address.partition("://")
            if not is_url or name == "var":
                path = Path(address).expanduser()
            elif scheme == "file":
                path = path_of(address)
            elif scheme == "s3":
                continue
            else:
                raise SettingsError(
                    f"{PREFIX}{name.upper()}: expected a folder or an address that begins with s3://, found {address!r}"
                )
            if address and path.exists() and not path.is_dir():
                raise SettingsError(
                    f"{PREFIX}{name.upper()}: expected a folder, or a path at which one can be made, found the file "
                    f"{address!r}: give another path"
                )

    def _check_profile(self) -> None:
        """Check that staging and production share their stores, and that production lives on today's real data.

        Raises:
            SettingsError: the variables to set, or to leave out.
        """
        if self.env == "local":
            return
        lacking = [name for name in SHARED if "://" not in (url := getattr(self, name)) or url.startswith("file:")]
        if lacking:
            raise SettingsError(
                f"{PREFIX}ENV={self.env}: expected stores that several machines share, found none in "
                f"{', '.join(PREFIX + name.upper() for name in lacking)}: give a URL of each, or {PREFIX}ENV=local"
            )
        if self.env == "production" and (self.today or self.replay or self.is_synthetic):
            raise SettingsError(
                f"{PREFIX}ENV=production: expected today's data of the sources, found {PREFIX}TODAY, {PREFIX}REPLAY "
                f"or a source on this machine: leave it out, or use {PREFIX}ENV=staging"
            )


def machine_time() -> dt.datetime:
    """The machine's time in UTC, by which files, Dagster's runs and other machines go; a match day goes by `Clock`."""
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class Clock:
    """The time in UTC, on the machine's own day or on another one; whatever needs the time gets it from here.

    On another day the time of day runs as on the machine, whatever its date: a process that is up over midnight sees
    the next day. A clock with `frozen_at` stands still.
    """

    frozen_at: dt.datetime | None = None
    shift: dt.timedelta = field(default=dt.timedelta())

    @classmethod
    def from_settings(cls, settings: Settings) -> "Clock":
        """The clock of the settings: `SOCCER_TODAY` is the date when this is called, the machine's where it is empty.

        >>> Clock.from_settings(Settings(today=dt.date(2026, 6, 10))).today()
        datetime.date(2026, 6, 10)
        """
        if settings.today is None:
            return cls()
        return cls(shift=settings.today - machine_time().date())

    def now(self) -> dt.datetime:
        """The time, zone-aware, in UTC."""
        return self.frozen_at or self.at(machine_time())

    def at(self, moment: dt.datetime) -> dt.datetime:
        """The time on this clock when the machine's clock shows `moment`."""
        return moment + self.shift

    def today(self) -> dt.date:
        """The date in UTC."""
        return self.now().date()


def from_environment(form: type[Form], prefix: str, environment: Mapping[str, str] | None = None) -> Form:
    """The settings of one form from the variables that begin with `prefix` (default: of the process's environment).

    Each setting may stand in a file instead, whose path is in the variable of its name and `_FILE`.

    Raises:
        SettingsError: a variable cannot be read as its type, or is out of bounds; its file cannot be read, or the
            variable is given too; its name is that of a setting but for a slip.
    """
    environment = os.environ if environment is None else environment
    names = {f"{prefix}{setting.name.upper()}": setting.name for setting in msgspec.structs.fields(form)}
    for variable in environment:
        if variable.startswith(prefix):
            require_no_slip(prefix, variable, [*names, *(name + OF_FILE for name in names)])
    variables = {names[key]: value for key, value in environment.items() if key in names and value != ""}
    for key, name in names.items():
        if file := environment.get(key + OF_FILE):
            if name in variables:
                raise SettingsError(f"expected {key} or {key}{OF_FILE}, found both: leave one out")
            variables[name] = _content(key, file)
    try:
        settings = msgspec.convert(variables, form, strict=False)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$.")
        name = path.rstrip("`")  # of this one alone the value is printed: others may hold passwords
        if reason.startswith("Invalid enum value"):
            choices = get_args(get_args(get_type_hints(form, include_extras=True)[name])[0])
            reason = f"expected one out of {list(choices)}"
        raise SettingsError(f"{prefix}{name.upper()}: {reason}, found {variables.get(name)!r}") from None
    for name, value in variables.items():
        if isinstance(getattr(settings, name), float) and not math.isfinite(getattr(settings, name)):
            raise SettingsError(f"{prefix}{name.upper()}: expected a number that is finite, found {value!r}")
    return settings


def path_of(url: str) -> Path:
    """The path that a file:// URL names; `#` is a letter of it, a query is not."""
    return Path(unquote(urlsplit(url, allow_fragments=False).path))


def require_no_slip(prefix: str, variable: str, names_known: Collection[str]) -> None:
    """Check that a variable is one of those that are known, or like none of them beyond the prefix.

    Raises:
        SettingsError: it is like one of them, so that whoever set it meant that one, which has its default meanwhile.
    """
    if variable in names_known:
        return
    ends = [name.removeprefix(prefix) for name in names_known]
    if meant := get_close_matches(variable.removeprefix(prefix), ends, 1, SLIP):
        raise SettingsError(
            f"expected the name of a setting, such as {prefix}{meant[0]}, found {variable}: correct it, or unset it"
        )


def _content(variable: str, file: str) -> str:
    """The text of the file with a setting, without the newline at its end."""
    try:
        if text := Path(file).read_text().removesuffix("\n"):
            return text
        reason = "it is empty"
    except (OSError, UnicodeDecodeError) as error:
        reason = str(error)
    raise SettingsError(f"{variable}{OF_FILE}: expected a file with the value of {variable}, found {file!r}: {reason}")


def named(variable: str, text: str, names_known: Collection[str]) -> list[str]:
    """The names of a comma-separated list; all that are known when it is empty.

    Raises:
        SettingsError: a name that is not known.
    """
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in wanted if name not in names_known]:
        raise SettingsError(f"{variable}: expected names out of {sorted(names_known)}, found {unknown}")
    return wanted or list(names_known)
