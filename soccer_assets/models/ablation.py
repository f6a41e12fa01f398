"""The ablation: what each group of features is worth, measured on matches predicted out of fold.

The logistic regression stands for every family: it takes seconds, its optimum is unique, and on real seasons it comes
within a thousandth of the best. A group that costs nothing when it is left out tells nothing the others do not. Prices
reach a model in two ways, by the ratings made from those of earlier matches and as labels to learn from: there is a row
without the labels, and one without either, which knows results alone. The extra leagues, where only scores are known,
are told apart.
"""

import datetime as dt

import numpy as np
import polars as pl

from soccer_assets import svg
from soccer_assets.errors import ModelError
from soccer_assets.features.catalog import FEATURES, NAMES, RESULTS
from soccer_assets.leagues import LEAGUES
from soccer_assets.models.families.logistic_regression import LogisticRegression
from soccer_assets.models.schema import ABLATION, SLICES
from soccer_assets.models.training.folds import walk_forward_folds
from soccer_assets.models.training_data import CLOSING, Params
from soccer_assets.scoring import Floats, log_loss, paired_difference
from soccer_assets.settings import Settings
from soccer_assets.storage.lake import DATE

FULL = "nothing"
LABELS, PRICES = "prices as labels", "every price"
#: Outcomes have many times the noise of prices: they ask for all matches there are, and a stronger penalty.
NOISY: Params = {**LogisticRegression.defaults, "soft_labels": 0.0, "penalty": 1000.0}


def ablated(history: pl.DataFrame, day: dt.date, settings: Settings) -> pl.DataFrame:
    """Rows of `ablation`: the full set, then each group of the catalogue left out, and the prices.

    Args:
        history: `training.examples` up to `day`.
        day: the date.
        settings: folds and seed; the folds are the tuning ones, the newest is left to the selection.

    Raises:
        ModelError: no match of the folds has a price.
    """
    folds = walk_forward_folds(history[DATE].to_list(), settings.folds, settings.fold_days)[:-1]
    judged = pl.concat([fold.split(history)[1] for fold in folds])
    closing = judged.select(pl.col(CLOSING).fill_null(np.nan)).to_numpy()
    priced = np.isfinite(closing).all(axis=1)
    if not priced.any():
        raise ModelError(
            f"Expected prices of matches from {folds[0].valid_from} to {folds[-1].valid_to} to compare with, found "
            f"none of {len(judged)}. Materialize market_probabilities of these dates."
        )
    y, dates = judged["outcome"].to_numpy()[priced], judged[DATE].to_numpy()[priced]
    market = log_loss(closing[priced], y)
    extra = judged["league"].is_in([league.code for league in LEAGUES.values() if league.extra]).to_numpy()[priced]
    slices = dict(zip(SLICES, (extra | ~extra, ~extra, extra), strict=True))
    family = LogisticRegression()

    def losses(dropped: set[str], params: Params, most: int | None) -> Floats:
        columns = [name for name in NAMES if name not in dropped]
        split = [fold.split(history, most) for fold in folds]
        p = [family.fit(train, columns, params, settings.seed).predict(valid) for train, valid in split]
        return log_loss(np.concatenate(p)[priced], y)

    usual, noisy = (family.defaults, settings.train_matches), (NOISY, None)
    variants: dict[str, tuple[set[str], Params, int | None]] = {FULL: (set(), *usual)}
    for group in sorted({feature.group for feature in FEATURES}):
        variants[group] = ({feature.name for feature in FEATURES if feature.group == group}, *usual)
    variants |= {LABELS: (set(), *noisy), PRICES: (set(NAMES) - set(RESULTS), *noisy)}
    whole, rows = losses(*variants[FULL]), []
    for group, variant in variants.items():
        without = whole if group == FULL else losses(*variant)
        for leagues, chosen in slices.items():
            if not chosen.any():
                continue
            interval = paired_difference(without[chosen], whole[chosen], dates[chosen])
            rows.append(
                {
                    DATE: day,
                    "group": group,
                    "leagues": leagues,
                    "features": len(variant[0]),
                    "matches": int(chosen.sum()),
                    "log_loss": float(without[chosen].mean()),
                    "log_loss_vs_closing": float((without - market)[chosen].mean()),
                    "difference": interval.mean,
                    "low": interval.low,
                    "high": interval.high,
                }
            )
    return ABLATION.conform(pl.DataFrame(rows, schema=ABLATION.schema))


def worth_plot(rows: pl.DataFrame) -> str:
    """What each group is worth with its interval as a Markdown image, the dearest first."""
    of_all = (pl.col("group") != FULL) & (pl.col("leagues") == SLICES[0])
    ranked = rows.filter(of_all).sort("difference", descending=True)
    intervals = ranked.select("low", "difference", "high").rows()
    title = "log loss that leaving it out costs"
    return svg.markdown(svg.whiskers(title, ranked["group"].to_list(), {"cost": intervals}, zero="the full set"), title)
