"""What forecasts are held against: the market at its opening and its close, and the two simplest families."""

from collections.abc import Callable

import polars as pl

from soccer_assets import scoring
from soccer_assets.models.estimators import decode
from soccer_assets.models.training_data import ELO_DIFF
from soccer_assets.storage.lake import DATE, MATCH

#: Lines of `settled_predictions`, and the family whose newest candidate forecasts them.
FAMILIES = {"climatology": "climatology", "elo": "elo_ordered_logit"}

#: A club is new with fewer matches known; a season's first rounds; days without a match.
FEW_MATCHES, FIRST_ROUNDS, LONG_BREAK_DAYS = 20, 5, 21


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


def contexts(features: pl.DataFrame) -> pl.DataFrame:
    """What matches are divided by: match_date, match_id, elo_gap, promoted, new_club, first_rounds, long_break."""

    def of_a_club(metric: str, holds: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
        return pl.any_horizontal(holds(pl.col(f"{side}_{metric}")) for side in ("home", "away"))

    return features.select(
        *MATCH,
        elo_gap=pl.col(ELO_DIFF).abs(),
        promoted=of_a_club("tier_change", lambda change: change > 0),
        new_club=of_a_club("matches_known", lambda matches_known: matches_known < FEW_MATCHES),
        first_rounds=of_a_club("table_played", lambda played: played.fill_null(0) < FIRST_ROUNDS),
        long_break=of_a_club("rest_days", lambda days: days >= LONG_BREAK_DAYS),
    )
