"""Which match is it? Events of one source linked to matches of another, by their names and their fixtures together.

The score of a pair is the logarithm of the odds that event and match are one: names, other days, competition, kick-off
(`linking_evidence`), less the odds against any pair. Pairs that compete are solved as an assignment
(`linking_assignment`). A link stands when its score is high and far above that of its best rival; what is plausible
but not sure is for a person; the rest is no match. Links tell more of names and competitions, so it goes in rounds.
"""

from typing import Final

import polars as pl
from rapidfuzz import fuzz, process

from soccer_assets.linking.abroad import abroad
from soccer_assets.linking.assignment import LINK_SCORE, REVIEW_SCORE, Scorer, judged, log_odds
from soccer_assets.linking.candidates import SIDES, candidates, fixtures_of, numbered, of_known_clubs
from soccer_assets.linking.evidence import with_apart, with_context, with_days, with_labels_known, with_seen, with_sides
from soccer_assets.linking.marks import with_marks
from soccer_assets.linking.review import swapped_or_moved

METHODS: Final = ("alias", "fixture", "name")
ALIASES: Final = pl.Schema({"source": pl.String, "name": pl.String, "country": pl.String, "team_id": pl.String})
SEEN: Final = pl.Schema({"name": pl.String, "team_id": pl.String, "days": pl.Int64})
REJECTED: Final = pl.Schema({"name": pl.String, "team_id": pl.String, "event_id": pl.String, "match_id": pl.String})
NAMES: Final = pl.Schema({"name": pl.String, "match_name": pl.String, "country_of_name": pl.String, "odds": pl.Float64})

#: Odds against any one pair of event and match that has stood out by its names.
AGAINST: Final = 1.0
#: However sure one side is, a pair is worth no more than twice its other side and this.
BY_ONE_SIDE: Final = 6.0
#: A name alone never says more than this, for or against.
MOST_FOR: Final = 7.0
MOST_AGAINST: Final = -5.0
#: What a name says that has a town or country which is not the match's.
ABROAD: Final = -3.0
#: Spelling of the two clubs of a match, 0 to 100, from which on an event may read as well the other way round.
LIKE_NAMES: Final = 60
#: A match that is listed the other way round, or on another day, is rarer than one that is not.
SWAPPED_OR_MOVED: Final = -4.0
ROUNDS: Final = 5
#: Then names that were linked on so many days are looked for wherever they stand, however unlike the club's, and again.
KNOWN_DAYS: Final = 3
PASSES: Final = 3


def link(
    events: pl.DataFrame,
    matches: pl.DataFrame,
    aliases: pl.DataFrame,
    scorer: Scorer | None = None,
    *,
    seen: pl.DataFrame | None = None,
    rejected: pl.DataFrame | None = None,
    with_cases: bool = True,
) -> pl.DataFrame:
    """One row per event, the same whatever the order of either table.

    Args:
        events: event_id, date, home, away; where known competition, country (in any language), kick_off_at, and
            league in the codes of the matches, or anything else where it is none of theirs.
        matches: match_id, date, home, away, home_id, away_id; where known the same.
        aliases: `ALIASES`: names whose club is decided; such a name is no other club in that country.
        scorer: of names; the shipped one by default.
        seen: `SEEN`: on how many earlier days a name was linked to a club.
        rejected: `REJECTED`: a club that a name is not, or a match that an event is not; never proposed again.
        with_cases: look for swapped and moved matches too; they are for review, and the links are the same without.

    Returns:
        event_id, match_id (null unless linked), candidate_id (the match it is most like, where plausible), score,
        runner_up (the best rival's score), margin, evidence (JSON), method (`METHODS`), outcome (linked, review,
        none), in the order of event_id.

    Raises:
        SchemaError: a needed column is missing, or an id stands twice.
    """
    if scorer is None:
        from soccer_assets.linking.names import Scorer as Shipped

        scorer = Shipped.shipped()
    seen = SEEN.to_frame() if seen is None else seen
    rejected = REJECTED.to_frame() if rejected is None else rejected
    fixtures, matches = fixtures_of(events), numbered(matches)
    alike = candidates(fixtures, matches)
    clubs = pl.concat([table.select("name", "team_id") for table in (aliases, seen)])
    names, looked_at = NAMES.to_frame(), _all_of(alike, of_known_clubs(fixtures, matches, clubs))
    for _ in range(PASSES):
        pairs, names = _looked_at(looked_at, fixtures, matches, names, scorer)
        pairs = with_marks(_in_their_order(_decided(pairs, aliases, rejected), scorer))
        pairs = with_labels_known(with_seen(pairs, seen), matches)
        verdicts = _in_rounds(with_apart(pairs, fixtures, matches), scorer)
        before, looked_at = looked_at, _all_of(looked_at, of_known_clubs(fixtures, matches, _learned(verdicts)))
        if len(looked_at) == len(before):
            break
    rows = _rows(verdicts)
    if with_cases:
        cases = _of_cases(_decided(swapped_or_moved(fixtures, matches, verdicts, scorer), aliases, rejected))
        others = rows.join(cases, on="fixture", how="anti", maintain_order="left")
        rows = pl.concat([others, cases.select(rows.columns)])
    return _of_events(fixtures, rows)


def _all_of(some: pl.DataFrame, more: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([some, more]).unique().sort("fixture", "match")


def _in_rounds(pairs: pl.DataFrame, scorer: Scorer) -> pl.DataFrame:
    """The pairs judged again and again, each time in the light of those linked before."""
    pairs = with_sides(pairs.with_columns(days_home=0.0, days_away=0.0))
    linked = pl.DataFrame(schema={"fixture": pl.UInt32, "match": pl.UInt32})
    for _ in range(ROUNDS):
        pairs = with_context(with_sides(with_days(pairs)), linked)
        verdicts = judged(pairs.with_columns(score=_score("side_home", "side_away")), scorer)
        before, linked = linked, verdicts.filter(pl.col("outcome") == "linked").select("fixture", "match")
        if linked.equals(before):
            break
    return verdicts


def _score(home: str, away: str) -> pl.Expr:
    """Log-odds that a pair is one match; of two leagues, or marked, it is for a person at best, and no rival to any."""
    weaker = pl.min_horizontal(home, away)
    score = pl.min_horizontal(pl.col(home) + pl.col(away), 2 * weaker + BY_ONE_SIDE) + pl.col("context") - AGAINST
    doubtful = pl.col("league").ne(pl.col("match_league")).fill_null(False) | pl.col("mark").is_not_null()
    return pl.when(doubtful).then(score.clip(upper_bound=REVIEW_SCORE)).otherwise(score)


def _learned(verdicts: pl.DataFrame) -> pl.DataFrame:
    """`name`, `team_id` that were linked on enough days to look for the club wherever the name stands."""
    linked = verdicts.filter(pl.col("outcome") == "linked")
    days = pl.concat([linked.select("date", name=side, team_id=f"{side}_id") for side in SIDES]).unique()
    return days.group_by("name", "team_id").len().filter(pl.col("len") >= KNOWN_DAYS).select("name", "team_id")


def _looked_at(
    looked_at: pl.DataFrame, fixtures: pl.DataFrame, matches: pl.DataFrame, names: pl.DataFrame, scorer: Scorer
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The pairs with the columns of both (the match's behind `match_`) and the log-odds of their names, old and new."""
    theirs = matches.rename({name: f"match_{name}" for name in fixtures.columns if name in matches.columns})
    pairs = looked_at.join(fixtures, on="fixture", maintain_order="left").join(
        theirs, on="match", maintain_order="left"
    )
    key = [name for name in NAMES if name != "odds"]
    # an event that says its country says that its clubs are of it
    pairs = pairs.with_columns(country_of_name=pl.when(pl.col("country").is_null()).then("match_country"))
    both = pl.concat([pairs.select("country_of_name", name=side, match_name=f"match_{side}") for side in SIDES])
    new = both.select(key).unique().join(names, on=key, how="anti", nulls_equal=True).sort(key)
    odds = log_odds(scorer, new["name"], new["match_name"]).clip(MOST_AGAINST, MOST_FOR)
    new = new.with_columns(odds.alias("odds"))
    alike = new.filter(pl.col("odds") > ABROAD)
    elsewhere = alike.filter(pl.Series(abroad(*alike.select(key)), dtype=pl.Boolean)).select(*key, abroad=ABROAD)
    new = new.join(elsewhere, on=key, how="left", nulls_equal=True, maintain_order="left")
    names = pl.concat([names, new.select(*key, pl.coalesce("abroad", "odds").alias("odds"))])
    for side in SIDES:
        of_side = names.rename({"name": side, "match_name": f"match_{side}", "odds": f"name_{side}"})
        on = [side, f"match_{side}", "country_of_name"]
        pairs = pairs.join(of_side, on=on, how="left", nulls_equal=True, maintain_order="left")
    return pairs.drop("country_of_name"), names


def _in_their_order(pairs: pl.DataFrame, scorer: Scorer) -> pl.DataFrame:
    """The pairs without those of two clubs of like names that read better with home and away swapped.

    `Alanyaspor - Antalyaspor` is like `Antalyaspor - Alanyaspor` on either side. Where a club is decided, that counts.
    """
    ratio = process.cpdist(pairs["match_home"].to_list(), pairs["match_away"].to_list(), scorer=fuzz.ratio)
    alike = pairs.with_row_index("pair").filter(pl.Series(ratio >= LIKE_NAMES, dtype=pl.Boolean))
    swapped = [
        log_odds(scorer, alike[side], alike[f"match_{other}"]).clip(MOST_AGAINST, MOST_FOR)
        for side, other in (SIDES, SIDES[::-1])
    ]
    better = swapped[0] + swapped[1] > alike["name_home"] + alike["name_away"]
    turned = alike.filter(better, *(pl.col(f"alias_{side}").is_null() for side in SIDES))
    return pairs.with_row_index("pair").join(turned, on="pair", how="anti", maintain_order="left").drop("pair")


def _decided(pairs: pl.DataFrame, aliases: pl.DataFrame, rejected: pl.DataFrame) -> pl.DataFrame:
    """Add `alias_home`, `alias_away`: is the club the decided one, null where none is; leave out what was refused."""
    of_event = rejected.filter(pl.col("event_id").is_not_null()).select("event_id", "match_id").unique()
    refused = pairs.select("fixture", "match", "match_id", event_id="event_ids").explode("event_id")
    refused = refused.with_columns(pl.col("event_id", "match_id").cast(pl.String)).join(
        of_event, on=["event_id", "match_id"]
    )
    pairs = pairs.join(refused, on=["fixture", "match"], how="anti", maintain_order="left")
    in_country = (pl.col("of") == pl.col("country")).fill_null(True)
    for side in SIDES:
        club = f"{side}_id"
        decisions = aliases.select(pl.col("name").alias(side), of="country", decided="team_id")
        decisions = pairs.select("fixture", "match", side, club, "country").join(decisions, on=side).filter(in_country)
        # what is decided in a country comes before what is decided for all
        decided = pl.col("decided").sort_by(pl.col("of").is_not_null()).last()
        is_club = decisions.group_by("fixture", "match").agg((decided == pl.col(club).first()).alias(f"alias_{side}"))
        never = rejected.filter(pl.col("event_id").is_null()).select(
            pl.col("name").alias(side), pl.col("team_id").alias(club), never=True
        )
        pairs = (
            pairs.join(is_club, on=["fixture", "match"], how="left", maintain_order="left")
            .join(never.unique(), on=[side, club], how="left", maintain_order="left")
            .with_columns(pl.when("never").then(False).otherwise(f"alias_{side}").alias(f"alias_{side}"))
            .drop("never")
        )
    return pairs


def _of_cases(pairs: pl.DataFrame) -> pl.DataFrame:
    """The likeliest case of each fixture, as `_rows` has it; a name that is decided to be another club is none."""
    for side in SIDES:
        name = pl.when(pl.col(f"alias_{side}").fill_null(False)).then(MOST_FOR).otherwise(f"name_{side}")
        pairs = pairs.filter(pl.col(f"alias_{side}").fill_null(True)).with_columns(name.alias(f"name_{side}"))
    said = [pl.col(f"name_{side}").round(2).alias(f"{side}_name") for side in SIDES]
    likeliest = pl.min_horizontal("name_home", "name_away")
    best = pairs.sort(likeliest, "fixture", "match", descending=[True, False, False]).unique(
        "fixture", keep="first", maintain_order=True
    )
    none = pl.lit(None, dtype=pl.Float64)
    return best.select(
        "fixture",
        outcome=pl.lit("review"),
        score=(pl.col("name_home") + pl.col("name_away") - AGAINST + SWAPPED_OR_MOVED).round(3),
        runner_up=none,
        margin=none,
        match_id=pl.lit(None, dtype=pairs.schema["match_id"]),
        candidate_id="match_id",
        evidence=pl.struct(*said, "swapped", "moved_days").struct.json_encode(),
        method=pl.lit("name"),
    )


def _rows(verdicts: pl.DataFrame) -> pl.DataFrame:
    """What is told of each fixture that has a pair."""
    said = [pl.col(f"{what}_{side}").round(2).alias(f"{side}_{what}") for side in SIDES for what in ("name", "days")]
    aliased = pl.col("alias_home").fill_null(False) & pl.col("alias_away").fill_null(False)
    by_names = _score("name_home", "name_away") >= LINK_SCORE
    method = pl.when(aliased).then(pl.lit("alias")).when(by_names).then(pl.lit("name")).otherwise(pl.lit("fixture"))
    said.append(pl.col("context").round(2))
    evidence, of_marked = (pl.struct(*columns).struct.json_encode() for columns in (said, [*said, "mark"]))
    return verdicts.select(
        "fixture",
        "outcome",
        pl.col("score", "runner_up", "margin").round(3),
        match_id=pl.when(pl.col("outcome") == "linked").then("match_id"),
        candidate_id=pl.when(pl.col("score") >= REVIEW_SCORE).then("match_id"),
        evidence=pl.when(pl.col("mark").is_null()).then(evidence).otherwise(of_marked),
        method=method,
    )


def _of_events(fixtures: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """One row per event; events that repeat a fixture share what is said of it."""
    every = fixtures.select("fixture", event_id="event_ids").explode("event_id").join(rows, on="fixture", how="left")
    return every.select(
        "event_id", "match_id", "candidate_id", "score", "runner_up", "margin",
        pl.col("evidence").fill_null("{}"), "method", pl.col("outcome").fill_null("none"),
    ).sort("event_id")  # fmt: skip
