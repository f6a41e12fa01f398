"""Tables of the odds stage."""

import polars as pl

from soccer_assets.leagues import LEAGUES
from soccer_assets.storage.tables import UTC, Column, Table

MARKETS = {
    "1x2": ("home", "draw", "away"),
    "over_under": ("over", "under"),
    "asian_handicap": ("home", "away"),
    "double_chance": ("home_draw", "home_away", "draw_away"),
}
#: In the order of time: the first quote seen, those after it, the last one at or before kick-off.
QUOTE_TYPES = ("opening", "pre_match", "closing")
#: football-data.co.uk's column prefixes; Betbrain's aggregates are the market's before 2019/20.
BOOKMAKERS = {
    "1XB": "1xbet", "B365": "bet365", "BF": "betfair", "BFD": "betfred", "BFE": "betfair_exchange", "BMGM": "betmgm",
    "BS": "blue_square", "BV": "betvictor", "BW": "bwin", "CL": "coral", "GB": "gamebookers", "IW": "interwetten",
    "LB": "ladbrokes", "PS": "pinnacle", "P": "pinnacle", "SB": "sportingbet", "SJ": "stan_james",
    "SO": "sporting_odds", "SY": "stanleybet", "VC": "vc_bet", "WH": "william_hill", "Max": "maximum",
    "BbMx": "maximum", "Avg": "average", "BbAv": "average",
}  # fmt: skip
#: Bookmakers whose prices are seen in snapshots of their own line.
SNAPSHOT_BOOKMAKERS = ("fonbet",)
#: Not bookmakers: what the site works out over all that it watches.
AGGREGATES = ("maximum", "average")
#: The total that everybody quotes, in goals.
GOALS_LINE = 2.5
#: Goals. Longer handicaps in the archives are prices or misprints in the handicap's column.
MOST_HANDICAP = 5.0
MOST_TOTAL = 10.0
#: Sums of the inverse prices of a book that is no misprint: nobody sells that far below or above 100 %. On two outcomes
#: margins are narrower: of 2005 to 2024 hardly one in a thousand lies beyond, sums of 0.34 to 1.51 among them.
SOUND_OVERROUND = {"1x2": (0.95, 1.25), "over_under": (1.0, 1.15), "asian_handicap": (1.0, 1.2)}
#: Who sells without a margin of its own may well lie below 100 %: the maximum over many bookmakers, and an exchange.
LEAST_OVERROUND = {"maximum": 0.8, "betfair_exchange": 0.95}
#: The highest decimal odds of a market that are no misprint and no other notation, of a bookmaker or an average. In the
#: archives of 1993 to 2024 a bookmaker's are up to 101 (1X2), 12 (handicap) and 7.7 (goals), Fonbet's up to 20 (goals);
#: above lie 172 to 238 for 1.72 to 2.38.
MOST_PRICE = {"1x2": 200.0, "over_under": 50.0, "asian_handicap": 50.0, "double_chance": 50.0}
#: The maximum over many bookmakers: up to 301 (1X2) and 21.6 (handicap).
MOST_PRICE_OF_MAXIMUM = {**MOST_PRICE, "1x2": 500.0}
# few values over many millions of rows: one byte each
_LEAGUE = pl.Enum(list(LEAGUES))
BOOKMAKER = pl.Enum(list(dict.fromkeys([*BOOKMAKERS.values(), *SNAPSHOT_BOOKMAKERS])))
_MARKET = pl.Enum(list(MARKETS))
_KIND = pl.Enum(QUOTE_TYPES)
_SELECTION = pl.Enum(list(dict.fromkeys(selection for selections in MARKETS.values() for selection in selections)))


def sound_overround(bookmaker: str, market: str) -> tuple[float, float]:
    """The least and the most that the inverse prices of a bookmaker's sound book sum to."""
    least, most = SOUND_OVERROUND[market]
    return LEAST_OVERROUND.get(bookmaker, least), most


def most_price(bookmaker: str, market: str) -> float:
    """The highest sound price of a bookmaker on a market."""
    return (MOST_PRICE_OF_MAXIMUM if bookmaker == "maximum" else MOST_PRICE)[market]


_LINE = Column("line", pl.Float64, nullable=True, ge=-MOST_HANDICAP, le=MOST_TOTAL, description="goals (over/under), "
               "or the home club's handicap in goals whoever is bet on; null for 1x2")  # fmt: skip
_QUOTE = (
    Column("match_date", pl.Date, "date of kick-off in the league's own time zone"),
    Column("match_id", pl.String, "the match"),
    Column("league", _LEAGUE, "division code"),
    Column("bookmaker", BOOKMAKER, "who quotes; average and maximum are over the market"),
    Column("market", _MARKET, "what is bet on"),
    _LINE,
    Column("kind", _KIND, "first quote seen, a later one, or the last at or before kick-off"),
    Column("selection", _SELECTION, "outcome bet on"),
    Column("price", pl.Float64, "decimal odds", ge=1.0),
    Column("quoted_at", UTC, nullable=True, description="when seen, else by the source's collection rule; closing "
           "prices of an archive: kick-off, where known"),
)  # fmt: skip
_KEY = ("match_date", "match_id", "bookmaker", "market", "line", "kind", "quoted_at", "selection")

ODDS = Table("odds", "One quoted price.", _QUOTE, _KEY)


def _probability(method: str, source: str) -> Column:
    return Column(method, pl.Float64, f"probability, margin removed by {source}", ge=0, le=1)


MARKET_PROBABILITIES = Table(
    "market_probabilities",
    "One outcome of one bookmaker's complete 1x2, over/under or handicap book, its margin removed by each method.",
    (
        *_QUOTE,
        Column("overround", pl.Float64, "sum of the book's inverse prices",
               ge=min(LEAST_OVERROUND.values()), le=max(most for _, most in SOUND_OVERROUND.values())),
        _probability("proportional", "dividing by the overround"),
        _probability("power", "a common exponent (Clarke, Kovalchik and Ingram 2017)"),
        _probability("shin", "Shin's share of insiders (Shin 1993; Jullien and Salanié 1994)"),
        _probability("odds_ratio", "a common odds ratio (Cheung 2015)"),
    ),
    _KEY,
)  # fmt: skip


def _market_price(name: str, when: str) -> Column:
    description = f"the market's mean price {when}: the source's average, else that of the bookmakers"
    return Column(name, pl.Float64, description, nullable=True, ge=1.0)


BEST_PRICES = Table(
    "best_prices",
    "One outcome of 1x2, over/under 2.5 or the main handicap of a match: the best price, and how prices moved.",
    (
        Column("match_date", pl.Date, "date of kick-off in the league's own time zone"),
        Column("match_id", pl.String, "the match"),
        Column("league", _LEAGUE, "division code"),
        Column("market", _MARKET, "what is bet on"),
        _LINE,
        Column("selection", _SELECTION, "outcome bet on"),
        Column("bookmakers", pl.Int16, "bookmakers that quote it before the close", ge=0),
        Column("best_price", pl.Float64, "highest of their newest prices before the close", nullable=True, ge=1.0),
        Column("best_bookmaker", BOOKMAKER, "who quotes it; maximum where the source names nobody", nullable=True),
        Column("best_quoted_at", UTC, "when they did", nullable=True),
        Column("overround", pl.Float64, "sum of the inverse best prices of the market's outcomes", nullable=True, ge=0),
        _market_price("opening", "when the line opened"),
        _market_price("pre_match", "before the close"),
        _market_price("closing", "at the close"),
        Column("movement", pl.Float64, "mean log of newest over first price of those that quote twice", nullable=True),
        Column("quoted_at", UTC, "when the newest price was quoted", nullable=True),
        Column("kick_off_at", UTC, "kick-off, where published", nullable=True),
        Column("age_hours", pl.Float64, "from the newest price to kick-off; before it, to the newest of the date",
               nullable=True, ge=0),
        Column("stale", pl.Boolean, "more than 48 hours old", nullable=True),
    ),
    ("match_date", "match_id", "market", "line", "selection"),
)  # fmt: skip

ODDS_LINKS = Table(
    "odds_links",
    "One event of a bookmaker on its date, and the match it is, the case it makes, or none.",
    (
        Column("match_date", pl.Date, "UTC date of the event's kick-off"),
        Column("event_id", pl.String, "the event at its source"),
        Column("source", pl.String, "whose event it is"),
        Column("league", pl.String, "division code, where the event's competition is one of ours", nullable=True),
        Column("competition", pl.String, "the source's own name of it", nullable=True),
        Column("country", pl.String, "of the competition, where known", nullable=True),
        Column("home", pl.String, "home side, the source's own name"),
        Column("away", pl.String, "away side, the source's own name"),
        Column("kick_off_at", UTC, "kick-off as the source has it", nullable=True),
        Column("match_id", pl.String, "the match; null unless linked", nullable=True),
        Column("home_id", pl.String, "its home club", nullable=True),
        Column("away_id", pl.String, "its away club", nullable=True),
        Column("candidate_id", pl.String, "the match it is most like, where plausible", nullable=True),
        Column("score", pl.Float64, "log odds that they are one", nullable=True),
        Column("runner_up", pl.Float64, "log odds of the best rival, of the event or of the match", nullable=True),
        Column("margin", pl.Float64, "score over runner-up", nullable=True),
        Column("evidence", pl.String, "JSON: log odds by names, other days and context of each side"),
        Column("method", pl.String, "what the score rests on", nullable=True, among=("alias", "fixture", "name")),
        Column("outcome", pl.String, "linked; review: a person decides", among=("linked", "review", "none")),
        Column("decided_at", UTC, "when the event was last seen, or the alias was decided"),
        Column("decided_by", pl.String, "who decided the alias; linker: nobody had to"),
    ),
    ("match_date", "event_id"),
)
