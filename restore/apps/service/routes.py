"""What the page asks beside the work itself: pictures to look at, progress, and where pixels were copied from."""

import tempfile
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from restore.apps.service import options as ask
from restore.apps.service.desk import Desk
from restore.apps.service.uploads import kept, safe_name
from restore.apps.service.views import attention_view, mask_view, preview


def add_views(app: FastAPI, desk: Desk) -> None:
    """Add the routes.

    Args:
        app: Of the service.
        desk: Where its requests are answered.
    """
    pixels = desk.limits.pixels

    @app.post("/v1/preview", response_class=Response, summary="An image as a PNG file, to be looked at")
    async def look(image: ask.Image, side: ask.Side = 2048) -> Response:
        data, name = await image.read(), Path(safe_name(image, "image"))
        png, size = await desk.view(lambda: preview(data, name, side, pixels))
        return Response(png, media_type="image/png", headers={"Restore-Size": "{}x{}".format(*size)})

    @app.post("/v1/mask", response_class=Response, summary="What a mask file says: a PNG file, white where the hole is")
    async def hole(
        mask: ask.MaskOnly, mask_means: ask.MaskMeans = "hole", mask_values: ask.MaskValues = ""
    ) -> Response:
        values = ask.values_of(mask_values)
        with tempfile.TemporaryDirectory(prefix="restore-") as folder:
            path = await kept(mask, Path(folder) / "mask", "mask")
            png = await desk.view(lambda: mask_view(path, mask_means, values, pixels), path.parent)
        return Response(png, media_type="image/png")

    @app.post("/v1/attention", response_class=Response, summary="What every attention head takes for a pixel")
    async def attention(image: ask.Image, x: ask.X, y: ask.Y, mask: ask.Mask = None) -> Response:
        data, name = await image.read(), Path(safe_name(image, "image"))
        with tempfile.TemporaryDirectory(prefix="restore-") as folder:
            hole = await kept(mask, Path(folder) / "mask", "mask") if mask else None
            sheet = await desk.view(lambda: attention_view(desk.restorer, data, name, hole, x, y, pixels), Path(folder))
        return Response(sheet, media_type="image/png")

    @app.get("/v1/progress/{name}", summary="How far a request is that told its name in the header Restore-Request")
    async def progress(name: str) -> dict[str, int | bool]:
        ticket = desk.progress(name)
        if ticket is None:
            raise HTTPException(404, "no such request, or not any more")
        return {"done": ticket.done, "total": ticket.total, "waiting": ticket.total == 0}

    @app.get("/v1/results/{name}/source", summary="Where a pixel of a plausible fill was copied from")
    async def source(name: str, x: int, y: int) -> dict[str, int] | None:
        copied = desk.results.get(name)
        if copied is None:
            raise HTTPException(404, "no such result, or not any more")
        place = copied.at(x, y)
        return None if place is None else dict(zip(("image", "row", "column"), place, strict=True))
