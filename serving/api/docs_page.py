"""The page of the API at /docs: Swagger UI from the files of an installed package, nothing from another host.

Litestar's own page of Swagger UI starts it by a script within the page, which the content security policy here forbids.
Of flask_swagger_ui only the folder of static files is used; its path is taken without importing the package.
"""

from importlib.util import find_spec
from pathlib import Path

from litestar import MediaType, get
from litestar.response import Template
from litestar.router import Router
from litestar.static_files import create_static_files_router

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
)


@get("/docs", media_type=MediaType.HTML, include_in_schema=False, sync_to_thread=False)
def docs() -> Template:
    """The API page."""
    return Template("docs.html", headers={"content-security-policy": POLICY})


def swagger_files() -> Router:
    """The static files of Swagger UI."""
    spec = find_spec("flask_swagger_ui")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("expected the package flask-swagger-ui to be installed, found none: run `uv sync`")
    return create_static_files_router("/docs/assets", [Path(spec.origin).parent / "dist"], name="swagger")
