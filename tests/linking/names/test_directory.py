import polars as pl

from soccer_assets.linking.names import Directory, Scorer

IDS = ["1", "2", "2", "3", "4", "5"]
NAMES = ["AC Valdoria", "FC Zykk", "Zykk Town", "Valdoria United", "Kordova Wanderers", "Valdoria"]
COUNTRIES = ["Italy", "England", "England", "England", None, "Spain"]
directory = Directory(IDS, NAMES, COUNTRIES)


def test_the_likeliest_club_comes_first_in_any_script() -> None:
    found = directory.search(["Кордова Уондерерс", "Valdoria Utd"], limit=1)
    assert found.select("query", "rank", "id").rows() == [("Кордова Уондерерс", 1, "4"), ("Valdoria Utd", 1, "3")]
    assert min(found["score"]) > 0.5


def test_a_country_leaves_its_own_clubs_and_those_of_unknown_ones() -> None:
    found = directory.search(["Valdoria", "Valdoria", "Kordova"], ["it", "Spain", "Spain"])
    assert found.select("query", "country", "rank", "id").rows() == [
        ("Valdoria", "Italy", 1, "1"),
        ("Valdoria", "Spain", 1, "5"),
        ("Kordova", "Spain", 1, "4"),
    ]


def test_a_club_of_several_names_stands_once_by_the_best() -> None:
    found = directory.search(["Zykk Town"])
    assert found.filter(pl.col("id") == "2").select("rank", "name").rows() == [(1, "Zykk Town")]


def test_a_score_is_that_of_the_pair() -> None:
    [(score,)] = directory.search(["Kordova"], ["Spain"]).select("score").rows()
    assert score == Scorer.shipped().pairs(["Kordova"], ["Kordova Wanderers"], ["Spain"])[0]


def test_names_that_share_nothing_find_nothing() -> None:
    assert directory.search(["浦和"]).is_empty()
    assert directory.search([]).is_empty()
    assert directory.search(["浦和"]).columns == directory.search(["Zykk"]).columns


def test_a_british_club_may_be_of_any_of_the_four_countries() -> None:
    british = Directory(["1"], ["Kordova Rovers"], ["United Kingdom"])
    assert british.search(["Kordova Rovers"], ["Scotland"])["id"].to_list() == ["1"]
