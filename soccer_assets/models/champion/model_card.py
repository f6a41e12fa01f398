"""The card of a model: what it is, what it learned from, how well it does where, what moves it, and its limits."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import polars as pl

from soccer_assets import svg
from soccer_assets.features.catalog import FEATURES
from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.models.champion.promotion_gate import Verdict, selection_fold
from soccer_assets.models.schema import MODEL_CARD
from soccer_assets.scoring import BINS, OUTCOMES, PROBABILITIES, log_loss, summary
from soccer_assets.storage.lake import DATE

#: Fewer matches of a league say nothing of it alone.
LEAST_IN_LEAGUE = 30
#: Shuffled features are judged on the newest matches of the selection fold, and the most important are shown.
SHUFFLED_MATCHES, MOST_IMPORTANCES = 1500, 15
LIMITS = (
    "It knows results, statistics and the prices of earlier matches; not line-ups, injuries, transfers or weather.",
    "A club is rated by its matches in the leagues that are followed: one that is new to them starts from a prior.",
    "Its scores are of one selection fold and hold for leagues and years like it.",
    "Importances are of the fitted model on matches it has learned from: what it relies on, not what is true.",
)


def card(model: Mapping[str, Any], history: pl.DataFrame, verdict: Verdict, seed: int) -> pl.DataFrame:
    """The row of `model_card`.

    Args:
        model: a row of `selected_model`.
        history: the examples it learned from.
        verdict: what the gate said of it.
        seed: of the shuffles.
    """
    fold_prices = selection_fold(model).join(history, on="match_id", how="left", maintain_order="left")
    forecaster = Forecaster.decode(model["forecaster"])
    used = [feature for feature in FEATURES if feature.name in forecaster.columns]
    parts = {
        "features": [
            {"group": group, "features": [feature.name for feature in used if feature.group == group]}
            for group in dict.fromkeys(feature.group for feature in used)
        ],
        "leagues": _by_league(fold_prices).to_dicts(),
        "reliability": _reliability(fold_prices).to_dicts(),
        "importances": _importances(forecaster, fold_prices.tail(SHUFFLED_MATCHES), seed).to_dicts(),
        "conditions": msgspec.to_builtins(verdict.conditions),
        "limits": list(LIMITS),
    }
    copied = ("match_date", "family", "trained_through", "examples", "parameters", "version")
    row = {name: model[name] for name in copied} | {
        "learned_from": history[DATE].min(),
        "accepted": verdict.accepted,
        **parts,
        "text": _text(model, history, verdict, parts),
    }
    return MODEL_CARD.conform(pl.DataFrame([row], schema=MODEL_CARD.schema))


def _by_league(settled: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for (league,), group in settled.sort("league").group_by("league", maintain_order=True):
        if len(group) >= LEAST_IN_LEAGUE:
            rows.append(
                {"league": league, **summary(group.select(PROBABILITIES).to_numpy(), group["outcome"].to_numpy())}
            )
    return pl.DataFrame(rows)


def _reliability(settled: pl.DataFrame) -> pl.DataFrame:
    """Matches, mean forecast and share that happened for each outcome and tenth of probability."""
    return pl.concat(
        settled.group_by(bin=(pl.col(name) * BINS).floor().clip(upper_bound=BINS - 1).cast(pl.Int64))
        .agg(matches=pl.len(), forecast=pl.col(name).mean(), happened=(pl.col("outcome") == i).mean())
        .sort("bin")
        .select(pl.lit(OUTCOMES[i]).alias("outcome"), "bin", "matches", "forecast", "happened")
        for i, name in enumerate(PROBABILITIES)
    )


def _importances(forecaster: Forecaster, settled: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Log loss lost when a column is shuffled over the matches (Breiman 2001), the most important first."""
    y = settled["outcome"].to_numpy()
    whole = log_loss(forecaster.predict(settled), y).mean() if len(settled) else 0.0
    lost = []
    for i, name in enumerate(forecaster.columns if len(settled) else ()):
        order = np.random.default_rng([seed, i]).permutation(len(settled))
        shuffled = settled.with_columns(settled[name].gather(order))
        lost.append((name, float(log_loss(forecaster.predict(shuffled), y).mean() - whole)))
    rows = pl.DataFrame(lost, schema={"feature": pl.String, "lost": pl.Float64}, orient="row")
    return rows.sort(["lost", "feature"], descending=[True, False])


def _text(model: Mapping[str, Any], history: pl.DataFrame, verdict: Verdict, parts: Mapping[str, Any]) -> str:
    said, first = "champion" if verdict.accepted else "refused", history[DATE].to_list()[0]
    return "\n\n".join(
        [
            f"# {model['family']} {model['version']} of {model[DATE]}",
            f"{model['examples']:,} matches from {first} to {model['trained_through']}. {model['reason']}",
            f"## The gate: {said}",
            _table(parts["conditions"]),
            "## Against the market, on the priced matches of the selection fold",
            _table(model["lines"]),
            "## By league",
            _table(parts["leagues"]),
            "## Calibration",
            svg.markdown(svg.calibration(parts["reliability"]), "calibration"),
            _table(model["calibration"]),
            "## Features",
            _table([row | {"features": ", ".join(row["features"])} for row in parts["features"]]),
            f"## What it relies on: log loss lost when a feature is shuffled, the {MOST_IMPORTANCES} highest",
            _table(parts["importances"][:MOST_IMPORTANCES]),
            "## Parameters",
            _table([json.loads(model["parameters"])]),
            "## Limits",
            "\n".join(f"- {limit}" for limit in parts["limits"]),
        ]
    )


def _table(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "None."
    header = f"| {' | '.join(rows[0])} |\n|{' --- |' * len(rows[0])}\n"
    return header + "\n".join(f"| {' | '.join(_text_of(value) for value in row.values())} |" for row in rows)


def _text_of(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
