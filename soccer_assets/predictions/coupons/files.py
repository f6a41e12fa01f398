"""Coupons in plain files: JSON of either kind, or CSV whose columns tell the kind."""

import re
from pathlib import Path

import msgspec
import polars as pl

from soccer_assets.errors import CouponError, first_line
from soccer_assets.predictions.coupons.schema import Accumulator, Coupon, Leg, Pool, PoolFixture

_OF_LEG, _OF_FIXTURE = set(Leg.__struct_fields__), set(PoolFixture.__struct_fields__)


def read_coupon(file: Path) -> Coupon:
    """Return the coupon of a file.

    A .json file holds an `Accumulator` or a `Pool` with its `kind`. A .csv file with a column `market` is an
    accumulator, a leg a row: match_id, market, selection and, where needed, goals_line, price and match_date. Without
    that column it is a pool, a fixture a row: match_id and, where wanted, picks (such as `home draw`) and match_date.

    Raises:
        CouponError: the file is missing, of another kind, or holds something else.
    """
    try:
        if file.suffix == ".json":
            coupon: Coupon = msgspec.json.decode(file.read_bytes(), type=Coupon)
            return coupon
        if file.suffix == ".csv":
            return _of_csv(pl.read_csv(file, infer_schema=False))
    except (OSError, UnicodeDecodeError, msgspec.DecodeError, pl.exceptions.PolarsError) as error:
        raise CouponError(
            "unreadable", f"{file}: expected a coupon as JSON or CSV, found: {first_line(error)}"
        ) from error
    raise CouponError("unreadable", f"expected a file that ends in .csv or .json, found {file.name}")


def _of_csv(rows: pl.DataFrame) -> Coupon:
    columns = _OF_LEG if "market" in rows.columns else _OF_FIXTURE
    if unknown := sorted(set(rows.columns) - columns):
        raise CouponError("unreadable", f"expected columns out of {', '.join(sorted(columns))}, found {unknown}")
    texts = [{name: text.strip() for name, text in row.items() if text and text.strip()} for row in rows.to_dicts()]
    if columns is _OF_LEG:
        return msgspec.convert({"kind": "accumulator", "legs": texts}, Accumulator, strict=False)
    fixtures = [row | ({"picks": re.split(r"[\s/]+", row["picks"])} if "picks" in row else {}) for row in texts]
    return msgspec.convert({"kind": "pool", "fixtures": fixtures}, Pool, strict=False)
