"""The files of a model as MLflow's users expect them: signature, example, requirements, and the forecaster as JSON."""

import platform
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from soccer_assets.leagues import LEAGUES
from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.scoring import PROBABILITIES

#: The folder among a run's artefacts, and where the forecaster lies in it.
FOLDER = "model"
FORECASTER = f"{FOLDER}/artifacts/forecaster.json"
#: As MLflow writes it itself from a list of packages, but for a warning where pip is not installed.
ENVIRONMENT = {
    "name": "mlflow-env",
    "channels": ["conda-forge"],
    "dependencies": [f"python={platform.python_version()}", "pip", {"pip": ["soccer-assets"]}],
}
CODE = Path(__file__).with_name("mlflow_model.py")


@contextmanager
def model_files(text: str) -> Iterator[Path]:
    """A folder with the files of an encoded forecaster, until the end of the block.

    Raises:
        ModelError: the text is not that of a forecaster.
    """
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # MLflow warns of its own types while it is imported
        from mlflow.models import ModelSignature
        from mlflow.pyfunc import save_model
        from mlflow.types import ColSpec, Schema, TensorSpec

    features = Forecaster.decode(text).columns
    inputs: list[ColSpec | TensorSpec] = [
        ColSpec("string", "league"),
        *(ColSpec("double", name, required=False) for name in features),
    ]
    signature = ModelSignature(Schema(inputs), Schema([ColSpec("double", name) for name in PROBABILITIES]))
    example = pd.DataFrame([{"league": next(iter(LEAGUES)), **dict.fromkeys(features, 0.0)}])
    with TemporaryDirectory() as folder:
        source = Path(folder) / "forecaster.json"
        source.write_text(text)
        save_model(
            Path(folder) / FOLDER,
            python_model=str(CODE),
            artifacts={"forecaster": str(source)},
            signature=signature,
            input_example=example,
            conda_env=ENVIRONMENT,
        )
        yield Path(folder) / FOLDER
