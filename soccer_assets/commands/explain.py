"""A forecast explained in words: its terms as factors of the odds, the matches most like it, what would change it."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from soccer_assets.errors import NotMaterializedError
from soccer_assets.features.catalog import GROUPS
from soccer_assets.scoring import PROBABILITIES
from soccer_assets.storage.lake import DATE, Lake

#: In the order of a reader: what the platform thinks first.
LINES = ("blend", "model", "challenger", "market")
#: Terms whose log-odds are less than this together are summed up.
LEAST = 0.03


def explain(lake: Lake, match_id: str, line: str | None = None) -> str:
    """Return the explanation of the newest forecast of a match; default: of the blend, else of the model.

    Raises:
        NotMaterializedError: the match has no forecast on the line, or no explanation.
    """
    forecasts = _newest(lake, "predictions", match_id)
    terms = _newest(lake, "explanations", match_id)
    line = line or next((name for name in LINES if name in forecasts["line"].to_list()), "model")
    forecast, own = forecasts.filter(line=line), terms.filter(line=line)
    if forecast.is_empty() or own.is_empty():
        raise NotMaterializedError(
            f"expected a forecast of {match_id!r} on the line {line} with its explanation, found "
            f"{len(forecast)} forecasts and {len(own)} terms: `uv run soccer export` lists those that are stored, "
            "`uv run soccer predict` makes them"
        )
    row = forecast.row(0, named=True)
    head = [
        f"{row['home']} - {row['away']}, {row['league']}, {row['match_date']}, line {line}: {_shares(row)}",
        "",
        "For whom each of these speaks, by how many times the odds of one club to win over the other, and the draw's:",
    ]
    parts = (*head, *_terms(own, row), *_similar(lake, match_id, row), *_scenarios(lake, match_id, line))
    return "\n".join(parts)


def _newest(lake: Lake, name: str, match_id: str) -> pl.DataFrame:
    rows = lake.scan(name).filter(pl.col("match_id") == match_id).collect()
    return rows.filter(pl.col(DATE) == pl.col(DATE).max())


def _terms(terms: pl.DataFrame, match: Mapping[str, Any]) -> Iterator[str]:
    """The base first, then the others by how much they move the odds, the least ones together."""
    size = pl.col("home_away").abs() + pl.col("draw").abs()
    ordered = terms.sort(pl.col("term") == "base", size, "term", descending=[True, True, False])
    large = ordered.filter((pl.col("term") == "base") | (size >= LEAST))
    for term in large.iter_rows(named=True):
        yield _factors(term["home_away"], term["draw"], match, term["description"] + _leading(term))
    small = ordered.join(large, on="term", how="anti")
    if len(small):
        yield _factors(*_sums(small), match, f"{len(small)} others, each of little weight")
    yield _factors(*_sums(terms), match, "all of them together, which is the forecast")


def _sums(terms: pl.DataFrame) -> tuple[float, float]:
    home_away, draw = terms.select(pl.col("home_away", "draw").sum()).row(0)
    return home_away, draw


def _factors(home_away: float, draw: float, match: Mapping[str, Any], text: str) -> str:
    club = match["home"] if home_away >= 0 else match["away"]
    return f"  {club} x {math.exp(abs(home_away)):.2f}, draw x {math.exp(draw):.2f}: {text}"


def _leading(term: Mapping[str, Any]) -> str:
    if term["term"] not in GROUPS:
        return ""
    value = "not known" if term["feature_value"] is None else f"{term['feature_value']:.4g}"
    return f" (most by {term['feature_description']}: {value})"


def _similar(lake: Lake, match_id: str, forecast: Mapping[str, Any]) -> Iterator[str]:
    rows = _newest(lake, "similar_matches", match_id).sort("rank")
    if rows.is_empty():
        return
    wins = rows.select(pl.col("home_goals") - pl.col("away_goals").cast(pl.Int16)).to_series().sign()
    counts = [int((wins == sign).sum()) for sign in (1, 0, -1)]
    yield ""
    yield (
        f"Of the {len(rows)} earlier matches of the league most like it by prices and ratings, the home club won "
        f"{counts[0]}, {counts[1]} were drawn, the away club won {counts[2]}:"
    )
    for row in rows.iter_rows(named=True):
        yield f"  {row['similar_match_date']} {row['home']} {row['home_goals']}-{row['away_goals']} {row['away']}"


def _scenarios(lake: Lake, match_id: str, line: str) -> Iterator[str]:
    rows = _newest(lake, "forecast_scenarios", match_id).filter(line=line).sort("scenario", descending=True)
    if rows.is_empty():
        return
    yield ""
    yield "What would change it:"
    for row in rows.iter_rows(named=True):
        yield f"  if {row['description']}: {_shares(row)}; home {100 * row['change_home']:+.1f} points"


def _shares(row: Mapping[str, Any]) -> str:
    words = zip(("home", "draw", "away"), (row[name] for name in PROBABILITIES), strict=True)
    return ", ".join(f"{word} {p:.1%}" for word, p in words)
