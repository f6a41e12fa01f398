"""The table of the decisions on names and links."""

import polars as pl

from soccer_assets.storage.tables import UTC, Column, Table

ACTIONS = ("accept", "reject", "merge", "split", "undo")

LINK_DECISIONS = Table(
    "link_decisions",
    "One decision of a person on a name, a club or a link; entries are added, never changed.",
    (
        Column("decision_id", pl.Int64, "number in the ledger, from 1", ge=1),
        Column("decided_at", UTC, "when"),
        Column("decided_by", pl.String, "who"),
        Column("action", pl.String, "what was decided", among=ACTIONS),
        Column("source", pl.String, "who calls the club so, or has the event", nullable=True),
        Column("name", pl.String, "the source's own name", nullable=True),
        Column("country", pl.String, "where the name means this club; null: everywhere", nullable=True),
        Column("team_id", pl.String, "the club", nullable=True),
        Column("other_team_id", pl.String, "merge: the id that is the club's as well", nullable=True),
        Column("event_id", pl.String, "the event that was decided on", nullable=True),
        Column("match_id", pl.String, "the match that was decided on", nullable=True),
        Column("undoes", pl.Int64, "undo: number of the entry", nullable=True, ge=1),
        Column("reason", pl.String, "why", nullable=True),
    ),
    ("decision_id", "decided_at"),
)
