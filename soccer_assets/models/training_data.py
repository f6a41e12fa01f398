"""From examples to arrays: the checks, the feature matrix and the weights that every family shares."""

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.scoring import OUTCOMES, Floats, Ints

Params = Mapping[str, float]

#: Fewer matches than these say little beyond how often home teams win.
MIN_EXAMPLES = 100
ELO_DIFF = "elo_diff"
LEAGUE = "league"
CLOSING = ("closing_home", "closing_draw", "closing_away")
CLOSING_OVER = "closing_over"
CLIP = 5.0  # standard deviations: one absurd number cannot carry a linear model away
RARE = 0.002  # share of nulls below which an indicator would be noise


def outcomes_of(examples: pl.DataFrame) -> Ints:
    """Outcomes as 0, 1, 2.

    Raises:
        ModelError: there are fewer than `MIN_EXAMPLES` examples, or an outcome is unknown or never occurs.
    """
    require(examples, ("match_id", "match_date", "league", "outcome"))
    if len(examples) < MIN_EXAMPLES:
        raise ModelError(
            f"Expected at least {MIN_EXAMPLES} finished matches to learn from, found {len(examples)}. "
            "Materialize more match dates, or ask for the model of a later date."
        )
    outcome = examples["outcome"]
    is_known = outcome.is_in([0, 1, 2]).fill_null(False)
    if not is_known.all():
        rows = examples.filter(~is_known)
        raise ModelError(
            f"Expected outcomes 0, 1 or 2 (home, draw, away), found {rows['outcome'].unique().to_list()[:5]} "
            f"in {len(rows)} of {len(examples)} rows, first {rows['match_id'].to_list()[:5]}. Keep finished "
            "matches only."
        )
    y = outcome.to_numpy().astype(np.int64)
    counts = dict(zip(OUTCOMES, np.bincount(y, minlength=3).tolist(), strict=True))
    if never := [name for name, count in counts.items() if count == 0]:
        raise ModelError(
            f"Expected every outcome among the examples, found no {' and no '.join(never)}: {counts}. "
            "Check that the results were read rightly, or learn from more matches."
        )
    return y


def labels(examples: pl.DataFrame, weight: float) -> Floats:
    """What a classifier learns: `(n, 3)`, the closing price's probabilities and the outcome, mixed.

    A price says more about a match than its one result: `weight` (0 to 1) of the label is the de-vigged price, the
    rest the outcome (Hinton et al. 2015 for learning from another's probabilities). Without a price, or without the
    columns of prices at all, the label is the outcome.

    Raises:
        ModelError: as `outcomes_of`.
    """
    happened = np.eye(3)[outcomes_of(examples)]
    if weight == 0 or not set(CLOSING) <= set(examples.columns):
        return happened
    closing = examples.select(pl.col(CLOSING).cast(pl.Float64).fill_null(np.nan)).to_numpy()
    priced = np.isfinite(closing).all(axis=1, keepdims=True)
    return np.where(priced, weight * closing + (1 - weight) * happened, happened)


def informative(examples: pl.DataFrame, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns with at least two values among the examples: one that is constant or null throughout tells nothing.

    Raises:
        ModelError: a column is absent.
    """
    require(examples, columns)
    bounds = examples.select(pl.col(columns).min().name.prefix("min "), pl.col(columns).max().name.prefix("max "))
    row = bounds.row(0, named=True) if columns else {}
    return tuple(name for name in columns if row[f"min {name}"] != row[f"max {name}"])


def require(frame: pl.DataFrame, columns: Sequence[str]) -> None:
    """Raise ModelError naming the columns that `frame` lacks."""
    columns_present = set(frame.columns)  # asking the frame for each name takes longer than a forecast
    if missing := [name for name in columns if name not in columns_present]:
        raise ModelError(
            f"Expected the columns {', '.join(missing)}; found {len(frame.columns)} others, "
            f"such as {', '.join(frame.columns[:5])}. The features must be made by the version of the "
            "platform that made the model: materialize match_features and the model again."
        )


def feature_matrix(frame: pl.DataFrame, columns: Sequence[str]) -> Floats:
    """Features as `(n, k)` floats, NaN where unknown.

    Raises:
        ModelError: a column is absent, not numeric, or holds an infinite value.
    """
    require(frame, columns)
    types = frame.schema
    if wrong := [f"{name} ({types[name]})" for name in columns if not types[name].is_numeric()]:
        raise ModelError(f"Expected numeric features, found {', '.join(wrong[:5])}. Leave them out of the columns.")
    values = frame.select(pl.col(columns).cast(pl.Float64).fill_null(np.nan))
    matrix = values.to_numpy(order="fortran") if columns else np.empty((len(frame), 0), order="F")
    if np.isinf(matrix).any():
        infinite = [name for i, name in enumerate(columns) if np.isinf(matrix[:, i]).any()]
        raise ModelError(f"Expected finite or null features, found infinite values in {', '.join(infinite[:5])}.")
    return matrix


def league_codes(frame: pl.DataFrame, leagues: Sequence[str]) -> Ints:
    """Place of each row's league in `leagues`; -1 for a league that is not among them."""
    require(frame, ("league",))
    places = {league: i for i, league in enumerate(leagues)}
    codes = frame["league"].replace_strict(places, default=-1, return_dtype=pl.Int64)
    return codes.to_numpy().astype(np.int64)


def recency_weights(examples: pl.DataFrame, half_life_days: float) -> Floats:
    """Weights that halve every `half_life_days` before the newest example, with mean one."""
    dates = examples["match_date"]
    newest = dates.max()
    assert isinstance(newest, dt.date)
    age = (pl.select(pl.lit(newest) - dates).to_series().dt.total_days()).to_numpy().astype(np.float64)
    decayed = np.power(0.5, age / half_life_days)
    return np.asarray(decayed / decayed.mean())


class Scaling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a frame becomes the inputs of a linear model: standardised features, null indicators, leagues.

    A null is replaced by the training mean and, where nulls are not rare, marked by an indicator. Standardised values
    are clipped. A league never seen has no mark.
    """

    columns: tuple[str, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    indicators: tuple[str, ...]
    leagues: tuple[str, ...]

    @classmethod
    def from_frame(cls, examples: pl.DataFrame, columns: Sequence[str]) -> "Scaling":
        """The scaling learned from `examples`; a constant column is scaled to zero."""
        raw = feature_matrix(examples, columns)
        null = np.isnan(raw)
        counts = np.maximum((~null).sum(axis=0), 1)
        filled = np.nan_to_num(raw)
        means = filled.sum(axis=0) / counts
        deviations = np.sqrt((np.square(filled - means) * ~null).sum(axis=0) / counts)
        patterns: dict[bytes, str] = {}  # windows of one length are null together: one indicator is enough
        for i, name in enumerate(columns):
            if null[:, i].mean() > RARE and not null[:, i].all():
                patterns.setdefault(null[:, i].tobytes(), name)
        return cls(
            columns=tuple(columns),
            means=tuple(means.tolist()),
            deviations=tuple(np.where(deviations > 1e-9, deviations, 1.0).tolist()),
            indicators=tuple(patterns.values()),
            leagues=tuple(sorted(examples["league"].unique().to_list())),
        )

    @property
    def width(self) -> int:
        """Columns of what `apply` returns."""
        return len(self.columns) + len(self.indicators) + len(self.leagues)

    @property
    def names(self) -> tuple[str, ...]:
        """What each input is of: a feature, for its value or for being unknown, or the league."""
        return (*self.columns, *self.indicators, *[LEAGUE] * len(self.leagues))

    def apply(self, frame: pl.DataFrame) -> Floats:
        """Inputs `(n, width)`."""
        raw = feature_matrix(frame, self.columns)
        null = np.isnan(raw)
        scaled = np.where(null, 0.0, (raw - np.array(self.means)) / np.array(self.deviations))
        marked = null[:, [self.columns.index(name) for name in self.indicators]]
        league = league_codes(frame, self.leagues)[:, None] == np.arange(len(self.leagues))
        return np.ascontiguousarray(np.hstack([np.clip(scaled, -CLIP, CLIP), marked, league]))
