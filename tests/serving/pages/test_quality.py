"""Quality and models: the sentence on top says what the interval says, and each figure is the report's."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from soccer_assets.models.schema import MODEL_CARD
from soccer_assets.monitoring.schema import BACKTEST_REPORT, SETTLED_PREDICTIONS
from soccer_assets.storage.lake import Lake

Client = Any  # see conftest
DAY = dt.date(2024, 9, 21)


def report(lake: Lake, *rows: dict[str, Any]) -> None:
    """Rows of the newest report over all there is."""
    fixed = {"match_date": DAY, "period": "ever", "slice": "all", "value": "all", "line": "blend", "market": "1x2",
             "matches": 900, "log_loss": 0.98, "brier": 0.6, "accuracy": 0.5, "ece": 0.01, "forecast": 0.26,
             "happened": 0.25, "bets": 0, "configurations": 1}  # fmt: skip
    frame = [dict.fromkeys(BACKTEST_REPORT.schema) | fixed | row for row in rows]
    lake.replace("backtest_report", pl.DataFrame(frame, schema=BACKTEST_REPORT.schema), None)


def versus(low: float | None, middle: float | None, high: float | None) -> dict[str, float | None]:
    return dict(zip((f"log_loss_vs_closing{end}" for end in ("_low", "", "_high")), (low, middle, high), strict=True))


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        ((0.001, 0.002, 0.003), "behind the closing price by 0.0020 of log loss (95 % interval +0.0010 to +0.0030)"),
        (
            (-0.003, -0.002, -0.001),
            "ahead of the closing price by 0.0020 of log loss (95 % interval −0.0030 to −0.0010)",
        ),
        ((-0.001, 0.0005, 0.002), "as good as the closing price, as far as results can tell: +0.0005"),
        ((None, 0.002, None), "behind the closing price by 0.0020 of log loss, on too few days to say more"),
        ((None, None, None), "not compared with a closing price: there is none"),
    ],
)
async def test_the_first_sentence_says_what_the_interval_says(
    client: Client, page: Any, lake: Lake, interval: tuple[Any, Any, Any], said: str
) -> None:
    report(lake, versus(*interval))
    client.app.state.refresher.refresh()
    assert (
        f"Over 900 matches up to Sat 21 Sep 2024 the blend's 1X2 forecasts were {said}"
        in (await page(client, "/quality")).words
    )


@pytest.mark.asyncio(loop_scope="session")
async def test_without_a_backtest_the_newest_report_is_told_without_an_interval(reader: Client, page: Any) -> None:
    found = await page(reader, "/quality", line="model", league="E0")
    assert (
        "Over 40 matches of England, Premier League up to Mon 30 Sep 2024 the model's 1X2 forecasts were behind the closing price by 0.0100"
        in found.words
    )
    assert "of log loss, in twelve months. How sure that is, uv run soccer backtest tells." in found.words


async def test_lines_leagues_markets_slices_and_misses_are_shown(client: Client, page: Any, lake: Lake) -> None:
    assert (
        "No 1X2 forecast of the blend was met by its result yet here."
        in (await page(client, "/quality", league="SP1")).words
    )
    report(
        lake,
        versus(-0.01, 0.001, 0.02),
        versus(-0.02, -0.004, 0.01) | {"slice": "league", "value": "E0", "matches": 300},
        versus(None, 0.02, None) | {"slice": "long_break", "value": "after three weeks", "matches": 7},
        versus(-0.001, 0.003, 0.007) | {"market": "over_under_2.5", "line": "model", "divergence": 0.0015, "forecast": 0.504,
                                        "happened": 0.514},
    )  # fmt: skip
    settled = [
        dict.fromkeys(SETTLED_PREDICTIONS.schema) | {
            "match_date": DAY - dt.timedelta(days=number), "match_id": match_id, "league": "SP1", "season": "2024/25",
            "line": line, "p_home": home, "p_draw": 0.2, "p_away": 0.8 - home, "outcome": 0, "log_loss": loss, "rps": 0.2,
            "brier": 0.6, "hit": False, "complete": True,
        }
        for number, (match_id, home) in enumerate((("SP1.202425.ath-bilbao.betis", 0.125), ("SP1.other", 0.4)))
        for line, loss in (("blend", 1.5), ("closing", 1.25))
    ]  # fmt: skip
    lake.replace("settled_predictions", pl.DataFrame(settled, schema=SETTLED_PREDICTIONS.schema), None)
    client.app.state.refresher.refresh()
    of_league = await page(client, "/quality", league="E0")
    assert (
        "Over 300 matches of England, Premier League up to Sat 21 Sep 2024 the blend's 1X2 forecasts were as good as"
        in of_league.words
    )
    found = await page(client, "/quality")
    assert "log loss minus the closing price's, 95 % interval" in found.words  # the plot of leagues
    assert "log loss minus that of the closing price, summed" in found.words
    assert "over/under 2.5 900 – +0.0030 (−0.0010 to +0.0070) – 0.0015 50.4 % 51.4 %" in found.words
    assert "long break after three weeks 7 0.9800 +0.0200" in found.words
    days = (await client.get("/against-closing?league=ALL")).json()["items"]
    assert [(row["match_date"], row["line"], row["matches"], row["difference"]) for row in days] == [
        ("2024-09-20", "blend", 1, 0.25), ("2024-09-21", "blend", 1, 0.25),
    ]  # fmt: skip
    assert "/against-closing.csv?league=ALL" in found.attributes("a", "href")
    misses = found.words.split("Worst misses")[1]
    assert misses.index("Ath Bilbao – Betis 3 : 2 Sat 21 Sep 2024, SP1: 12 %") < misses.index("SP1.other")
    assert "E0 closing price 40 1.0000" in (await page(client, "/quality", league="E0")).words
    assert "a league's" not in found.words and "found 'XX'" in (await page(client, "/quality", 422, league="XX")).words


async def test_models_are_shown_with_what_was_decided_and_the_drift_by_group(
    client: Client, page: Any, lake: Lake, promote: Any
) -> None:
    assert "No model has been promoted yet" in (await page(client, "/models")).words
    promote("aaaaaaaaaaaa", "elo_logit")
    promote("bbbbbbbbbbbb", "stack", accepted=False)
    card = dict.fromkeys(MODEL_CARD.schema) | {
        "match_date": dt.date(2024, 9, 1), "family": "elo_logit", "trained_through": DAY, "examples": 900, "version": "aaaaaaaaaaaa",
        "learned_from": dt.date(2020, 8, 1), "features": [{"group": "elo", "features": ["elo_diff", "home_elo"]}], "leagues": [
            {"league": "E0", "n": 95, "log_loss": 1.01, "rps": 0.2, "accuracy": 0.5}],
        "reliability": [{"outcome": "home", "bin": 4, "matches": 40, "forecast": 0.45, "happened": 0.5}],
        "importances": [{"feature": "elo_diff", "lost": 0.03}], "limits": ["It knows no weather."],
        "conditions": [{"name": "ECE", "holds": True, "value": "0.01", "needed": "at most 0.04"}],
        "accepted": True, "text": "card", "parameters": "{}",
    }  # fmt: skip
    lake.replace("model_card", pl.DataFrame([card], schema=MODEL_CARD.schema), None)
    client.app.state.refresher.refresh()
    found = await page(client, "/models")
    assert "The champion aaaaaaaaaaaa (elo logit) forecasts now. It learned from 900 matches" in found.words
    assert "bbbbbbbbbbbb Sun 1 Sep 2024 stack 900 0.9700 refused: better" in found.words
    assert "1 of 4 features drifted up to Mon 30 Sep 2024 (80 matches against 900;" in found.words
    assert "Drift of the forecasts up to Mon 30 Sep 2024 blend: 1 of 4 drifted (elo diff), 80 matches" in found.words
    assert "Mon 30 Sep 2024: 25 % of the features drifted; nothing was done" in found.words
    assert "Sun 1 Sep 2024: 50 % of the features drifted; aaaaaaaaaaaa was trained and became champion" in found.words
    assert "elo 2 0.300 elo diff elo diff others 1 0.000 tier none" in found.words
    one = await page(client, "/models/aaaaaaaaaaaa")
    assert "It learned from 900 matches from Sat 1 Aug 2020 up to" in one.words
    assert "holds: ECE – 0.01 (at most 0.04)" in one.words and "elo diff: +0.0300" in one.words
    assert "E0 95 1.0100 0.2000 50 %" in one.words and "It knows no weather." in one.words
    assert "happened, by what was forecast" in one.words
    assert (
        "expected the version of a model, found 'cccccccccccc'"
        in (await page(client, "/models/cccccccccccc", 404)).words
    )
