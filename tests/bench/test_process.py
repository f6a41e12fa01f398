import os
import subprocess
from pathlib import Path

import pytest

from bench.process import ROOT, measured_by

MODULE = """
import json, os, sys
print("progress")
figures = {"process": os.getpid(), "folder": os.getcwd(), "of": os.environ["BENCH_OF"], "arguments": sys.argv[1:]}
print(json.dumps(figures))
sys.exit(len(sys.argv) > 3)
"""


def test_a_module_is_measured_in_a_process_of_its_own_and_its_last_line_is_read(tmp_path: Path) -> None:
    (tmp_path / "measured.py").write_text(MODULE)
    environment = {"PYTHONPATH": str(tmp_path), "BENCH_OF": "tests"}
    figures = measured_by("measured", "a", "b", environment=environment)
    assert figures.pop("process") != os.getpid()
    assert figures == {"folder": str(ROOT), "of": "tests", "arguments": ["a", "b"]}
    assert "BENCH_OF" not in os.environ
    with pytest.raises(subprocess.CalledProcessError):
        measured_by("measured", "a", "b", "c", environment=environment)
