"""Alembic, which makes the databases of Dagster and MLflow, in an installation whose path has a percent sign.

It reads its own folder through `configparser`, where `%` begins a reference to another option: a path with `%20` in it
ends with an InterpolationSyntaxError, unless whoever calls has written `%%`. MLflow does so for the database alone.
"""

import re
from collections.abc import Mapping
from configparser import ConfigParser, Interpolation
from functools import partial
from typing import Any

_REFERENCE = re.compile(r"%%|%\((\w+)\)s")


class LiteralPercent(Interpolation):
    """`%(name)s` is the option of that name and `%%` is a percent sign, as ever; so is any other one."""

    def before_get(self, parser: Any, section: str, option: str, value: str, defaults: Mapping[str, str]) -> str:
        """The value with its references resolved; one to an option that does not exist stays as it is."""
        return _REFERENCE.sub(lambda match: defaults.get(match[1], match[0]) if match[1] else "%", value)


def accept_percent_signs() -> None:
    """Let Alembic run from a folder of any name, in this process."""
    import alembic.config

    alembic.config.ConfigParser = partial(ConfigParser, interpolation=LiteralPercent())  # type: ignore[assignment, attr-defined]
