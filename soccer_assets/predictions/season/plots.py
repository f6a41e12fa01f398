"""Plots of seasons for the UI: one a league, its clubs by the points they are expected to end with."""

import polars as pl

from soccer_assets import svg
from soccer_assets.predictions.season.percentages import event_percentage

ROW_HEIGHT, WIDTH, LEFT = 18, 380, 150
#: Columns of chances to the right of the plane: the first of the events that a league has at each end of the table.
TOP, BOTTOM = ("title", "promotion"), ("relegation", "relegation_play_off")


def drawings(forecasts: pl.DataFrame) -> dict[str, str]:
    """The newest forecast of each league as an SVG file, by league; `forecasts` are rows of `season_forecasts`."""
    newest = forecasts.filter(pl.col("match_date") == pl.col("match_date").max().over("league"))
    return {key[0]: drawing(rows) for key, rows in newest.sort("league").partition_by("league", as_dict=True).items()}


def drawing(rows: pl.DataFrame) -> str:
    """The final points of each club with an interval of 90 %, and its chances; `rows` are of one league and date."""
    rows = rows.sort("points_expected", descending=True)
    low, high, n = rows["points_05"].min(), rows["points_95"].max(), len(rows)
    season, day = rows.select("season", "match_date").row(0)
    panel = svg.Panel((float(low), float(high)), (0.0, float(n)), (WIDTH, n * ROW_HEIGHT), (LEFT, svg.TOP))  # type: ignore[arg-type]
    panel.axes(f"final points of {season} as of {day}, 5 % to 95 %", upright=False)
    columns = [next((name for name in names if rows[f"p_{name}"].null_count() == 0), None) for names in (TOP, BOTTOM)]
    for number, club in enumerate(rows.iter_rows(named=True)):
        at = n - number - 0.5
        panel.whisker(club["points_05"], club["points_expected"], club["points_95"], at, svg.WHEEL[0])
        x, y = panel.point(float(low), at)  # type: ignore[arg-type]
        panel.words(4, y + 4, club["club"], svg.INK)
        chances = [f"{name.replace('_', ' ')} {event_percentage(club, name)}" for name in columns if name]
        panel.words(x + WIDTH + 6, y + 4, ", ".join(chances), svg.GREY)
    margin = svg.Panel((0, 1), (0, 1), (200, 1), (LEFT + WIDTH, svg.TOP))  # room for the chances
    return svg.drawing(panel, margin)
