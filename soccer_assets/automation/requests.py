"""Which match dates a run is asked for, and what it leaves out."""

import datetime as dt

from dagster import AssetSelection, RunRequest, SkipReason

from soccer_assets.automation.jobs import without_forecasts
from soccer_assets.errors import MatchDatesError
from soccer_assets.models.champion.first_training import is_served
from soccer_assets.orchestration.partitions import HORIZON_DAYS, match_dates, newest_match_date, range_tags
from soccer_assets.settings import Settings
from soccer_assets.storage.data_versions import CORRECTED_DAYS, unfinished
from soccer_assets.storage.lake import Lake


def cut_request(
    key: str, first: dt.date, last: dt.date, why: str, forecasts: AssetSelection | None = None
) -> RunRequest | SkipReason:
    """The request of a run, cut at the first match date of the graph; none where it ends after the last one.

    `forecasts` is what the job makes where it forecasts: while no model serves the dates, the stages before the models
    alone are asked for, and the run's tag says so.
    """
    oldest = match_dates.start.date()
    try:
        newest = newest_match_date()
    except MatchDatesError as error:
        return SkipReason(str(error))
    if last < oldest:
        return SkipReason(f"match dates {first} to {last} lie before {oldest}, the first of the graph")
    if first > last:
        return SkipReason(f"expected a first match date up to {last}, found {first}: there is nothing to make yet")
    if last > newest:  # the run would fail in whatever step has rows of its last days
        return SkipReason(
            f"match dates {first} to {last} end after {newest}, the last of the graph today: this tick is of a day to "
            "come, or a clock is wrong"
        )
    reasons = [why] if why else []
    if first < oldest:
        reasons.append(f"cut at {oldest}, the first match date of the graph (asked from {first})")
    keys = None
    if forecasts is not None and not is_served(Lake(Settings.read().lake), max(first, oldest), last):
        reasons.append("without forecasts: no model serves these match dates yet")
        keys = without_forecasts(forecasts)
    tags = {"soccer/why": "; ".join(reasons)} if reasons else {}
    return RunRequest(run_key=key, tags=range_tags(max(first, oldest), last) | tags, asset_selection=keys)


def nightly_dates(today: dt.date) -> tuple[dt.date, dt.date, str]:
    """First and last match date of a nightly run, and why it begins earlier than usual, where it does."""
    usual, last = today - dt.timedelta(days=CORRECTED_DAYS), today + dt.timedelta(days=HORIZON_DAYS)
    lake, settings = Lake(Settings.read().lake), Settings.read()
    if not lake.exists("match_features"):
        first = max(settings.start_date, settings.train_since)
        return first, last, f"from {first}, the first match date a model learns from, for there are no features yet"
    missing = unfinished(lake, today, match_dates.start.date())
    if missing.is_empty():
        return usual, last, ""
    name, first, reason = missing.select("name", "match_date", "reason").row(0)
    dates = missing["match_date"].n_unique()
    return first, last, f"from {first}, for {dates} dates before {usual} are not complete: {name} of {first} {reason}"
