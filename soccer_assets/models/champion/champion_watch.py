"""Whether the champion is worse than the one before it, on the matches that were played since it took over.

The gate compares two models on the past, this compares them on what came after. It is asked every night, so an interval
for one look would be wrong in one of many nights. This one holds at all looks together: an asymptotic confidence
sequence (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2021) of daily sums, for the matches of a day share their
news.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.models.champion.promotion_gate import MARGIN, champion_moves, ledger, standing
from soccer_assets.models.training.training import examples
from soccer_assets.scoring import Floats, Ints, log_loss
from soccer_assets.settings import Settings
from soccer_assets.storage.lake import DATE, Lake

#: The chance that any look of all of them calls equal models unequal, and the days at which the sequence is narrowest.
ALPHA, NARROWEST_DAYS = 0.05, 60


@dataclass(frozen=True)
class SinceTakeover:
    """Paired log losses of the champion less those of the one before it: mean and lower bound, in nats a match."""

    champion: str
    previous: str
    first: dt.date
    last: dt.date
    matches: int
    mean: float
    low: float

    @property
    def is_worse(self) -> bool:
        """Whether the champion is worse by more than the gate's margin, and not by chance."""
        return self.low > 0 and self.mean > MARGIN

    def __str__(self) -> str:
        return (
            f"{self.champion} against {self.previous} on {self.matches} matches from {self.first} to {self.last}: "
            f"log loss {self.mean:+.4f}, at least {self.low:+.4f} at 95% over all looks"
        )


def since_takeover(lake: Lake, settings: Settings, today: dt.date) -> SinceTakeover | str:
    """The champion of today beside the one before it, or in a sentence why they are not compared."""
    if not lake.exists("selected_model"):
        return "there is no model"
    models = lake.scan("selected_model").sort(DATE)
    moves = standing(ledger(lake), models.select("version").collect()["version"].to_list())
    held = champion_moves(moves).filter(pl.col("effective_from") <= today)
    takeovers = held.filter(pl.col("version").ne_missing(pl.col("version").shift()))
    if len(takeovers) < 2:
        return "no champion was followed by another one yet"
    previous, champion = takeovers["version"].to_list()[-2:]
    since = takeovers["effective_from"].to_list()[-1]
    features, matches, market = (
        lake.scan(name, since) for name in ("match_features", "matches", "market_probabilities")
    )
    try:
        rows = examples(features, matches, market, since, today)
        pair = models.filter(pl.col("version").is_in([previous, champion])).select("version", "forecaster").collect()
        forecasters = {version: Forecaster.decode(text) for version, text in pair.rows()}
        y = rows["outcome"].to_numpy().astype(np.int64)
        losses = {version: log_loss(made.predict(rows), y) for version, made in forecasters.items()}
    except ModelError as error:  # no match yet, or a feature that is no longer made
        return f"{champion} and {previous} are not compared since {since}: {error}"
    if len(rows) < settings.promotion_matches:
        return f"{len(rows)} matches since {since}, fewer than SOCCER_PROMOTION_MATCHES={settings.promotion_matches}"
    difference = losses[champion] - losses[previous]
    days = rows[DATE].to_physical().to_numpy()
    last = rows[DATE].to_list()[-1]
    return SinceTakeover(champion, previous, since, last, len(rows), float(difference.mean()), lowest(difference, days))


def lowest(difference: Floats, days: Ints, alpha: float = ALPHA) -> float:
    """The lower end of the confidence sequence for the mean of `difference`, `(n,)`, one value a match.

    Args:
        difference: paired losses.
        days: the day of each match; a day counts as one draw.
        alpha: the chance that the interval misses the mean at any look.
    """
    _, day = np.unique(days, return_inverse=True)
    sums = np.bincount(day, difference)
    n = len(sums)
    rho = (-2 * np.log(alpha) + np.log(1 - 2 * np.log(alpha))) / NARROWEST_DAYS  # squared, as it is used
    spread = n * rho + 1
    radius = sums.std() * np.sqrt(2 * spread / (n**2 * rho) * np.log(np.sqrt(spread) / alpha))
    return float((sums.mean() - radius) * n / len(difference))
