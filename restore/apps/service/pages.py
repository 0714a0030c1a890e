"""The page: the files that a browser asks for, each under its name."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import Response
from starlette.exceptions import HTTPException

PAGE = Path(__file__).with_name("page")
"""Scripts, styles and the page itself."""

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""What these files are served as, on every machine."""


def add_page(app: FastAPI) -> None:
    """Serve the page at `/`, and what it is made of below `/page/`.

    Args:
        app: Of the service, which the page asks.
    """

    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        return _file("index.html")

    @app.get("/page/{name}", include_in_schema=False)
    async def part(name: str) -> Response:
        return _file(name)


def _file(name: str) -> Response:
    path = {one.name: one for one in PAGE.iterdir()}.get(name)
    if path is None or path.suffix not in MEDIA_TYPES:
        raise HTTPException(404)
    headers = {"Cache-Control": "no-cache"}  # a newer version of the package has other files of these names
    return Response(path.read_bytes(), media_type=MEDIA_TYPES[path.suffix], headers=headers)
