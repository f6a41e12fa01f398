"""The launcher of runs on Kubernetes, a pod for each; the package `dagster-k8s` comes with the extra `kubernetes`."""

from dagster import DagsterRun
from dagster._core.launcher import CheckRunHealthResult
from dagster_k8s import K8sRunLauncher

from soccer_assets.orchestration.run_health import PROCESS, health_of_command


class KubernetesRunLauncher(K8sRunLauncher):  # type: ignore[misc]  # a check without the extra does not know it
    """Dagster's launcher, which would take the run of a command for dead, as it has no job of Kubernetes."""

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the pod of a run lives, or the process of a command."""
        if PROCESS in run.tags:
            return health_of_command(run.tags[PROCESS])
        health: CheckRunHealthResult = super().check_run_worker_health(run)
        return health
