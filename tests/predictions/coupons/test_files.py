import datetime as dt
from pathlib import Path

import pytest

from soccer_assets.errors import CouponError
from soccer_assets.predictions.coupons.files import read_coupon
from soccer_assets.predictions.coupons.schema import Accumulator, Leg, Pool, PoolFixture


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text)
    return file


def test_a_csv_with_markets_is_an_accumulator(tmp_path):
    text = "match_id,market,goals_line,selection,price,match_date\nm1,1x2,,home, 2.1,2025-03-01\nm2,over_under,2.5,over,,\n"
    assert read_coupon(written(tmp_path, "a.csv", text)) == Accumulator(
        [Leg("m1", "1x2", "home", price=2.1, match_date=dt.date(2025, 3, 1)), Leg("m2", "over_under", "over", 2.5)]
    )


def test_a_csv_without_markets_is_a_pool(tmp_path):
    file = written(tmp_path, "pool.csv", "match_id,picks\nm1,home draw\nm2,\n")
    assert read_coupon(file) == Pool([PoolFixture("m1", ["home", "draw"]), PoolFixture("m2")])


def test_json_says_its_kind(tmp_path):
    file = written(
        tmp_path, "pool.json", '{"kind": "pool", "fixtures": [{"match_id": "m1"}], "budget": 8, "columns": 3}'
    )
    assert read_coupon(file) == Pool([PoolFixture("m1")], budget=8, columns=3)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", "{", "truncated"),
        ("a.json", '{"kind": "raffle"}', "raffle"),
        ("a.json", '{"kind": "pool", "fixtures": [{"match_id": "m"}], "probability": 2}', "probability"),
        ("a.csv", "match_id,stake\nm,1\n", r"found \['stake'\]"),
        ("a.csv", "match_id,market,selection,price\nm,1x2,home,much\n", "price"),
        ("a.csv", "", "empty"),
        ("a.txt", "", "expected a file that ends in .csv or .json, found a.txt"),
    ],
)
def test_what_is_no_coupon_is_refused(tmp_path, name, text, message):
    with pytest.raises(CouponError, match=message) as refusal:
        read_coupon(written(tmp_path, name, text))
    assert refusal.value.reason == "unreadable"


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CouponError, match=r"missing\.csv"):
        read_coupon(tmp_path / "missing.csv")
