"""What an answer with the matches of a season must be to be taken, and share with the last good one to replace it.

Sources correct a few matches at a time. One that has lost results, exchanged the sides, moved the days or changed the
scores of many answers with another season's or league's matches, or with a file that broke.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from soccer_assets.errors import ShapeError
from soccer_assets.leagues import season_days
from soccer_assets.sources.fetching.response_checks import LEAST_SHARE, describe, refuse_shrunken
from soccer_assets.sources.football_data.checks import MOST_EXAMPLES, too_many
from soccer_assets.sources.football_data.comparison import LEAST_SHARE_OF_TEAMS, MOST_CORRECTED, MOST_LOST
from soccer_assets.sources.football_data.dates import swapped
from soccer_assets.sources.records import UnreadError
from soccer_assets.sources.schema import FIGURES

#: Share of an answer's records; with more, its shape has changed.
MOST_UNREAD = 0.5
#: Share of the results that moved together.
MOST_MOVED = 0.5
#: A match that is in play has another score later.
DECIDED = ("finished", "awarded")
T = TypeVar("T")
Published = Mapping[str, str | None]
#: Home, away, and which of their matches at that ground in the season.
Meeting = tuple[str, str, int]


@dataclass(frozen=True)
class _Result:
    date: dt.date
    score: tuple[str, str]


def accept_matches(
    address: str,
    body: bytes,
    before: bytes | None,
    season: str | None,
    matches_of: Callable[[str, bytes], Sequence[T]],
    read: Callable[[T], tuple[dt.date, Published]],
) -> None:
    """Judge an answer with the matches of a season, by themselves and against the last good one.

    Raises:
        ShapeError: more than half of the matches cannot be read or are of another season, there are fewer than half
            of those before, or many differ from them.
    """
    days = season_days(season) if season else (dt.date.min, dt.date.max)
    matches, unread = matches_of(address, body), []
    readable = []
    for match in matches:
        try:
            date, published = read(match)
            if not days[0] <= date <= days[1]:
                raise UnreadError(f"expected a date of season {season}, from {days[0]} to {days[1]}, found {date}")
            readable.append((date, published))
        except UnreadError as error:
            unread.append(str(error))
        except Exception as error:  # nobody foresaw it; the parser rejects the record alone
            unread.append(f"expected a record that can be read, found {describe(error)}")
    if len(unread) > MOST_UNREAD * len(matches):
        raise ShapeError(address, f"{unread[0]}; the same in {len(unread)} of its {len(matches)} matches")
    if before is None:
        return
    matches_before = matches_of(address, before)
    refuse_shrunken(address, len(matches), len(matches_before), "matches of the last good file")
    earlier = []
    for match in matches_before:
        try:
            earlier.append(read(match))
        except Exception:  # it was rejected then
            continue
    if problem := difference(readable, earlier) or _lost_figures(readable, earlier):
        raise ShapeError(address, problem)


def difference(new: Sequence[tuple[dt.date, Published]], before: Sequence[tuple[dt.date, Published]]) -> str:
    """How the matches of an answer differ from those before as no correction does; empty where they do not."""
    teams, teams_before = _teams(new), _teams(before)
    former = _former_names(teams, teams_before)
    common = len(teams_before.intersection(former.values()))
    fewest = min(len(teams), len(teams_before))
    if fewest > MOST_CORRECTED and common < LEAST_SHARE_OF_TEAMS * fewest:
        return (
            f"expected the teams of the last good file, such as {sorted(teams_before)[:MOST_EXAMPLES]}, "
            f"found {common} of them among {len(teams)}, such as {sorted(teams)[:MOST_EXAMPLES]}"
        )
    results, results_before = _results(new, former), _results(before, {})
    on_day = {(result.date, side) for meeting, result in results.items() for side in meeting[:2]}
    sides = {(result.date, *meeting[:2]) for meeting, result in results.items()}
    both = {meeting: results[meeting] for meeting in results_before if meeting in results}
    rows, dated = len(results_before), results_before.items()
    lost = [
        meeting
        for meeting, result in dated
        if meeting not in results and on_day.isdisjoint((result.date, side) for side in meeting[:2])
    ]
    exchanged = [meeting for meeting, result in dated if (result.date, meeting[1], meeting[0]) in sides]
    changed = [meeting for meeting, result in both.items() if result.score != results_before[meeting].score]
    days = {meeting: (result.date, results_before[meeting].date) for meeting, result in both.items()}
    turned = [meeting for meeting, (now, then) in days.items() if now != then and now == swapped(then)]
    shifts = Counter((now - then).days for now, then in days.values() if now != then)
    (shift, moved), *_ = shifts.most_common(1) or [(0, 0)]
    for expected, actual, wrong, share in (
        ("the results", "missing", lost, MOST_LOST),
        ("the home sides", "exchanged with the away side", exchanged, None),
        ("the scores", "changed", changed, None),
        ("the days", "with day and month the other way round", turned, None),
    ):
        if len(wrong) > MOST_CORRECTED and too_many(len(wrong), rows, *([share] if share is not None else [])):
            such = [f"{results_before[meeting].date} {meeting[0]} - {meeting[1]}" for meeting in wrong[:MOST_EXAMPLES]]
            return f"expected {expected} of the last good file, found {len(wrong)} of {rows} {actual}, such as {such}"
    if moved > MOST_CORRECTED and moved > MOST_MOVED * rows:
        return f"expected the days of the last good file, found {moved} of {rows} results moved by {shift:+d} days"
    return ""


def _lost_figures(new: Sequence[tuple[dt.date, Published]], before: Sequence[tuple[dt.date, Published]]) -> str:
    """Which figure most matches that had it have no longer; empty where none is lost."""
    figures, figures_before = _figures(new), _figures(before)
    for name, count in figures_before.items():
        if count > MOST_CORRECTED and figures[name] < LEAST_SHARE * count:
            least = f"at least {LEAST_SHARE:.0%} of the {count} {name}"
            return f"expected {least} of the last good file, found {figures[name]}"
    return ""


def _teams(matches: Sequence[tuple[dt.date, Published]]) -> set[str]:
    return {name for _, published in matches for side in ("home", "away") if (name := published[side])}


def _former_names(teams: set[str], before: set[str]) -> dict[str, str]:
    """Each name with the one before that is it, or has all its words or only such: `Arsenal FC` was `Arsenal`."""
    words = {name: set(name.casefold().split()) for name in teams | before}
    former = {}
    for name in teams:
        alike = [other for other in before if words[name] <= words[other] or words[other] <= words[name]]
        former[name] = name if name in before else alike[0] if len(alike) == 1 else name
    return former


def _results(matches: Sequence[tuple[dt.date, Published]], former: Mapping[str, str]) -> dict[Meeting, _Result]:
    """The results of the matches, by the names before."""
    grouped: dict[tuple[str, str], list[_Result]] = defaultdict(list)
    for date, published in matches:
        home, away, *score = (published[name] for name in ("home", "away", "home_goals", "away_goals"))
        is_over = published["status"] in DECIDED
        if home and away and is_over and score[0] is not None and score[1] is not None:
            result = _Result(date, (score[0], score[1]))
            grouped[former.get(home, home), former.get(away, away)].append(result)
    return {
        (home, away, number): result
        for (home, away), results in grouped.items()
        for number, result in enumerate(sorted(results, key=lambda result: result.date))
    }


def _figures(matches: Sequence[tuple[dt.date, Published]]) -> Counter[str]:
    """How many matches have each figure of both sides."""
    named = [name for name in FIGURES if matches and f"home_{name}" in matches[0][1]]
    return Counter(name for _, published in matches for name in named if published[f"home_{name}"] is not None)
