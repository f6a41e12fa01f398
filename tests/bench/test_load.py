"""The load asks for routes that there are."""

import re
from pathlib import Path

from serving.app import create_app
from serving.pages.routes import ADDRESSES
from serving.settings import ServingSettings
from soccer_assets.settings import Settings

LOAD = Path(__file__).parents[2] / "bench" / "load.py"


def test_every_route_of_the_load_is_one_of_the_api(tmp_path: Path) -> None:
    app = create_app(Settings(var=str(tmp_path)), ServingSettings())
    served = {route.path for route in app.routes} | {*(app.openapi_schema.paths or ()), *ADDRESSES}
    asked = re.findall(r'self\.ask\(\s*f?"([^"?]*)[^"]*"(?:, "(?:POST )?([^"?]*)[^"]*")?', LOAD.read_text())
    paths = {name or path for path, name in asked}
    assert paths <= served, paths - served
    assert len(paths) >= 10
