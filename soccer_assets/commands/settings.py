"""The settings of the platform and of its serving layer as they are now, without secrets."""

import os
import re
from collections.abc import Iterator
from typing import Any, get_type_hints

import msgspec

from serving.settings import PREFIX as SERVING_PREFIX
from serving.settings import ServingSettings
from soccer_assets.settings import OF_FILE, PREFIX, Settings

HIDDEN = "***"
#: What stands before the @ of an address: user and password, or a password alone; a password may hold an @ itself.
CREDENTIALS = re.compile(r"(?<=//)(?:(?!,\w+://)[^\s\"])*@")
#: Parameters of an address that give access, such as those of a signed one.
SECRET_PARAMETER = re.compile(
    r"(?i)([?&;][^=&;\s]*(?:password|passwd|pwd|secret|token|key|signature|sig)[^=&;\s]*=)[^&;\s\"]*"
)


def describe_settings() -> Iterator[str]:
    """A line for each setting: variable, value, `default`, `set` or `file`, description; no value of a file.

    Raises:
        SettingsError: a variable cannot be read as its type, or is out of bounds.
    """
    for prefix, settings in ((PREFIX, Settings.read()), (SERVING_PREFIX, ServingSettings.read())):
        plain, hints = type(settings)(), get_type_hints(type(settings), include_extras=True)
        for name in settings.__struct_fields__:
            variable, value = f"{prefix}{name.upper()}", getattr(settings, name)
            state, text = "default" if value == getattr(plain, name) else "set", hide_secrets(_text(value))
            if os.environ.get(variable + OF_FILE):
                state, text = "file", HIDDEN
            (meta,) = hints[name].__metadata__
            yield f"{variable}={text}  ({state}) {meta.description}"


def hide_secrets(text: str) -> str:
    """A value without the credentials of the addresses in it.

    >>> hide_secrets("redis://user:p@ss@host:6379/0")
    'redis://***@host:6379/0'
    """
    return SECRET_PARAMETER.sub(rf"\g<1>{HIDDEN}", CREDENTIALS.sub(f"{HIDDEN}@", text))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else msgspec.json.encode(value).decode().strip('"')
