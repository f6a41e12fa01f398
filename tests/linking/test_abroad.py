import datetime as dt

import polars as pl
import pytest

from soccer_assets.linking.abroad import abroad
from soccer_assets.linking.link import ALIASES, link

SATURDAY = dt.date(2024, 3, 2)
MATCHES = [
    ("Arsenal", "Chelsea", "England"), ("Inter", "Milan", "Italy"), ("River Plate", "Racing Club", "Argentina"),
    ("Botafogo RJ", "Flamengo RJ", "Brazil"), ("Everton", "Liverpool", "England"),
]  # fmt: skip
OF_OTHER_CLUBS = [
    ("Арсенал Тула", "Челси"), ("Арсенал Киев", "Челси"), ("Интер Майами", "Милан"), ("Интер Турку", "Милан"),
    ("Ривер Плейт Монтевидео", "Расинг Монтевидео"), ("Ривер Плейт (Уру)", "Расинг (Уру)"),
    ("River Plate (Uru)", "Racing (Uru)"), ("Ботафого ПБ", "Фламенго ПИ"), ("Ботафого СП", "Фламенго РЖ"),
    ("Эвертон Винья-дель-Мар", "Ливерпуль Монтевидео"), ("Эвертон (Чили)", "Ливерпуль (Уругвай)"),
    ("Эвертон Чили", "Ливерпуль Уругвай"),
]  # fmt: skip


def linked(home: str, away: str, country: str | None = None) -> str:
    event = {"event_id": ["1"], "date": [SATURDAY], "home": [home], "away": [away], "country": [country]}
    matches = pl.DataFrame(
        [(home, SATURDAY, home, away, country, home, away) for home, away, country in MATCHES],
        schema=["match_id", "date", "home", "away", "country", "home_id", "away_id"],
        orient="row",
    )
    events = pl.DataFrame(event, schema_overrides={"country": pl.String})
    return str(link(events, matches, ALIASES.to_frame())["outcome"].item())


@pytest.mark.parametrize(("home", "away"), OF_OTHER_CLUBS)
def test_clubs_that_name_a_place_elsewhere_are_never_linked(home: str, away: str) -> None:
    assert linked(home, away) in ("review", "none")


def test_the_clubs_themselves_are_linked_by_their_own_place_or_none():
    clubs = [("Арсенал Лондон", "Челси"), ("Интер Милан", "Милан"), ("Ривер Плейт Буэнос-Айрес", "Расинг Авельянеда")]
    clubs += [("Ботафого РЖ", "Фламенго РЖ"), ("Ботафого", "Фламенго"), ("Эвертон Ливерпуль", "Ливерпуль")]
    assert {linked(home, away) for home, away in clubs} == {"linked"}


def test_an_event_that_says_its_country_is_of_its_clubs():
    assert linked("Эшторил Прая", "Фаренсе") == "none"
    assert abroad(["Эшторил Прая"], ["Estoril"], ["Portugal"]) == [True]
    assert linked("Arsenal Tula", "Chelsea", "England") == "linked"


def test_a_place_that_both_names_have_is_no_other():
    names, others = ["ФК Андорра", "Порту", "Насьональ Мадейра"], ["Andorra", "Porto", "Nacional Madeira"]
    assert abroad(names, others, ["Spain", "Portugal", "Portugal"]) == [False, False, False]


def test_of_a_match_whose_country_is_unknown_nothing_is_elsewhere():
    assert abroad(["Арсенал Тула"], ["Arsenal"], [None]) == [False]
