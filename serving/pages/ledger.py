"""The ledger: what was forecast before kick-off, each row with the text that its hash is of."""

from serving.api.problems import ProblemError
from serving.pages.page import Asked, Page
from soccer_assets.storage.chain import row_text

PARAMETERS = ("until",)
ROWS = 25


def ledger(asked: Asked) -> Page:
    """The page; `until` is the highest number of a row that is shown."""
    until = asked.query.get("until", "")
    if until and not (until.isascii() and until.isdigit() and len(until) < 12):
        raise ProblemError("invalid-request", f"until: expected the number of a row, found {until!r}")
    newest = asked.table("/ledger", sort="-number", limit=1)
    entries = asked.table("/ledger", sort="-number", limit=ROWS, until=until or None)
    numbers = [row["number"] for row in entries.rows]
    matches = asked.snapshot.matches.by_ids([row["match_id"] for row in entries.rows])
    context = {
        "entries": entries,
        "texts": {row["number"]: row_text(row) for row in entries.rows},
        "matches": matches,
        "tip": newest.one(),
        "total": newest.total,
        "older": asked.address("/ledger", until=min(numbers) - 1) if numbers and min(numbers) > 1 else None,
        "newer": asked.address("/ledger", until=max(numbers) + ROWS)
        if numbers and max(numbers) < newest.rows[0]["number"]
        else None,
    }
    return Page("ledger.html", context)
