"""Operations: what is wrong stands first, and each decision has its form."""

import datetime as dt
from typing import Any

import polars as pl

from serving.app import create_app
from soccer_assets.linking.schema import LINK_DECISIONS
from soccer_assets.monitoring.schema import CHECK_RESULTS
from soccer_assets.odds.schema import ODDS_LINKS
from soccer_assets.sources.schema import SOURCE_HEALTH
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.tables import Table

Client = Any  # see conftest
DAY, NOON = dt.date(2024, 9, 21), dt.datetime(2024, 9, 21, 12, tzinfo=dt.UTC)
IN_E0 = (pl.col("match_date") == DAY) & (pl.col("league") == "E0") & (pl.col("status") == "finished")


def write(lake: Lake, table: Table, *rows: dict[str, Any]) -> None:
    """Rows as the table's own types; columns that are not given are null or 0."""
    columns = {
        name: [row.get(name, 0 if dtype == pl.Int64 else None) for row in rows] for name, dtype in table.schema.items()
    }
    lake.replace(table.name, pl.DataFrame(columns, schema=table.schema), None)


async def test_what_is_wrong_stands_first(client: Client, page: Any, lake: Lake) -> None:
    empty = await page(client, "/operations")
    assert "No check failed." in empty.words and "No source was asked yet" in empty.words
    assert "no worker runs" in empty.words and "No link waits for a person." in empty.words
    write(
        lake, SOURCE_HEALTH,
        {"match_date": DAY, "source": "understat", "state": "broken", "what": "3 answers refused", "parsed": 7, "usual": 9.0},
        {"match_date": DAY, "source": "fonbet", "state": "ok", "last_success_at": NOON, "parsed": 40},
    )  # fmt: skip
    write(
        lake, CHECK_RESULTS,
        {"asset": "odds", "check_name": "no_record_is_lost", "passed": False, "blocking": True, "severity": "error",
         "evaluated_at": NOON, "run_id": "r1"},
        {"asset": "odds", "check_name": "every_record_is_read", "passed": False, "blocking": False, "severity": "warning",
         "evaluated_at": NOON, "run_id": "r1"},
        {"asset": "odds", "check_name": "prices_are_fresh", "passed": True, "blocking": False, "evaluated_at": NOON,
         "run_id": "r1"},
    )  # fmt: skip
    client.app.state.refresher.refresh()
    found = await page(client, "/operations")
    assert "1 check failed. 1 check warns. 1 of 2 sources needs a look." in found.words
    assert (
        "no record is lost of odds, which blocks what rests on it; evaluated Sat 21 Sep 2024, 12:00 UTC" in found.words
    )
    assert "Warning: every record is read of odds; evaluated Sat 21 Sep 2024, 12:00 UTC" in found.words
    assert "understat broken never 7 0 0 9 3 answers refused" in found.words
    assert "prices are fresh" not in found.words


async def test_a_link_is_decided_on_beside_the_fixtures_of_both_sides(client: Client, page: Any, lake: Lake) -> None:
    candidate = lake.read("matches").filter(IN_E0).row(0, named=True)
    write(lake, ODDS_LINKS, {
        "match_date": DAY, "event_id": "fonbet:12", "source": "fonbet", "league": "E0", "home": "Арсенал", "away": "Челси",
        "competition": "Англия", "kick_off_at": NOON, "candidate_id": candidate["match_id"], "score": 2.25,
        "runner_up": -1.0, "evidence": "{}", "outcome": "review", "decided_at": NOON, "decided_by": "linker",
    })  # fmt: skip
    write(
        lake, LINK_DECISIONS,
        {"decision_id": 1, "decided_at": NOON, "decided_by": "ann", "action": "alias", "name": "Gunners",
         "team_id": "england.arsenal", "undoes": None, "reason": "nickname"},
        {"decision_id": 2, "decided_at": NOON, "decided_by": "ann", "action": "undo", "undoes": 1},
    )  # fmt: skip
    client.app.state.refresher.refresh()
    found = await page(client, "/operations")
    assert "Арсенал – Челси fonbet, Англия, Sat 21 Sep 2024, 12:00 UTC" in found.words
    assert f"is it {candidate['home']} – {candidate['away']}" in found.words
    assert "log odds 2.2, best rival −1.0" in found.words
    assert "Sat 14 Sep 2024: Fulham – Man United" in found.words  # of the home club
    assert "Sat 28 Sep 2024: Nott'm Forest – Chelsea" in found.words  # of the away club
    forms = found.attributes("form", "data-api")
    assert "/links/fonbet%3A12/decisions" in forms
    assert "/link-decisions/1" not in forms and "/link-decisions/2" not in forms
    assert "“Gunners” england.arsenal – nickname undone" in found.words


async def test_dagster_is_linked_where_its_address_is_known(
    client: Client, open_client: Any, settings: Any, serving: Any, page: Any, promote: Any
) -> None:
    from msgspec.structs import replace

    promote("aaaaaaaaaaaa", "elo_logit")
    assert not [link for link in (await page(client, "/operations")).attributes("a", "href") if ":3000" in link]
    known = replace(serving, dagster_url="http://127.0.0.1:3000")
    async with open_client(create_app(settings, known)) as other:
        found = await page(other, "/operations")
    links = found.attributes("a", "href")
    assert "http://127.0.0.1:3000" in links and "http://127.0.0.1:3000/assets/matches" in links
    assert "Model aaaaaaaaaaaa (elo logit) forecasts; it learned from matches up to Sun 1 Sep 2024." in found.words
    assert "aaaaaaaaaaaa promoted – better" in found.words
