"""The rules of each league, from 2004/05 on, as data.

What brings each place was read from who went up and down in football-data.co.uk's results of 2004/05 to 2022/23; the
order on equal points from the sources named. What stands in `assumed` was not found in any source.
"""

from typing import Final

from soccer_assets.predictions.season.rules.rules import Group, Rules, since

BY_GOALS: Final = ("goal_difference", "goals_for")
BY_WINS: Final = ("wins", "goal_difference", "goals_for")
BETWEEN: Final = ("head_to_head_points", "head_to_head_goal_difference", "goal_difference", "goals_for")
#: bundesliga.com, 6 March 2023.
GERMAN: Final = (*BY_GOALS, "head_to_head_points", "head_to_head_away_goals", "away_goals")
#: Liga Portugal's order by maisfutebol, April 2023.
PORTUGUESE: Final = ("head_to_head_points", "head_to_head_goal_difference", "goal_difference", "wins", "goals_for")
#: Decided Metz against Lorient in 2023/24.
FRENCH: Final = ("goal_difference", "head_to_head_points", "head_to_head_goal_difference", "goals_for")
ALL_BUT_CLUBS: Final = ("order", "groups", "places", "europe")
TWO_OF_SIX: Final = (Group(6, 2), Group(6, 2))

_SCOTTISH = Rules(2004, 10, 4, places={"promotion": (1, 1), "relegation": (-1, -1), "relegation_play_off": (-2, -2)})
_PLAY_OFF = {"promotion": (1, 1), "promotion_play_off": (2, 4)}

LEAGUE_RULES: Final[dict[str, tuple[Rules, ...]]] = {
    # the-star.co.ke, 17 July 2019: matches between clubs that are level, where something hangs on their order
    "E0": since(
        Rules(2004, 20, places={"europe": (1, 5), "relegation": (-3, -1)}, assumed=("europe",)),
        (2019, {"order": (*BY_GOALS, "head_to_head_points", "head_to_head_away_goals")}),
    ),
    # the vote of 5 March 2026 on six clubs in the play-off: fourfourtwo
    "E1": since(
        Rules(2004, 24, places={"promotion": (1, 2), "promotion_play_off": (3, 6), "relegation": (-3, -1)}),
        (2026, {"places": {"promotion": (1, 2), "promotion_play_off": (3, 8), "relegation": (-3, -1)}}),
    ),
    "E2": since(
        Rules(2004, 24, places={"promotion": (1, 2), "promotion_play_off": (3, 6), "relegation": (-4, -1)}),
        (2019, {"clubs": 23, "places": {"promotion": (1, 2), "promotion_play_off": (3, 6), "relegation": (-3, -1)}}),
        (2020, {"clubs": 24, "places": {"promotion": (1, 2), "promotion_play_off": (3, 6), "relegation": (-4, -1)}}),
    ),
    "E3": (Rules(2004, 24, places={"promotion": (1, 3), "promotion_play_off": (4, 7), "relegation": (-2, -1)}),),
    "EC": since(
        Rules(2005, 22, places={"promotion": (1, 1), "promotion_play_off": (2, 5), "relegation": (-3, -1)}),
        (2006, {"clubs": 24, "places": {"promotion": (1, 1), "promotion_play_off": (2, 5), "relegation": (-4, -1)}}),
        (2009, {"clubs": 23, "places": {"promotion": (1, 1), "promotion_play_off": (2, 5), "relegation": (-3, -1)}}),
        (2010, {"clubs": 24, "places": {"promotion": (1, 1), "promotion_play_off": (2, 5), "relegation": (-4, -1)}}),
        # thenationalleague.org.uk: the champion and the winner among second to seventh
        (2017, {"places": {"promotion": (1, 1), "promotion_play_off": (2, 7), "relegation": (-4, -1)}}),
        (2020, {"clubs": 23, "places": {"promotion": (1, 1), "promotion_play_off": (2, 7), "relegation": (-3, -1)}}),
        (2022, {"clubs": 24, "places": {"promotion": (1, 1), "promotion_play_off": (2, 7), "relegation": (-4, -1)}}),
    ),
    # The National on the league's plan: 33 rounds, halves of six, five rounds more
    "SC0": since(
        Rules(2004, 12, 3, (Group(6, 1), Group(6, 1)), places={"europe": (1, 4), "relegation": (-1, -1)},
              assumed=("europe",)),
        (2013, {"places": {"europe": (1, 4), "relegation": (-1, -1), "relegation_play_off": (-2, -2)}}),
    ),
    "SC1": since(_SCOTTISH, (2013, {"places": {**_SCOTTISH.places, **_PLAY_OFF}})),
    "SC2": since(_SCOTTISH, (2005, {"places": {**_SCOTTISH.places, **_PLAY_OFF}})),
    "SC3": since(
        Rules(2004, 10, 4, places={"promotion": (1, 2)}),
        (2005, {"places": _PLAY_OFF}),
        (2014, {"places": {**_PLAY_OFF, "relegation_play_off": (-1, -1)}}),
    ),
    "D1": since(
        Rules(2004, 18, order=GERMAN, places={"europe": (1, 6), "relegation": (-3, -1)}, assumed=("europe",)),
        (2008, {"places": {"europe": (1, 6), "relegation_play_off": (-3, -3), "relegation": (-2, -1)}}),
    ),
    "D2": since(
        Rules(2004, 18, order=GERMAN, places={"promotion": (1, 3), "relegation": (-4, -1)}),
        (2008, {"places": {"promotion": (1, 2), "promotion_play_off": (3, 3), "relegation_play_off": (-3, -3),
                           "relegation": (-2, -1)}}),
    ),
    # the federation's text by nuestraliga; the running table goes by goals until all have met
    "SP1": (
        Rules(2004, 20, order=BETWEEN, order_now=BY_GOALS, places={"europe": (1, 6), "relegation": (-3, -1)},
              assumed=("europe",)),
    ),
    "SP2": since(
        Rules(2004, 22, order=BETWEEN, order_now=BY_GOALS, places={"promotion": (1, 3), "relegation": (-4, -1)}),
        (2010, {"places": {"promotion": (1, 2), "promotion_play_off": (3, 6), "relegation": (-4, -1)}}),
    ),
    # notizie.it, 7 July 2023; an extra match for the title or the last place that stays is drawn by lots
    "I1": (Rules(2004, 20, order=BETWEEN, places={"europe": (1, 6), "relegation": (-3, -1)}, assumed=("europe",)),),
    # ilovepalermocalcio, May 2025; before 2013/14 the play-off is assumed
    "I2": since(
        Rules(2004, 22, order=BETWEEN, places={"promotion": (1, 2), "promotion_play_off": (3, 6),
                                               "relegation_play_off": (-5, -4), "relegation": (-3, -1)},
              assumed=("places",)),
        (2013, {"places": {"promotion": (1, 2), "promotion_play_off": (3, 8), "relegation_play_off": (-5, -4),
                           "relegation": (-3, -1)}}),
        (2018, {"clubs": 19}),
        (2019, {"clubs": 20, "assumed": ()}),
    ),
    # butsoccers, 11 August 2025
    "F1": since(
        Rules(2004, 20, order=FRENCH, places={"europe": (1, 5), "relegation": (-3, -1)}, assumed=("order", "europe")),
        (2016, {"places": {"europe": (1, 5), "relegation_play_off": (-3, -3), "relegation": (-2, -1)}}),
        (2022, {"places": {"europe": (1, 5), "relegation": (-4, -1)}}),
        (2023, {"clubs": 18, "assumed": ("europe",),
                "places": {"europe": (1, 5), "relegation_play_off": (-3, -3), "relegation": (-2, -1)}}),
    ),
    "F2": since(
        Rules(2004, 20, order=FRENCH, places={"promotion": (1, 3), "relegation": (-3, -1)}, assumed=("order",)),
        (2016, {"places": {"promotion": (1, 2), "promotion_play_off": (3, 5), "relegation_play_off": (-3, -3),
                           "relegation": (-2, -1)}}),
        (2022, {"places": {"promotion": (1, 2), "relegation": (-4, -1)}}),
        (2023, {"places": {"promotion": (1, 2), "promotion_play_off": (3, 5), "relegation": (-4, -1)},
                "assumed": ("order", "places")}),
        (2024, {"clubs": 18, "places": {"promotion": (1, 2), "promotion_play_off": (3, 5),
                                        "relegation_play_off": (-3, -3), "relegation": (-2, -1)}}),
    ),
    # fcupdate, June 2023
    "N1": since(
        Rules(2004, 18, places={"europe": (1, 4), "relegation_play_off": (-3, -2), "relegation": (-1, -1)},
              assumed=("europe",)),
        (2018, {"places": {"europe": (1, 4), "relegation_play_off": (-3, -3), "relegation": (-2, -1)}}),
    ),
    # voetbalkrant, 27 February 2025; from 2026/27 neither play-offs nor halved points
    "B1": since(
        Rules(2004, 18, order=BY_WINS, places={"europe": (1, 4), "relegation": (-2, -1)}, assumed=("europe",)),
        (2009, {"clubs": 15, "groups": (Group(6, 2, "half_up"), Group(9, 0)), "assumed": ALL_BUT_CLUBS,
                "places": {"europe": (1, 4), "relegation": (-1, -1)}}),
        (2010, {"clubs": 16, "groups": (Group(6, 2, "half_up"), Group(10, 0))}),
        (2020, {"clubs": 18, "groups": (Group(4, 2, "half_up"), Group(4, 2, "half_up"), Group(10, 0))}),
        (2022, {"places": {"europe": (1, 4), "relegation": (-3, -1)}}),
        (2023, {"clubs": 16, "groups": (Group(6, 2, "half_up"), Group(6, 2, "half_up"), Group(4, 2)),
                "places": {"europe": (1, 4), "relegation_play_off": (-3, -3), "relegation": (-2, -1)},
                "assumed": ("order", "europe")}),
        (2026, {"clubs": 18, "groups": (), "places": {"europe": (1, 4), "relegation": (-2, -1)}}),
    ),
    # jn.pt, August 2020, on the running table
    "P1": since(
        Rules(2004, 18, order=PORTUGUESE, order_now=("goal_difference", "wins", "goals_for"),
              places={"europe": (1, 4), "relegation": (-3, -1)}, assumed=("europe",)),
        (2005, {"places": {"europe": (1, 4), "relegation": (-4, -1)}}),
        (2006, {"clubs": 16, "places": {"europe": (1, 4), "relegation": (-2, -1)}}),
        (2014, {"clubs": 18}),
        (2018, {"places": {"europe": (1, 4), "relegation": (-3, -1)}}),
        (2019, {"places": {"europe": (1, 4), "relegation": (-2, -1)}}),
        (2020, {"places": {"europe": (1, 4), "relegation_play_off": (-3, -3), "relegation": (-2, -1)},
                "order_now": ("head_to_head_points", "goal_difference", "wins", "goals_for")}),
    ),
    # the statute by ntv.com.tr
    "T1": since(
        Rules(2004, 18, order=BETWEEN, order_now=BY_GOALS, places={"europe": (1, 4), "relegation": (-3, -1)},
              assumed=("europe",)),
        (2009, {"clubs": 17, "places": {"europe": (1, 4), "relegation": (-2, -1)}}),
        (2010, {"clubs": 18, "places": {"europe": (1, 4), "relegation": (-3, -1)}}),
        (2019, {"places": {"europe": (1, 4)}}),
        (2020, {"clubs": 21, "places": {"europe": (1, 4), "relegation": (-4, -1)}}),
        (2021, {"clubs": 20}),
        (2022, {"clubs": 19, "places": {"europe": (1, 4), "relegation": (-2, -1)}}),
        (2023, {"clubs": 20, "places": {"europe": (1, 4), "relegation": (-4, -1)}, "assumed": ("places", "europe")}),
        (2024, {"clubs": 19}),
        (2025, {"clubs": 18, "places": {"europe": (1, 4), "relegation": (-3, -1)}, "assumed": ("europe",)}),
    ),
    # gazzetta.gr, 1 December 2024 and 30 March 2025, on 2024/25
    "G1": since(
        Rules(2004, 16, order=BETWEEN, places={"europe": (1, 5), "relegation": (-3, -1)}, assumed=("order", "europe")),
        (2012, {"places": {"europe": (1, 5), "relegation": (-2, -1)}}),
        (2013, {"clubs": 18}),
        (2015, {"clubs": 16}),
        (2018, {"places": {"europe": (1, 5), "relegation": (-3, -1)}}),
        (2019, {"clubs": 14, "groups": (Group(6, 2), Group(8, 1)),
                "places": {"europe": (1, 4), "relegation_play_off": (-2, -2), "relegation": (-1, -1)}}),
        (2022, {"places": {"europe": (1, 4), "relegation": (-2, -1)}}),
        (2024, {"groups": (Group(4, 2), Group(4, 2, "half_up"), Group(6, 2))}),
    ),
    "AUT": (Rules(2018, 12, 2, (Group(6, 2, "half_down"), Group(6, 2, "half_down")),
                  places={"europe": (1, 4), "relegation": (-1, -1)}, assumed=ALL_BUT_CLUBS),),
    "BRA": (Rules(2012, 20, order=BY_WINS, places={"europe": (1, 6), "relegation": (-4, -1)}, assumed=ALL_BUT_CLUBS),),
    "CHN": (Rules(2014, 16, order=("head_to_head_points", *BY_GOALS), places={"relegation": (-2, -1)},
                  assumed=ALL_BUT_CLUBS),),
    "DNK": (Rules(2020, 12, 2, TWO_OF_SIX, places={"europe": (1, 3), "relegation": (-2, -1)}, assumed=ALL_BUT_CLUBS),),
    "FIN": since(Rules(2012, 12, 3, places={"europe": (1, 3), "relegation": (-1, -1)}, assumed=ALL_BUT_CLUBS),
                 (2015, {"places": {"europe": (1, 3), "relegation_play_off": (-2, -2), "relegation": (-1, -1)}}),
                 (2019, {"meetings": 2, "groups": (Group(6, 1), Group(6, 1))}),
                 (2020, {"groups": ()}),
                 (2021, {"groups": (Group(6, 1), Group(6, 1))})),
    "IRL": (Rules(2018, 10, 4, places={"europe": (1, 3), "relegation_play_off": (-2, -2), "relegation": (-1, -1)},
                  assumed=ALL_BUT_CLUBS),),
    "JPN": since(Rules(2022, 18, places={"relegation": (-2, -1)}, assumed=ALL_BUT_CLUBS),
                 (2024, {"clubs": 20, "places": {"relegation": (-3, -1)}})),
    "NOR": (Rules(2012, 16, places={"europe": (1, 3), "relegation_play_off": (-3, -3), "relegation": (-2, -1)},
                  assumed=ALL_BUT_CLUBS),),
    "POL": since(Rules(2020, 16, order=BETWEEN, places={"relegation": (-1, -1)}, assumed=ALL_BUT_CLUBS),
                 (2021, {"clubs": 18, "places": {"europe": (1, 4), "relegation": (-3, -1)}})),
    "ROU": since(Rules(2012, 18, places={"europe": (1, 4), "relegation": (-4, -1)}, assumed=ALL_BUT_CLUBS),
                 (2014, {"places": {"europe": (1, 4), "relegation": (-6, -1)}}),
                 (2015, {"clubs": 14, "groups": (Group(6, 2, "half_up"), Group(8, 2, "half_up")), "places": {
                     "europe": (1, 4), "relegation_play_off": (-3, -3), "relegation": (-2, -1)}}),
                 (2020, {"clubs": 16, "groups": (Group(6, 2, "half_up"), Group(10, 1, "half_up")), "places": {
                     "europe": (1, 4), "relegation_play_off": (-4, -3), "relegation": (-2, -1)}})),
    "RUS": (Rules(2012, 16, order=("head_to_head_points", "wins", *BY_GOALS), assumed=ALL_BUT_CLUBS,
                  places={"relegation_play_off": (-4, -3), "relegation": (-2, -1)}),),
    "SWE": (Rules(2012, 16, places={"europe": (1, 3), "relegation_play_off": (-3, -3), "relegation": (-2, -1)},
                  assumed=ALL_BUT_CLUBS),),
    "SWZ": since(Rules(2012, 10, 4, places={"europe": (1, 4), "relegation": (-1, -1)}, assumed=ALL_BUT_CLUBS),
                 (2023, {"clubs": 12, "meetings": 3, "groups": (Group(6, 1), Group(6, 1)), "places": {
                     "europe": (1, 4), "relegation_play_off": (-2, -2), "relegation": (-1, -1)}})),
}  # fmt: skip
