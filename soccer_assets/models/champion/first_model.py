"""The first model: where the gate refuses it, the better of two baselines serves until a model is accepted."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from soccer_assets.models.champion.promotion_gate import BASELINE, judge
from soccer_assets.models.schema import PROMOTIONS, SELECTED_MODEL
from soccer_assets.models.selection.assembly import selected
from soccer_assets.settings import Settings

BASELINES = ("climatology", "elo_ordered_logit")


def model_or_baseline(
    model: pl.DataFrame,
    candidates: Sequence[Mapping[str, Any]],
    history: pl.DataFrame,
    market: pl.DataFrame,
    closing: pl.DataFrame,
    settings: Settings,
) -> pl.DataFrame:
    """The row of `selected_model` of a date without a champion, of which `model` is the regular one.

    It is a baseline, and its reason begins with `BASELINE`, where the gate refuses the model: the one with the lower
    log loss of those that were trained. Without one the model stays, and the gate refuses it.

    Args:
        model: what `selected` gave of the candidates.
        candidates: rows of `candidate_<family>` of the date.
        history: the examples they learned from.
        market: rows of `pre_match_prices`.
        closing: rows of `closing_prices`.
        settings: seed, and the least matches of the gate.
    """
    row = model.row(0, named=True)
    verdict = judge(row, SELECTED_MODEL.empty().lazy(), PROMOTIONS.empty(), history, (), settings.promotion_matches)
    scores = {each["name"]: each["expected_log_loss"] for each in row["comparison"]}
    baselines = [candidate for candidate in candidates if candidate["family"] in BASELINES]
    if verdict.accepted or not baselines:
        return model
    best = min(baselines, key=lambda candidate: scores[candidate["family"]])
    reason = f"{BASELINE}: it refused {row['family']} {row['version']} ({verdict.reason})."
    baseline = selected([best], history, market, closing, settings.seed)
    return baseline.with_columns(reason=pl.lit(reason), comparison=model["comparison"])
