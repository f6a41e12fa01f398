"""What was done about each drift report, and its page beside the lake."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from soccer_assets.monitoring.report_files import write_page
from soccer_assets.monitoring.schema import DRIFT_REPORT
from soccer_assets.settings import Settings
from soccer_assets.storage.lake import Lake

pytestmark = pytest.mark.asyncio
Client = Any  # see conftest
DAY = dt.date(2024, 9, 1)


async def test_a_report_says_what_was_done_about_it_and_leads_to_its_page(
    client: Client, lake: Lake, promote: Any
) -> None:
    settings: Settings = client.app.state.settings
    assert settings.drift_pages == f"{Path(lake.url).parent}/reports/drift"
    html = write_page(settings.drift_pages, DAY, "<html><script>1</script></html>")
    rows = lake.read("drift_report").to_dicts()
    for row in rows:
        row["html"] = html if row["match_date"] == DAY else None
    lake.replace("drift_report", pl.DataFrame(rows, DRIFT_REPORT.schema), None)
    client.app.state.refresher.refresh()
    history = (await client.get("/drift/history")).json()["items"]
    answers = [(row["match_date"], row["answer"], row["version"], row["promoted"], row["page"]) for row in history]
    assert answers == [
        ("2024-09-01", "nothing", None, None, "/drift/2024-09-01/report"),
        ("2024-09-30", "nothing", None, None, None),
    ]
    promote("aaaaaaaaaaaa", "elo_logit")
    client.app.state.refresher.refresh()
    (row,) = (await client.get("/drift/history", params={"answer": "trained"})).json()["items"]
    assert (row["match_date"], row["version"], row["promoted"]) == ("2024-09-01", "aaaaaaaaaaaa", True)

    page = await client.get("/drift/2024-09-01/report")
    assert page.text == "<html><script>1</script></html>" and page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("sandbox allow-scripts; default-src 'none'")
    missing = await client.get("/drift/2024-09-30/report")
    assert missing.status_code == 404 and missing.json()["type"].endswith("/no-drift-report")
