"""The pages by address."""

from pathlib import Path

from litestar.static_files import create_static_files_router

from serving.pages import (
    board,
    coupon,
    feeds,
    league,
    leagues,
    ledger,
    match,
    models,
    operations,
    quality,
    team,
    teams,
    value,
)
from serving.pages.addresses import INSIDE
from serving.pages.page import page_route

FOLDER = Path(__file__).parent
TEMPLATES = FOLDER / "templates"

PAGES = (
    page_route("/", board.board, *board.PARAMETERS),
    page_route("/leagues", leagues.leagues),
    page_route("/leagues/{code:str}", league.league, *league.PARAMETERS),
    page_route("/teams", teams.teams, *teams.PARAMETERS),
    page_route("/teams/{team_id:str}", team.team, *team.PARAMETERS),
    page_route("/value", value.value, *value.PARAMETERS),
    page_route("/coupon", coupon.coupon, *coupon.PARAMETERS),
    page_route("/quality", quality.quality, *quality.PARAMETERS),
    page_route("/models", models.models),
    page_route("/models/{version:str}", models.model),
    page_route("/ledger", ledger.ledger, *ledger.PARAMETERS),
    page_route("/operations", operations.operations, *operations.PARAMETERS, scope="operate", live=operations.jobs),
    page_route("/matches/{match_id:str}", match.match, *match.PARAMETERS),
    page_route("/matches/{match_id:str}/card", match.card, headers=match.CARD_HEADERS),
    page_route(
        "/teams/{team_id:str}/calendar.ics", feeds.team_calendar, form=feeds.CALENDAR, headers=feeds.FEED_HEADERS
    ),
    page_route(
        "/leagues/{code:str}/calendar.ics", feeds.league_calendar, form=feeds.CALENDAR, headers=feeds.FEED_HEADERS
    ),
    page_route(feeds.FEED, feeds.new_forecasts, form=feeds.ATOM, headers=feeds.FEED_HEADERS),
)
STATIC = create_static_files_router("/static", [FOLDER / "static"], name="static")
ADDRESSES = [path.removeprefix(INSIDE) or "/" for route in PAGES for path in route.paths if path.startswith(INSIDE)]
