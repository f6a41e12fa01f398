"""What speaks for a pair of event and match, in logarithms of odds: names, other days, competition and kick-off.

Evidence from other days never counts the pair's own day: what that says is in the names of the pair already.
"""

from typing import Final

import polars as pl

from soccer_assets.linking.candidates import SIDES

CLUB: Final = ["name", "team_id"]
LABELS: Final = ("competition", "country")
#: What a decision says; evidence together comes to it, and a decision takes the place of all evidence.
MOST_OF_SIDE: Final = 10.0
MOST_OF_DAYS: Final = 9.0
#: A side whose club is as good as known: its match tells who the other side is.
SURE: Final = 3.0
PER_DAY: Final = 3.0
MOST_OF_LABELS: Final = 3.0
#: Pairs of labels seen together before they count in full; labels spelt alike start with some.
BELIEVED: Final = 5.0
SPELT_ALIKE: Final = 20
SAME_KICK_OFF: Final = 2.5
OTHER_KICK_OFF: Final = -1.5
ROUNDED_MINUTES: Final = 10
HALF_HOUR: Final = 30
OTHER_DATE: Final = -4.0


def with_sides(pairs: pl.DataFrame) -> pl.DataFrame:
    """Add `side_home` and `side_away`: decisions where there are any, else the names and the other days."""
    return pairs.with_columns(
        pl.when(pl.col(f"alias_{side}").is_not_null())
        .then(pl.when(f"alias_{side}").then(MOST_OF_SIDE).otherwise(-MOST_OF_SIDE))
        .otherwise((pl.col(f"name_{side}") + pl.col(f"days_{side}")).clip(-MOST_OF_SIDE, MOST_OF_SIDE))
        .alias(f"side_{side}")
        for side in SIDES
    )


def with_apart(pairs: pl.DataFrame, fixtures: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """Add `apart_home` and `apart_away`: days on which name and club both played, but never on the same side."""
    named = pl.concat([fixtures.select("date", name=side, side=pl.lit(side)) for side in SIDES]).unique()
    clubs = pl.concat([matches.select("date", team_id=f"{side}_id", side=pl.lit(side)) for side in SIDES]).unique()
    wanted = pl.concat([pairs.select(name=side, team_id=f"{side}_id") for side in SIDES]).unique()
    apart = (
        wanted.lazy()
        .join(named.lazy(), on="name")
        .join(clubs.lazy(), on=["team_id", "date"], suffix="_of_club")
        .group_by(*CLUB, "date")
        .agg(together=(pl.col("side") == pl.col("side_of_club")).any())
        .filter(~pl.col("together"))
        .group_by(CLUB)
        .agg(apart=pl.len().cast(pl.Int64))
        .collect()
    )
    return _of_both_sides(pairs, apart, "apart", "apart")


def with_seen(pairs: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """Add `seen_home` and `seen_away`: days before those of the call on which name and club were linked."""
    return _of_both_sides(pairs, seen.group_by(CLUB).agg(pl.col("days").sum()), "days", "seen")


def with_days(pairs: pl.DataFrame) -> pl.DataFrame:
    """Add `days_home` and `days_away`: how often name and club met the same sure opponent, against how often apart."""
    sure_opponents = [
        pairs.filter(pl.col(f"side_{other}") >= SURE).select("date", name=side, team_id=f"{side}_id")
        for side, other in (SIDES, SIDES[::-1])
    ]
    dates = pl.concat(sure_opponents).unique()
    pairs = _of_both_sides(pairs, dates.group_by(CLUB).agg(met=pl.len().cast(pl.Int64)), "met", "met")
    for side, other in (SIDES, SIDES[::-1]):
        elsewhere = pl.col(f"met_{side}") - (pl.col(f"side_{other}") >= SURE).cast(pl.Int64) + pl.col(f"seen_{side}")
        days = PER_DAY * ((elsewhere + 1) / (pl.col(f"apart_{side}") + 1)).log()
        pairs = pairs.with_columns(days.clip(-MOST_OF_DAYS, MOST_OF_DAYS).alias(f"days_{side}"))
    return pairs.drop("met_home", "met_away")


def _of_both_sides(pairs: pl.DataFrame, counts: pl.DataFrame, column: str, prefix: str) -> pl.DataFrame:
    """Add `<prefix>_home` and `<prefix>_away` from a count per name and club; 0 where there is none."""
    for side in SIDES:
        counted = counts.select(pl.col("name").alias(side), pl.col("team_id").alias(f"{side}_id"), _count=column)
        pairs = pairs.join(counted, on=[side, f"{side}_id"], how="left", maintain_order="left")
        pairs = pairs.with_columns(pl.col("_count").fill_null(0).alias(f"{prefix}_{side}")).drop("_count")
    return pairs


def with_context(pairs: pl.DataFrame, linked: pl.DataFrame) -> pl.DataFrame:
    """Add `context`: what competition, country, kick-off and date say, in the light of the pairs linked so far.

    Args:
        pairs: with the columns of the fixture, and those of the match behind `match_`.
        linked: `fixture`, `match` of the pairs that are linked.
    """
    linked = linked.select("fixture", "match", linked=pl.lit(1))
    pairs = pairs.join(linked, on=["fixture", "match"], how="left", maintain_order="left")
    pairs = pairs.with_columns(pl.col("linked").fill_null(0))
    for label in LABELS:
        pairs = _with_labels(pairs, label)
    minutes = (pl.col("kick_off_at") - pl.col("match_kick_off_at")).dt.total_minutes()
    linked_minutes = pairs.filter(pl.col("linked") == 1).select(minutes.alias("minutes")).drop_nulls()["minutes"]
    usual = min(linked_minutes.mode(), default=0)  # clocks of another zone are off by as much every time
    same = (minutes - usual).abs() <= ROUNDED_MINUTES
    kept = sum(abs(m - usual) <= ROUNDED_MINUTES for m in linked_minutes) / max(len(linked_minutes), 1)
    kick_off = pl.when(same).then(SAME_KICK_OFF).otherwise(OTHER_KICK_OFF * kept)
    timed = minutes.is_not_null()
    date = pl.when((pl.col("date") != pl.col("match_date")) & ~(timed & same)).then(OTHER_DATE).otherwise(0.0)
    context = pl.col("competition_says") + pl.col("country_says") + pl.when(timed).then(kick_off).otherwise(0.0) + date
    return pairs.with_columns(context=context).drop("linked", "competition_says", "country_says")


def _with_labels(pairs: pl.DataFrame, label: str) -> pl.DataFrame:
    """Add `<label>_says`: how much oftener the two labels are linked than chance, whatever language they are in."""
    theirs = f"match_{label}"
    counts = pairs.filter(pl.col("linked") == 1).group_by(label, theirs).agg(both=pl.len().cast(pl.Int64))
    of_event = counts.group_by(label).agg(of_event=pl.col("both").sum())
    spelt, spelt_theirs = pl.col(label).str.to_lowercase(), pl.col(theirs).str.to_lowercase()
    both = pl.col("both").fill_null(0) - pl.col("linked") + SPELT_ALIKE * (spelt == spelt_theirs).cast(pl.Int64)
    every = pl.col("of_event").fill_null(0) - pl.col("linked") + SPELT_ALIKE * pl.col(f"{label}_shared").cast(pl.Int64)
    chance = pl.col(f"{label}_chance")
    says = ((both + BELIEVED * chance) / (every + BELIEVED) / chance).log().clip(-MOST_OF_LABELS, MOST_OF_LABELS)
    return (
        pairs.join(counts, on=[label, theirs], how="left", maintain_order="left")
        .join(of_event, on=label, how="left", maintain_order="left")
        .with_columns(says.fill_null(0.0).alias(f"{label}_says"))
        .drop("both", "of_event")
    )


def with_labels_known(pairs: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """Add `<label>_chance`: share of matches with the match's label; `<label>_shared`: whether any has the event's."""
    for label in LABELS:
        theirs = f"match_{label}"
        labelled = matches.filter(pl.col(label).is_not_null())
        share = labelled.group_by(pl.col(label).alias(theirs)).agg((pl.len() / len(labelled)).alias(f"{label}_chance"))
        spelt = labelled[label].str.to_lowercase().unique()
        shared = pl.col(label).str.to_lowercase().is_in(spelt.implode()).alias(f"{label}_shared")
        pairs = pairs.join(share, on=theirs, how="left", maintain_order="left").with_columns(shared)
    return pairs
