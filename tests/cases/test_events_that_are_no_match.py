"""Events of a bookmaker that bear the names of a match and are another game, a bet or another competition's."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from soccer_assets.linking.schema import LINK_DECISIONS
from soccer_assets.odds.links import odds_links
from soccer_assets.odds.schema import ODDS_LINKS
from soccer_assets.settings import Clock, Settings

TODAY = Clock.from_settings(Settings.read()).today()
DAY = TODAY + dt.timedelta(days=3)
ENGLAND = "Футбол. Англия. Премьер-Лига"
#: The season by the day of its matches, as openfootball has it.
FIRST_YEAR = DAY.year if DAY.month >= 7 else DAY.year - 1
ROUND = [
    ("Arsenal FC", "Chelsea FC", "Арсенал", "Челси"),
    ("Everton FC", "Fulham FC", "Эвертон", "Фулхэм"),
    ("Manchester United FC", "Leeds United FC", "Манчестер Юнайтед", "Лидс Юнайтед"),
    ("Liverpool FC", "Manchester City FC", "Ливерпуль", "Манчестер Сити"),
]
NOT_HELD = [
    "Футбол. Симулированная реальность. Премьер-Лига", f"{ENGLAND} (SRL)", "Футбол. Виртуальный футбол. Англия",
    "Футбол. Пляжный футбол. Англия", "Футбол. Футзал. Англия", "Футбол. Ветераны. Англия", f"{ENGLAND}. Угловые",
    f"{ENGLAND}. Жёлтые карточки", f"{ENGLAND}. Фолы", f"{ENGLAND}. 1-й тайм", f"{ENGLAND}. Первый тайм",
    f"{ENGLAND}. Точный счет", f"{ENGLAND}. Следующий матч", f"{ENGLAND}. Игроки",
]  # fmt: skip
OF_OTHER_SIDES = {
    f"{ENGLAND} 2. Дивизион 1": ("men", "youth"), "Футбол. Англия. Лига Академий": ("men", "youth"),
    "Футбол. Англия. Кубок среди женщин": ("women", "first"), "Футбол. Англия. WSL": ("women", "first"),
    "Футбол. Англия. Девушки": ("women", "first"), "Футбол. Англия. Суперлига (ж.)": ("women", "first"),
}  # fmt: skip
OF_OTHER_LEAGUES = ["Футбол. Италия. Серия А", "Футбол. Австралия. Кубок", "Футбол. Клубные товарищеские матчи"]
BETS = [
    "угловые", "(угловые)", "УГЛ", "ЖК", "ж/к", "жёлтые карточки", "фолы", "(голы)", "удары", "1-й тайм", "Легенды",
    "ветераны", "Хозяева", "(foxkids1)", "Corners", "Bookings", "Shots on target", "1Т", "Legends",
]  # fmt: skip
MARKS = {"Академия": "youth", "21": "youth", "(21)": "youth", "Б": "reserve"}


def packet(*events: tuple[str, str, str, float], version: int = 1) -> str:
    """A full packet: segment, home, away and home price of each event; ids count from 7000."""
    names = list(dict.fromkeys(segment for segment, *_ in events))
    kick_off = int(dt.datetime.combine(DAY, dt.time(15), dt.UTC).timestamp())
    return json.dumps(
        {
            "packetVersion": version,
            "sports": [{"id": 1, "name": "Футбол"}]
            + [{"id": 100 + n, "parentId": 1, "name": name} for n, name in enumerate(names)],
            "events": [
                {"id": 7000 + n, "sportId": 100 + names.index(segment), "place": "line", "team1": home, "team2": away,
                 "startTime": kick_off}
                for n, (segment, home, away, _) in enumerate(events)
            ],
            "customFactors": [
                {"e": 7000 + n, "countAll": 3,
                 "factors": [{"f": 921, "v": price}, {"f": 922, "v": 3.3}, {"f": 923, "v": 3.6}]}
                for n, (*_, price) in enumerate(events)
            ],
        },
        ensure_ascii=False,
    )  # fmt: skip


@pytest.fixture
def line(mirror: Callable[..., Any]) -> Callable[..., Any]:
    """The mirror after a round of the league and packets, one snapshot after the other."""

    def acquire(*packets: str) -> Any:
        made = mirror(str(TODAY), str(DAY + dt.timedelta(days=3)))
        games = [{"date": str(DAY), "time": "15:00", "team1": home, "team2": away} for home, away, *_ in ROUND]
        season = f"{FIRST_YEAR}-{(FIRST_YEAR + 1) % 100:02d}"
        text = json.dumps({"name": "English Premier League", "matches": games})
        made.publish("openfootball", f"{season}/en.1.json", text)
        made.acquire("openfootball_matches")
        for text in packets:
            made.publish("fonbet", "events/list", text)
            made.acquire("fonbet_events")
        return made

    return acquire


def links_of(made: Any, events: pl.DataFrame) -> dict[str, tuple[str, str | None]]:
    links = odds_links(events, made.matches().rows, ODDS_LINKS.empty(), LINK_DECISIONS.empty())
    return {row["event_id"]: (row["outcome"], row["match_id"]) for row in links.iter_rows(named=True)}


def test_what_is_no_match_of_two_clubs_is_kept_aside(line):
    texts = [(name, "Арсенал", "Челси", 2.1) for name in NOT_HELD]
    texts += [(ENGLAND, f"Арсенал {mark}", f"Челси {mark}", 2.1) for mark in BETS]
    texts += [(ENGLAND, "Арсенал или ничья", "Челси", 2.1), (ENGLAND, "Арсенал Хозяева", "Челси Гости", 2.1)]
    made = line(packet(*texts))
    assert made.table("fonbet_events").is_empty()
    assert len(made.table("fonbet_events_quarantine")) == len(texts)


def test_other_sides_of_the_clubs_are_marked_and_never_linked(line):
    texts = [(name, "Арсенал", "Челси", 2.1) for name in OF_OTHER_SIDES]
    texts += [(ENGLAND, f"Арсенал {mark}", f"Челси {mark}", 2.1) for mark in MARKS]
    made = line(packet(*texts))
    events = made.table("fonbet_events").sort("event_id")
    expected = [*OF_OTHER_SIDES.values(), *(("men", kind) for kind in MARKS.values())]
    assert events.select("sex", "kind").rows() == expected
    assert set(links_of(made, events).values()) == {("none", None)}


def test_an_event_of_another_competition_is_for_a_person_at_best(line):
    rights = [(ENGLAND, home, away, 2.1) for *_, home, away in ROUND[1:]]
    made = line(packet(*rights, *((name, "Арсенал", "Челси", 2.1) for name in OF_OTHER_LEAGUES)))
    events = made.table("fonbet_events")
    for number in range(7003, 7006):  # each beside the right events of the other matches
        links = links_of(made, events.filter(pl.col("event_id").is_in(["7000", "7001", "7002", str(number)])))
        assert links.pop(str(number)) in {("none", None), ("review", None)}
        assert {outcome for outcome, _ in links.values()} == {"linked"}


def test_an_event_of_another_competition_takes_nothing_from_the_right_one(line):
    made = line(
        packet((ENGLAND, "Арсенал", "Челси", 2.1), ("Футбол. Англия. Кубок. 1/4 финала", "Арсенал", "Челси", 5.0))
    )
    links = links_of(made, made.table("fonbet_events"))
    assert links["7000"][0] == "linked"
    assert links["7000"][1] == made.matches().rows.filter(home="Arsenal FC")["match_id"].item()
    assert links["7001"][0] == "none"


def test_sides_in_brackets_are_gamers_or_players_and_no_clubs(line):
    made = line(
        packet((ENGLAND, "Арсенал (Крис)", "Челси (Дэн)", 2.1), (ENGLAND, "Саке (Арсенал)", "Палмер (Челси)", 2.1))
    )
    assert links_of(made, made.table("fonbet_events")) == {"7000": ("none", None), "7001": ("none", None)}


def test_a_word_that_both_sides_end_with_and_no_club_has_is_for_a_person(line):
    marked = [(ENGLAND, f"Арсенал {mark}", f"Челси {mark}", 2.1) for mark in ("Next Gen", "Academy", "Elite")]
    made = line(packet(*marked, (ENGLAND, "Манчестер Юнайтед", "Лидс Юнайтед", 2.1)))
    links = odds_links(
        made.table("fonbet_events").sort("event_id"), made.matches().rows, ODDS_LINKS.empty(), LINK_DECISIONS.empty()
    )
    assert links["outcome"].to_list() == ["review"] * 3 + ["linked"]
    assert [json.loads(text).get("mark") for text in links["evidence"]] == ["gen", "academy", "elite", None]


def test_a_stage_of_a_league_is_the_league(line):
    made = line(packet(*((f"{ENGLAND}. Плей-офф. Финал", home, away, 2.1) for *_, home, away in ROUND)))
    assert made.table("fonbet_events")["_league"].to_list() == ["E0"] * 4
    assert {outcome for outcome, _ in links_of(made, made.table("fonbet_events")).values()} == {"linked"}
