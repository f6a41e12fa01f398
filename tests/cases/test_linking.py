"""Links to no wrong match: names that collide, and events that look like a match and are none."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.linking.link import ALIASES, link
from soccer_assets.linking.marks import with_marks
from soccer_assets.linking.names import Scorer, parse
from soccer_assets.linking.names.gazetteer import Gazetteer

INPUTS = Path(__file__).parent / "inputs"
SATURDAY = dt.date(2024, 3, 2)
#: The match, by its home side, of each event that has one; events of women, youth and others have none.
RIGHT = {
    "Man Utd": "Manchester United FC", "Man City": "Manchester City FC", "Sheffield Wed": "Sheffield Wednesday FC",
    "Sheffield Utd": "Sheffield United FC", "CSKA 1948": "CSKA 1948 Sofia", "CSKA Sofia": "CSKA Sofia",
    "Atletico-MG": "Atletico Mineiro", "Atletico-PR": "Athletico Paranaense", "Steaua Bucuresti": "CSA Steaua Bucuresti",
    "FC Dinamo 1948": "Dinamo Bucuresti", "Racing Club (Uru)": "Racing Club de Montevideo",
    "Racing Avellaneda": "Racing Club", "Al-Nassr": "Al Nassr Riyadh", "Al Nasr (UAE)": "Al Nasr Dubai",
    "Real Sociedad II": "Real Sociedad B", "R. Sociedad": "Real Sociedad",
    "Barcelona SC Guayaquil": "Barcelona SC", "FC Barcelona": "Barcelona", "Everton (Chi)": "Everton",
    "Ind. Rivadavia": "Independiente Rivadavia", "Independiente Avellaneda": "Independiente",
    "Union SG": "Union Saint-Gilloise", "U. La Calera": "Union La Calera", "Arsenal de Sarandi": "Arsenal Sarandi",
}  # fmt: skip
#: Clubs of one town, their opponents, and what another source calls the first.
CLUBS = ["Arsenal", "Chelsea", "Man United", "Man City", "Sheffield United", "Sheffield Weds", "Everton", "Liverpool"]


def events_of(rows: list[tuple[str, int, str, str]]) -> pl.DataFrame:
    return pl.DataFrame(
        [(name, SATURDAY + dt.timedelta(days=days), home, away) for name, days, home, away in rows],
        schema=["event_id", "date", "home", "away"],
        orient="row",
    )


def matches_of(rows: list[tuple[str, int, str, str]]) -> pl.DataFrame:
    return events_of(rows).rename({"event_id": "match_id"}).with_columns(home_id="home", away_id="away")


def test_clubs_whose_names_collide_are_linked_to_no_wrong_match():
    days = pl.col("date").str.to_date()
    events = pl.read_csv(INPUTS / "link_events.csv").with_columns(days, event_id="home")
    matches = pl.read_csv(INPUTS / "link_matches.csv").with_columns(
        days, match_id="home", home_id="home", away_id="away"
    )
    rows = link(events, matches, ALIASES.to_frame())
    linked = dict(rows.filter(pl.col("outcome") == "linked").select("event_id", "match_id").rows())
    wrong = {name: match for name, match in linked.items() if RIGHT.get(name, name + " FC") != match}
    assert wrong == {}
    assert len(linked) == len(RIGHT) - 3  # three are left for a person


def test_an_event_that_only_looks_like_a_match_is_never_linked():
    rounds = [(CLUBS[k], CLUBS[(k + 3) % len(CLUBS)]) for k in range(0, len(CLUBS), 2)]
    matches = matches_of([(f"{home}-{away}", 0, home, away) for home, away in rounds])
    adversarial = []
    for home, away in rounds:
        others = [club for club in CLUBS if club not in (home, away)]
        adversarial += [(f"swapped {home}", 0, away, home)]
        adversarial += [(f"opponent {home} {other}", 0, home, other) for other in others]
        adversarial += [(f"guest {other} {away}", 0, other, away) for other in others]
        adversarial += [
            (f"mark {home}{mark}", 0, home + mark, away + mark)
            for mark in (" U21", " (W)", " II", " (ж)", " (р)", " U19")
        ]
        adversarial += [(f"one mark {home}{mark}", 0, home + mark, away) for mark in (" U21", " (W)", " II")]
        adversarial += [(f"moved {home} {days}", days, home, away) for days in (-3, -2, 2, 3, 5, -7)]
    for row in adversarial:  # one by one: nothing beside it may help to tell
        told = link(events_of([row]), matches, ALIASES.to_frame()).row(0, named=True)
        assert told["outcome"] != "linked", row
        if row[0].startswith("swapped") or (row[0].startswith("moved") and abs(row[1]) <= 3):
            assert (told["outcome"], told["candidate_id"] is None) == ("review", False), row
    together = link(events_of(adversarial), matches, ALIASES.to_frame())
    assert together.filter(pl.col("outcome") == "linked").is_empty()


def test_two_clubs_of_like_names_with_home_and_away_swapped_are_a_case():
    matches = matches_of([("1", 0, "Antalyaspor", "Alanyaspor")])
    for home, away, outcome in (("Антальяспор", "Аланьяспор", "linked"), ("Аланьяспор", "Антальяспор", "review")):
        row = link(events_of([("event", 0, home, away)]), matches, ALIASES.to_frame()).row(0, named=True)
        assert (row["outcome"], row["candidate_id"]) == (outcome, "1")
    decided = pl.DataFrame([("s", "Аланьяспор", None, "Antalyaspor"), ("s", "Антальяспор", None, "Alanyaspor")],
                           schema=ALIASES, orient="row")  # fmt: skip
    assert link(events_of([("event", 0, "Аланьяспор", "Антальяспор")]), matches, decided)["match_id"].item() == "1"


def test_a_town_or_a_country_that_both_sides_name_is_no_mark():
    clubs = {"Флуминенсе Рио-де-Жанейро": "Fluminense", "Ботафого Рио-де-Жанейро": "Botafogo"}
    clubs |= {
        "Спартак Москва": "Spartak",
        "Динамо Москва": "Dynamo",
        "Racing (Uru)": "Racing",
        "River Plate (Uru)": "River",
    }
    names = list(clubs)
    sides = zip(names[::2], names[1::2], strict=True)
    rows = [(home, away, clubs[home], clubs[away]) for home, away in sides]
    pairs = pl.DataFrame(rows, schema=["home", "away", "match_home", "match_away"], orient="row")
    assert with_marks(pairs.with_columns(alias_home=None, alias_away=None))["mark"].null_count() == 3


@pytest.mark.parametrize(
    ("left", "right", "country", "same"),
    [
        ("Саутгемптон", "Southampton", "England", True),
        ("Тулуза", "Toulouse", "France", True),
        ("Ланс", "Lens", "France", True),
        ("Осер", "Auxerre", "France", True),
        ("Sevilla Atlético", "Sevilla", "Spain", False),
        ("Valladolid Promesas", "Valladolid", "Spain", False),
        ("Red Bull Salzburg Juniors", "Red Bull Salzburg", "Austria", False),
        ("Bayern Amateure", "Bayern", "Germany", False),
        ("Boca Juniors", "Boca", "Argentina", True),
        ("12 de Octubre", "12 de Noviembre", "Paraguay", False),
        ("Primero de Mayo", "Segundo de Mayo", "Argentina", False),
        ("Блэкберн (р)", "Blackburn", "England", False),
        ("Блэкберн Р", "Blackburn Rovers", "England", True),
        ("Sheff. Wed.", "Sheffield Wednesday", "England", True),
    ],
)
def test_names_of_the_kinds_that_went_wrong(left: str, right: str, country: str, same: bool) -> None:
    scorer = Scorer.shipped()
    assert bool(scorer.pairs([left], [right], [country])[0] >= scorer.threshold) is same


def test_a_bare_final_r_is_rovers_and_one_in_brackets_a_reserve_side():
    assert (parse("Блэкберн Р").tokens[-1], parse("Блэкберн Р").kind) == ("rovers", "first")
    assert parse("Блэкберн (р)").kind == parse("Blackburn (R)").kind == "reserve"


@pytest.mark.parametrize("form", ["FC", "SC", "SK", "FR", "PS", "AFC"])
def test_a_club_form_is_no_acronym(form):
    side = Scorer.shipped().side([parse(f"{form} Valdoria"), parse(form)])
    assert side.short == [[], [form.lower()]] or form.lower() not in side.short[0]


def test_articles_are_such_inside_romance_names_alone():
    side = Scorer.shipped().side([parse("Vitoria das Tabocas"), parse("Das Island"), parse("Kawkab du Marrakech")])
    assert [frozenset({"das"}) & forms for forms in side.forms] == [frozenset({"das"}), frozenset(), frozenset()]


def test_a_town_is_one_in_any_language():
    gazetteer = Gazetteer.shipped()
    for left, right in (("осер", "auxerre"), ("мюнхен", "munich"), ("wien", "vienna")):
        one, two = gazetteer.towns([(left,), (right,)])
        assert set(one) & set(two), (left, right)
    springfield = gazetteer.towns([("springfield",)])[0]
    assert len(springfield) > 1 > len(gazetteer.within(springfield, "Germany"))


WORDS = st.sampled_from(
    ["riga", "rige", "abca", "abcs", "fc", "real", "Sheff.", "Атлетико", "1908", "de", "Mayo", "Осер", "II", "dos"]
)


@given(st.lists(WORDS, max_size=4), st.lists(WORDS, max_size=4), st.sampled_from([None, "Spain", "Latvia"]))
@settings(max_examples=150, deadline=None)
def test_a_score_is_the_same_in_either_order(left, right, country):
    scorer, one, two = Scorer.shipped(), " ".join(left), " ".join(right)
    assert scorer.pairs([one], [two], [country])[0] == scorer.pairs([two], [one], [country])[0]
