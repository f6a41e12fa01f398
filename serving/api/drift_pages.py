"""The pages of drift reports, as Evidently made them."""

import asyncio
import datetime as dt

from litestar import MediaType, Response, get
from litestar.params import FromPath

from serving.api.problems import ProblemError
from serving.api.responses import ApiRequest
from soccer_assets.settings import Settings
from soccer_assets.storage.file_urls import file_system

#: The page has scripts of its own in its text; in a sandbox they reach nothing of this origin.
POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; frame-ancestors 'none'"
)


@get("/drift/{day:date}/report", tags=["reports"], include_in_schema=False)
async def drift_page(request: ApiRequest, day: FromPath[dt.date]) -> Response[bytes]:
    """The page of the drift report of a match date.

    Raises:
        ProblemError: there is none, or it is not kept any more.
    """
    settings: Settings = request.app.state.settings
    try:
        page = await asyncio.to_thread(_read, settings.drift_pages, day)
    except FileNotFoundError:
        detail = f"expected a match date whose page is kept, found {day}: /drift/history has the dates and figures"
        raise ProblemError("no-drift-report", detail) from None
    return Response(page, media_type=MediaType.HTML, headers={"content-security-policy": POLICY})


def _read(folder: str, day: dt.date) -> bytes:
    files, path = file_system(folder)
    with files.open_input_stream(f"{path}/{day}.html") as stream:
        return bytes(stream.read())
