"""Tables of the odds stage."""

import polars as pl

from soccer_assets.leagues import LEAGUES
from soccer_assets.tables import UTC, Column, Table

MARKETS = {
    "1x2": ("home", "draw", "away"),
    "over_under": ("over", "under"),
    "asian_handicap": ("home", "away"),
}
KINDS = ("pre_match", "closing")
#: football-data.co.uk's column prefixes; Betbrain's aggregates are the market's before 2019/20.
BOOKMAKERS = {
    "1XB": "1xbet",
    "B365": "bet365",
    "BF": "betfair",
    "BFD": "betfred",
    "BFE": "betfair_exchange",
    "BMGM": "betmgm",
    "BS": "blue_square",
    "BV": "betvictor",
    "BW": "bwin",
    "CL": "coral",
    "GB": "gamebookers",
    "IW": "interwetten",
    "LB": "ladbrokes",
    "PS": "pinnacle",
    "P": "pinnacle",
    "SB": "sportingbet",
    "SJ": "stan_james",
    "SO": "sporting_odds",
    "SY": "stanleybet",
    "VC": "vc_bet",
    "WH": "william_hill",
    "Max": "maximum",
    "BbMx": "maximum",
    "Avg": "average",
    "BbAv": "average",
}
# few values over many millions of rows: one byte each
_LEAGUE = pl.Enum(list(LEAGUES))
_BOOKMAKER = pl.Enum(list(dict.fromkeys(BOOKMAKERS.values())))
_MARKET = pl.Enum(list(MARKETS))
_KIND = pl.Enum(KINDS)
_SELECTION = pl.Enum(["home", "draw", "away", "over", "under"])

_QUOTE = (
    Column("match_date", pl.Date, "date of kick-off in the league's own time zone"),
    Column("match_id", pl.String, "the match"),
    Column("league", _LEAGUE, "division code"),
    Column("bookmaker", _BOOKMAKER, "who quotes; average and maximum are over the market"),
    Column("market", _MARKET, "what is bet on"),
    Column("line", pl.Float64, "goals (over/under) or home handicap in goals; null for 1x2", nullable=True),
    Column("kind", _KIND, "when it was quoted: days before, or at kick-off"),
    Column("selection", _SELECTION, "outcome bet on"),
    Column("price", pl.Float64, "decimal odds", ge=1.0),
)
_KEY = ("match_date", "match_id", "bookmaker", "market", "line", "kind", "selection")

ODDS = Table(
    "odds",
    "One quoted price.",
    (
        *_QUOTE,
        Column(
            "quoted_at",
            UTC,
            "pre-match: when seen, or by the source's collection rule; closing: kick-off, where known",
            nullable=True,
        ),
    ),
    _KEY,
)


def _probability(method: str, source: str) -> Column:
    return Column(method, pl.Float64, f"probability, margin removed by {source}", ge=0, le=1)


MARKET_PROBABILITIES = Table(
    "market_probabilities",
    "One outcome of one bookmaker's complete 1x2 or over/under book, its margin removed by three methods.",
    (
        *_QUOTE,
        Column("overround", pl.Float64, "sum of the book's inverse prices", ge=0.8, le=1.6),
        _probability("proportional", "dividing by the overround"),
        _probability("power", "a common exponent (Clarke, Kovalchik and Ingram 2017)"),
        _probability("shin", "Shin's share of insiders (Shin 1993; Jullien and Salanié 1994)"),
    ),
    _KEY,
)
