"""What MLflow runs in place of a pickle: `mlflow.pyfunc.load_model("models:/match-outcome@champion")` reads this file.

Its input are the columns `league` and the features that the forecaster reads, as in the table `match_features`; its
output the probabilities of home, draw and away.
"""

from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.scoring import PROBABILITIES


class MatchOutcome(PythonModel):
    """The forecaster under MLflow's names."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the forecaster from its JSON."""
        self._forecaster = Forecaster.decode(Path(context.artifacts["forecaster"]).read_text())

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return p_home, p_draw, p_away of each row."""
        features = pl.from_pandas(model_input)
        return pd.DataFrame(self._forecaster.predict(features), columns=list(PROBABILITIES))


set_model(MatchOutcome())
