import datetime as dt
import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable

from soccer_assets.errors import ClockError
from soccer_assets.odds.schema import MARKET_PROBABILITIES
from soccer_assets.predictions.ledger import Verdict, as_sealed, code_version, sealing, verify
from soccer_assets.predictions.schema import PREDICTION_LEDGER
from soccer_assets.storage.chain import GENESIS
from soccer_assets.storage.lake import Lake

DATE = dt.date(2025, 3, 1)
KICK_OFF = dt.datetime(2025, 3, 1, 15, tzinfo=dt.UTC)
FRIDAY = dt.datetime(2025, 2, 28, 9, 30, 15, 250, tzinfo=dt.UTC)
P = (0.5, 0.27, 0.23)
FEATURES = pl.LazyFrame({"match_date": [DATE] * 2, "match_id": ["m", "n"], "elo_diff": [12.5, None]})
NAME = PREDICTION_LEDGER.name


def quotes(*rows: tuple[str, str, float]) -> pl.LazyFrame:
    """Average pre-match prices: match, selection, price."""
    plain = {
        "match_date": DATE, "league": "E0", "bookmaker": "average", "market": "1x2", "kind": "pre_match",
        "quoted_at": FRIDAY, "overround": 1.05,
    }  # fmt: skip
    cells = [plain | {"match_id": match, "selection": side, "price": price} for match, side, price in rows]
    return pl.DataFrame(cells, schema=MARKET_PROBABILITIES.schema).lazy()


PRICES = quotes(("m", "home", 2.0), ("m", "draw", 3.5), ("m", "away", 4.0))


def seal(lake: Lake, *grounds: Any) -> pl.DataFrame:
    return lake.add(PREDICTION_LEDGER, sealing(*grounds))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


@pytest.fixture
def row(predictions):
    """One forecast; keywords change its columns."""

    def make_row(line: str = "model", **columns: object) -> pl.DataFrame:
        told = {"line": line, "kick_off_at": KICK_OFF, "p_home": P[0], "p_draw": P[1], "p_away": P[2]}
        return predictions(told | columns)

    return make_row


@pytest.fixture
def three(lake, row) -> Lake:
    """A ledger of three rows."""
    for share in (0.5, 0.4, 0.3):
        seal(lake, row(p_home=share, p_away=0.73 - share), FEATURES, PRICES, FRIDAY)
    return lake


def test_a_row_says_what_was_forecast_by_whom_from_what_and_when(lake, predictions):
    lines = predictions(*({"line": line, "kick_off_at": KICK_OFF, "p_home": P[0], "p_draw": P[1], "p_away": P[2]}
                          for line in ("model", "market", "blend")))  # fmt: skip
    sealed = seal(lake, lines, FEATURES, PRICES, FRIDAY)
    assert sealed.equals(lake.read(NAME).sort("number").select(sealed.columns))
    make_row = {told["line"]: told for told in sealed.iter_rows(named=True)}
    assert sealed["number"].to_list() == [1, 2, 3]
    blend, model, market = make_row["blend"], make_row["model"], make_row["market"]
    assert (blend["p_home"], blend["home_goals_expected"], blend["rho"], blend["model_version"]) == (
        0.5,
        1.5,
        -0.05,
        "v1",
    )
    assert (blend["sealed_at"], blend["kick_off_at"], blend["odds_quoted_at"]) == (FRIDAY, KICK_OFF, FRIDAY)
    assert blend["code_version"] == code_version()
    assert (model["odds_quoted_at"], model["odds_hash"]) == (None, None)
    assert market["features_hash"] is None
    assert market["odds_hash"] == blend["odds_hash"]
    assert model["features_hash"] == blend["features_hash"]
    features = b'{"elo_diff":12.5,"match_date":"2025-03-01","match_id":"m"}'
    assert model["features_hash"] == hashlib.sha256(features).hexdigest()


def test_a_hash_can_be_worked_out_by_anybody(lake, row):
    (sealed,) = seal(lake, row(), FEATURES, PRICES, FRIDAY).iter_rows(named=True)
    said = {
        "number": 1, "match_date": "2025-03-01", "match_id": "m", "line": "model",
        "kick_off_at": "2025-03-01T15:00:00+00:00", "p_home": 0.5, "p_draw": 0.27, "p_away": 0.23,
        "home_goals_expected": 1.5, "away_goals_expected": 1.1, "rho": -0.05, "model_version": "v1",
        "features_hash": sealed["features_hash"], "code_version": code_version(),
        "sealed_at": "2025-02-28T09:30:15.000250+00:00",
    }  # fmt: skip
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    assert sealed["previous_hash"] == GENESIS
    assert sealed["hash"] == hashlib.sha256(f"{GENESIS}\n{text}".encode()).hexdigest()


@pytest.mark.parametrize(
    ("kick_off", "now", "sealed"),
    [
        (KICK_OFF, KICK_OFF - dt.timedelta(microseconds=1), 1),
        (KICK_OFF, KICK_OFF, 0),
        (KICK_OFF, KICK_OFF + dt.timedelta(days=900), 0),  # a backfill
        (None, dt.datetime(2025, 2, 28, 23, 59, 59, tzinfo=dt.UTC), 1),
        (None, dt.datetime(2025, 3, 1, tzinfo=dt.UTC), 0),
    ],
)
def test_only_what_has_not_kicked_off_is_sealed(lake, row, kick_off, now, sealed):
    assert len(seal(lake, row(kick_off_at=kick_off), FEATURES, PRICES, now)) == sealed
    assert lake.exists(NAME) == bool(sealed)


def test_a_clock_two_days_behind_seals_nothing(three, row):
    """The clock showed Friday when the ledger was sealed last; now it shows Wednesday, whatever the time is."""
    before = three.read(NAME)
    changed = row(p_home=0.2, p_away=0.53)
    with pytest.raises(ClockError, match=r"expected a time after 2025-02-28 09:30 UTC.* found 2025-02-26 09:30 on the"):
        seal(three, changed, FEATURES, PRICES, FRIDAY - dt.timedelta(days=2))
    assert three.read(NAME).equals(before)
    assert len(seal(three, changed, FEATURES, PRICES, FRIDAY)) == 1


def test_a_clock_two_days_ahead_seals_less_and_never_a_match_that_was_played(lake, row):
    ahead = FRIDAY + dt.timedelta(days=2)
    assert seal(lake, row(), FEATURES, PRICES, ahead).is_empty()
    next_week = {"match_date": dt.date(2025, 3, 8), "kick_off_at": KICK_OFF + dt.timedelta(days=7)}
    assert len(seal(lake, row(**next_week), FEATURES, PRICES, ahead)) == 1
    with pytest.raises(ClockError):  # set right again: nothing is sealed until that time has passed
        seal(lake, row(**next_week, p_home=0.4, p_away=0.33), FEATURES, PRICES, FRIDAY)
    assert verify(lake).broken is None


def test_a_clock_that_was_never_right_seals_no_match_that_has_a_result(lake, row):
    played = pl.DataFrame({"match_date": [DATE], "match_id": ["m"]})
    assert seal(lake, row(), FEATURES, PRICES, FRIDAY, played).is_empty()
    assert len(seal(lake, row(), FEATURES, PRICES, FRIDAY, played.clear())) == 1


def test_a_match_that_had_kicked_off_when_the_last_row_was_sealed_is_not_sealed(lake, row):
    late = KICK_OFF + dt.timedelta(hours=1)
    next_week = {"match_date": dt.date(2025, 3, 8), "kick_off_at": KICK_OFF + dt.timedelta(days=7)}
    assert len(seal(lake, row(**next_week), FEATURES, PRICES, late)) == 1
    assert seal(lake, row(), FEATURES, PRICES, KICK_OFF - dt.timedelta(hours=1)).is_empty()


def test_the_same_forecast_is_sealed_once_and_a_new_one_beside_it(lake, row):
    later = FRIDAY + dt.timedelta(hours=1)
    assert len(seal(lake, row(), FEATURES, PRICES, FRIDAY)) == 1
    assert len(seal(lake, row(), FEATURES, PRICES, later)) == 0
    assert lake.version(NAME) == 0
    changed = seal(lake, row(p_home=0.51, p_away=0.22), FEATURES, PRICES, later)
    assert changed.select("number", "p_home", "sealed_at").rows() == [(2, 0.51, later)]
    # back to what was said first is news again
    assert len(seal(lake, row(), FEATURES, PRICES, later)) == 1
    assert verify(lake).rows == 3


def test_other_features_other_prices_or_another_date_are_news(lake, row):
    seal(lake, row("blend"), FEATURES, PRICES, FRIDAY)
    assert len(seal(lake, row("blend"), FEATURES.with_columns(elo_diff=13.0), PRICES, FRIDAY)) == 1
    assert len(seal(lake, row("blend"), FEATURES, quotes(("m", "home", 2.1)), FRIDAY)) == 1
    moved = row("blend", match_date=dt.date(2025, 3, 8), kick_off_at=KICK_OFF + dt.timedelta(days=7))
    assert len(seal(lake, moved, FEATURES, PRICES, FRIDAY)) == 1
    assert verify(lake).broken is None


def test_an_untouched_chain_is_as_it_was_sealed(three):
    rows = three.read(NAME).sort("number")
    assert verify(three) == Verdict(3, rows["hash"][2], None)
    assert rows["previous_hash"].to_list() == [GENESIS, *rows["hash"].to_list()[:2]]


def rewritten(lake: Lake, rows: pl.DataFrame) -> Verdict:
    lake.replace(NAME, rows, None)
    return verify(lake)


def test_a_row_that_was_changed_is_named(three):
    DeltaTable(three.address(NAME)).update({"p_home": "0.9"}, predicate="number = 2")
    verdict = verify(three)
    assert verdict.broken is not None
    assert verdict.broken.startswith("row 2 (2025-03-01 m model): it does not have the hash ")


def test_a_row_that_was_changed_with_its_hash_breaks_the_one_after_it(three):
    rows = three.read(NAME).sort("number")
    forged = rows.with_columns(hash=pl.when(number=2).then(pl.lit("f" * 64)).otherwise("hash"))
    assert rewritten(three, forged).broken == (
        f"row 2 (2025-03-01 m model): it does not have the hash ffffffffffff that it was sealed with, but {rows['hash'][1][:12]}"
    )


def test_a_row_that_was_taken_out_is_missed(three):
    DeltaTable(three.address(NAME)).delete("number = 2")
    assert verify(three).broken == (
        "row 3 (2025-03-01 m model): expected number 2: rows before it are missing or there are too many"
    )


def test_rows_that_changed_places_are_named(three):
    rows = three.read(NAME)
    swapped = rows.with_columns(number=pl.col("number").replace({2: 3, 3: 2}))
    verdict = rewritten(three, swapped)
    assert verdict.broken is not None
    assert verdict.broken.startswith("row 2 (2025-03-01 m model): expected to follow ")


def test_a_row_that_was_put_in_is_named(three):
    rows = three.read(NAME).sort("number")
    three.append(NAME, rows[1].with_columns(p_home=pl.lit(0.99), hash=pl.lit("f" * 64)))
    verdict = verify(three)
    assert verdict.broken is not None
    assert "expected number 3" in verdict.broken or "does not have the hash" in verdict.broken


def test_a_row_that_was_sealed_too_late_is_named(lake, row):
    """Whoever writes the table may seal by their own clock, but not after the kick-off that the row tells."""
    rows = seal(lake, row(), FEATURES, PRICES, FRIDAY)
    late = rows.with_columns(sealed_at=pl.lit(KICK_OFF))
    (row,) = late.iter_rows(named=True)
    said = {name: value for name, value in row.items() if value is not None and name not in ("previous_hash", "hash")}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), default=lambda time: time.isoformat())
    forged = late.with_columns(hash=pl.lit(hashlib.sha256(f"{GENESIS}\n{text}".encode()).hexdigest()))
    assert rewritten(lake, forged).broken == "row 1 (2025-03-01 m model): it was sealed after kick-off"


def test_rows_taken_off_the_end_show_against_a_hash_that_was_noted(three):
    noted = verify(three).tip
    assert verify(three, noted).broken is None
    DeltaTable(three.address(NAME)).delete("number = 3")
    assert verify(three).broken is None
    assert verify(three, noted).broken == f"no row has the hash {noted}, which was noted: rows are missing"


def test_rows_sealed_before_the_total_was_said_are_as_they_were_sealed_and_go_on(lake, row, tmp_path):
    seal(lake, row(), FEATURES, PRICES, FRIDAY)
    older, lake = lake.read(NAME).drop("p_over"), Lake(str(tmp_path / "older"))
    lake.replace(NAME, older, None)
    assert "p_over" not in lake.read(NAME).columns
    assert (verify(lake).broken, verify(lake).rows) == (None, 1)
    assert as_sealed(lake, row(p_home=0.4, p_away=0.33), KICK_OFF)["p_home"].to_list() == [P[0]]
    seal(lake, row(p_over=0.6), FEATURES, PRICES, FRIDAY)
    assert (verify(lake).broken, verify(lake).rows) == (None, 2)
    assert lake.read(NAME).sort("number")["p_over"].to_list() == [None, 0.6]


def test_writers_at_once_make_one_chain(lake, row):
    forecasts = [row(match_id=f"m{n}") for n in range(6)]
    begin = threading.Barrier(len(forecasts))

    def write(told: pl.DataFrame) -> None:
        begin.wait()
        seal(lake, told, FEATURES, PRICES, FRIDAY)

    threads = [threading.Thread(target=write, args=(told,)) for told in forecasts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify(lake).broken is None
    assert sorted(lake.read(NAME)["match_id"]) == [f"m{n}" for n in range(6)]


def test_a_tidied_table_is_the_same_chain(three):
    before = verify(three)
    three.tidy(keep_hours=168)
    assert verify(three) == before
    seal_again = three.read(NAME).sort("number")
    assert seal_again["number"].to_list() == [1, 2, 3]


def test_rows_rest_on_the_version_they_were_made_for(lake):
    rows = pl.DataFrame({"number": [1]})
    assert lake.append_onto("t", rows, None)
    assert not lake.append_onto("t", rows, None)
    assert lake.append_onto("t", rows, 0)
    assert not lake.append_onto("t", rows, 0)
    assert len(lake.read("t")) == 2


def test_the_command_prints_the_last_hash(three, soccer):
    done = soccer("ledger", "verify", SOCCER_LAKE_URL=three.url)
    assert (done.exit_code, done.stdout) == (0, f"3 rows as they were sealed, the last one {verify(three).tip}\n")


@pytest.mark.parametrize("options", [(), ("--noted", "0" * 64)])
def test_the_command_refuses_a_broken_chain(three, soccer, options):
    DeltaTable(three.address(NAME)).update({"rho": "0.1"}, predicate="number = 1")
    done = soccer("ledger", "verify", *options, SOCCER_LAKE_URL=three.url)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("error: the ledger of 3 rows is broken at row 1 (2025-03-01 m model): it does not")


def test_the_command_says_when_a_noted_hash_is_gone(three, soccer):
    done = soccer("ledger", "verify", "--noted", "0" * 64, SOCCER_LAKE_URL=three.url)
    assert done.exit_code == 1
    assert done.stderr.startswith("error: the ledger of 3 rows is broken at no row has the hash")


def test_before_the_first_seal_there_is_nothing_to_break(lake):
    assert verify(lake) == Verdict(0, GENESIS, None)
