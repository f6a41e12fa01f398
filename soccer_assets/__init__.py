"""A Dagster asset graph that forecasts football matches.

Partition `d` of any asset is what that stage knows, or produces, for match date `d`. Seven stages, a folder each,
in the order the data flow; a stage imports only from the stages before it:

    sources      records as published, all strings, with the payload they came from
    matches      clubs and matches
    odds         quoted prices and de-vigged probabilities
    features     ratings and what was known of a match before kick-off
    models       tuned candidates and the selected forecaster
    predictions  forecasts on three lines (model, market, blend) and value bets
    monitoring   forecasts met by their results, quality and drift

Beside them:

    storage        Delta tables and raw payloads
    linking        which names are one club, which records one match
    orchestration  partitions, the I/O manager, event storage: what assets need of Dagster
    commands       the console command `soccer`
    simulation     a synthetic football world that is served in the sources' own formats

In a notebook, `import soccer_assets as sa` gives the functions of `__all__`. They take polars or pandas frames and
return polars frames; each imports what it needs when it is called.
"""

import datetime as dt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import ArrayLike

    from soccer_assets.predictions.match_prices import ScoreMatrix
    from soccer_assets.storage.lake import Lake

__all__ = ["devig", "elo", "link", "open_lake", "read", "score_matrix", "settle"]


def devig(prices: "ArrayLike", method: str = "power") -> Any:
    """Return the probabilities of decimal odds, with the bookmaker's margin removed.

    Args:
        prices: one book of k outcomes, or n books: an array (k,) or (n, k), or a frame with a column an outcome.
        method: `proportional`, `power`, `shin` or `odds_ratio` (`odds.devig` describes them).

    Returns:
        An array of the same shape, or a polars frame with the same columns; each book sums to 1.

    Raises:
        OddsError: there is no such method, or a price is not a finite number above 1.

    >>> import soccer_assets as sa
    >>> sa.devig([2.0, 3.5, 4.0]).round(3).tolist()
    [0.488, 0.274, 0.238]
    """
    import numpy as np
    import polars as pl

    from soccer_assets.errors import OddsError
    from soccer_assets.odds.devig import METHODS

    if method not in METHODS:
        raise OddsError(f"expected a method out of {', '.join(METHODS)}, found {method!r}")
    books: Any = prices
    if hasattr(books, "columns"):
        frame = pl.DataFrame(books)
        return pl.DataFrame(METHODS[method](frame.to_numpy()), schema=frame.columns)
    array = np.asarray(books)
    return METHODS[method](array[None, :])[0] if array.ndim == 1 else METHODS[method](array)


def score_matrix(
    home_goals: float,
    away_goals: float,
    *,
    rho: float = 0.0,
    p_1x2: tuple[float, float, float] | None = None,
    p_over: float | None = None,
) -> "ScoreMatrix":
    """Return the score matrix of a match by Dixon and Coles, moved to agree with what else is given.

    Args:
        home_goals: goals expected of the home side, from 0.01 to 8.
        away_goals: goals expected of the away side.
        rho: correction of the low scores; below 0 makes 0-0 and 1-1 likelier.
        p_1x2: probabilities of home win, draw and away win, which the matrix then has.
        p_over: probability of more than 2.5 goals, which it then has too; needs `p_1x2`.

    Raises:
        ModelError: a number is out of its bounds, or `p_over` is given alone.

    >>> import soccer_assets as sa
    >>> match = sa.score_matrix(1.6, 1.1)
    >>> round(match.home_win(), 3), round(match.over(2.5), 3), round(match.handicap(-0.25), 3)
    (0.49, 0.506, 0.559)
    """
    import numpy as np

    from soccer_assets.errors import ModelError
    from soccer_assets.predictions.match_prices import ScoreMatrix
    from soccer_assets.score_matrices import coherent, dixon_coles, result_probabilities

    rates, correction = np.array([[home_goals, away_goals]], dtype=float), np.array([rho])
    if p_1x2 is None and p_over is not None:
        raise ModelError("expected p_1x2 with p_over, found p_over alone")
    own = result_probabilities(dixon_coles(rates, correction)) if p_1x2 is None else np.array([p_1x2])
    total = None if p_over is None else np.array([p_over])
    return ScoreMatrix(coherent(rates, correction, own, total)[0])


def settle(bets: Any) -> "pl.DataFrame":
    """Return the bets with `result` and `returned`, by the rules of `predictions.settlement.settled`.

    Args:
        bets: a frame with market, line (null where there is none), selection, price, home_goals and away_goals; status
            where it is not `finished`.

    Raises:
        SchemaError: a bet is of no market, or lacks what its market needs.

    >>> import soccer_assets as sa
    >>> bet = {"market": "over_under", "line": 2.25, "selection": "over", "price": 2.0}
    >>> sa.settle([bet | {"home_goals": 1, "away_goals": 1}]).select("result", "returned").row(0)
    ('half_lost', 0.5)
    """
    import polars as pl

    from soccer_assets.predictions.settlement import settled

    frame = pl.DataFrame(bets)
    return settled(frame if "status" in frame.columns else frame.with_columns(status=pl.lit("finished")))


def link(events: Any, matches: Any) -> "pl.DataFrame":
    """Return the events with the matches they are, or which ones they may be, by names and fixtures.

    Args:
        events: a frame with date, home and away; where known competition, country, kick_off and event_id.
        matches: the same with match_id.

    Returns:
        A row an event: `outcome` (linked, review, none), `match_id` where linked, `score`, `margin` and `evidence`.

    Raises:
        SoccerError: a column is missing, or a date cannot be read.

    >>> import soccer_assets as sa
    >>> event = {"date": "2024-03-09", "home": "Манчестер Юнайтед", "away": "Эвертон"}
    >>> match = {"date": "2024-03-09", "home": "Man United", "away": "Everton"}
    >>> sa.link([event], [match]).select("outcome", "match_home").row(0)
    ('linked', 'Man United')
    """
    import polars as pl

    from soccer_assets.linking.files import link_tables

    return link_tables(pl.DataFrame(events), pl.DataFrame(matches))


def elo(matches: Any) -> "pl.DataFrame":
    """Return the matches by date with `home_elo` and `away_elo`, each side's rating before the match.

    Args:
        matches: a frame with date, home, away, home_goals and away_goals; where there are several leagues, `league`, a
            code of `leagues.LEAGUES`; `season`, else seasons run from July to June.

    Raises:
        SchemaError: a column is missing, or a league is not known.

    >>> import polars as pl, soccer_assets as sa
    >>> score = {"date": dt.date(2024, 3, 9), "home": "A", "away": "B", "home_goals": 2, "away_goals": 0}
    >>> sa.elo([score, score | {"date": dt.date(2024, 3, 16)}]).select(pl.col("home_elo", "away_elo").round(1)).rows()
    [(1500.0, 1500.0), (1513.1, 1486.9)]
    """
    import polars as pl

    from soccer_assets.errors import SchemaError
    from soccer_assets.features.ratings.elo import elo_ratings
    from soccer_assets.features.ratings.match_arrays import match_arrays
    from soccer_assets.leagues import LEAGUES

    frame = pl.DataFrame(matches)
    needed = ["date", "home", "away", "home_goals", "away_goals"]
    if missing := [name for name in needed if name not in frame.columns]:
        raise SchemaError(f"matches: expected the columns {needed}, found none named {missing}")
    frame = frame.with_columns(pl.col("date").cast(pl.Date)).sort("date", maintain_order=True)
    years = pl.col("date").dt.offset_by("-6mo").dt.year().cast(pl.String)
    leagues_and_seasons = frame.select(
        pl.col("league") if "league" in frame.columns else pl.lit(next(iter(LEAGUES))).alias("league"),
        pl.col("season").cast(pl.String) if "season" in frame.columns else years.alias("season"),
    )
    if unknown := sorted(set(leagues_and_seasons["league"]) - set(LEAGUES)):
        raise SchemaError(f"matches: expected leagues out of {', '.join(LEAGUES)}, found {unknown}")
    further = ("shots", "shots_on_target", "corners", "red_cards")
    rows = frame.select(
        "home_goals", "away_goals", match_date="date", home_id="home", away_id="away", status=pl.lit("finished")
    ).with_columns(
        *leagues_and_seasons,
        *(pl.lit(None).alias(f"{side}_{name}") for side in ("home", "away") for name in further),
        match_id=pl.int_range(len(frame)).cast(pl.String).str.zfill(9),
    )
    no_prices = rows.clear().select("match_date", "match_id")
    no_prices = no_prices.with_columns(pl.lit(None).alias(name) for name in ("p_home", "p_draw", "p_away", "p_over"))
    before = elo_ratings(match_arrays(rows, no_prices))["elo_before"]
    return frame.with_columns(home_elo=pl.Series(before[:, 0]), away_elo=pl.Series(before[:, 1]))


def open_lake(url: str | None = None) -> "Lake":
    """Return the lake at a folder or s3:// address; default: the one of the settings."""
    from soccer_assets.settings import Settings
    from soccer_assets.storage.lake import Lake

    return Lake(url or Settings.read().lake)


def read(
    table: str, since: dt.date | None = None, until: dt.date | None = None, lake: "Lake | None" = None
) -> "pl.DataFrame":
    """Return the rows of a table of the lake with a match date from `since` to `until`, both inclusive.

    Raises:
        NotMaterializedError: nothing was ever written under that name.
    """
    return (lake or open_lake()).read(table, since, until)
