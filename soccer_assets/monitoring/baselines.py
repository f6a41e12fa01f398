"""What forecasts are held against: the market at its opening and its close, and the two simplest families."""

import polars as pl

from soccer_assets import scoring
from soccer_assets.models.families import decode
from soccer_assets.models.training_data import ELO_DIFF
from soccer_assets.odds.devig import power
from soccer_assets.odds.schema import MARKETS
from soccer_assets.storage.lake import DATE

#: Lines of `settled_predictions`, and the family whose newest candidate forecasts them.
FAMILIES = {"climatology": "climatology", "elo": "elo_ordered_logit"}
MATCH = ["match_date", "match_id"]


def fair(best_prices: pl.LazyFrame, kind: str) -> pl.DataFrame:
    """What the market's mean prices say of each outcome quoted, the margin removed by the power method.

    Args:
        best_prices: rows of `best_prices`.
        kind: opening, pre_match or closing.

    Returns:
        match_date, match_id, market, line, selection, probability of the complete books. Of a handicap, the
        probability given that money changes hands.
    """
    rows = (
        best_prices.filter(pl.col(kind) > 1)
        .select(*MATCH, "line", pl.col("market", "selection").cast(pl.String), price=kind)
        .sort(*MATCH, "market", "line", "selection")
        .collect()
    )
    parts = [rows.clear().select(pl.exclude("price"), probability="price")]
    for market, selections in MARKETS.items():
        books = rows.filter(market=market).filter(pl.len().over(*MATCH, "line") == len(selections))
        prices = books["price"].to_numpy().reshape(-1, len(selections))
        parts.append(books.select(pl.exclude("price"), probability=pl.Series(power(prices).ravel())))
    return pl.concat(parts)


def of_results(fair_prices: pl.DataFrame) -> pl.DataFrame:
    """The 1x2 outcomes of `fair` as match_date, match_id, p_home, p_draw, p_away."""
    told = [pl.col("probability").filter(selection=name).first().alias(f"p_{name}") for name in scoring.OUTCOMES]
    return fair_prices.filter(market="1x2").group_by(MATCH).agg(told).sort(MATCH)


def forecast(candidates: pl.LazyFrame, features: pl.DataFrame) -> pl.DataFrame:
    """What the newest candidate of its date or before said of each match: match_date, match_id, probabilities.

    Args:
        candidates: rows of `candidate_<family>`.
        features: rows of `match_features`; those before the first candidate are left out.
    """
    models = candidates.select("estimator", made_for=DATE).sort("made_for").collect()
    known = features.sort(*MATCH).join_asof(models, left_on=DATE, right_on="made_for")
    parts = [features.select(*MATCH, *(pl.lit(0.0).alias(name) for name in scoring.PROBABILITIES)).clear()]
    for (text,), batch in known.drop_nulls("estimator").group_by("estimator", maintain_order=True):
        p = decode(str(text)).predict(batch)
        told = [pl.Series(name, column) for name, column in zip(scoring.PROBABILITIES, p.T, strict=True)]
        parts.append(batch.select(MATCH).with_columns(told))
    return pl.concat(parts)


def about(features: pl.DataFrame) -> pl.DataFrame:
    """match_date, match_id, elo_gap (rating points between the clubs) and whether a promoted club plays."""
    came_up = [pl.col(f"{side}_tier_change") > 0 for side in ("home", "away")]
    return features.select(*MATCH, elo_gap=pl.col(ELO_DIFF).abs(), promoted=pl.any_horizontal(came_up))
