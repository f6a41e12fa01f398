"""The table of cases names tests that are there."""

import re
from pathlib import Path

HERE = Path(__file__).parent


def test_every_case_names_a_test_that_is_there():
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", (HERE / "README.md").read_text())
    assert len(named) == 47
    missing = [(file, test) for file, test in named if f"def {test}(" not in (HERE / file).read_text()]
    assert missing == []
