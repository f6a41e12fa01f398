import datetime as dt
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from soccer_assets.commands.doctor import Doctor
from soccer_assets.errors import SchemaError
from soccer_assets.matches.schema import MATCH_CONFLICTS
from soccer_assets.models.schema import MODEL_CARD, PROMOTIONS, SELECTED_MODEL
from soccer_assets.monitoring.schema import DRIFT_REPORT
from soccer_assets.settings import Settings
from soccer_assets.storage.earlier_forms import convert, outdated, require_current
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.tables import Table

DAY = dt.date(2024, 9, 1)
CONDITION = {"name": "ECE", "holds": True, "value": "0.01", "needed": "at most 0.02"}
BINS = [{"outcome": "home", "bin": 4, "matches": 40, "forecast": 0.45, "happened": 0.5}]
LINE = {
    "line": "model", "n": 700, "log_loss": 0.98, "rps": 0.2, "brier": 0.6, "accuracy": 0.5, "ece": 0.01,
    "difference": 0.003, "difference_low": -0.001, "difference_high": 0.007, "divergence": None,
}  # fmt: skip
#: Of each table: columns as the version before wrote them, and as they are now.
FORMS: list[tuple[Table, dict[str, Any], dict[str, Any]]] = [
    (
        PROMOTIONS,
        {"conditions": json.dumps([{"name": "ECE", "holds": True, "found": "0.01", "needed": "at most 0.02"}])},
        {"conditions": [CONDITION]},
    ),
    (
        MODEL_CARD,
        {
            "features": json.dumps({"elo": ["elo_diff", "home_elo"], "form": ["home_points"]}),
            "reliability": json.dumps([{"outcome": "home", "bin": 4, "matches": 40, "told": 0.45, "happened": 0.5}]),
            "importances": json.dumps([{"feature": "elo_diff", "lost": 0.03}]),
            "limits": json.dumps(["It knows no weather, and no line-ups."]),
            "conditions": "[]",
        },
        {
            "features": [
                {"group": "elo", "features": ["elo_diff", "home_elo"]},
                {"group": "form", "features": ["home_points"]},
            ],
            "reliability": BINS,
            "importances": [{"feature": "elo_diff", "lost": 0.03}],
            "limits": ["It knows no weather, and no line-ups."],
            "conditions": [],
        },
    ),
    (SELECTED_MODEL, {"lines": json.dumps([LINE | {"n": 700.0}]), "comparison": "[]"}, {"lines": [LINE], "comparison": []}),
    (
        DRIFT_REPORT,
        {"drifted_columns": "elo_diff,form", "emptied_columns": "", "scores": json.dumps({"elo_diff": 0.3, "tier": None})},
        {
            "drifted_columns": ["elo_diff", "form"],
            "emptied_columns": [],
            "scores": [{"feature": "elo_diff", "score": 0.3}, {"feature": "tier", "score": None}],
        },
    ),
    (
        MATCH_CONFLICTS,
        {"told": "2-1", "told_payload_id": "p", "told_line": 7},
        {"value": "2-1", "value_payload_id": "p", "value_line": 7},
    ),
]  # fmt: skip


def earlier_rows(table: Table, columns: dict[str, Any]) -> pl.DataFrame:
    """Two rows of a table without its lists, one with values and one with nulls."""
    plain = [name for name, dtype in table.schema.items() if not dtype.is_nested() and not name.startswith("value")]
    rows = pl.DataFrame({table.date: [DAY, DAY]} | {name: [value, None] for name, value in columns.items()})
    return rows.select(
        *(pl.col(n) if n in rows.columns else pl.lit(None, table.schema[n]).alias(n) for n in plain), *columns
    )


@pytest.mark.parametrize(("table", "earlier", "now"), FORMS, ids=[table.name for table, _, _ in FORMS])
def test_what_an_earlier_version_wrote_is_refused_until_the_doctor_converts_it(
    table: Table, earlier: dict[str, Any], now: dict[str, Any], tmp_path: Path
) -> None:
    settings = Settings(var=str(tmp_path))
    lake, doctor = Lake(settings.lake), Doctor(settings)
    lake.append(table.name, earlier_rows(table, earlier))
    with pytest.raises(SchemaError, match=f"{table.name}: expected .* found .* `uv run soccer doctor --repair`"):
        require_current(table, lake.scan(table.name))
    assert [finding.cure for finding in doctor.findings() if finding.store == table.name] == [
        "uv run soccer doctor --repair"
    ]
    assert any(line.startswith(f"{table.name}: ") and "converted" in line for line in doctor.repair())
    rows = Lake(settings.lake).read(table.name)
    assert rows.select(*now).rows(named=True) == [now, dict.fromkeys(now)]
    assert {name: rows.schema[name] for name in now} == {name: table.schema[name] for name in now}
    assert (outdated(table, rows.schema), len(rows), set(rows[table.date])) == ([], 2, {DAY})
    assert not [finding for finding in doctor.findings() if finding.store == table.name]


def test_rows_of_this_version_stay_as_they_are() -> None:
    rows = pl.DataFrame([{"limits": ["one"]}], {"limits": MODEL_CARD.schema["limits"]})
    assert outdated(MODEL_CARD, rows.schema) == []
    assert convert(MODEL_CARD, rows).equals(rows)
