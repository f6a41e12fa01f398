"""The words of one name found in another, and what those found and lost say."""

import numpy as np
import pytest

from soccer_assets.linking.names.lexicon import Lexicon
from soccer_assets.linking.names.name import parse
from soccer_assets.linking.names.prepared_names import Side
from soccer_assets.linking.names.word_matches import ONE_TOWN, OTHER_TOWN, WordMatches, word_matches

LEXICON = Lexicon(9000, 3, {}, {})
FIRST = np.array([0])


def _found(one: str, two: str) -> tuple[WordMatches, WordMatches]:
    a, b = (Side([parse(name)], LEXICON) for name in (one, two))
    return word_matches(a, b, FIRST, FIRST)[:2]


@pytest.mark.parametrize(("one", "two"), [("Дувр", "Dover"), ("Вена", "Wien"), ("Köln", "Cologne")])
def test_the_names_of_one_town_are_found_in_each_other(one: str, two: str) -> None:
    for matches in _found(one, two):
        assert matches.loose[0] >= ONE_TOWN


@pytest.mark.parametrize(("one", "two"), [("Chester", "Chesterfield"), ("Честерфилд", "Chester")])
def test_the_names_of_two_towns_are_less_alike_than_they_are_spelt(one: str, two: str) -> None:
    for matches in _found(one, two):
        assert 0 < matches.loose[0] <= OTHER_TOWN
        assert all(a[0] <= b[0] for a, b in zip(matches.ways, matches.ways[1:], strict=False))


def test_a_word_lost_may_name_a_town_of_the_country() -> None:
    without, within = _found("Rangers", "Glasgow Rangers")
    assert without.towns_lost(["Scotland"]).tolist() == [0]
    assert within.towns_lost(["Scotland"]).tolist() == within.towns_lost([None]).tolist() == [1]
    assert within.towns_lost(["Japan"]).tolist() == [0]


def test_the_clubs_of_a_country_are_counted_by_their_rarest_word_found_and_lost() -> None:
    _, zykk = _found("Valdoria", "FC Valdoria Zykk Kickers")
    clubs = [{"valdoria": 3, "zykk": 1, "kickers": 15}]
    assert zykk.local(clubs, zykk.matched).tolist() == [2]  # log2 of 1 + 3
    assert zykk.local(clubs, zykk.lost).tolist() == [1]
    assert zykk.local([{"kickers": 15}], zykk.lost).tolist() == [1]  # what is not listed is one club's
