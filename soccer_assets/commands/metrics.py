"""The metrics of the pipeline: runs are short processes, so one that stays reads what they leave."""

import time

from prometheus_client import CollectorRegistry, start_http_server

from soccer_assets.commands.materialize import instance
from soccer_assets.monitoring.lake_metrics import LakeMetrics
from soccer_assets.orchestration.run_metrics import RunMetrics
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.lake import Lake


def serve(host: str, port: int) -> None:
    """Answer Prometheus on an address until the process is stopped."""
    settings, registry = Settings.read(), CollectorRegistry()
    clock = Clock.from_settings(settings)
    settings.var_path.mkdir(parents=True, exist_ok=True)
    with instance() as dagster:
        registry.register(RunMetrics(dagster, clock))
        registry.register(LakeMetrics(Lake(settings.lake), clock, settings.var_path))
        start_http_server(port, host, registry)
        print(f"metrics  http://{host}:{port}/metrics", flush=True)
        while True:
            time.sleep(3600)
