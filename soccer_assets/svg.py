"""Small plots drawn as SVG by hand, so that no plotting library has to be imported for them."""

import base64
import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any
from xml.sax.saxutils import escape

#: A page gives these by CSS, light or dark; elsewhere they have the value after the comma.
GREY, PALE, INK = "var(--soft, #6b7280)", "var(--rule, #d1d5db)", "var(--ink, #111827)"
PAPER = "var(--paper, white)"
ACCENTS = ("var(--link, #0550ae)", "var(--away, #bc4c00)", "var(--home, #1a7f5a)")
#: One colour per forecast line, the same in every plot; others take theirs from `WHEEL`.
LINES = {
    "model": "#2563eb", "market": "#f59e0b", "blend": "#16a34a", "challenger": "#db2777", "closing": GREY,
    "opening": "#92400e", "climatology": "#a1a1aa", "elo": "#0891b2", "poisson": "#7c3aed",
}  # fmt: skip
WHEEL = ("#2563eb", "#f59e0b", "#16a34a", "#db2777", "#0891b2", "#7c3aed", "#92400e", "#65a30d", "#dc2626", "#475569")
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 24, 34
FONT = 11
#: Width and height of a square panel.
SIDE = 200
#: More points than pixels say nothing more.
MOST_POINTS = 400
#: Half of a 95% band, in standard errors.
NORMAL = 1.96


class Panel:
    """A plane with axes; every shape is given in its units.

    Args:
        x: lowest and highest value.
        y: lowest and highest value.
        size: width and height of the plane in pixels, without the room for labels.
        at: where its upper left corner stands in the drawing, in pixels.
        dates: x counts days, from `date.toordinal`.
    """

    def __init__(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        size: tuple[int, int] = (560, 220),
        at: tuple[int, int] = (LEFT, TOP),
        dates: bool = False,
    ) -> None:
        self.x, self.y, self.size, self.at = _wide(x), _wide(y), size, at
        self._shapes: list[str] = []
        self._legend = 0.0
        self._dates = dates
        self.title = ""

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Where a point stands in the drawing, in pixels."""
        (left, top), (width, height) = self.at, self.size
        right, up = (x - self.x[0]) / (self.x[1] - self.x[0]), (y - self.y[0]) / (self.y[1] - self.y[0])
        return left + width * right, top + height * (1 - up)

    def axes(self, title: str, y_format: str = "{:g}", upright: bool = True) -> "Panel":
        """A frame with a title above it, ticks at round values below it and, where asked, beside it."""
        (left, top), (width, height) = self.at, self.size
        frame = f'x="{left}" y="{top}" width="{width}" height="{height}"'
        self._shapes.append(f'<rect {frame} fill="none" stroke="{PALE}"/>')
        for value in ticks(*self.y) if upright else []:
            _, y = self.point(self.x[0], value)
            self._shapes.append(f'<line x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="{PALE}"/>')
            self.words(left - 6, y + 4, y_format.format(value), GREY, anchor="end")
        for value in ticks(*self.x):
            x, _ = self.point(value, self.y[0])
            label = dt.date.fromordinal(round(value)).strftime("%b %Y") if self._dates else f"{value:g}"
            cut_off = self._dates and x > left + width - RIGHT
            self.words(x, top + height + 14, label, GREY, anchor="end" if cut_off else "middle")
        self.words(left, top - 8, title, INK)
        self.title = title
        return self

    def line(self, points: Iterable[tuple[float, float]], colour: str, dots: bool = False) -> None:
        """A line through points, each marked by a dot where asked."""
        points = list(points)
        places = _joined(self.point(*point) for point in points)
        self._shapes.append(f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        if dots:
            self.dots(points, colour)

    def dots(self, points: Iterable[tuple[float, float]], colour: str, radius: float = 3) -> None:
        """A dot at each point; the radius is in pixels."""
        for x, y in (self.point(*point) for point in points):
            self._shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colour}"/>')

    def band(self, x: Sequence[float], low: Sequence[float], high: Sequence[float], colour: str) -> None:
        """What lies between two lines, paler than they."""
        upper = [self.point(*point) for point in zip(x, high, strict=True)]
        lower = [self.point(*point) for point in zip(x, low, strict=True)][::-1]
        self._shapes.append(f'<polygon points="{_joined(upper + lower)}" fill="{colour}" fill-opacity="0.12"/>')

    def whisker(self, low: float, middle: float, high: float, y: float, colour: str) -> None:
        """A dot with an interval to both sides."""
        (left, _), (x, at), (right, _) = (self.point(value, y) for value in (low, middle, high))
        self._shapes.append(f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{at:.1f}" y2="{at:.1f}" stroke="{colour}"/>')
        self._shapes.append(f'<circle cx="{x:.1f}" cy="{at:.1f}" r="3" fill="{colour}"/>')

    def upright(self, x: float) -> None:
        """A line from bottom to top."""
        (at, low), (_, high) = self.point(x, self.y[0]), self.point(x, self.y[1])
        self._shapes.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{low:.1f}" y2="{high:.1f}" stroke="{GREY}"/>')

    def words(self, x: float, y: float, words: str, colour: str, anchor: str = "start") -> None:
        """Text at a place given in pixels of the drawing."""
        where = f'x="{x:.1f}" y="{y:.1f}" font-size="{FONT}" text-anchor="{anchor}"'
        self._shapes.append(f'<text {where} fill="{colour}">{escape(words)}</text>')

    def legend(self, name: str, colour: str) -> None:
        """A name in its colour, under those before it, in the upper left corner."""
        self._legend += FONT + 3
        self.words(self.at[0] + 6, self.at[1] + self._legend, name, colour)

    def shapes(self) -> str:
        """All of it as SVG elements."""
        return "".join(self._shapes)


def drawing(*panels: Panel, title: str = "") -> str:
    """An SVG file of panels, called `title` or what the panels are called."""
    width = max(panel.at[0] + panel.size[0] for panel in panels) + RIGHT
    height = max(panel.at[1] + panel.size[1] for panel in panels) + BOTTOM
    name = title or "; ".join(panel.title for panel in panels if panel.title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" font-family="sans-serif"><title>{escape(name)}</title>'
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>'
        f"{''.join(panel.shapes() for panel in panels)}</svg>"
    )


def markdown(svg: str, what: str) -> str:
    """A drawing as a Markdown image that holds itself."""
    return f"![{what}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"


def whiskers(
    title: str, rows: Sequence[str], groups: Mapping[str, Sequence[tuple[float, float, float] | None]], zero: str
) -> str:
    """An SVG file of intervals about zero: a row per name, in it one (low, middle, high) per group.

    Args:
        title: what is drawn, with its unit.
        rows: names from the top.
        groups: for each group its interval of each row, None where it has none.
        zero: what zero stands for.
    """
    label = [0.0, *(end for intervals in groups.values() for interval in intervals if interval for end in interval)]
    apart, n = 1 / (len(groups) + 1), max(len(rows), 1)
    left = 16 + 7 * max((len(name) for name in rows), default=0)
    panel = Panel((min(label), max(label)), (0.0, float(n)), (400, n * max(20, 9 * len(groups) + 9)), (left, 2 * TOP))
    panel.axes(title, upright=False)
    panel.upright(0.0)
    panel.words(panel.point(0.0, 0.0)[0], panel.at[1] + panel.size[1] + 26, f"0 = {zero}", GREY, anchor="middle")
    for point, (group, intervals) in enumerate(groups.items()):
        colour = LINES.get(group, WHEEL[point % len(WHEEL)])
        panel.words(left + 100 * point, 16, group, colour)
        for number, interval in enumerate(intervals):
            if interval:
                panel.whisker(*interval, y=n - number - (point + 1) * apart, colour=colour)
    for number, name in enumerate(rows):
        panel.words(4, panel.point(0.0, n - number - 0.5)[1] + 4, name, INK)
    return drawing(panel)


def reliability(name: str, curves: Mapping[str, Sequence[tuple[float, float]]], position: int = 0) -> Panel:
    """The panel at a place of a row of them: what happened by what was forecast, a curve each; right is the diagonal.

    Args:
        name: what is forecast.
        curves: for each forecaster the mean probability and the share that happened, by bin.
        position: place in the row, from 0.
    """
    panel = Panel((0.0, 1.0), (0.0, 1.0), (SIDE, SIDE), (LEFT + position * (SIDE + LEFT), TOP)).axes(name)
    panel.line([(0.0, 0.0), (1.0, 1.0)], GREY)
    for number, (line, points) in enumerate(curves.items()):
        colour = LINES.get(line, WHEEL[number % len(WHEEL)])
        panel.line(points, colour, dots=True)
        panel.legend(line, colour)
    return panel


def calibration(bins: Iterable[Mapping[str, Any]]) -> str:
    """An SVG file of one panel: how often happened what was forecast, a curve for each outcome.

    Args:
        bins: rows of outcome, forecast and happened, as `model_card.reliability` has them.
    """
    curves: dict[str, list[tuple[float, float]]] = {}
    for row in bins:
        curves.setdefault(row["outcome"], []).append((row["forecast"], row["happened"]))
    return drawing(reliability("happened, by what was forecast", curves))


def running_sums(title: str, days: Mapping[str, Sequence[tuple[int, float]]], centred: bool) -> str:
    """An SVG file of sums from the first day on, a line each, with 95% bands.

    A band is 1.96 times the root of the squared daily sums.

    Args:
        title: what is summed.
        days: for each line the days, from `date.toordinal`, in order, and the sum of each.
        centred: whether the bands lie about zero, as chance alone has it, or about the sums.
    """
    panel_of: dict[str, list[tuple[int, float, float]]] = {}
    for line, sums in days.items():
        total = list(accumulate(value for _, value in sums))
        half = [NORMAL * math.sqrt(squares) for squares in accumulate(value**2 for _, value in sums)]
        kept = sorted({round(i * (len(sums) - 1) / (MOST_POINTS - 1)) for i in range(MOST_POINTS)})
        panel_of[line] = [(sums[i][0], total[i], half[i]) for i in kept]
    every = [point for points in panel_of.values() for point in points]
    middle = 0.0 if centred else 1.0
    ends = [0.0, *(y for _, total, half in every for y in (total, middle * total - half, middle * total + half))]
    x = [day for day, _, _ in every]
    panel = Panel((min(x), max(x)), (min(ends), max(ends)), dates=True).axes(title)
    for line, points in panel_of.items():
        days_of, totals, halves = zip(*points, strict=True)
        low, high = ([middle * t + sign * h for t, h in zip(totals, halves, strict=True)] for sign in (-1, 1))
        panel.band(days_of, low, high, LINES[line])
        panel.line(zip(days_of, totals, strict=True), LINES[line])
        panel.legend(line, LINES[line])
    return drawing(panel)


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round values between two, about as many as asked: 1, 2 or 5 times a power of ten apart."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(first * step + n * step, 12) for n in range(int((high - first * step) / step + 1e-9) + 1)]


def _wide(ends: tuple[float, float]) -> tuple[float, float]:
    low, high = ends
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _joined(places: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
