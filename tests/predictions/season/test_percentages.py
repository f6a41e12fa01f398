import pytest

from soccer_assets.predictions.season.percentages import event_percentage, percentage, settled

ROW = {"p_title": 0.0, "p_promotion": None,
       "p_relegation": 1.0}  # fmt: skip


@pytest.mark.parametrize(
    ("best", "worst", "expected"), [(1, 20, None), (2, 20, False), (1, 1, True), (1, 2, None), (4, 9, False)]
)
def test_the_title_is_settled_when_arithmetic_says_so(best, worst, expected):
    assert settled(best, worst, (1, 1)) is expected


def test_a_probability_is_never_written_as_certain_before():
    assert [percentage(p) for p in (0.0, 0.0099, 0.01, 0.5, 0.99, 0.9901, 1.0)] == [
        "<1 %", "<1 %", "1 %", "50 %", "99 %", ">99 %", ">99 %",
    ]  # fmt: skip


def test_an_event_of_a_row_is_written_by_what_arithmetic_allows():
    assert event_percentage(ROW | {"settled": []}, "title") == "<1 %"
    assert event_percentage(ROW | {"settled": ["title"]}, "title") == "-"
    assert event_percentage(ROW | {"settled": ["title", "relegation"]}, "relegation") == "yes"
    assert event_percentage(ROW | {"settled": ["title"]}, "relegation") == ">99 %"
    assert event_percentage(ROW | {"settled": None}, "relegation") == ">99 %"  # of an earlier release
    assert event_percentage(ROW, "promotion") == ""
