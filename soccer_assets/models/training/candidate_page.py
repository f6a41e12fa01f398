"""What the UI shows of a candidate: what was searched, what was found, and two curves."""

import json
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from soccer_assets.svg import WHEEL, Panel, drawing, markdown


def row_metadata(row: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata of a row of `candidate_<family>`; numbers, texts, and JSON where there is more than one."""
    trials = json.loads(row["trials"])
    complete = [trial for trial in trials if trial["state"] == "complete"]
    best = {"best trial": min(complete, key=lambda trial: float(trial["value"]))} if complete else {}
    return {
        "examples": row["examples"],
        "log loss on the tuning folds": row["tuning_log_loss"],
        "tuned on": str(row["tuned_on"]),
        "parameters": json.loads(row["parameters"]),
        "search space": json.loads(row["space"]),
        "columns left out, for they tell nothing": row["left_out"],
        "trials": {state: sum(trial["state"] == state for trial in trials) for state in ("complete", "pruned")},
        **best,
    }


def plots(row: Mapping[str, Any]) -> dict[str, str]:
    """Log loss by trial, and by matches learned from, as Markdown images; a stack has neither."""
    searched, learned = json.loads(row["trials"]), row["learning_curve"]
    made = {"search": search_plot(searched), "learning": learning_plot(learned)}
    return {name: plot for name, plot in made.items() if plot}


def search_plot(trials: list[dict[str, Any]]) -> str:
    """Log loss by trial, and the best so far, as a Markdown image; empty without a trial."""
    points = [(float(t["number"]), float(t["value"])) for t in trials if t["value"] is not None]
    if not points:
        return ""
    best = list(accumulate((loss for _, loss in points), min))
    panel = _panel(points, "log loss by trial")
    panel.line(points, WHEEL[0], dots=True)
    panel.line([(number, loss) for (number, _), loss in zip(points, best, strict=True)], WHEEL[1])
    panel.legend("each", WHEEL[0])
    panel.legend("best so far", WHEEL[1])
    return markdown(drawing(panel), "search")


def learning_plot(curve: list[dict[str, float]]) -> str:
    """Log loss by matches learned from as a Markdown image; empty without a point."""
    if not curve:
        return ""
    points = [(float(point["matches"]), point["log_loss"]) for point in curve]
    panel = _panel(points, "log loss by matches learned from")
    panel.line(points, WHEEL[0], dots=True)
    return markdown(drawing(panel), "learning curve")


def _panel(points: list[tuple[float, float]], title: str) -> Panel:
    x, y = zip(*points, strict=True)
    return Panel((min(x), max(x)), (min(y), max(y)), (400, 180)).axes(title, y_format="{:.4f}")
