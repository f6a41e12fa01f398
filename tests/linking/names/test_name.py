import pytest
from hypothesis import given
from hypothesis import strategies as st

from soccer_assets.linking.names import parse
from soccer_assets.linking.names.name import SCRIPTS


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("1. FC Köln", ("fc", "koln")),
        ("U.S. Città di Valdoria", ("us", "citta", "di", "valdoria")),
        ("Nott'm Forest", ("nottm", "forest")),
        ("Шеффилд Юн", ("sheffild", "united")),
        ("Бирмингем C", ("birmingem", "city")),  # the C is a Latin one
        ("Turun Palloseura", ("turku", "pallo", "seura")),
        ("NY Red Bulls", ("new", "york", "red", "bull")),
        ("FC København", ("fc", "kobenhavn")),
        ("Αστέρας", ("asteras",)),
        ("$$Medipol$$ Valdoria FK", ("valdoria", "fk")),  # a sponsor as openfootball marks one
        ("$$Valdoria$$", ("valdoria",)),
        ("São Valdoria SP", ("sao", "valdoria", "saopaulo")),
        ("Sp Valdoria", ("sporting", "valdoria")),
    ],
)
def test_a_name_is_taken_apart_into_plain_words(name: str, tokens: tuple[str, ...]) -> None:
    assert parse(name).tokens == tokens


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("Valdoria", ("men", "first")),
        ("Valdoria B", ("men", "reserve")),
        ("Valdoria II", ("men", "reserve")),
        ("Valdoria-2 Moscow", ("men", "reserve")),
        ("Вальдория (р)", ("men", "reserve")),
        ("Jong Valdoria", ("men", "reserve")),
        ("Valdoria Am.", ("men", "reserve")),
        ("Valdoria AM", ("men", "first")),  # a Brazilian state
        ("Roter Stern B.", ("men", "first")),  # of Belgrade
        ("CS 2 de Mayo", ("men", "first")),
        ("Valdoria Under-23s", ("men", "reserve")),
        ("Valdoria U-19", ("men", "youth")),
        ("Вальдория (мол)", ("men", "youth")),
        ("Вальдория (ж)", ("women", "first")),
        ("Valdoria Ladies", ("women", "first")),
        ("Valdoria W", ("women", "first")),
        ("Zulte W.", ("men", "first")),
        ("Шеффилд Юн", ("men", "first")),  # united, not юноши
    ],
)
def test_marks_tell_the_sex_and_the_kind_of_a_side(name: str, side: tuple[str, str]) -> None:
    assert (parse(name).sex, parse(name).kind) == side


@pytest.mark.parametrize(
    ("name", "numbers"),
    [("Valdoria 1860", {60}), ("Schalke 04", {4}), ("PK-35", {35}), ("1. FC Valdoria", set()), ("B68 Toftir", {68})],
)
def test_years_and_figures_are_kept_by_their_last_two_digits(name: str, numbers: set[int]) -> None:
    assert parse(name).numbers == numbers


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("Valdoria", "latin"),
        ("Вальдория", "cyrillic"),
        ("ΠΑΟΚ", "greek"),
        ("الهلال", "arabic"),
        ("浦和", "han"),
        ("1860", "latin"),
    ],
)
def test_the_script_is_that_of_most_letters(name: str, script: str) -> None:
    assert parse(name).script == script


@given(st.text(max_size=40))
def test_any_text_is_understood_in_some_way(text: str) -> None:
    name = parse(text)
    assert name.text == text
    assert len(name.tokens) == len(name.heard)
    assert all(name.tokens) and all(name.heard)
    assert name.script in SCRIPTS


@given(st.sampled_from(["Valdoria Utd", "Вальдория Юн", "AC Valdoria 1899"]))
def test_plain_words_are_understood_as_themselves(text: str) -> None:
    assert parse(parse(text).plain).tokens == parse(text).tokens
