"""A worker process as `serving.worker` is, with the models of the tests: `python -m tests.serving.by_rating_worker`.

Its runs of the platform are the Python program of its first argument.
"""

import sys
from collections import defaultdict

from serving import worker
from serving.jobs import runs
from soccer_assets.models.champion import registry
from tests.serving.conftest import ByRating, MemoryRegistry

if __name__ == "__main__":
    models = defaultdict(lambda: ByRating("bbbbbbbbbbbb", draw=0.4), {"1": ByRating("aaaaaaaaaaaa")})
    registry.Registry = lambda settings: MemoryRegistry(models, champion="1")  # type: ignore[assignment,misc]
    runs.SOCCER = (sys.executable, "-c", *sys.argv[1:])
    worker.main()
