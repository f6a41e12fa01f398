"""The embedded dagster.yaml and workspace.yaml are found in a clone and in an installed wheel."""

import importlib.util
import shutil
import tomllib
from pathlib import Path

from soccer_assets.orchestration import home

ROOT = Path(__file__).parents[2]


def test_a_clone_has_the_files_beside_the_package_and_they_are_copied_to_where_dagster_may_write(tmp_path):
    assert home.SHIPPED == ROOT
    folder = home.write_home(tmp_path / "var" / "dagster_home")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name: (ROOT / name).read_bytes() for name in ("dagster.yaml", "workspace.yaml")
    }


def test_an_installed_package_has_them_inside(tmp_path):
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    for source, target in wheel["force-include"].items():
        (tmp_path / target).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / source, tmp_path / target)
    module = tmp_path / "soccer_assets" / "orchestration" / "home.py"
    module.parent.mkdir()
    shutil.copy(home.__file__, module)
    spec = importlib.util.spec_from_file_location("installed_home", module)
    assert spec is not None and spec.loader is not None
    installed = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(installed)
    assert tmp_path / "soccer_assets" == installed.SHIPPED
    written = installed.write_home(tmp_path / "var")
    assert sorted(path.name for path in written.iterdir()) == sorted(installed.FILES)
