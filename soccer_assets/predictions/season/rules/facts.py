"""What happened to clubs beside their matches: points taken or given back, and clubs that left a season.

A fact counts for the forecasts of the days after the one on which it was known. football-data.co.uk has neither.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True)
class Deduction:
    """Points taken from a club (below 0: given back); `day_assumed` where only the month or the season was read."""

    league: str
    season: str
    team_id: str
    points: int
    known_on: dt.date
    day_assumed: bool = False


@dataclass(frozen=True)
class Withdrawal:
    """A club that left a season.

    What it played counts (`kept`), and its matches left are lost 0-3; or nothing counts (`expunged`), its opponents
    play no more against it, and it is last.
    """

    league: str
    season: str
    team_id: str
    known_on: dt.date
    results: Literal["kept", "expunged"]
    day_assumed: bool = False


DEDUCTIONS: Final = (
    # goal.com, 29 April 2024: Leeds began with -15, Bournemouth and Rotherham with -17; free-football.tv: Luton -30
    Deduction("E2", "2007/08", "england.leeds", 15, dt.date(2007, 8, 3), day_assumed=True),
    Deduction("E3", "2008/09", "england.bournemouth", 17, dt.date(2008, 8, 7), day_assumed=True),
    Deduction("E3", "2008/09", "england.rotherham", 17, dt.date(2008, 8, 7), day_assumed=True),
    Deduction("E3", "2008/09", "england.luton", 30, dt.date(2008, 7, 16), day_assumed=True),
    # fourfourtwo, 30 January 2022
    Deduction("E1", "2009/10", "england.crystal-palace", 10, dt.date(2010, 1, 27), day_assumed=True),
    # thestar.co.uk, 17 November 2023
    Deduction("E0", "2009/10", "england.portsmouth", 9, dt.date(2010, 3, 17), day_assumed=True),
    # moneytransfers.com
    Deduction("E1", "2018/19", "england.birmingham", 9, dt.date(2019, 3, 22), day_assumed=True),
    # fourfourtwo, 30 January 2022: taken when the season had ended
    Deduction("E1", "2019/20", "england.wigan", 12, dt.date(2020, 7, 21), day_assumed=True),
    # fourfourtwo, 30 January 2022; footballinsider247: 12 points, 6 on appeal
    Deduction("E1", "2020/21", "england.sheffield-weds", 12, dt.date(2020, 7, 31), day_assumed=True),
    Deduction("E1", "2020/21", "england.sheffield-weds", -6, dt.date(2020, 11, 4), day_assumed=True),
    # BBC, 17 November 2023: 12 points in September 2021, 9 more two months later
    Deduction("E1", "2021/22", "england.derby", 12, dt.date(2021, 9, 22), day_assumed=True),
    Deduction("E1", "2021/22", "england.derby", 9, dt.date(2021, 11, 16), day_assumed=True),
    # footballinsider247: 6 points in 2021 and again in April 2023
    Deduction("E1", "2021/22", "england.reading", 6, dt.date(2021, 11, 17), day_assumed=True),
    Deduction("E1", "2022/23", "england.reading", 6, dt.date(2023, 4, 4), day_assumed=True),
    # laprimapagina.it, 21 January 2023; zazoom.it, 20 April 2023: given back; the last one is assumed
    Deduction("I1", "2022/23", "italy.juventus", 15, dt.date(2023, 1, 20)),
    Deduction("I1", "2022/23", "italy.juventus", -15, dt.date(2023, 4, 20)),
    Deduction("I1", "2022/23", "italy.juventus", 10, dt.date(2023, 5, 22), day_assumed=True),
    # yorkshireeveningpost.co.uk, 17 November 2023; livescore.com: 6 after the appeal; caughtoffside, 8 April 2024
    Deduction("E0", "2023/24", "england.everton", 10, dt.date(2023, 11, 17)),
    Deduction("E0", "2023/24", "england.everton", -4, dt.date(2024, 2, 26), day_assumed=True),
    Deduction("E0", "2023/24", "england.everton", 2, dt.date(2024, 4, 8)),
    # liverpoolworld.uk, 18 March 2024
    Deduction("E0", "2023/24", "england.nottm-forest", 4, dt.date(2024, 3, 18)),
)

#: Not found in a source, but in the results: after the earthquake of February 2023 all their matches read 0-3.
WITHDRAWALS: Final = (
    Withdrawal("T1", "2022/23", "turkey.hatayspor", dt.date(2023, 2, 14), "kept", day_assumed=True),
    Withdrawal("T1", "2022/23", "turkey.gaziantep", dt.date(2023, 2, 14), "kept", day_assumed=True),
)
