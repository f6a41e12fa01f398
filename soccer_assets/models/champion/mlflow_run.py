"""What MLflow's users find in the run of a version: parameters, scores, plots, its data and the code it was made by."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from soccer_assets import svg
from soccer_assets.features.schema import MATCH_FEATURES
from soccer_assets.storage.lake import DATE

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

CARD, CALIBRATION = "model_card.md", "plots/calibration.svg"
#: The scores of a line that are kept as metrics, under the line's name.
SCORES = ("log_loss", "brier", "rps", "ece", "difference", "divergence")
CLONE = Path(__file__).parents[3]


def revision(stated: str) -> str:
    """The commit that the code is of, as stated by `SOCCER_REVISION` or found in its clone; empty where neither is."""
    if stated or not (CLONE / ".git").exists():
        return stated
    from mlflow.utils.git_utils import get_git_commit

    return get_git_commit(str(CLONE)) or ""


def log_model(client: "MlflowClient", run_id: str, model: Mapping[str, Any], commit: str) -> None:
    """Log a row of `selected_model`: the parameters, its log loss and examples, and the commit of the code."""
    client.set_tag(run_id, "mlflow.source.name", "soccer-assets")
    if commit:
        client.set_tag(run_id, "mlflow.source.git.commit", commit)
    for name, value in json.loads(model["parameters"]).items():
        client.log_param(run_id, name, value)
    client.log_metric(run_id, "log_loss", model["log_loss"])
    client.log_metric(run_id, "examples", model["examples"])


def log_card(
    client: "MlflowClient",
    run_id: str,
    card: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    history: pl.DataFrame,
) -> None:
    """Log what is known of a version once it is judged; the same card may be logged again.

    Args:
        client: of the registry.
        run_id: the run in MLflow of the version.
        card: a row of `model_card`.
        lines: the column of `selected_model`: scores of each line on the selection fold.
        history: the examples it learned from; MLflow shows their digest as the version of the data.
    """
    from mlflow.entities import Dataset, DatasetInput, InputTag

    client.log_text(run_id, card["text"], CARD)
    client.log_text(run_id, svg.calibration(card["reliability"]), CALIBRATION)
    client.log_metric(run_id, "accepted", float(card["accepted"]))
    for line in lines:
        for name in SCORES:
            if line.get(name) is not None:
                client.log_metric(run_id, f"{line['line']}/{name}", line[name])
    days = {"first": str(card["learned_from"]), "last": str(card["trained_through"]), "examples": len(history)}
    learned = Dataset(
        name=MATCH_FEATURES.name,
        digest=hashlib.sha256(history.sort(DATE, "match_id").write_ipc(None).getvalue()).hexdigest()[:16],
        source_type="delta_table",
        source=json.dumps({"table": MATCH_FEATURES.name}),
        profile=json.dumps(days),
    )
    client.log_inputs(run_id, [DatasetInput(learned, [InputTag("mlflow.data.context", "training")])])
