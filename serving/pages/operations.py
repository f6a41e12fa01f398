"""Operations: sources, freshness, failed checks, jobs and workers, links that a person decides, and the champion."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from redis.exceptions import RedisError

from serving.api.responses import ApiRequest
from serving.jobs.queue import JobQueue
from serving.pages.page import Asked, Page
from serving.security import client_of

PARAMETERS = ("source", "country")
#: Links to decide on, decisions and moves of the champion that the page shows.
MOST_LINKS, MOST_DECISIONS, MOST_MOVES = 25, 10, 5
MOST_JOBS = 10
#: Fixtures of both sides that a link is shown with.
DAYS_AROUND = dt.timedelta(days=7)


def operations(asked: Asked) -> Page:
    """The page."""
    review = asked.table(
        "/links", limit=MOST_LINKS, outcome="review", sort="-match_date", source=asked.query.get("source"),
        country=asked.query.get("country"),
    )  # fmt: skip
    decisions = asked.table("/link-decisions", limit=MOST_DECISIONS * 5)
    undone = {row["undoes"] for row in decisions.rows}
    moves = asked.table("/promotions", sort="-moved_at", limit=MOST_MOVES, alias="champion")
    checks = asked.table("/checks", passed=False)
    context = {
        "sources": asked.table("/sources"),
        "freshness": asked.table("/freshness", sort="written_at"),
        "checks": checks,
        "errors": [row for row in checks.rows if row["severity"] != "warning"],
        "warnings": [row for row in checks.rows if row["severity"] == "warning"],
        "review": review,
        "candidates": {row["event_id"]: _match(asked, row["candidate_id"]) for row in review.rows},
        "decisions": [(row, row["decision_id"] in undone) for row in decisions.rows[::-1][:MOST_DECISIONS]],
        "moves": moves,
        "champion": asked.snapshot.champion,
        "dagster": asked.serving.dagster_url,
    }
    return Page("operations.html", context)


async def jobs(request: ApiRequest) -> Mapping[str, Any]:
    """What Redis knows now: the newest jobs of who asks, the workers, and how many jobs wait; nothing without Redis."""
    queue: JobQueue = request.app.state.queue
    try:
        newest = await queue.newest(client_of(request.scope).id, MOST_JOBS)
        return {"jobs": newest, "workers": await queue.workers(), "waiting": await queue.depth()}
    except RedisError:
        return {"jobs": [], "workers": [], "waiting": None}


def _match(asked: Asked, match_id: str | None) -> Any:
    """A match that a link may mean, and what each of its clubs plays around that day."""
    if match_id is None:
        return None
    match = asked.snapshot.matches.by_ids([match_id]).get(match_id)
    if match is None:
        return None
    around = [
        asked.table(
            "/teams/{team_id:str}/matches", team_id=team_id, limit=5,
            date_from=match.match_date - DAYS_AROUND, date_to=match.match_date + DAYS_AROUND,
        ).rows
        for team_id in (match.home_id, match.away_id)
    ]  # fmt: skip
    return {"match": match, "around": around}
