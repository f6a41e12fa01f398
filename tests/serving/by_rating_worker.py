"""A worker process as `serving.worker` is, with the models of the tests: `python -m tests.serving.by_rating_worker`.

Its runs of the platform are the Python program of its first argument; `SLOW_SECONDS` is the time of a forecast.
"""

import os
import sys
import time
from collections import defaultdict
from typing import Any

from serving import worker
from serving.jobs import runs
from serving.predictor import Predictor
from soccer_assets.models.champion import stored_models
from tests.serving.conftest import ByRating, MemoryModels

SLOW_SECONDS = float(os.environ.get("SLOW_SECONDS", "0"))
forecast_at_once = Predictor.forecast


def forecast(self: Predictor, requests: Any) -> Any:
    """Forecast after a while."""
    time.sleep(SLOW_SECONDS)
    return forecast_at_once(self, requests)


if __name__ == "__main__":
    models = defaultdict(lambda: ByRating("bbbbbbbbbbbb", draw=0.4), {"aaaaaaaaaaaa": ByRating("aaaaaaaaaaaa")})
    stored_models.StoredModels = lambda lake: MemoryModels(models, champion="aaaaaaaaaaaa")  # type: ignore[assignment,misc,return-value]
    runs.SOCCER = (sys.executable, "-c", *sys.argv[1:])
    Predictor.forecast = forecast  # type: ignore[method-assign]
    worker.main()
