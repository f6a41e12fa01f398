"""How well scores tell same from different, on labelled pairs of names."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from soccer_assets.errors import SchemaError, first_line
from soccer_assets.linking.names.name import parse
from soccer_assets.linking.names.scorer import Scorer
from soccer_assets.linking.names.word_similarity import Floats, Ints

NEEDED = ("country", "source_a", "name_a", "source_b", "name_b", "same")
WANTED_PRECISION = 0.99


def read_pairs(file: Path, needed: tuple[str, ...] = NEEDED) -> pl.DataFrame:
    """Labelled pairs: `needed` columns as strings, `same` as 0 or 1.

    Raises:
        SchemaError: the file is not such a table.
    """
    what = f"expected a CSV file with the columns {', '.join(needed)}"
    try:
        pairs = pl.read_csv(file, infer_schema=False).fill_null("")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SchemaError(f"{file}: {what}; {first_line(error)}") from None
    missing = [name for name in needed if name not in pairs.columns]
    if missing:
        raise SchemaError(f"{file}: {what}; found {pairs.columns}, without {missing}: add them or rename yours")
    wrong = pairs.filter(~pl.col("same").is_in(["0", "1"]))
    if len(wrong):
        labels = wrong["same"].unique(maintain_order=True).head(5).to_list()
        raise SchemaError(f"{file}: expected `same` to be 1 or 0, found {labels} in {len(wrong)} rows: correct them")
    if not len(pairs):
        raise SchemaError(f"{file}: expected labelled pairs, found none")
    return pairs.with_columns(pl.col("same").cast(pl.Int64))


def score_names(file: Path) -> dict[str, Any]:
    """The figures of the shipped scorer on a file of pairs."""
    pairs, scorer = read_pairs(file), Scorer.shipped()
    countries = [country or None for country in pairs["country"]]
    scores = scorer.pairs(pairs["name_a"].to_list(), pairs["name_b"].to_list(), countries)
    return figures(pairs, scores, scorer.threshold)


def figures(pairs: pl.DataFrame, scores: Floats, threshold: float) -> dict[str, Any]:
    """`n`, the threshold, what holds at it, the recall at 99 % precision; the same by pair of sources and scripts."""
    same = pairs["same"].to_numpy().astype(np.int64)
    script = {name: parse(name).script for name in {*pairs["name_a"], *pairs["name_b"]}}
    groups = {
        "by_source_pair": list(zip(pairs["source_a"], pairs["source_b"], strict=True)),
        "by_script": [(script[a], script[b]) for a, b in zip(pairs["name_a"], pairs["name_b"], strict=True)],
    }
    result = _figures(same, scores, threshold)
    for title, members in groups.items():
        labels = np.array(["|".join(sorted(two)) for two in members], dtype=object)
        result[title] = {
            label: _figures(same[labels == label], scores[labels == label], threshold) for label in sorted(set(labels))
        }
    return result


def _figures(same: Ints, scores: Floats, threshold: float) -> dict[str, Any]:
    chosen = scores >= threshold
    right, wanted = int((chosen & (same == 1)).sum()), int(same.sum())
    precision = right / int(chosen.sum()) if chosen.any() else None
    recall = right / wanted if wanted else None
    values = {
        "n": len(same),
        "same": wanted,
        "threshold": threshold,
        "precision": precision,
        "recall": recall,
        "f1": 2 * right / (int(chosen.sum()) + wanted) if right else None,
        "recall_at_99_precision": recall_at_precision(same, scores) if wanted else None,
    }
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in values.items()}


def recall_at_precision(same: Ints, scores: Floats, wanted: float = WANTED_PRECISION) -> float:
    """The largest recall over the thresholds at which precision is at least `wanted`; 0 where there is none."""
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))  # equal scores are taken together
    right = np.cumsum(same[order])[last]
    good = right >= wanted * (last + 1)
    return float(right[good].max() / same.sum()) if good.any() else 0.0
