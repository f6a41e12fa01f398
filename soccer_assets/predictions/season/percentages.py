"""How a probability of a season's event is written: never as certain before arithmetic says so."""

from collections.abc import Mapping
from typing import Any

from soccer_assets.predictions.season.rules.rules import Places


def event_percentage(row: Mapping[str, Any], event: str) -> str:
    """Write the probability of an event in a row of `season_forecasts`; empty where the league does not have it."""
    if row[f"p_{event}"] is None:
        return ""
    certain = row[f"p_{event}"] > 0.5 if event in (row.get("settled") or ()) else None
    return percentage(row[f"p_{event}"], certain)


def settled(best: int, worst: int, places: Places) -> bool | None:
    """Whether an event that some places bring is certain (True) or excluded (False); None: it is open.

    Args:
        best: the best final position that arithmetic allows.
        worst: the worst one.
        places: first and last place that bring the event.
    """
    if places[0] <= best and worst <= places[1]:
        return True
    return False if worst < places[0] or best > places[1] else None


def percentage(p: float, certain: bool | None = None) -> str:
    """Write a probability in whole percent; `certain` as of `settled`.

    >>> [percentage(0.9991), percentage(0.0), percentage(0.424), percentage(1.0, True), percentage(0.0, False)]
    ['>99 %', '<1 %', '42 %', 'yes', '-']
    """
    if certain is not None:
        return "yes" if certain else "-"
    return "<1 %" if p < 0.01 else ">99 %" if p > 0.99 else f"{p:.0%}".replace("%", " %")
