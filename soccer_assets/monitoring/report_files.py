"""The backtest on paper: its table as CSV and its plots as SVG files, in a folder."""

from pathlib import Path

import polars as pl

from soccer_assets.monitoring import plots

#: What people look at first.
SHOWN = ("period", "line", "matches", "log_loss", "rps", "ece", "minus_closing", "minus_closing_low",
         "minus_closing_high", "verdict", "bets", "flat_yield", "flat_yield_low", "flat_yield_high", "kelly_yield",
         "lucky_yield", "closing_value")  # fmt: skip


def drawings(settled: pl.DataFrame, bets: pl.DataFrame, team_ratings: pl.DataFrame) -> dict[str, str]:
    """SVG files by what they show.

    Args:
        settled: rows of `settled_predictions`.
        bets: rows of `settled_bets`.
        team_ratings: rows of `team_ratings`.
    """
    return {
        "reliability": plots.reliability(settled),
        "against the closing market": plots.against_closing(settled),
        "profit": plots.profit(bets),
        "ratings": plots.ratings(team_ratings),
    }


def write(folder: Path, report: pl.DataFrame, drawn: dict[str, str]) -> None:
    """Put the report and the drawings into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    report.write_csv(folder / "report.csv")
    for name, text in drawn.items():
        (folder / f"{name.replace(' ', '_')}.svg").write_text(text)
