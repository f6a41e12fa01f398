"""The page of a match, and the card of it that other sites embed."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from serving.api.problems import ProblemError
from serving.pages.match_clubs import draw_ratings, last_matches, meetings
from serving.pages.match_markets import MOST_GOALS, draw_movement, markets_of, scores_of
from serving.pages.match_reasons import reasons_of
from serving.pages.match_rows import OPEN_STATUSES, outcome
from serving.pages.page import HEADERS, Asked, Page
from serving.security.headers import CARD_POLICY
from soccer_assets.predictions.schema import LINES

PARAMETERS = ("line",)
CARD_HEADERS = {**HEADERS, "content-security-policy": CARD_POLICY}


def match(asked: Asked) -> Page:
    """The page: what is forecast, at which prices, why, and what was forecast before."""
    row, forecast = _match(asked), _forecast(asked)
    context: dict[str, Any] = {
        "match": row,
        "forecast": forecast,
        "coming": row["status"] in OPEN_STATUSES,
        "ratings": draw_ratings(asked, row),
        "last": last_matches(asked, row),
        "meetings": meetings(asked, row),
        "moves": asked.table("/matches/{match_id:str}/best-prices", match_id=row["match_id"], market="1x2"),
        "movement": draw_movement(asked, row),
    }
    if forecast:
        match_id = row["match_id"]
        lines = [line for line in LINES if forecast[line]]
        line = asked.query.get("line") or _usual_line(forecast)
        if line not in lines:
            detail = f"line: expected one of {', '.join(lines)}, found {line!r}"
            raise ProblemError("invalid-request", detail, accepted=lines)
        similar = asked.table("/matches/{match_id:str}/similar-matches", match_id=match_id)
        history = asked.table("/matches/{match_id:str}/forecast-history", match_id=match_id)
        context |= {
            "lines": lines,
            "line": line,
            "drawn": forecast[line],
            "model": asked.item("/models/{version:str}", version=forecast["model_version"]),
            "result": _result(row, forecast[line]),
            "scores": scores_of(asked, match_id, line),
            "markets": markets_of(asked, match_id, line),
            "reasons": reasons_of(asked, match_id, line),
            "similar": similar,
            "endings": Counter(outcome(row) for row in similar.rows),
            "scenarios": asked.table("/matches/{match_id:str}/scenarios", match_id=match_id),
            "history": history,
            "sealed": next((entry for entry in reversed(history.rows) if entry["line"] == line), None),
        }
    return Page("match.html", context)


def card(asked: Asked) -> Page:
    """The card: clubs, kick-off and one line of forecast."""
    row, forecast = _match(asked), _forecast(asked)
    line = _usual_line(forecast) if forecast else None
    drawn = forecast[line] if forecast and line else None
    context = {"match": row, "line": line, "drawn": drawn, "result": _result(row, drawn) if drawn else None}
    return Page("match_card.html", context)


def _match(asked: Asked) -> dict[str, Any]:
    match_id = asked.path["match_id"]
    row = asked.item("/matches/{match_id:str}", match_id=match_id)
    if row is None:
        raise ProblemError("unknown-match", f"expected the id of a match, found {match_id!r}")
    return row


def _forecast(asked: Asked) -> dict[str, Any] | None:
    return asked.item("/predictions/{match_id:str}", match_id=asked.path["match_id"])


def _usual_line(forecast: Mapping[str, Any]) -> str:
    return "blend" if forecast["blend"] else "model"


def _result(row: Mapping[str, Any], drawn: Mapping[str, float]) -> dict[str, Any] | None:
    """What happened, the probability it was given, whether that was the highest, and the cell of the score's table.

    None before there is a score.
    """
    happened = outcome(row)
    if happened is None:
        return None
    probability = drawn[happened]
    cell = tuple(min(row[f"{side}_goals"], MOST_GOALS) for side in ("home", "away"))
    return {"outcome": happened, "given": probability, "held": probability == max(drawn.values()), "cell": cell}
