"""Ratings of clubs after each of their matches: one idea a module, one table of all of them."""

import polars as pl

from soccer_assets.features.schema import TEAM_RATINGS


def rate(matches: pl.DataFrame, closing: pl.DataFrame) -> pl.DataFrame:
    """Two rows of `team_ratings` per finished match: what is known of both clubs once it has been played.

    Args:
        matches: rows of the table `matches`.
        closing: match_date, match_id, and the market's last p_home, p_draw, p_away and, where known, p_over (of over
            2.5 goals), of the matches that have prices.
    """
    # numba and its loops are loaded by those who rate, not by everybody who reads the definitions
    from soccer_assets.features.ratings.dixon_coles import dixon_coles_ratings
    from soccer_assets.features.ratings.elo import elo_ratings
    from soccer_assets.features.ratings.goal_rates import goal_ratings
    from soccer_assets.features.ratings.market import market_ratings
    from soccer_assets.features.ratings.match_arrays import match_arrays
    from soccer_assets.features.ratings.pi import pi_ratings
    from soccer_assets.features.ratings.statistics_strength import performance_ratings

    games = match_arrays(matches, closing)
    if games.rows.is_empty():
        return TEAM_RATINGS.empty()
    columns = {
        **elo_ratings(games),
        **pi_ratings(games),
        **goal_ratings(games),
        **dixon_coles_ratings(games),
        **performance_ratings(games),
        **market_ratings(games),
    }
    sides = [
        games.rows.select("match_date", "match_id", "league", team_id=f"{side}_id").with_columns(
            pl.Series(name, values[:, column], nan_to_null=True) for name, values in columns.items()
        )
        for column, side in enumerate(("home", "away"))
    ]
    return TEAM_RATINGS.conform(pl.concat(sides))
