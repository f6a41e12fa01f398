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
import os
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

    from soccer_assets.errors import OddsError, first_line
    from soccer_assets.odds.devig import METHODS
    from soccer_assets.storage.user_tables import table_of

    if method not in [*METHODS]:
        raise OddsError(f"expected a method out of {', '.join(METHODS)}, found {method!r}")
    if hasattr(prices, "columns"):
        frame = table_of(prices, "prices")
        return pl.DataFrame(METHODS[method](frame.to_numpy()), schema=frame.columns)
    try:
        array = np.asarray(prices)
    except ValueError as error:
        raise OddsError(f"expected books of one length, found {first_line(error)}") from None
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
        rho: correction of the low scores; below 0 makes 0-0 and 1-1 likelier. It is kept where no score is impossible.
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

    def numbers(name: str, value: Any, *shape: int) -> Any:
        try:
            array = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            array = np.array(np.nan)
        if array.shape != shape or not np.isfinite(array).all():
            expected = f"{shape[0]} numbers" if shape else "a number"
            raise ModelError(f"expected {expected} as {name}, found {value!r}")
        return array[None]

    goals = ("home_goals", home_goals), ("away_goals", away_goals)
    rates, correction = np.array([[numbers(*side)[0] for side in goals]]), numbers("rho", rho)
    if p_1x2 is None and p_over is not None:
        raise ModelError("expected p_1x2 with p_over, found p_over alone")
    wanted = None if p_1x2 is None else numbers("p_1x2", p_1x2, 3)
    own = result_probabilities(dixon_coles(rates, correction)) if wanted is None else wanted
    return ScoreMatrix(coherent(rates, correction, own, None if p_over is None else numbers("p_over", p_over))[0])


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
    from soccer_assets.storage.user_tables import goals, numbers, table_of, texts

    frame = table_of(bets, "bets", ("market", "selection", "price", "home_goals", "away_goals"))
    absent = {"line": pl.lit(None, pl.Float64), "status": pl.lit("finished")}
    frame = frame.with_columns(value.alias(name) for name, value in absent.items() if name not in frame.columns)
    kinds = {"market": texts, "selection": texts, "status": texts, "line": numbers, "price": numbers}
    kinds |= {"home_goals": goals, "away_goals": goals}
    typed = frame.with_columns(kind("bets", frame[name]) for name, kind in kinds.items())
    return frame.with_columns(settled(typed).select("result", "returned"))


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
    from soccer_assets.linking.files import link_tables

    return link_tables(events, matches)


def elo(matches: Any) -> "pl.DataFrame":
    """Return the matches by date with `home_elo` and `away_elo`, each side's rating before the match.

    Args:
        matches: a frame with date, home, away, home_goals and away_goals (null: not played, which moves no rating);
            where there are several leagues, `league`, a code of `leagues.LEAGUES`; `season`, else seasons run from July
            to June.

    Raises:
        SchemaError: a column is missing or holds something else, or a league is not known.

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
    from soccer_assets.storage.user_tables import dates, goals, refuse, require_filled, table_of, texts

    needed = ("date", "home", "away", "home_goals", "away_goals")
    frame = table_of(matches, "matches", needed)
    require_filled("matches", frame, *needed[:3])
    frame = frame.with_columns(dates("matches", frame["date"])).sort("date", maintain_order=True)
    sides = {f"{side}_id": texts("matches", frame[side]) for side in ("home", "away")}
    if len(alone := sides["home_id"].filter(sides["home_id"] == sides["away_id"])):
        refuse("matches", "two clubs in every row", alone)
    figures = {name: goals("matches", frame[name]) for name in needed[3:]}
    if len(half := frame["date"].filter(figures["home_goals"].is_null() != figures["away_goals"].is_null())):
        refuse("matches", "goals of both sides or of none", half)
    years = pl.col("date").dt.offset_by("-6mo").dt.year().cast(pl.String)
    leagues_and_seasons = frame.select(
        pl.col("league") if "league" in frame.columns else pl.lit(next(iter(LEAGUES))).alias("league"),
        pl.col("season").cast(pl.String) if "season" in frame.columns else years.alias("season"),
    )
    if unknown := sorted(set(leagues_and_seasons["league"]) - set(LEAGUES)):
        raise SchemaError(f"matches: expected leagues out of {', '.join(LEAGUES)}, found {unknown}")
    further = ("shots", "shots_on_target", "corners", "red_cards")
    rows = frame.select(**figures, match_date="date", **sides, status=pl.lit("finished")).with_columns(
        *leagues_and_seasons,
        *(pl.lit(None).alias(f"{side}_{name}") for side in ("home", "away") for name in further),
        match_id=pl.int_range(len(frame)).cast(pl.String).str.zfill(9),
    )
    no_prices = rows.clear().select("match_date", "match_id")
    no_prices = no_prices.with_columns(pl.lit(None).alias(name) for name in ("p_home", "p_draw", "p_away", "p_over"))
    before = elo_ratings(match_arrays(rows, no_prices))["elo_before"]
    return frame.with_columns(home_elo=pl.Series(before[:, 0]), away_elo=pl.Series(before[:, 1]))


def open_lake(url: "str | os.PathLike[str] | None" = None) -> "Lake":
    """Return the lake at a folder or s3:// address; default: the one of the settings.

    Raises:
        SettingsError: it is no such address.
    """
    from soccer_assets.settings import Settings
    from soccer_assets.storage.lake import Lake

    return Lake(os.fspath(url or Settings.read().lake))


def read(
    table: str,
    since: "dt.date | str | None" = None,
    until: "dt.date | str | None" = None,
    lake: "Lake | str | os.PathLike[str] | None" = None,
) -> "pl.DataFrame":
    """Return the rows of a table of the lake with a match date from `since` to `until`, both inclusive.

    Raises:
        NotMaterializedError: nothing was ever written under that name.
        SchemaError: a date cannot be read, they are the wrong way round, or the table has none.
    """
    from soccer_assets.errors import NotMaterializedError, SchemaError
    from soccer_assets.storage.lake import DATE, Lake
    from soccer_assets.storage.user_tables import day

    first, last = day(since, "since"), day(until, "until")
    if first and last and first > last:
        raise SchemaError(f"expected since at or before until, found {first} and {last}")
    opened = lake if isinstance(lake, Lake) else open_lake(lake)
    try:
        columns = opened.scan(table).collect_schema()
    except NotMaterializedError as error:
        tables = ", ".join(opened.names()) or "none"
        raise NotMaterializedError(f"{error}; tables of this lake: {tables}") from None
    if (first or last) and DATE not in columns:
        raise SchemaError(f"{table}: expected a table with {DATE} for since and until, found none: leave them out")
    return opened.read(table, first, last)
