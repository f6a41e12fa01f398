"""What forecasts are held against: the market at its opening and its close, and the two simplest families."""

import polars as pl

from soccer_assets import scoring
from soccer_assets.models.estimators import decode
from soccer_assets.models.training_data import ELO_DIFF
from soccer_assets.storage.lake import DATE, MATCH

#: Lines of `settled_predictions`, and the family whose newest candidate forecasts them.
FAMILIES = {"climatology": "climatology", "elo": "elo_ordered_logit"}


def forecast(candidates: pl.LazyFrame, features: pl.DataFrame) -> pl.DataFrame:
    """What the newest candidate of its date or before said of each match: match_date, match_id, probabilities.

    Args:
        candidates: rows of `candidate_<family>`.
        features: rows of `match_features`; those before the first candidate are left out.
    """
    models = candidates.select("estimator", made_for=DATE).sort("made_for").collect()
    with_model = features.sort(*MATCH).join_asof(models, left_on=DATE, right_on="made_for")
    parts = [features.select(*MATCH, *(pl.lit(0.0).alias(name) for name in scoring.PROBABILITIES)).clear()]
    for (text,), batch in with_model.drop_nulls("estimator").group_by("estimator", maintain_order=True):
        p = decode(str(text)).predict(batch)
        columns = [pl.Series(name, column) for name, column in zip(scoring.PROBABILITIES, p.T, strict=True)]
        parts.append(batch.select(MATCH).with_columns(columns))
    return pl.concat(parts)


def about(features: pl.DataFrame) -> pl.DataFrame:
    """match_date, match_id, elo_gap (rating points between the clubs) and whether a promoted club plays."""
    came_up = [pl.col(f"{side}_tier_change") > 0 for side in ("home", "away")]
    return features.select(*MATCH, elo_gap=pl.col(ELO_DIFF).abs(), promoted=pl.any_horizontal(came_up))
