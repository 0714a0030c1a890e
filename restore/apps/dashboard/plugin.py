"""A tab in TensorBoard for what it has no place for: which runs there are, their pictures, and how each image does."""

import mimetypes
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tensorboard.plugins.base_plugin import FrontendMetadata, TBContext, TBPlugin
from werkzeug.wrappers import Request, Response

from restore.errors import FileError
from restore.plain import as_json
from restore.runs.folder import RunFolder, find_run, find_runs

PAGE = Path(__file__).with_name("page")
"""The scripts and styles of the tab."""

Answer = Callable[[Mapping[str, str]], Mapping[str, Any]]


class Restorations(TBPlugin):  # type: ignore[misc]  # TensorBoard has no types
    """Shows the runs below TensorBoard's folder, as `LocalTracker` leaves them.

    TensorBoard finds it by its entry point, also when it is started without `restore dashboard`. All routes only read,
    and only in the folders of runs.

    Args:
        context: TensorBoard's, of which the folder is used.
    """

    plugin_name = "restore"

    def __init__(self, context: TBContext) -> None:
        self._root = Path(context.logdir) if context.logdir else None

    def is_active(self) -> bool:
        """Whether there are any runs."""
        return self._root is not None and bool(find_runs(self._root))

    def frontend_metadata(self) -> FrontendMetadata:
        """Where the tab's script lies, and what the tab is called."""
        return FrontendMetadata(es_module_path="/page/index.js", tab_name="Restorations", disable_reload=True)

    def get_plugin_apps(self) -> dict[str, Any]:
        """What is asked for under `/data/plugin/restore`, and by what it is answered."""
        answers: dict[str, Answer] = {
            "/runs": self._runs,
            "/config": lambda asked: {"settings": self._run(asked).settings()},
            "/steps": lambda asked: {
                "pictures": self._run(asked).picture_steps(),
                "images": self._run(asked).image_steps(),
            },
            "/pictures": lambda asked: {"pictures": self._run(asked).pictures(asked["key"], _step(asked))},
            "/images": lambda asked: self._run(asked).images(_step(asked)),
            "/history": lambda asked: {"history": self._run(asked).history(asked["image"])},
        }
        apps = {path: Request.application(_told(answer)) for path, answer in answers.items()}
        return {**apps, "/file": Request.application(self._file), "/page/*": Request.application(_page)}

    def _runs(self, asked: Mapping[str, str]) -> dict[str, Any]:  # noqa: ARG002 (there is nothing to ask)
        found = {} if self._root is None else find_runs(self._root)
        return {"runs": [{**run.card(), "run": name} for name, run in found.items()]}

    def _run(self, asked: Mapping[str, str]) -> RunFolder:
        if self._root is None:
            raise KeyError("run")
        return find_run(self._root, asked["run"])

    def _file(self, request: Request) -> Response:
        try:
            content = self._run(request.args).file(request.args["name"])
        except (KeyError, FileError, OSError):
            return _response(b"no such picture", "text/plain", 404)
        response = _response(content, "image/webp")
        response.add_etag()  # a run that is resumed may take a picture of the same step again
        return response.make_conditional(request)


def _step(asked: Mapping[str, str]) -> int:
    try:
        return int(asked["step"])
    except ValueError as error:
        raise KeyError("step") from error


def _told(answer: Answer) -> Callable[[Request], Response]:
    def respond(request: Request) -> Response:
        try:
            return _response(as_json(answer(request.args)), "application/json")
        except KeyError:
            return _response(as_json({"error": "no such run, picture or step"}), "application/json", 404)

    return respond


def _page(request: Request) -> Response:
    known = {path.name: path for path in PAGE.iterdir()}
    path = known.get(request.path.rpartition("/")[2])
    if path is None:
        return _response(b"no such file", "text/plain", 404)
    kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0] or "text/plain"
    return _response(path.read_bytes(), kind)


def _response(content: bytes, kind: str, status: int = 200) -> Response:
    """An answer that is to be asked for again each time, and taken for nothing but what it is."""
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
    return Response(content, status, content_type=kind, headers=headers)
