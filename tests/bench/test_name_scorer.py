import random
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from bench import name_lexicon, name_scorer
from soccer_assets.linking.names.features import features
from soccer_assets.linking.names.name import parse
from soccer_assets.linking.names.report import NEEDED
from soccer_assets.linking.names.scorer import Scorer

LETTERS = ("bdfghklmnprstvz", "aeiou")


def _clubs(n: int) -> list[str]:
    made = random.Random(0)
    return ["".join(made.choice(LETTERS[place % 2]) for place in range(8)).capitalize() for _ in range(n)]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Labelled pairs of made-up clubs, their aliases, and a registry of others."""
    clubs = _clubs(60)
    rows = []
    for k, club in enumerate(clubs):
        other = (k + 1) % len(clubs)
        rows.append((f"c{k}", f"c{k}", "England", "one", f"FC {club}", "two", f"{club} United", 1))
        rows.append((f"c{k}", f"c{other}", "England", "one", f"FC {club}", "two", f"{clubs[other]} United", 0))
    names = ["club_a", "club_b", *NEEDED]
    pl.DataFrame(rows, schema=names, orient="row").write_csv(tmp_path / "pairs.csv")
    aliases = [(f"c{k}", "England", "one", f"FC {club}") for k, club in enumerate(clubs)]
    pl.DataFrame(aliases, schema=["club_id", "country", "source", "name"], orient="row").write_csv(
        tmp_path / "registry.csv"
    )
    others = pl.DataFrame({"name": [f"{c} Town" for c in _clubs(20)], "country": ["United Kingdom"] * 20})
    others.write_parquet(tmp_path / "reep.parquet")
    return tmp_path / "pairs.csv", tmp_path / "registry.csv", tmp_path / "reep.parquet"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The recipe with fewer folds and trees; what it makes goes beside the test's files."""
    monkeypatch.setattr(name_scorer, "FOLDS", 4)
    monkeypatch.setattr(name_scorer, "ROUNDS", 20)
    monkeypatch.setattr(name_scorer, "PARAMS", {**name_scorer.PARAMS, "min_data_in_leaf": 5})
    monkeypatch.setattr(name_scorer, "ARTEFACT", tmp_path / "scorer.json")
    return tmp_path / "scorer.json"


def test_the_same_files_make_the_same_bytes_and_a_scorer_that_can_be_read(
    files: tuple[Path, Path, Path], small: Path
) -> None:
    told = name_scorer.train_names(*files)
    once = small.read_bytes()
    name_scorer.train_names(*files)
    assert small.read_bytes() == once
    scorer = msgspec.json.decode(once, type=Scorer)
    assert scorer.training["on clubs never seen"] == told
    assert told["f1"] == 1.0
    assert scorer.pairs(["Kordova SC"], ["Kordova"])[0] > scorer.pairs(["Kordova SC"], ["Zykk"])[0]
    both = scorer.side([parse("FC Zykk"), parse("Zykk")])
    x = features(both, both, np.array([0]), np.array([1]), scorer.lexicon)
    assert scorer.probability(x)[0] == scorer.pairs(["FC Zykk"], ["Zykk"])[0]


def test_a_lexicon_has_not_counted_the_clubs_left_out() -> None:
    clubs = [name_lexicon.Club(frozenset({"zykk", "town"}), ("England",), str(k)) for k in range(5)]
    everyone, fewer = name_lexicon.lexicon_of(clubs), name_lexicon.lexicon_of(clubs, {"0", "1"})
    assert (everyone.clubs, everyone.counts["zykk"], everyone.countries["England"]["zykk"]) == (5, 5, 5)
    assert (fewer.clubs, fewer.counts["zykk"], fewer.countries["England"]["zykk"]) == (3, 3, 3)
    assert name_lexicon.lexicon_of(clubs[:2]).counts == {}  # a word of few clubs may tell who they are


def test_the_odds_of_a_lost_word_come_from_three_clubs_or_more_and_not_from_those_left_out() -> None:
    rows = []
    clubs = _clubs(16)
    for k in range(8):
        name, other = clubs[k], clubs[8 + k]
        rows.append((f"c{k}", f"c{k}", "England", "one", f"Futebol {name}", "two", name, 1))
        rows.append((f"c{k}", f"d{k}", "England", "one", f"Kickers {name}", "two", other, 0))
    words = name_lexicon.LostWords(pl.DataFrame(rows, schema=["club_a", "club_b", *NEEDED], orient="row"))
    odds = words.log_odds()
    assert odds["futebol"] > 0 > odds["kickers"]
    assert "futebol" not in words.log_odds({f"c{k}" for k in range(6)})
    assert odds.keys() == {"futebol", "kickers"}  # no word of a single club


def test_a_club_without_a_name_in_the_registry_is_not_counted() -> None:
    registry = pl.DataFrame({"club_id": ["c"], "country": ["eng"], "name": ["FC Zykk"]})
    reep = pl.DataFrame({"name": ["Q2970858", None, "Zykk Town"], "country": ["England"] * 3})
    assert [sorted(club.words) for club in name_lexicon.clubs_of(registry, reep)] == [["fc", "zykk"], ["town", "zykk"]]


def test_a_club_of_both_registries_is_counted_once() -> None:
    registry = pl.DataFrame({"club_id": ["c"], "country": ["eng"], "name": ["FC Zykk"]})
    reep = pl.DataFrame({"name": ["F.C. Zykk", "Zykk Town"], "country": ["United Kingdom", "United Kingdom"]})
    assert [(sorted(club.words), club.countries) for club in name_lexicon.clubs_of(registry, reep)] == [
        (["fc", "zykk"], ("England",)),
        (["town", "zykk"], ("England", "Scotland", "Wales", "Northern Ireland")),
    ]
