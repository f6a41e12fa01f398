"""Models: every version with what was decided on it, the card of one, and the drift of what they learned from."""

from typing import Any

from serving.api.problems import ProblemError
from serving.pages.page import Asked, Page
from soccer_assets import svg
from soccer_assets.predictions.schema import LINES

MOST_VERSIONS, MOST_FEATURES, MOST_MOVES = 30, 15, 10


def models(asked: Asked) -> Page:
    """All versions."""
    versions = asked.table("/models", sort="-match_date", limit=MOST_VERSIONS)
    champion = next((row for row in versions.rows if row["champion"]), None) or asked.item("/model")
    cards = {row["version"]: row for row in asked.table("/model-cards").rows}
    drift = asked.item("/drift")
    context = {
        "versions": versions,
        "champion": champion,
        "families": _families(champion["comparison"]) if champion else None,
        "moves": asked.table("/promotions", sort="-moved_at", limit=MOST_MOVES),
        "drift": drift,
        "groups": _drift_by_group(drift, cards.get(champion["version"]) if champion else None),
        "forecast_drift": asked.table("/drift/forecasts", sort="-match_date", limit=len(LINES)),
        "drifted": asked.table("/drift/history", sort="-match_date", limit=12),
        "challenged": _on_demand(asked),
    }
    return Page("models.html", context)


def model(asked: Asked) -> Page:
    """The card of one version."""
    version = asked.path["version"]
    row, card = (asked.item(f"{path}/{{version:str}}", version=version) for path in ("/models", "/model-cards"))
    if row is None:
        raise ProblemError("unknown-model", f"expected the version of a model, found {version!r}")
    context = {
        "model": row,
        "card": card,
        "families": _families(row["comparison"]),
        "reliability": svg.calibration(card["reliability"]) if card and card["reliability"] else None,
        "importances": card["importances"][:MOST_FEATURES] if card else [],
        "moves": asked.table("/promotions", version=version),
    }
    return Page("model.html", context)


def _families(comparison: list[dict[str, Any]]) -> str | None:
    """A plot of the families that were compared: how much more each loses than the chosen one, with its interval."""
    others = [row for row in comparison if row.get("difference_low") is not None and row["difference_high"] != 0]
    if not others:
        return None
    intervals = [tuple(row[f"difference{end}"] for end in ("_low", "", "_high")) for row in others]
    names = [row["name"].replace("_", " ") for row in others]
    return svg.whiskers("more log loss than the chosen one, 95 % interval", names, {"": intervals}, "the chosen one")


def _drift_by_group(drift: dict[str, Any] | None, card: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The groups of features by the largest score in each: how many of them drifted, and which."""
    if not drift or not drift["scores"]:
        return []
    drifted = set(drift["drifted_columns"])
    group_of = {name: row["group"] for row in (card["features"] if card else []) for name in row["features"]}
    groups: dict[str, list[tuple[float, str]]] = {}
    for feature, score in ((row["feature"], row["score"]) for row in drift["scores"]):
        groups.setdefault(group_of.get(feature, "others"), []).append((score or 0.0, feature))
    rows = [
        {
            "group": group,
            "features": len(scores),
            "worst": max(scores),
            "drifted": sorted(drifted & {n for _, n in scores}),
        }
        for group, scores in groups.items()
    ]
    return sorted(rows, key=lambda row: (-row["worst"][0], row["group"]))


def _on_demand(asked: Asked) -> list[dict[str, Any]]:
    """What champion and challenger lost on the forecasts that each made on demand."""
    rows = asked.table("/settled-on-demand").rows
    variants = []
    for variant in sorted({row["variant"] for row in rows}):
        losses = [row["log_loss"] for row in rows if row["variant"] == variant]
        variants.append({"variant": variant, "matches": len(losses), "log_loss": sum(losses) / len(losses)})
    return variants
