"""A match of WhoScored in the columns of its table, from each of the forms the site publishes it in."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from soccer_assets.countries import REGION_CODES
from soccer_assets.leagues import LEAGUES, NAMES_AT
from soccer_assets.sources import side_kinds
from soccer_assets.sources.fetching.response_checks import describe, quoted
from soccer_assets.sources.records import UnreadError
from soccer_assets.sources.schema import WORDS

Row = dict[str, str | None]

SIDES = ("home", "away")
#: The source's word counts, whatever its case and dots, and its code where the word is new.
STATUS_OF_WORD = {"ft": "finished", "aet": "finished", "pen": "finished", "post": "postponed", "abd": "abandoned",
                  "awd": "awarded", "wo": "awarded", "can": "void", "": "scheduled", "ht": "in_play", "et": "in_play",
                  "int": "in_play"}  # fmt: skip
STATUS_OF_CODE = {1: "scheduled", 2: "postponed", 3: "in_play", 5: "abandoned", 6: "finished", 7: "void"}
#: Code 8, `?`: the match is over and the source never learnt how it ended.
NEVER_LEARNT = 8
UNKNOWN = -1  # stands for what is no code at all
#: In a word, whatever stands around it.
_BEYOND_90_MINUTES = re.compile(r"\b(?:a\.?e\.?t|pens?|penalt\w+|extra)\b", re.IGNORECASE)
#: Records that name their tournament without its id.
_NAMES = {
    "E0": "Premier League", "E1": "Championship", "E2": "League 1|League One", "E3": "League 2|League Two",
    "EC": "National League Premier", "SC0": "Premiership", "SC1": "Scottish Championship|Championship",
    "SC2": "Scottish League One|League One", "SC3": "Scottish League 2|League Two", "D1": "Bundesliga",
    "D2": "Bundesliga II|2. Bundesliga", "I1": "Serie A", "I2": "Serie B", "SP1": "La Liga|LaLiga",
    "SP2": "Segunda División", "F1": "Ligue 1", "F2": "Ligue 2", "N1": "Eredivisie",
    "B1": "Jupiler League|Jupiler Pro League", "P1": "Liga NOS|Liga Portugal", "T1": "Super Lig", "G1": "Super League",
    "ARG": "Primera División|Liga Profesional", "AUT": "T-Mobile Bundesliga|Bundesliga", "BRA": "Brasileirão",
    "CHN": "Super league|Super League", "DNK": "Superliga", "FIN": "Veikkausliiga", "IRL": "Premier Division",
    "JPN": "J- League|J-League", "MEX": "Primera Division|Liga MX", "NOR": "Eliteserien|Tippeligaen",
    "POL": "Ekstraklasa", "ROU": "Liga I|Superliga", "RUS": "Premier League", "SWE": "Allsvenskan",
    "SWZ": "Super League", "USA": "Major League Soccer",
}  # fmt: skip
LEAGUE_OF_TOURNAMENT = {str(tournament): code for code, tournament in NAMES_AT["whoscored"].items()}
LEAGUE_OF_NAME = {
    (REGION_CODES[LEAGUES[code].country], name): code for code, names in _NAMES.items() for name in names.split("|")
}
COUNTRY_OF_REGION = {code: country for country, code in REGION_CODES.items()}
_WORDS_OF_MATCH = {"competition": "tournamentName", "region_code": "regionCode", "country": "regionName"}
#: Name at the match centre, which counts by minute.
_CENTRE_STATISTICS = {
    "shots": "shotsTotal", "shots_on_target": "shotsOnTarget", "passes": "passesTotal",
    "accurate_passes": "passesAccurate", "aerials_won": "aerialsWon", "tackles": "tacklesTotal",
    "corners": "cornersTotal", "fouls": "foulsCommited",
}  # fmt: skip
_FEED_STATISTICS = {
    "shots": "shots", "shots_on_target": "shotsOnTarget", "possession": "ballPossession", "passes": "totalPasses",
    "aerials_won": "aerialsWon", "tackles": "tackles", "corners": "corners",
}  # fmt: skip
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z?", re.ASCII)
_PERIOD = re.compile(r"\b(HT|FT) (\d+):(\d+)", re.ASCII)
_SCORE = re.compile(r"\s*(\d+)\s*:\s*(\d+)\s*", re.ASCII)
_MINUTE = re.compile(r"\d", re.ASCII)
#: Stages of a tournament that are not the league itself.
_PLAY_OFFS = re.compile(r"play-?\s?offs?|qualif|relegation|promotion", re.IGNORECASE)


def from_feed(record: Mapping[str, Any], context: Mapping[str, Any]) -> Row:
    """A fixture of a feed; `context` holds what the feed says about its stage and tournament."""
    match = {**(record.get("info") or {}), **record}
    row = _row(match, context)
    stamp = _STAMP.fullmatch(text(match.get("startTimeUtc")) or "")
    row["kick_off_at"] = row["match_date"] = None
    if stamp and _is_day(stamp[1]):
        row["match_date"] = stamp[1]
        try:
            row["kick_off_at"] = f"{stamp[1]}T{dt.time.fromisoformat(stamp[2])}Z"
        except ValueError:
            _add_unread(row, f"expected a time of day HH:MM:SS as startTimeUtc, found {stamp[2]}")
    row |= _feed_goals(match, row)
    for side in SIDES:
        row[f"{side}_yellow_cards"] = text(match.get(f"{side}YellowCards"))
        row[f"{side}_red_cards"] = text(match.get(f"{side}RedCards"))
    _add(row, _live_statistics, record.get("liveMatch") or {})
    return row


def from_centre(centre: Mapping[str, Any], match_id: str | None, context: Mapping[str, Any]) -> Row:
    """A match centre; the zone of its times is not published, so it gives a date and no kick-off."""
    match = {"id": match_id, "status": centre.get("statusCode"), "elapsed": centre.get("elapsed")}
    for side in SIDES:
        match |= {f"{side}Name": centre[side].get("name"), f"{side}Id": centre[side].get("teamId")}
    row = _row(match, context)
    day = (text(centre.get("startTime")) or text(centre.get("startDate")) or "")[:10]
    row["match_date"] = day if _is_day(day) else None
    final = "etScore" if _SCORE.fullmatch(text(centre.get("etScore")) or "") else "score"
    for name, key in {"goals_half_time": "htScore", "goals": "ftScore", "goals_final": final}.items():
        score = _SCORE.fullmatch(text(centre.get(key)) or "")
        for group, side in enumerate(SIDES, start=1):
            row[f"{side}_{name}"] = score[group] if score and row["status"] not in ("scheduled", "void") else None
    referee = centre.get("referee")
    row["referee"] = _words(row, "referee", referee.get("name") if isinstance(referee, Mapping) else referee)
    row["venue"] = _words(row, "venue", centre.get("venueName"))
    row["attendance"] = text(centre.get("attendance") or None)
    _add(row, _centre_statistics, centre)
    return row


def _add(row: Row, read: Callable[[Mapping[str, Any]], Row], record: Mapping[str, Any]) -> None:
    """Add the statistics of a match, or why they cannot be read as `unread`: they cost themselves and not the match."""
    try:
        row |= read(record)
    except (TypeError, ValueError, AttributeError, ArithmeticError, LookupError) as error:
        _add_unread(row, f"expected statistics that can be read, found {describe(error)}")


def _add_unread(row: Row, reason: str) -> None:
    row["unread"] = "; ".join(filter(None, (row.get("unread"), reason)))


def league_of(row: Row) -> str | None:
    """Division code of a match of one of our leagues; a play-off outside the league's season has none."""
    if row["sex"] != "men" or row["kind"] != "first" or _PLAY_OFFS.search(row.get("stage") or ""):
        return None
    return _league_of_tournament(row)


def _league_of_tournament(row: Row) -> str | None:
    if row.get("tournament_id"):
        return LEAGUE_OF_TOURNAMENT.get(row["tournament_id"] or "")
    return LEAGUE_OF_NAME.get((row.get("region_code") or "", row.get("competition") or ""))


def _row(match: Mapping[str, Any], context: Mapping[str, Any]) -> Row:
    """What every form has: identity, status, tournament, sides."""
    elapsed = text(match.get("elapsed")) or ""
    row: Row = {
        "whoscored_id": text(match.get("id")),
        "status": _status(elapsed, match.get("status")),
        "elapsed": elapsed or None,
        "stage_id": text(match.get("stageId") or None),
    }
    for name, key in _WORDS_OF_MATCH.items():
        row[name] = _words(row, name, match.get(key))
    for name, value in context.items():
        if value is not None:
            row[name] = _words(row, name, value) if name in WORDS else text(value)
    row["country"] = row.get("country") or COUNTRY_OF_REGION.get(row["region_code"] or "")
    for side in SIDES:
        club = match.get(f"{side}Name") or match.get(f"{side}TeamName")
        if club and not isinstance(club, str):
            raise UnreadError(f"expected the name of the {side} side, found {quoted(club)}")
        row[side] = club.strip() if club else None
        row[f"{side}_source_id"] = text(match.get(f"{side}Id") or match.get(f"{side}TeamId") or None)
    words = (row["competition"] or "", row["home"] or "", row["away"] or "")
    # a tournament of men that lists women is mislabelled
    row["sex"] = "women" if "women" in (row.get("sex"), side_kinds.sex(*words)) else "men"
    row["kind"] = side_kinds.kind(*words, of_first_teams=_league_of_tournament(row) is not None)
    return row


def _status(elapsed: str, code: Any) -> str | None:
    if not isinstance(code, int | None) or isinstance(code, bool):
        code = UNKNOWN
    if elapsed == "?" or (not elapsed and code not in (None, 0, 1)):
        return STATUS_OF_CODE.get(code)
    word = elapsed.replace(".", "").strip().lower()
    return STATUS_OF_WORD.get(word) or ("in_play" if _MINUTE.match(elapsed) else STATUS_OF_CODE.get(code))


def _feed_goals(match: Mapping[str, Any], row: Row) -> Row:
    """After 90 minutes, at half time and as displayed, which is no result of a match that did not end."""
    periods = {name: goals for name, *goals in _PERIOD.findall(text(match.get("periodResults")) or "")}
    goals: Row = {}
    is_beyond = _BEYOND_90_MINUTES.search(row["elapsed"] or "") is not None
    for index, side in enumerate(SIDES):
        has_score = row["status"] in ("finished", "in_play", "abandoned", None)
        final = text(match.get(f"{side}Score")) if has_score else None
        full = periods["FT"][index] if "FT" in periods else None if is_beyond else final
        goals[f"{side}_goals_final"] = final
        goals[f"{side}_goals"] = full if row["status"] in ("finished", "in_play") else None
        goals[f"{side}_goals_half_time"] = periods["HT"][index] if "HT" in periods and final else None
    return goals


def _live_statistics(live: Mapping[str, Any]) -> Row:
    row: Row = {}
    if not live.get("liveStatistics"):
        return row
    for side in SIDES:
        team = live["liveStatistics"].get(side) or {}
        for name, key in _FEED_STATISTICS.items():
            row[f"{side}_{name}"] = text((team.get("stats") or {}).get(key))
        if players := team.get("players"):
            row[f"{side}_fouls"] = text(sum((player.get("stats") or {}).get("fouls", 0) for player in players))
        if "incidentTimeline" not in live:  # what is not listed was not counted
            continue
        cards = Counter(
            incident.get("subType")
            for minute in live.get("incidentTimeline") or []
            for incident in minute.get(f"{side}Incidents") or []
            if incident.get("type") == 2
        )
        row[f"{side}_yellow_cards"] = str(cards[1])
        row[f"{side}_red_cards"] = str(cards[2] + cards[3])
    return row


def _centre_statistics(centre: Mapping[str, Any]) -> Row:
    """Counts over all minutes; what no minute of either side has was not counted."""
    stats = {side: centre[side].get("stats") or {} for side in SIDES}

    def total(side: str, key: str) -> float:
        return float(sum((stats[side].get(key) or {}).values()))

    row: Row = {}
    for name, key in _CENTRE_STATISTICS.items():
        counted = any(key in stats[side] for side in SIDES)
        row |= {f"{side}_{name}": str(round(total(side, key))) if counted else None for side in SIDES}
    touches = sum(total(side, "possession") for side in SIDES)
    for side in SIDES:
        listed = centre[side].get("incidentEvents") or []
        events = {event.get("id", -number): event for number, event in enumerate(listed, start=1)}.values()
        cards = Counter((event.get("cardType") or {}).get("displayName") for event in events)
        row[f"{side}_possession"] = f"{total(side, 'possession') / touches * 100:.1f}" if touches else None
        row[f"{side}_yellow_cards"] = str(cards["Yellow"]) if touches else None
        row[f"{side}_red_cards"] = str(cards["Red"] + cards["SecondYellow"]) if touches else None
    return row


def _is_day(text: str) -> bool:
    """A real day; the source writes 0001-01-01 for none."""
    try:
        return dt.date.fromisoformat(text).year > 1
    except ValueError:
        return False


def _words(row: Row, name: str, value: Any) -> str | None:
    """A text; None where the value is none, with the reason in the row."""
    if isinstance(value, str):
        return value.strip() or None
    if value is None or type(value) is int:
        return text(value)
    _add_unread(row, f"expected a text as {name}, found {quoted(value)}")
    return None


def text(value: Any) -> str | None:
    """A value as text; None stays None."""
    return None if value is None else str(value)
