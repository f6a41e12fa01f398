"""Have the features drifted? The last weeks against the same phase of earlier seasons (Evidently).

The same phase, because form and tables look different in August and in May: that is the calendar, not drift.
"""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from soccer_assets.delta import DATE
from soccer_assets.monitoring.schema import DRIFT_REPORT

CURRENT_DAYS = 42
PHASE_DAYS = 42
SEASONS_BACK = 3
LEAST_MATCHES = 50
#: Distance in standard deviations of the reference. Windows of some hundred matches differ by half of it by chance.
METHOD, THRESHOLD = "wasserstein", 0.25


@dataclass(frozen=True)
class Windows:
    """What is compared: the current window and its reference."""

    current: pl.DataFrame
    reference: pl.DataFrame


def windows(features: pl.DataFrame, day: dt.date) -> Windows:
    """The weeks up to `day`, and the weeks around the same day of earlier years."""
    current = features.filter(pl.col(DATE).is_between(day - dt.timedelta(days=CURRENT_DAYS - 1), day))
    leagues = current["league"].unique().to_list()
    same_phase = pl.lit(False)
    for years in range(1, SEASONS_BACK + 1):
        middle = day - dt.timedelta(days=round(365.25 * years) + CURRENT_DAYS // 2)
        half = dt.timedelta(days=PHASE_DAYS // 2)
        same_phase = same_phase | pl.col(DATE).is_between(middle - half, middle + half)
    return Windows(current, features.filter(same_phase & pl.col("league").is_in(leagues)))


def drift(compared: Windows, day: dt.date, columns: list[str], html: Path | None) -> pl.DataFrame:
    """The report of one day, no row when a window has too few matches; the full page goes to `html`."""
    # a column without values in a window cannot be compared
    both = (compared.current, compared.reference)
    used = [name for name in columns if all(2 * window[name].null_count() < len(window) for window in both)]
    if min(len(window) for window in both) < LEAST_MATCHES or not used:
        return DRIFT_REPORT.empty()
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    definition = DataDefinition(numerical_columns=used)
    current, reference = (
        Dataset.from_pandas(window.select(used).to_pandas(), data_definition=definition) for window in both
    )
    preset = DataDriftPreset(columns=used, num_method=METHOD, num_threshold=THRESHOLD)
    snapshot = Report([preset]).run(current, reference)
    scores = {
        metric["config"]["column"]: float(metric["value"])
        for metric in json.loads(snapshot.json())["metrics"]
        if "column" in metric["config"]
    }
    drifted = sorted(column for column, score in scores.items() if score >= THRESHOLD)
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)
        snapshot.save_html(str(html))
    row = {
        "match_date": day,
        "drift_share": len(drifted) / len(scores),
        "columns": len(scores),
        "drifted": len(drifted),
        "drifted_columns": ",".join(drifted),
        "current_matches": len(compared.current),
        "reference_matches": len(compared.reference),
        "scores": json.dumps(scores, sort_keys=True),
        "html": None if html is None else str(html),
    }
    return DRIFT_REPORT.conform(pl.DataFrame([row], schema=DRIFT_REPORT.schema))
