import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from soccer_assets.errors import SchemaError
from soccer_assets.linking.names import Scorer
from soccer_assets.linking.names.report import figures, read_pairs, recall_at_precision

HEADER = "country,source_a,name_a,source_b,name_b,same"
ROWS = [
    "England,one,Valdoria United,two,Valdoria Utd,1",
    "England,two,Valdoria,one,Zykk,0",
    "Russia,fonbet,Вальдория,one,Valdoria,1",
    ",one,Kordova,two,Kordova B,0",
]


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    file = tmp_path / "pairs.csv"
    file.write_text("\n".join([HEADER, *ROWS]) + "\n")
    return file


def test_one_json_object_tells_all_groups(pairs: Path, soccer) -> None:
    told = json.loads(soccer("score-names", pairs).stdout)
    assert {name: told[name] for name in ("n", "precision", "recall", "f1", "recall_at_99_precision")} == {
        "n": 4, "precision": 1.0, "recall": 1.0, "f1": 1.0, "recall_at_99_precision": 1.0
    }  # fmt: skip
    assert told["threshold"] == Scorer.shipped().threshold
    assert {name: group["n"] for name, group in told["by_source_pair"].items()} == {"fonbet|one": 1, "one|two": 3}
    assert {name: group["n"] for name, group in told["by_script"].items()} == {"cyrillic|latin": 1, "latin|latin": 3}


def test_a_file_that_cannot_be_used_is_told_with_exit_code_1(tmp_path: Path, soccer) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text("country,name_a\nEngland,Valdoria\n")
    done = soccer("score-names", file)
    assert done.exit_code == 1
    message = done.stderr
    assert "expected a CSV file with the columns country, source_a, name_a, source_b, name_b, same" in message
    assert "without ['source_a', 'source_b', 'name_b', 'same']" in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + "\nEngland,one,Valdoria,two,Valdoria,yes\n", r"`same` to be 1 or 0, found \['yes'\] in 1 rows"),
        (HEADER + "\n", "found none"),
        ("", "expected a CSV file"),
    ],
)
def test_pairs_without_labels_are_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text(text)
    with pytest.raises(SchemaError, match=message):
        read_pairs(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="none.csv"):
        read_pairs(tmp_path / "none.csv")


def test_figures_are_those_at_the_threshold(pairs: Path) -> None:
    told = figures(read_pairs(pairs), np.array([0.9, 0.6, 0.2, 0.1]), 0.5)
    assert (told["precision"], told["recall"], told["f1"]) == (0.5, 0.5, 0.5)
    assert told["by_source_pair"]["fonbet|one"]["precision"] is None  # nothing chosen


def test_equal_scores_are_taken_together() -> None:
    assert recall_at_precision(np.array([1, 1, 0, 1]), np.array([0.9, 0.8, 0.8, 0.7])) == pytest.approx(1 / 3)
    assert recall_at_precision(np.array([0, 1]), np.array([0.9, 0.8])) == 0
    assert recall_at_precision(np.array([1] * 99 + [0, 1]), np.linspace(1, 0, 101)) == 1


def test_an_empty_group_is_no_frame_of_its_own() -> None:
    one = pl.DataFrame({"source_a": ["a"], "name_a": ["x"], "source_b": ["b"], "name_b": ["y"], "same": [0]})
    told = figures(one, np.array([0.1]), 0.5)
    assert (told["recall"], told["recall_at_99_precision"]) == (None, None)
