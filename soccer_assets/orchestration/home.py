"""Where Dagster finds the embedded dagster.yaml and workspace.yaml: in a clone, or inside the installed package."""

import shutil
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
FILES = ("dagster.yaml", "workspace.yaml")
#: A clone has the files beside the package; a wheel inside it, where `force-include` in pyproject.toml puts them.
SHIPPED = PACKAGE if (PACKAGE / FILES[0]).is_file() else PACKAGE.parent


def write_home(folder: Path) -> Path:
    """Copy both files to `folder` and return it: Dagster's services write beside them, an installation is read only."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(SHIPPED / name, folder / name)
    return folder
