"""Every declared resource as a client reads it: forms, tags, parts, fields, sorts, filters and earlier states."""

import csv
import datetime as dt
import gzip
import io
from typing import Any

import msgspec
import polars as pl
import pytest

from serving.resources.catalog import RESOURCES
from serving.resources.resource import Resource
from soccer_assets.predictions.schema import PREDICTIONS
from soccer_assets.settings import Clock
from soccer_assets.storage.lake import Lake

Client = Any  # see conftest
IDS = {"match_id": "SP1.202425.ath-bilbao.betis", "team_id": "spain.betis", "source": "football_data", "code": "SP1"}
PARQUET = "application/vnd.apache.parquet"


def address(resource: Resource) -> str:
    parts = resource.path.split("/")
    return "/".join(IDS[part[1:].partition(":")[0]] if part.startswith("{") else part for part in parts)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.path)
@pytest.mark.asyncio(loop_scope="session")
async def test_every_form_of_a_resource_holds_the_same_rows(reader: Client, resource: Resource) -> None:
    path = address(resource)
    answer = await reader.get(path)
    if answer.status_code == 404:
        assert resource.single and answer.json()["type"] == f"/problems/{resource.unknown}"
        return
    rows = [answer.json()] if resource.single else answer.json()["items"]
    assert [list(row) for row in rows] == [list(resource.column)] * len(rows)
    lines = (await reader.get(path, headers={"accept": "application/x-ndjson"})).text.splitlines()
    assert [msgspec.json.decode(line) for line in lines] == rows
    table = list(csv.reader(io.StringIO((await reader.get(path, headers={"accept": "text/csv"})).text)))
    assert table[0] == list(resource.column) and len(table) == len(rows) + 1
    frame = pl.read_parquet((await reader.get(path, headers={"accept": PARQUET})).content)
    assert (frame.columns, len(frame)) == (list(resource.column), len(rows))


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.path)
@pytest.mark.asyncio(loop_scope="session")
async def test_what_identifies_a_row_gives_that_row(reader: Client, resource: Resource) -> None:
    if not resource.key:
        return
    path = address(resource)
    for row in (await reader.get(path, params={"limit": 3})).json()["items"]:
        item = await reader.get(f"{path}/{row[resource.key]}")
        assert item.status_code == 200 and item.json()[resource.key] == row[resource.key]
    missing = await reader.get(f"{path}/no-such-row")
    assert (missing.status_code, missing.json()["type"]) in (
        (404, f"/problems/{resource.unknown}"),
        (422, "/problems/unknown-league"),
    )


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.path)
@pytest.mark.asyncio(loop_scope="session")
async def test_every_column_to_sort_by_gives_the_list_in_that_order_and_back(
    reader: Client, resource: Resource
) -> None:
    for column in resource.sort:
        rising = (await reader.get(address(resource), params={"sort": column, "limit": 500})).json()["items"]
        falling = (await reader.get(address(resource), params={"sort": f"-{column}", "limit": 500})).json()["items"]
        values = [row[column] for row in rising if row[column] is not None]
        assert values == sorted(values)
        assert [row[column] for row in falling if row[column] is not None] == sorted(values, reverse=True)
        assert sum(row[column] is None for row in rising) == len(rising) - len(values)


@pytest.mark.asyncio(loop_scope="session")
async def test_parts_of_a_list_sorted_by_a_column_with_nulls_join_to_the_whole(reader: Client) -> None:
    for sort in ("kick_off_at", "-kick_off_at", "-league"):
        whole = (await reader.get("/cards", params={"sort": sort, "limit": 500})).json()["items"]
        parts, following = [], f"/cards?sort={sort}&limit=7"
        while following:
            answer = await reader.get(following)
            parts += answer.json()["items"]
            following = answer.links.get("next", {}).get("url")
        assert parts == whole and len(whole) == 42


@pytest.mark.asyncio(loop_scope="session")
async def test_a_cursor_belongs_to_its_sort(reader: Client) -> None:
    cursor = (await reader.get("/matches", params={"limit": 2})).json()["next"]
    other = await reader.get("/matches", params={"cursor": cursor, "sort": "league"})
    assert other.status_code == 422 and "sorted by league" in other.json()["detail"]
    for text in ("x", "W10=", "WzFd", "é", "bnVsbA=="):
        broken = await reader.get("/matches", params={"cursor": text})
        assert (broken.status_code, broken.json()["type"]) == (422, "/problems/unknown-cursor")


@pytest.mark.asyncio(loop_scope="session")
async def test_a_client_gets_the_fields_it_names_in_its_order(reader: Client) -> None:
    rows = (await reader.get("/matches", params={"fields": "away,home", "limit": 1})).json()["items"]
    assert [list(row.items()) for row in rows] == [[("away", "Chelsea"), ("home", "Arsenal")]]
    again = await reader.get("/matches", params=[("fields", "away"), ("limit", 1), ("fields", "home")])
    assert again.json()["items"] == rows
    item = (await reader.get(f"/predictions/{IDS['match_id']}", params={"fields": "blend"})).json()
    assert item == {"blend": {"home": 0.45, "draw": 0.3, "away": 0.25}}
    hidden = await reader.get("/matches", params={"fields": "home,payload_id"})
    assert hidden.status_code == 400 and "payload_id" in hidden.json()["detail"]


@pytest.mark.asyncio(loop_scope="session")
async def test_names_are_searched_without_regard_to_case_and_accents(reader: Client) -> None:
    for text in ("BILBAO", "bílbáo", "ath b"):
        (club,) = (await reader.get("/teams", params={"name": text})).json()["items"]
        assert club["team_id"] == "spain.ath-bilbao"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/html, */*;q=0.1", "application/json"),
        ("text/*", "text/csv"),
        ("application/json;q=0.2, text/csv", "text/csv"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("text/csv;q=0, */*", "application/json"),
    ],
)
@pytest.mark.asyncio(loop_scope="session")
async def test_the_form_is_the_one_the_client_wants_most(reader: Client, accept: str, form: str) -> None:
    answer = await reader.get("/matches", headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, form)
    assert answer.headers["vary"] == "accept, accept-encoding"


@pytest.mark.asyncio(loop_scope="session")
async def test_a_form_that_there_is_not_is_refused_with_those_there_are(reader: Client) -> None:
    answer = await reader.get("/leagues", headers={"accept": "application/xml"})
    assert (answer.status_code, answer.json()["type"]) == (406, "/problems/not-acceptable")
    assert answer.json()["known"] == ["application/json", "text/csv", "application/x-ndjson", PARQUET]


@pytest.mark.asyncio(loop_scope="session")
async def test_long_answers_are_compressed_under_a_tag_of_their_own(reader: Client) -> None:
    plain = await reader.get("/leagues", headers={"accept-encoding": "identity"})
    async with reader.stream("GET", "/leagues", headers={"accept-encoding": "gzip"}) as packed:
        body = b"".join([part async for part in packed.aiter_raw()])
    assert packed.headers["content-encoding"] == "gzip" and gzip.decompress(body) == plain.content
    assert len(body) < len(plain.content) / 3
    csv_tag = (await reader.get("/leagues", headers={"accept": "text/csv"})).headers["etag"]
    assert len({plain.headers["etag"], packed.headers["etag"], csv_tag}) == 3


@pytest.mark.asyncio(loop_scope="session")
async def test_head_is_get_without_the_body(reader: Client) -> None:
    for path in ("/leagues", "/health/live", "/", f"/predictions/{IDS['match_id']}"):
        plain = {"accept-encoding": "identity"}
        whole, head = await reader.get(path, headers=plain), await reader.head(path, headers=plain)
        assert (head.status_code, head.content) == (whole.status_code, b"")
        assert head.headers["content-length"] == str(len(whole.content))
    assert (await reader.head("/predictions/x")).status_code == 404


@pytest.mark.asyncio(loop_scope="session")
async def test_a_large_table_is_read_in_parts_of_a_month(reader: Client) -> None:
    wide = await reader.get("/odds", params={"date_from": "2024-08-01", "date_to": "2024-09-01"})
    assert (wide.status_code, wide.json()["type"]) == (422, "/problems/range-too-long")
    assert "at most 31 match dates" in wide.json()["detail"]
    assert (await reader.get("/odds", params={"date_from": "2024-08-02", "date_to": "2024-09-01"})).status_code == 200


@pytest.mark.asyncio(loop_scope="session")
async def test_a_match_or_club_that_there_is_not_is_named(reader: Client) -> None:
    for path, kind in (("/matches/x/odds", "unknown-match"), ("/teams/x/ratings", "unknown-team")):
        answer = await reader.get(path)
        assert (answer.status_code, answer.json()["type"]) == (404, f"/problems/{kind}")


@pytest.mark.asyncio(loop_scope="session")
async def test_a_card_has_both_clubs_last_five_matches_before_it(reader: Client) -> None:
    card = (await reader.get("/cards/E0.202425.everton.fulham")).json()
    assert (card["match_date"], card["status"], card["home_id"]) == ("2024-10-05", "scheduled", "england.everton")
    matches = (await reader.get("/teams/england.everton/matches", params={"status": "finished"})).json()["items"]
    newest = [match for match in matches if match["match_date"] < "2024-10-05"][::-1][:5]
    assert [match["match_id"] for match in card["home_form"]] == [match["match_id"] for match in newest]
    for form, match in zip(card["home_form"], newest, strict=True):
        own = match["home_goals"] - match["away_goals"]
        own = own if match["home_id"] == "england.everton" else -own
        assert form["result"] == ("won" if own > 0 else "lost" if own < 0 else "drawn")
        assert form["held"] is None  # nothing is settled in this lake
    first = (await reader.get("/cards/E0.202425.arsenal.chelsea")).json()
    assert first["home_form"] == [] and first["model"] == {"home": 0.5, "draw": 0.3, "away": 0.2}


@pytest.mark.asyncio
async def test_what_was_stored_at_an_instant_can_be_read(client: Client, lake: Lake) -> None:
    match, before = f"/predictions/{IDS['match_id']}", Clock().now()
    lake.replace("predictions", lake.read("predictions").with_columns(p_home=pl.lit(0.6), p_away=pl.lit(0.1)), None)
    client.app.state.refresher.refresh()
    assert (await client.get(match)).json()["blend"]["home"] == 0.6
    past = await client.get(match, params={"as_of": before.isoformat()})
    assert past.json()["blend"]["home"] == 0.45
    assert past.headers["cache-control"] == "public, max-age=31536000, immutable"
    early = await client.get("/predictions", params={"as_of": "2020-01-01"})
    assert (early.status_code, early.json()["total"]) == (200, 0)
    future = await client.get(match, params={"as_of": (before + dt.timedelta(days=1)).isoformat()})
    assert future.status_code == 422 and "an instant up to now" in future.json()["detail"]


@pytest.mark.asyncio
async def test_a_score_matrix_agrees_with_the_forecast_and_is_as_likely_as_its_goals(
    client: Client, lake: Lake
) -> None:
    rates = {"home_goals_expected": 1.5, "away_goals_expected": 1.1, "rho": -0.05}
    rows = lake.read("predictions").with_columns(pl.lit(value).alias(name) for name, value in rates.items())
    lake.replace("predictions", PREDICTIONS.conform(rows), None)
    client.app.state.refresher.refresh()
    items = (await client.get(f"/matches/{IDS['match_id']}/score-matrix")).json()["items"]
    assert [item["line"] for item in items] == ["blend", "market", "model"]
    matrix = items[0]["matrix"]
    assert len(matrix) == 16 and {len(row) for row in matrix} == {16}
    assert sum(map(sum, matrix)) == pytest.approx(1, abs=1e-12)
    home = sum(chance for i, row in enumerate(matrix) for j, chance in enumerate(row) if i > j)
    assert home == pytest.approx(0.45, abs=1e-12)


@pytest.mark.asyncio
async def test_a_text_that_begins_like_a_formula_is_no_formula_in_csv(client: Client, lake: Lake) -> None:
    bets = lake.read("value_bets").with_columns(home=pl.lit("=1+1"), away=pl.lit("@SUM(A1)"), edge=pl.lit(0.2))
    lake.replace("value_bets", bets, None)
    client.app.state.refresher.refresh()
    answer = await client.get("/value-bets", params={"fields": "home,away,edge"}, headers={"accept": "text/csv"})
    assert answer.text == "home,away,edge\n'=1+1,'@SUM(A1),0.2\n"
    assert (await client.get("/value-bets", params={"min_edge": 0.21})).json()["items"] == []
    assert (await client.get("/value-bets", params={"min_edge": "nan"})).status_code == 400


@pytest.mark.asyncio(loop_scope="session")
async def test_every_operation_is_described_with_its_parameters(reader: Client) -> None:
    document = (await reader.get("/schema/openapi.json")).json()
    for resource in RESOURCES:
        operation = document["paths"][resource.path.replace(":str", "")]["get"]
        assert operation["description"] == resource.row
        names = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"}
        own = (
            set()
            if resource.single
            else {*resource.parameters, "limit", "cursor", *(["sort"] if resource.sort else [])}
        )
        assert names == {*own, "fields", "as_of"}
    league = next(p for p in document["paths"]["/cards"]["get"]["parameters"] if p["name"] == "league")
    assert league["schema"]["enum"][:2] == ["E0", "E1"]
    row = document["components"]["schemas"]["ValueBetsRow"]["properties"]["edge"]
    assert (row["description"], row["minimum"], row["maximum"]) == ("probability minus market probability", 0.0, 1.0)
