"""A small plot for the UI, drawn as SVG in a Markdown image: no plotting library has to be imported for it."""

import base64

import polars as pl

from soccer_assets.odds.margin import DEFAULT
from soccer_assets.odds.schema import ALL_LEAGUES

WIDTH, LEFT, ROW, MARGIN = 460, 110, 34, 24
COLOURS = {"proportional": "#f59e0b", "shin": "#2563eb", "odds_ratio": "#16a34a"}
STANDARD_ERRORS = 2
#: The axis is told in units of 0.0001 nats.
SCALE = 1e4


def methods_plot(methods: pl.DataFrame) -> str:
    """How much worse than the power method the others did at each bookmaker, all leagues, with two standard errors.

    Args:
        methods: rows of `margin_methods` of one date.
    """
    rows = methods.filter(pl.col("league") == ALL_LEAGUES, pl.col("method") != DEFAULT).with_columns(
        pl.col("minus_power") * SCALE, spread=pl.col("standard_error") * SCALE * STANDARD_ERRORS
    )
    bookmakers = rows["bookmaker"].unique().sort().to_list()
    low = min(0.0, rows.select((pl.col("minus_power") - pl.col("spread")).min()).item() or 0.0)
    high = max(1.0, rows.select((pl.col("minus_power") + pl.col("spread")).max()).item() or 0.0)

    def x(value: float) -> float:
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - MARGIN)

    height = 2 * MARGIN + ROW * len(bookmakers)
    shapes = [
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="{MARGIN}" y2="{height - MARGIN}" stroke="#6b7280"/>',
        _text(x(0), height - 8, "0 = power", "#6b7280"),
        _text(x(high) - 60, height - 8, f"{high:.0f} x 0.0001", "#6b7280"),
    ]
    for order, (method, colour) in enumerate(COLOURS.items()):
        shapes.append(_text(LEFT + 100 * order, 14, method, colour))
        for bookmaker, middle, spread in rows.filter(pl.col("method") == method).select(
            "bookmaker", "minus_power", "spread"
        ).iter_rows():  # fmt: skip
            y = MARGIN + ROW * bookmakers.index(bookmaker) + 8 * (order + 1)
            ends = f'x1="{x(middle - spread):.1f}" x2="{x(middle + spread):.1f}"'
            shapes.append(f'<line {ends} y1="{y}" y2="{y}" stroke="{colour}"/>')
            shapes.append(f'<circle cx="{x(middle):.1f}" cy="{y}" r="3" fill="{colour}"/>')
    shapes += [_text(4, MARGIN + ROW * n + 20, name, "#111827") for n, name in enumerate(bookmakers)]
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}">{"".join(shapes)}</svg>'
    return f"![log loss minus that of power](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"


def _text(x: float, y: float, words: str, colour: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.0f}" font-size="11" fill="{colour}">{words}</text>'
