import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.linking.names import Scorer
from soccer_assets.linking.names.features import FEATURES, features
from soccer_assets.linking.names.name import parse
from soccer_assets.linking.names.prepared_names import forms_of
from soccer_assets.linking.names.scorer import ARTEFACT

SAME = [
    ("Nott'm Forest", "Nottingham Forest FC"),
    ("Man United", "Manchester United"),
    ("Манчестер Юн", "Man United"),
    ("Вальдория", "AC Valdoria 1899"),
    ("Уикомб Уондерерс", "Wycombe"),
    ("PSG", "Paris Saint-Germain"),
    ("1. FC Köln", "FC Cologne"),
    ("TPS", "Turun Palloseura"),
    ("Хетафе", "Getafe CF"),
]
DIFFERENT = [
    ("Man United", "Manchester City"),
    ("Real Madrid", "Atlético Madrid"),
    ("Dynamo Moscow", "Spartak Moscow"),
    ("Valdoria United", "Zykk United"),
    ("Ливерпуль", "Everton"),
]
NAMES = sorted({name for pair in SAME + DIFFERENT for name in pair} | {"", "1860", "浦和", "Valdoria (ж)", "ФК"})
scorer = Scorer.shipped()


@pytest.mark.parametrize(("left", "right"), SAME)
def test_names_of_one_club_score_above_the_threshold(left: str, right: str) -> None:
    assert scorer.pairs([left], [right])[0] >= scorer.threshold


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_names_of_two_clubs_score_below_it(left: str, right: str) -> None:
    assert scorer.pairs([left], [right])[0] < scorer.threshold


@pytest.mark.parametrize("mark", [" (ж)", " II", " U19", " B"])
def test_a_mark_on_one_side_alone_leaves_next_to_nothing(mark: str) -> None:
    assert scorer.pairs(["Valdoria" + mark], ["Valdoria"])[0] <= 0.01
    assert scorer.pairs(["Valdoria" + mark], ["Вальдория" + mark])[0] >= scorer.threshold


@pytest.mark.parametrize("second", ["Вальдория Б", "Йонг Вальдория", "Вальдория Футурес"])
def test_second_teams_are_marked_in_cyrillic_too(second: str) -> None:
    assert scorer.pairs([second], ["Valdoria"])[0] <= 0.01
    assert scorer.pairs([second], ["Valdoria II"])[0] >= scorer.threshold


@pytest.mark.parametrize(("second", "country"), [("Valdoria Juniors", "Austria"), ("Valdoria Akatemia", "Finland")])
def test_a_last_word_that_marks_reserve_sides_of_a_country_does_so_there_alone(second: str, country: str) -> None:
    assert scorer.pairs([second], ["FC Valdoria Zykk"], [country])[0] <= 0.01
    assert scorer.pairs([second], ["FC Valdoria II"], [country])[0] > 0.01
    assert scorer.pairs([second], ["Valdoria"], ["Argentina"])[0] > 0.01


def test_sg_is_a_form_at_the_start_of_a_name_alone() -> None:
    assert forms_of(["sg", "valdoria"]) == [True, False]
    assert forms_of(["paris", "sg"]) == [False, False]


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None)
def test_a_score_depends_on_the_two_names_alone_in_either_order(pairs: list[tuple[str, str]]) -> None:
    left, right = [a for a, _ in pairs], [b for _, b in pairs]
    together = scorer.pairs(left, right)
    assert together.tolist() == scorer.pairs(right, left).tolist()
    assert together.tolist() == [scorer.pairs([a], [b])[0] for a, b in pairs]
    assert ((together >= 0) & (together <= 1)).all()


@given(st.text(max_size=20), st.text(max_size=20))
@settings(max_examples=50, deadline=None)
def test_any_two_texts_have_a_score(left: str, right: str) -> None:
    assert 0 <= scorer.pairs([left], [right])[0] <= 1


def test_a_matrix_holds_the_scores_of_the_pairs_that_are_worth_a_comparison() -> None:
    left, right = [a for a, _ in SAME] * 2, [b for _, b in SAME]
    matrix = scorer.matrix(left, right)
    assert matrix.shape == (2 * len(SAME), len(SAME))
    i, j = np.nonzero(matrix)
    assert matrix[i, j].tolist() == scorer.pairs([left[k] for k in i], [right[k] for k in j]).tolist()
    found = [n for n in range(len(SAME)) if matrix[n, n] >= scorer.threshold]
    assert found == list(range(len(SAME)))


def test_a_matrix_of_nothing_is_empty() -> None:
    assert scorer.matrix([], ["Valdoria"]).shape == (0, 1)
    assert scorer.matrix(["Valdoria"], []).shape == (1, 0)
    assert scorer.pairs([], []).shape == (0,)


def test_lists_of_two_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        scorer.pairs(["Valdoria"], [])


def test_a_country_is_used_where_it_is_known() -> None:
    left, right = ["Barcelona"], ["Barcelona Guayaquil"]
    spain, unknown, nowhere = (scorer.pairs(left, right, [c])[0] for c in ("Spain", None, "Atlantis"))
    assert unknown == nowhere == scorer.pairs(left, right)[0]
    assert spain != unknown


def test_the_features_are_finite_and_symmetric() -> None:
    side = scorer.side([parse(name) for name in NAMES])
    i, j = (grid.ravel() for grid in np.meshgrid(np.arange(len(NAMES)), np.arange(len(NAMES))))
    x = features(side, side, i, j, scorer.lexicon)
    assert x.shape == (len(NAMES) ** 2, len(FEATURES))
    assert np.isfinite(x).all()
    assert np.array_equal(x, features(side, side, j, i, scorer.lexicon))


def test_the_artefact_is_small_readable_and_tells_its_training() -> None:
    assert len(ARTEFACT.read_bytes()) < 1_000_000
    assert all(told.description for told in scorer.inputs)
    assert sum(told.gain for told in scorer.inputs) == pytest.approx(1, abs=0.01)
    assert {"recipe", "seed", "parameters", "pairs", "clubs", "on clubs never seen"} <= set(scorer.training)
    assert scorer.training["on clubs never seen"]["f1"] > 0.9
    assert max(len(line) for line in ARTEFACT.read_text().splitlines()) < 100_000


def test_no_word_of_few_clubs_is_shipped() -> None:
    assert min(scorer.lexicon.counts.values()) >= 3
    assert min(count for words in scorer.lexicon.countries.values() for count in words.values()) >= 2
