"""Why a line forecasts a match as it does: what each term adds to the log-odds of a home to an away win."""

from dataclasses import dataclass
from typing import Any

from serving.pages.page import Asked, Table

#: Terms that are shown one by one; the others are one row.
MOST_TERMS = 8
#: A term that adds less is not shown by itself.
LEAST = 0.005


@dataclass(frozen=True)
class Reasons:
    """The terms of a line, the greatest first, the sum of those that are too small to show, and the sum of all."""

    terms: list[dict[str, Any]]
    others: int
    others_sum: float
    total: float
    greatest: float
    table: Table


def reasons_of(asked: Asked, match_id: str, line: str) -> Reasons | None:
    """The terms of a line; None where the line is not explained."""
    table = asked.table("/matches/{match_id:str}/explanations", match_id=match_id, line=line)
    if not table.rows:
        return None
    terms = sorted(table.rows, key=lambda row: -abs(row["home_away"]))
    single = [row for row in terms[:MOST_TERMS] if abs(row["home_away"]) >= LEAST]
    total = sum(row["home_away"] for row in terms)
    others_sum = total - sum(row["home_away"] for row in single)
    greatest = max((abs(row["home_away"]) for row in single), default=1.0)
    return Reasons(single, len(terms) - len(single), others_sum, total, max(greatest, abs(total)), table)
