import pytest

from soccer_assets.sources.side_kinds import is_bet, is_football, is_placeholder, kind, no_match, sex


@pytest.mark.parametrize(
    ("competition", "home", "expected"),
    [
        ("England. Premier League", "Chelsea", "men"),
        ("Women's Super League", "Chelsea", "women"),
        ("", "Северянка (ж)", "women"),
        ("Жен. Мексика. Премьер-дивизион", "Тихуана", "women"),
        ("Италия. Женщины. Серия А", "Милан", "women"),
        ("Англия. Кубок среди женщин", "Челси", "women"),
        ("Англия. WSL", "Челси", "women"),
        ("Frauen-Bundesliga", "Bayern", "women"),
        ("", "Босния (w)", "women"),
        ("", "Womersley", "men"),
        ("", "Женева", "men"),
    ],
)
def test_women_are_known_by_a_mark_of_the_competition_or_of_a_side(competition, home, expected):
    assert sex(competition, home, "Other") == expected


@pytest.mark.parametrize(
    ("competition", "home", "expected"),
    [
        ("", "Chelsea U23", "youth"),
        ("", "Челси U19", "youth"),
        ("До 19 лет. Италия. Примавера-2", "Болонья", "youth"),
        ("", "Урал мл", "youth"),
        ("", "Кайрат Академия", "youth"),
        ("", "Пушкаш Академия", "first"),
        ("", "Академия Онтустик", "first"),
        ("", "Ганновер (21)", "youth"),
        ("Англия. Премьер-Лига 2. Дивизион 1", "Челси", "youth"),
        ("Шотландия. Премьер-Лига", "Хиберниан", "first"),
        ("", "Генк (р)", "reserve"),
        ("Бельгия. Резервная Премьер-лига", "Генк", "reserve"),
        ("", "Viborg Reserves", "reserve"),
        ("", "Bayern II", "reserve"),
        ("", "Бавария-2", "reserve"),
        ("", "Волеренга-2 (ж)", "reserve"),
        ("", "Урал(2)", "reserve"),
        ("", "Спартак 2 М", "reserve"),
        ("", "FC Porto B", "reserve"),
        ("", "Йонг Аякс", "reserve"),
        ("Германия. Бундеслига-2", "Ганновер 96", "first"),
        ("2-й дивизион", "Schalke 04", "first"),
        ("", "Willem II", "first"),
        ("", "Виллем II", "first"),
        ("", "Динамо М", "first"),
        ("", "ХИС U 20", "youth"),
        ("", "Челси У19", "youth"),
        ("", "Аль Сайлия до 23", "youth"),
        ("Англия. Кубок вызова (до 21)", "Челси", "youth"),
        ("Италия. Кубок Примаверы", "Рома", "youth"),
        ("", "Молодечно", "first"),
        ("", "МОЛ Фехервар", "first"),
        ("", "Мл. Болеслав", "first"),
        ("", "Богемианс Дублин", "first"),
        ("", "Аделаида рез.", "reserve"),
        ("", "Лудогорец III", "reserve"),
        ("", "Керулети III", "first"),
    ],
)
def test_youth_and_reserve_sides_are_known_by_their_marks(competition, home, expected):
    assert kind(competition, home, "Other") == expected
    assert kind(competition, "Other", home) == expected


def test_a_second_team_in_a_league_of_first_teams_is_a_side_like_others():
    assert kind("Segunda División", "Levante", "Villarreal B", of_first_teams=True) == "first"
    assert kind("Segunda División", "Levante", "Villarreal B") == "reserve"
    assert kind("Premier League", "Chelsea U23", "Arsenal U23", of_first_teams=True) == "youth"
    assert kind("Премьер-Лига", "Генк (р)", "Гент (р)", of_first_teams=True) == "reserve"


@pytest.mark.parametrize(
    "words",
    [
        ("Киберфутбол. FIFA 19. Лига Про", "Костин ЦСКА", "Шемякин ПСЖ"),
        ("", "Аргентина (TSL)", "Чили (TSL)"),
        ("Мировая лига", "Италия (к)", "Чили (к)"),
        ("Футбол 3x3", "Альфа", "Бета"),
        ("", "Красные Маки", "Белые розы"),
        ("", "Бавария (SRL)", "Барселона (SRL)"),
        ("Пляжный футбол. Россия", "Спартак М", "Локомотив М"),
        ("", "Бавария (foxkids1)", "Барселона (Enot 12345)"),
        ("", "Бавария [Kray]", "Барселона [Nik]"),
        ("", "Бавария (K)", "Барселона (K)"),
        ("eFootball. Лига", "Бавария", "Барселона"),
        ("Медиафутбол. МФЛ", "Бавария", "Барселона"),
        ("Любительская лига 8x8", "Бавария", "Барселона"),
        ("", "Легенды Баварии", "Легенды Барселоны"),
        ("eLa Liga", "Bayern", "Barcelona"),
    ],
)
def test_games_under_the_name_of_football_are_none(words):
    assert not is_football(*words)


def test_football_is_football():
    assert is_football("Италия. Серия А", "Милан", "Рома")
    assert is_football("", "Белые розы Одесса", "Схейндел 2")
    assert is_football("", "Ветеран Кривой Рог", "Норт Техас Легендс")


@pytest.mark.parametrize(
    "side",
    ["Команда 1", "Хозяева", "Гости", "Победитель матча 3", "Rus. 8 матчей. Хозяева", "Winner of semi-final 1",
     "1-я команда", "2-е место группы B", "Поб. матча 5", "TBA", "TBC", "?", "-", "1", "1A", "B2", "Неизвестно"],
)  # fmt: skip
def test_a_side_that_stands_for_others_is_a_placeholder(side):
    assert is_placeholder(side)
    assert not any(map(is_placeholder, ("Спартак М", "Б93", "КБ", "1026", "3СК", "1-я Лига")))


@pytest.mark.parametrize(
    "text",
    ["Челси угловые", "Челси УГЛ", "Челси ЖК", "Челси (удары в створ)", "1-й тайм Челси", "Челси пен.", "голы Челси",
     "Челси (доп. вр.)", "Челси или ничья", "Челси ауты", "Сэйвы", "Англия. Жёлтые карты", "Больше", "Ничья",
     "Англия. Премьер-Лига. Точный счёт", "Англия. Итоги"],
)  # fmt: skip
def test_a_bet_on_something_else_than_the_score_is_one(text):
    assert is_bet(text)


@pytest.mark.parametrize(
    "text",
    ["Третий тайм", "Мугласпор", "Пойя Таллин ЖК Вольта", "Гол Гохар", "Гостивар", "Ургаци КК", "Лае Сити Дуэллерс",
     "Пеньяроль", "Англия. Премьер-Лига. Этап победителей"],
)  # fmt: skip
def test_a_name_that_resembles_a_bet_is_none(text):
    assert not is_bet(text)


@pytest.mark.parametrize(
    ("home", "away", "reason"),
    [
        ("Арсенал", "Арсенал", "expected two sides, found 'Арсенал' and 'Арсенал'"),
        ("Арсенал", "", "expected two sides, found 'Арсенал' and ''"),
        ("1A", "2B", "expected two sides, found placeholders: 1A - 2B"),
        ("голы Арсенал", "Челси", "expected two sides, found a bet on something else: голы Арсенал - Челси"),
        ("Арсенал пасы", "Челси пасы", "expected two clubs, found two sides marked пасы: Арсенал пасы - Челси пасы"),
        ("Арсенал 1т", "Челси 1т", "expected two clubs, found two sides marked 1т: Арсенал 1т - Челси 1т"),
        ("Арсенал-19", "Челси-19", "expected two clubs, found two sides marked 19: Арсенал-19 - Челси-19"),
        ("МОНП вет.", "МОФФ вет.", "expected two clubs, found two sides marked вет.: МОНП вет. - МОФФ вет."),
        ("Мичиган (студ)", "Индиана (студ)",
         "expected two clubs, found two sides marked (студ): Мичиган (студ) - Индиана (студ)"),
        ("Лидс Юнайтед", "Ньюкасл Юнайтед", None),
        ("Ботафого РЖ", "Фламенго РЖ", None),
        ("Звезда СПб (люб.)", "Невский Фронт", None),
        ("Шальке 04", "Ганновер 96", None),
        ("Ростов-на-Дону", "Франкфурт-на-Майне", None),
        ("Арсенал ж", "Челси", None),
    ],
)  # fmt: skip
def test_two_clubs_that_meet_are_told_from_all_else(home, away, reason):
    assert no_match("", home, away) == reason


def test_a_last_letter_of_both_sides_is_a_mark_of_women():
    assert sex("", "Arsenal W", "Chelsea W") == sex("", "Арсенал Ж", "Челси Ж") == "women"
    assert sex("", "Arsenal W", "Chelsea") == "men"
