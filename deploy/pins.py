"""Write the versions that uv.lock resolves to into pyproject.toml, as constraints that every later resolution follows.

`just lock` calls it. A registry shows other files on other days; exact constraints make the resolution the same.
"""

import os
import re
import subprocess
from collections import Counter
from pathlib import Path

PROJECT = Path(__file__).parent.parent / "pyproject.toml"
BLOCK = re.compile(r"^constraint-dependencies = \[\n.*?^\]\n", re.MULTILINE | re.DOTALL)
EXPORT = ("export", "--frozen", "--all-groups", "--no-emit-project", "--no-hashes", "--no-header", "--no-annotate")


def uv(*arguments: str) -> str:
    """What uv prints."""
    command = [os.environ.get("UV", "uv"), "--quiet", *arguments]
    return subprocess.run(command, cwd=PROJECT.parent, stdout=subprocess.PIPE, text=True, check=True).stdout


def write(pins: list[str]) -> None:
    """Replace the block of constraints; a marker is needed where a package has several versions alone."""
    names = Counter(pin.split("==")[0] for pin in pins)
    plain = (pin if names[pin.split("==")[0]] > 1 else pin.split(" ;")[0] for pin in pins)
    lines = "".join(f'    "{pin}",\n' for pin in plain)
    PROJECT.write_text(BLOCK.sub(lambda _: f"constraint-dependencies = [\n{lines}]\n", PROJECT.read_text()))


if __name__ == "__main__":
    write([])  # a new range or a new package may ask for other versions than the pins of before
    uv("lock")
    write([line.replace('"', "'") for line in uv(*EXPORT).splitlines()])
    uv("lock")
