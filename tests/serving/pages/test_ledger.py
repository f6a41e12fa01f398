"""The ledger's page shows rows with the very text that their hashes are of."""

import datetime as dt
import hashlib
import json
from typing import Any

import polars as pl

from soccer_assets.predictions.schema import PREDICTION_LEDGER
from soccer_assets.storage.chain import GENESIS, row_hash
from soccer_assets.storage.lake import Lake

Client = Any  # see conftest
ROWS = 60


def sealed() -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for number in range(1, ROWS + 1):
        row = dict.fromkeys(PREDICTION_LEDGER.schema) | {
            "number": number, "match_date": dt.date(2024, 8, 3), "match_id": "SP1.202425.ath-bilbao.betis",
            "line": "model", "p_home": number / 100, "p_draw": 1e-05, "p_away": 1 - number / 100 - 1e-05,
            "model_version": "aaaaaaaaaaaa", "code_version": "0.2.0+x",
            "sealed_at": dt.datetime(2024, 8, 2, 9, number % 60, tzinfo=dt.UTC),
            "previous_hash": rows[-1]["hash"] if rows else GENESIS,
        }  # fmt: skip
        rows.append({**row, "hash": row_hash(row)})
    return pl.DataFrame(rows, schema=PREDICTION_LEDGER.schema)


async def test_rows_are_shown_with_what_their_hash_is_of(client: Client, page: Any, lake: Lake) -> None:
    assert "No forecast was sealed yet" in (await page(client, "/ledger")).words
    rows = sealed()
    lake.replace("prediction_ledger", rows, None)
    client.app.state.refresher.refresh()
    newest = await page(client, "/ledger")
    assert f"Rows {ROWS} Newest, sealed Fri 2 Aug 2024, 09:00 UTC" in newest.words
    assert f"The newest hash is {rows['hash'][-1]}." in newest.words
    assert "60 Ath Bilbao – Betis Sat 3 Aug 2024 model 60 % <1 % 40 %" in newest.words
    shown = [attrs for tag, attrs in newest.tags if tag == "tr" and "data-hash" in attrs]
    assert [row["data-hash"] for row in shown] == rows["hash"].to_list()[:-26:-1]
    for row, visible in zip(shown, newest.contents("data-sealed"), strict=True):
        assert hashlib.sha256(f"{row['data-previous']}\n{visible}".encode()).hexdigest() == row["data-hash"]


async def test_older_rows_are_reached_and_data_are_those_that_are_shown(client: Client, page: Any, lake: Lake) -> None:
    lake.replace("prediction_ledger", sealed(), None)
    client.app.state.refresher.refresh()
    address: str | None = "/ledger"
    numbers = []
    while address:
        found = await page(client, address)
        numbers += [json.loads(text)["number"] for text in found.contents("data-sealed")]
        links = {attrs.get("rel"): attrs["href"] for tag, attrs in found.tags if tag == "a" and attrs.get("rel")}
        address = links.get("next")
    assert numbers == list(range(ROWS, 0, -1))
    assert links["prev"] == "/ledger?until=35"
    (data,) = [link for link in found.attributes("a", "href") if link.startswith("/ledger.json")]
    assert (await client.get(data)).json()["items"][0]["number"] == 10
    assert "until: expected the number of a row, found 'x'" in (await page(client, "/ledger", 400, until="x")).words
