"""Small plots for the UI, drawn as SVG in a Markdown image: no plotting library has to be imported for them."""

import base64

import polars as pl

SIZE, MARGIN = 260, 30
COLOURS = {"model": "#2563eb", "market": "#f59e0b", "blend": "#16a34a", "closing": "#6b7280"}
LEAST_IN_BIN = 20


def reliability_plot(settled: pl.DataFrame) -> str:
    """Share that happened against probability told, per line, the three outcomes pooled in ten bins."""
    told = pl.concat(
        settled.select("line", p=name, happened=(pl.col("outcome") == outcome).cast(pl.Float64))
        for outcome, name in enumerate(("p_home", "p_draw", "p_away"))
    )
    bins = (
        told.group_by("line", bin=(pl.col("p") * 10).floor())
        .agg(pl.col("p").mean(), pl.col("happened").mean(), pl.len().alias("n"))
        .filter(pl.col("n") >= LEAST_IN_BIN)
        .sort("line", "bin")
    )
    shapes = [
        f'<rect width="{SIZE}" height="{SIZE}" fill="white"/>',
        _path([(0.0, 0.0), (1.0, 1.0)], "#d1d5db"),
    ]
    for order, (line, colour) in enumerate(COLOURS.items()):
        points = bins.filter(pl.col("line") == line).select("p", "happened").rows()
        shapes.append(_path(points, colour))
        shapes += [f'<circle cx="{_x(x):.1f}" cy="{_y(y):.1f}" r="3" fill="{colour}"/>' for x, y in points]
        shapes.append(f'<text x="{MARGIN}" y="{14 * (order + 1)}" font-size="11" fill="{colour}">{line}</text>')
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIZE}" height="{SIZE}">{"".join(shapes)}</svg>'
    return f"![reliability](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"


def _path(points: list[tuple[float, float]], colour: str) -> str:
    places = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _x(share: float) -> float:
    return MARGIN + share * (SIZE - 2 * MARGIN)


def _y(share: float) -> float:
    return SIZE - MARGIN - share * (SIZE - 2 * MARGIN)
