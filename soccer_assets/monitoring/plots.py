"""Plots of the monitoring stage; each is the text of an SVG file."""

from pathlib import Path

import numpy as np
import polars as pl

from soccer_assets import svg
from soccer_assets.monitoring.reports import VS_CLOSING, compared
from soccer_assets.monitoring.schema import BETTING_LINES, COMPARED_LINES
from soccer_assets.predictions.schema import LINES
from soccer_assets.scoring import BINS, Floats
from soccer_assets.storage.csv_files import to_csv
from soccer_assets.storage.lake import DATE

LEAST_IN_BIN = 20
CLASSES = {"p_home": "home win", "p_draw": "draw", "p_away": "away win"}
SIDE = 200
#: More points than pixels say nothing more.
MOST_POINTS = 400
#: Half of a 95% band, in standard errors.
NORMAL = 1.96
CLUBS = len(svg.WHEEL)
RATING_DAYS = 3 * 365
#: Ordinal of 1 January 1970, from which polars counts.
EPOCH = 719_163
#: Drawn where there is nothing to draw.
NOTHING = svg.drawing(svg.Panel((0.0, 1.0), (0.0, 1.0)).axes("nothing to show yet"))


def drawings(settled: pl.DataFrame, bets: pl.DataFrame, team_ratings: pl.DataFrame) -> dict[str, str]:
    """Return SVG files of the backtest by what they show.

    Args:
        settled: rows of `settled_predictions`.
        bets: rows of `settled_bets`.
        team_ratings: rows of `team_ratings`.
    """
    return {
        "reliability": reliability(settled),
        "against the closing market": against_closing(settled),
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
    """Share that happened against probability told, a panel per outcome, a line per forecaster, in ten bins."""
    panels = []
    for outcome, (column, name) in enumerate(CLASSES.items()):
        bins = (
            settled.group_by("line", bin=(pl.col(column) * BINS).floor())
            .agg(p=pl.col(column).mean(), happened=(pl.col("outcome") == outcome).mean(), n=pl.len())
            .filter(pl.col("n") >= LEAST_IN_BIN)
            .sort("line", "bin")
        )
        at = (svg.LEFT + outcome * (SIDE + svg.LEFT), svg.TOP)
        panel = svg.Panel((0.0, 1.0), (0.0, 1.0), (SIDE, SIDE), at).axes(name)
        panel.line([(0.0, 0.0), (1.0, 1.0)], svg.GREY)
        for line in COMPARED_LINES:
            panel.line(bins.filter(line=line).select("p", "happened").iter_rows(), svg.LINES[line], dots=True)
            panel.legend(line, svg.LINES[line])
        panels.append(panel)
    return svg.drawing(*panels)


def against_closing(settled: pl.DataFrame) -> str:
    """Log loss minus the closing market's on the same matches, summed from the first day on.

    A line that rises loses to the market, a level one equals it. The band is what chance makes of a forecaster that is
    no better and no worse: 1.96 times the root of the squared daily sums.
    """
    rows = compared(settled)
    lines = [line for line in LINES if line in rows["line"]]
    return _sums(rows, VS_CLOSING, lines, "log loss minus that of the closing market, summed (nats)", centred=True)


def profit(bets: pl.DataFrame) -> str:
    """Profit of one unit on each value bet, summed from the first day on, with its 95% band."""
    shown = [line for line in BETTING_LINES if line in bets["line"]]
    return _sums(bets, "profit", shown, "profit, one unit staked on each value bet", centred=False)


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
        mine = rows.filter(team_id=club).select(pl.col(DATE).cast(pl.Int64) + EPOCH, "elo_after")
        panel.line(mine.iter_rows(), colour)
        panel.legend(club, colour)
    return svg.drawing(panel)


def _sums(rows: pl.DataFrame, what: str, lines: list[str], title: str, centred: bool) -> str:
    """Running sums per line; the bands lie about zero or about the sums."""
    if not lines:
        return NOTHING
    paths = {}
    for line in lines:
        days = rows.filter(line=line).group_by(DATE).agg(pl.col(what).sum()).sort(DATE)
        sums = days[what].to_numpy()
        kept = np.unique(np.linspace(0, len(sums) - 1, min(len(sums), MOST_POINTS)).round().astype(int))
        spread = NORMAL * np.sqrt(np.square(sums).cumsum())
        total = sums.cumsum()
        middle = np.zeros_like(total) if centred else total
        x = (days[DATE].cast(pl.Int64) + EPOCH).to_numpy().astype(float)
        paths[line] = [values[kept] for values in (x, total, middle - spread, middle + spread)]
    every = [np.concatenate(parts) for parts in zip(*paths.values(), strict=True)]
    panel = svg.Panel(_ends(every[0]), _ends(np.concatenate([[0.0], *every[1:]])), dates=True).axes(title)
    for line, (x, total, low, high) in paths.items():
        panel.band(x.tolist(), low.tolist(), high.tolist(), svg.LINES[line])
        panel.line(zip(x.tolist(), total.tolist(), strict=True), svg.LINES[line])
        panel.legend(line, svg.LINES[line])
    return svg.drawing(panel)


def _ends(values: Floats) -> tuple[float, float]:
    return float(values.min()), float(values.max())
