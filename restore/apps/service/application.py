"""The service: what can be asked, and what is answered."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from restore.apps.service import options as ask
from restore.apps.service.access import Access
from restore.apps.service.desk import Desk
from restore.apps.service.gate import Gate
from restore.apps.service.limits import Limits, Places
from restore.apps.service.pages import add_page
from restore.apps.service.routes import add_views
from restore.apps.service.telemetry import Telemetry
from restore.apps.service.uploads import kept
from restore.apps.service.work import Denoising, Inpainting
from restore.files.hashed import Hashed
from restore.images.formats import FORMATS
from restore.inference.restorer import Restorer

ABOUT = """Fills holes in images and removes noise, as the commands of the same names do, to the byte.

An answer is an image file, in the format, depth, colour profile and orientation of the one that came in. What was found
on the way stands in the header `Restore-Note`, several lines joined by ` | `. What cannot be used is answered with a
status from 400 on and `{"detail": "one line that says why"}`. With `receipt`, the header `Restore-Receipt` tells as
JSON what the answer was made from and with, and what it kept.
"""

ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The image file.", "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}},
    401: {"description": "A key is needed."},
    413: {"description": "The request is too large."},
    422: {"description": "A file or an option cannot be used: `detail` says which and why."},
    429: {"description": "The queue is full: `Retry-After` says in how many seconds to try again."},
    504: {"description": "It took too long."},
}


def service(restorer: Restorer, limits: Limits, access: Access, weights: Sequence[Hashed] = ()) -> FastAPI:
    """An application (ASGI) that restores.

    Args:
        restorer: Shared by all requests.
        limits: What it takes on.
        access: Who may ask.
        weights: The files of the restorer's weights, which receipts tell.
    """
    app = FastAPI(title="restore", version=version("restore"), description=ABOUT, docs_url=None, redoc_url=None)
    places, telemetry, desk = Places(limits), Telemetry(), Desk(restorer, limits, weights)
    app.add_middleware(Gate, limits=limits, access=access, places=places, telemetry=telemetry)

    @app.post("/v1/inpaint", response_class=Response, responses=ANSWERS, summary="Fill holes")
    async def inpaint(
        request: Request,
        image: ask.Image,
        mask: ask.Mask = None,
        mask_means: ask.MaskMeans = "hole",
        mask_values: ask.MaskValues = "",
        grow_mask: ask.GrowMask = 0,
        fill: ask.Fill = "expected",
        seed: ask.Seed = 0,
        not_from: ask.NotFrom = None,
        like: ask.Like = None,
        no_note: ask.NoNote = False,
        receipt: ask.Receipt = False,
        expect_error: ask.ExpectError = False,
        format: ask.OutputFormat = "",  # noqa: A002  the option's name
        quality: ask.Quality = None,
    ) -> Response:
        values, suffix = ask.values_of(mask_values), ask.suffix_of(format)

        async def job(folder: Path) -> Inpainting:
            async def file(one: UploadFile | None, name: str) -> Path | None:
                return await kept(one, folder / name, name) if one else None

            return Inpainting(
                await file(mask, "mask"),
                mask_means,
                values,
                grow_mask,
                fill,
                seed,
                await file(not_from, "not_from"),
                tuple([await kept(one, folder / f"like-{i}", "like") for i, one in enumerate(like or [], 1)]),
                no_note,
                expect_error,
                limits.pixels,
            )

        return await desk.answer(request, image, job, suffix, quality, receipt)

    @app.post("/v1/denoise", response_class=Response, responses=ANSWERS, summary="Remove noise")
    async def denoise(
        request: Request,
        image: ask.Image,
        sigma: ask.Sigma = "auto",
        strength: ask.Strength = 1.0,
        receipt: ask.Receipt = False,
        format: ask.OutputFormat = "",  # noqa: A002
        quality: ask.Quality = None,
    ) -> Response:
        denoising, suffix = Denoising(ask.level_of(sigma), strength), ask.suffix_of(format)

        async def job(_: Path) -> Denoising:
            return denoising

        return await desk.answer(request, image, job, suffix, quality, receipt)

    add_views(app, desk)
    add_page(app)

    @app.get("/v1/health", summary="Whether it is there")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/v1/info", summary="What it is, and what it takes on")
    async def info() -> dict[str, Any]:
        return {
            "version": version("restore"),
            "device": str(restorer.device),
            "backend": type(restorer.backend).__name__,
            "limits": {**vars(limits)},
            "read": [one.name for one in FORMATS],
            "written": [one.name for one in FORMATS if one.written],
            "suffixes": ask.WRITTEN,
            "taken": places.taken,
        }

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(telemetry.text(), media_type=telemetry.MEDIA_TYPE)

    app.exception_handler(RequestValidationError)(_unusable)
    app.exception_handler(HTTPException)(_refused)
    app.exception_handler(Exception)(_failed)
    return app


async def _unusable(_: Request, error: RequestValidationError) -> JSONResponse:
    first = error.errors()[0]
    place = ".".join(str(one) for one in first["loc"] if one != "body")
    return JSONResponse({"detail": f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}".lstrip(": ")}, 422)


async def _refused(_: Request, error: HTTPException) -> JSONResponse:
    return JSONResponse({"detail": str(error.detail)}, error.status_code, error.headers)


async def _failed(_: Request, __: Exception) -> JSONResponse:
    return JSONResponse({"detail": "a fault of the service, which its log tells"}, 500)
