"""Plots of the monitoring stage; each is the text of an SVG file."""

from pathlib import Path

import polars as pl

from soccer_assets import svg
from soccer_assets.monitoring.day_bootstrap import DayBlocks
from soccer_assets.monitoring.market_rows import HAS, of_1x2, with_references
from soccer_assets.monitoring.reports import VS_CLOSING, forecast_sums
from soccer_assets.monitoring.schema import BETTING_LINES, COMPARED_LINES, SCORED_MARKETS
from soccer_assets.predictions.schema import LINES
from soccer_assets.scoring import BINS, Floats
from soccer_assets.storage.csv_files import to_csv
from soccer_assets.storage.lake import DATE

LEAST_IN_BIN = 20
CLASSES = {"p_home": "home win", "p_draw": "draw", "p_away": "away win"}
#: Markets of two outcomes whose reliability is drawn.
DRAWN = {
    "over_under_2.5": "over 2.5 goals", "asian_handicap": "home covers its handicap",
    "both_teams_to_score": "both to score", "home_and_over": "home win and over 2.5",
}  # fmt: skip
CLUBS = len(svg.WHEEL)
RATING_DAYS = 3 * 365
#: Ordinal of 1 January 1970, from which polars counts.
EPOCH = 719_163
#: Drawn where there is nothing to draw.
NOTHING = svg.drawing(svg.Panel((0.0, 1.0), (0.0, 1.0)).axes("nothing to show yet"))


def drawings(
    settled: pl.DataFrame, markets: pl.DataFrame, bets: pl.DataFrame, team_ratings: pl.DataFrame
) -> dict[str, str]:
    """Return SVG files of the backtest by what they show.

    Args:
        settled: rows of `settled_predictions`.
        markets: rows of `settled_markets`.
        bets: rows of `settled_bets`.
        team_ratings: rows of `team_ratings`.
    """
    return {
        "reliability": reliability(settled),
        "reliability of markets": market_reliability(markets),
        "against the closing market": against_closing(settled),
        "markets against the closing market": markets_against_closing(settled, markets),
        "divergence from the closing price": divergence(settled, markets),
        "profit": profit(bets),
        "ratings": ratings(team_ratings),
    }


def write(folder: Path, report: pl.DataFrame, drawn: dict[str, str]) -> None:
    """Write rows of `backtest_report` as CSV, and the drawings beside it, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.csv").write_bytes(to_csv(report))
    for name, text in drawn.items():
        (folder / f"{name.replace(' ', '_')}.svg").write_text(text)


def reliability(settled: pl.DataFrame) -> str:
    """Share that happened against the forecast probability, a panel per outcome, a line per forecaster, in ten bins."""
    panels = {
        name: settled.select("line", probability=column, happened=pl.col("outcome") == outcome, weight=pl.lit(1.0))
        for outcome, (column, name) in enumerate(CLASSES.items())
    }
    return svg.drawing(*(_reliability(i, name, rows) for i, (name, rows) in enumerate(panels.items())))


def market_reliability(markets: pl.DataFrame) -> str:
    """Share that happened against the forecast probability, a panel per market of two outcomes, in ten bins."""
    panels = [_reliability(i, name, markets.filter(market=market)) for i, (market, name) in enumerate(DRAWN.items())]
    return svg.drawing(*panels)


def _reliability(position: int, name: str, rows: pl.DataFrame) -> svg.Panel:
    """The panel at a place of a row of them: line, probability, happened and weight of each forecast."""
    weight = pl.col("weight")
    mean = {column: (pl.col(column) * weight).sum() / weight.sum() for column in ("probability", "happened")}
    bins = (
        rows.group_by("line", bin=(pl.col("probability") * BINS).floor())
        .agg(**mean, n=pl.len())
        .filter(pl.col("n") >= LEAST_IN_BIN)
        .sort("line", "bin")
    )
    curves = {line: bins.filter(line=line).select("probability", "happened").rows() for line in COMPARED_LINES}
    return svg.reliability(name, curves, position)


def markets_against_closing(settled: pl.DataFrame, markets: pl.DataFrame) -> str:
    """Mean log loss of each line minus the closing market's, market by market, with 95% intervals."""
    return _whiskers(
        settled, markets, VS_CLOSING, "log loss minus that of the closing market (nats)", "the closing market"
    )


def divergence(settled: pl.DataFrame, markets: pl.DataFrame) -> str:
    """Mean divergence of each line from the closing price, market by market, with 95% intervals."""
    return _whiskers(settled, markets, "divergence", "divergence from the closing price (nats)", "the closing price")


def _whiskers(settled: pl.DataFrame, markets: pl.DataFrame, figure: str, title: str, zero: str) -> str:
    sums = forecast_sums(settled, markets).filter(slice="all")
    if sums.is_empty():
        return NOTHING
    days = DayBlocks.from_sums(sums)
    ends = dict(zip(("mean", "low", "high"), days.interval(figure, HAS.format(figure)), strict=False))
    scored = days.groups.with_columns(pl.Series(name, values) for name, values in ends.items()).filter(
        pl.col("low").is_finite()
    )
    markets_scored = [market for market in SCORED_MARKETS if market in scored["market"]]
    rows = scored.select("line", "market", "low", "mean", "high").rows()
    by = {(line, market): (low, mean, high) for line, market, low, mean, high in rows}
    lines = [line for line in LINES if line in scored["line"]]
    intervals = {line: [by.get((line, market)) for market in markets_scored] for line in lines}
    return svg.whiskers(title, markets_scored, intervals, zero=zero)


def against_closing(settled: pl.DataFrame) -> str:
    """Log loss minus the closing market's on the same matches, summed from the first day on.

    A line that rises loses to the market, a level one equals it. The band is what chance makes of a forecaster that is
    no better and no worse: 1.96 times the root of the squared daily sums.
    """
    rows = with_references(of_1x2(settled.filter("complete")))
    lines = [line for line in LINES if line in rows["line"]]
    return _sums(rows, VS_CLOSING, lines, "log loss minus that of the closing market, summed (nats)", centred=True)


def profit(bets: pl.DataFrame) -> str:
    """Profit of one unit on each value bet, summed from the first day on, with its 95% band."""
    lines = [line for line in BETTING_LINES if line in bets["line"]]
    return _sums(bets, "profit", lines, "profit, one unit staked on each value bet", centred=False)


def ratings(team_ratings: pl.DataFrame) -> str:
    """Elo over the last three years of the clubs that stand highest at the end.

    Args:
        team_ratings: rows of `team_ratings`.
    """
    if team_ratings.is_empty():
        return NOTHING
    team_ratings = team_ratings.sort(DATE, "match_id")
    newest = team_ratings.group_by("team_id", maintain_order=True).last()
    last = newest[DATE].max()
    recent = newest.filter(pl.col(DATE) > pl.lit(last, pl.Date) - pl.duration(days=365))
    top = recent.sort("elo_after", "team_id", descending=[True, False])["team_id"].head(CLUBS).to_list()
    since = pl.col(DATE) > pl.lit(last, pl.Date) - pl.duration(days=RATING_DAYS)
    rows = team_ratings.filter(pl.col("team_id").is_in(top), since)
    days, elo = rows.select(pl.col(DATE).cast(pl.Int64) + EPOCH).to_series(), rows["elo_after"]
    x, y = _ends(days.to_numpy()), _ends(elo.to_numpy())
    panel = svg.Panel(x, y, dates=True).axes("Elo of the clubs rated highest")
    for club, colour in zip(top, svg.WHEEL, strict=False):
        rows_of_club = rows.filter(team_id=club).select(pl.col(DATE).cast(pl.Int64) + EPOCH, "elo_after")
        panel.line(rows_of_club.iter_rows(), colour)
        panel.legend(club, colour)
    return svg.drawing(panel)


def _sums(rows: pl.DataFrame, what: str, lines: list[str], title: str, centred: bool) -> str:
    """Running sums per line; the bands lie about zero or about the sums."""
    if not lines:
        return NOTHING
    ordinal = pl.col(DATE).cast(pl.Int64) + EPOCH
    days = {line: rows.filter(line=line).group_by(ordinal).agg(pl.col(what).sum()).sort(DATE).rows() for line in lines}
    return svg.running_sums(title, days, centred)


def _ends(values: Floats) -> tuple[float, float]:
    return float(values.min()), float(values.max())
