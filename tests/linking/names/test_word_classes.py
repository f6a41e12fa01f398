"""Words: their sounds, how alike two are, what short ones stand for, how rare they are."""

from pathlib import Path

import numpy as np
import pytest

from soccer_assets.countries import country_of
from soccer_assets.linking.names import word_classes
from soccer_assets.linking.names.acronyms import acronym
from soccer_assets.linking.names.lexicon import Lexicon
from soccer_assets.linking.names.name import parse
from soccer_assets.linking.names.phonetics import reading, skeleton
from soccer_assets.linking.names.word_similarity import alike


@pytest.mark.parametrize(
    ("word", "language", "russian"),
    [
        ("wycombe", "english", "уикомб"),
        ("carlisle", "english", "карлайл"),
        ("getafe", "spanish", "хетафе"),
        ("hoffenheim", "german", "хоффенхайм"),
        ("hamilton", "english", "гамильтон"),
        ("troyes", "french", "труа"),
        ("besiktas", "slavic", "бесиктас"),
    ],
)
def test_a_word_sounds_as_russian_spells_it(word: str, language: str, russian: str) -> None:
    assert reading(word, language) == reading(russian, language)


def test_a_skeleton_keeps_the_consonants_by_their_class() -> None:
    assert skeleton("barselona") == skeleton("parZelona") == "prsln"
    assert skeleton("arsenal") == "Vrsnl"


def _ways(one: str, two: str) -> list[float]:
    a, b = parse(one), parse(two)
    words = [(a.tokens[0], a.heard[0]), (b.tokens[0], b.heard[0])]
    return [float(way[0]) for way in alike(words, np.array([0]), np.array([1]))]


def test_the_four_ways_allow_more_and_more() -> None:
    for one, two in [("Valdoria", "Valdoria"), ("Valdoria", "Valdorya"), ("Уикомб", "Wycombe"), ("Sheff", "Sheffield")]:
        same, near, heard, loose = _ways(one, two)
        assert same <= near <= heard <= loose <= 1


@pytest.mark.parametrize(
    ("one", "two", "way", "least"),
    [
        ("Valdoria", "Valdoria", 0, 1.0),
        ("Lavallois", "Laval", 1, 0.95),
        ("Konyaspor", "Konya", 1, 0.95),
        ("Уикомб", "Wycombe", 2, 0.9),
        ("Sheff", "Sheffield", 3, 0.88),
        ("Nott'm", "Nottingham", 3, 0.9),
        ("ПСЖ", "PSG", 2, 0.95),
        ("Рексхэм", "Wrexham", 2, 0.9),
    ],
)
def test_words_are_found_in_their_way(one: str, two: str, way: int, least: float) -> None:
    assert _ways(one, two)[way] >= least
    assert _ways(two, one) == _ways(one, two)


@pytest.mark.parametrize(
    ("one", "two", "least", "most"),
    [
        ("Heidenh.", "Heidenheim", 0.97, 0.97),
        ("Heidenh.", "Хайденхайм", 0.97, 0.97),
        ("Erzg.", "Эрцгебирге", 0.97, 0.97),
        ("C.", "Кристал", 0.8, 0.8),
        ("C.", "Уиган", 0.0, 0.5),
    ],
)
def test_a_full_stop_cuts_a_word_of_either_script(one: str, two: str, least: float, most: float) -> None:
    a, b = parse(one), parse(two)
    words = [(a.tokens[0], a.heard[0]), (b.tokens[0], b.heard[0])]
    for x, y in ((0, 1), (1, 0)):
        near = alike(words, np.array([x]), np.array([y]), [a.cut[0], b.cut[0]])[1][0]
        assert least <= near <= most


def test_a_cyrillic_word_is_as_rare_as_the_listed_word_that_sounds_so() -> None:
    assert LEXICON.listed("valdoriya", "валдориа") == "valdoria"
    assert LEXICON.listed("valdorya", "valdorya") == "valdorya"  # a Latin word stays as it is
    assert LEXICON.listed("zykk", "зикк") == "zykk"


def test_words_that_share_nothing_are_not_alike() -> None:
    assert _ways("Valdoria", "Zykk") == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("short", "words", "value"),
    [
        ("psg", ("paris", "saint", "germain"), 1.0),
        ("wac", ("wolfsberger", "ac"), 0.7),
        ("agf", ("aarhus", "gymnastikforening"), 0.4),
        ("qpr", ("paris", "saint", "germain"), 0.0),
        ("ac", ("ac", "milan"), 0.0),  # the word itself is no acronym
        ("pa", ("paris",), 0.0),
    ],
)
def test_an_acronym_is_made_of_beginnings_in_order(short: str, words: tuple[str, ...], value: float) -> None:
    assert acronym([short], words) == value


def test_a_form_and_a_spelling_stand_once_each() -> None:
    lines = Path(word_classes.__file__).with_name("spellings.txt").read_text("utf-8").splitlines()
    forms, spellings = zip(*(line.split(": ") for line in lines if not line.startswith("#")), strict=True)
    words = " ".join(spellings).split()
    assert (len(set(forms)), len(set(words))) == (len(forms), len(words))
    assert len(word_classes.SAME_WORD) == len(words)
    assert word_classes.SAME_WORD["мюнхен"] == "munchen"
    assert word_classes.SAME_WORD["spielvereinigung"] == "spiel vereinigung"


LEXICON = Lexicon(9000, 3, {"united": 3000, "valdoria": 3}, {"England": {"united": 7}})


def test_a_word_is_rarer_the_fewer_clubs_have_it() -> None:
    everywhere, some, unheard = LEXICON.rarity(["united", "valdoria", "zykk"])
    assert everywhere == 0.1
    assert 0.9 <= some < unheard == 1


def test_rarity_does_not_depend_on_how_many_clubs_were_counted() -> None:
    more = Lexicon(12_000, 3, LEXICON.counts, {})
    assert LEXICON.rarity(LEXICON.counts).tolist() == more.rarity(LEXICON.counts).tolist()


def test_the_clubs_of_a_country_are_known_under_any_of_its_names() -> None:
    assert LEXICON.words_by_country(["eng", "England", None, "Atlantis"]) == [{"united": 7}, {"united": 7}, None, None]


@pytest.mark.parametrize(
    ("name", "form"), [("ua", "Ukraine"), ("Macedonia", "North Macedonia"), ("Atlantis", "Atlantis")]
)
def test_a_country_has_one_form(name: str, form: str) -> None:
    assert country_of(name) == form
