"""The pages and the API of a lake in a folder of any name."""

from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from msgspec.structs import replace

from serving.app import create_app
from serving.settings import ServingSettings
from soccer_assets.settings import Settings

PATHS = (
    "/",
    "/matches/SP1.202425.ath-bilbao.betis",
    "/quality",
    "/predictions?limit=50",
    "/matches?limit=50",
)


@pytest.mark.parametrize("name", ["a b", "a%20b#+é"])
async def test_they_answer_as_from_any_other_folder(
    open_client: Any, settings: Settings, serving: ServingSettings, written_lake: Path, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / name
    copytree(written_lake, folder / "lake")
    async with (
        open_client(create_app(replace(settings, var=str(folder), lake_url=""), serving)) as client,
        open_client(create_app(settings, serving)) as plain,
    ):
        for path in PATHS:
            answer, expected = await client.get(path), await plain.get(path)
            assert (answer.status_code, answer.text) == (200, expected.text)
