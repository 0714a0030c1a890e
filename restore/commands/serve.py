"""The commands `restore serve`, restoring over HTTP, and `restore ui`, the same with its page opened in a browser."""

import inspect
import os
import sys
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from restore.apps.service.limits import Limits
from restore.commands.options import names, weights_file
from restore.errors import FileError, UserError
from restore.files.hashed import Hashed
from restore.weights import DEFAULT, weight_files

KEYS = "RESTORE_API_KEYS"
"""The environment's variable with keys, separated by commas, in the place of a file."""

FIRST_PORT = 8600
"""Where a free one is looked for from."""


def serve(
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    allow_host: str = "",
    key_file: str | None = None,
    workers: int = Limits.workers,
    queue: int = Limits.queue,
    max_megabytes: float = Limits.megabytes,
    max_megapixels: float = Limits.megapixels,
    max_seconds: float = Limits.seconds,
    weights: str = "default",
    device: str | None = None,
    backend: Literal["torch", "onnx", "openvino"] | None = None,
    tile: int | None = None,
    self_ensemble: bool = False,
    batch: int | None = None,
) -> int:
    """Restore images that programs send over HTTP: POST /v1/inpaint and /v1/denoise, described at /openapi.json.

    The answers are what the commands would have written, to the byte. When the queue is full, requests are turned away
    at once, with the status 429; when told to end, what was accepted is finished first.

    Args:
        host: Where to listen. For others than this machine a key is needed, which is printed if none is given.
        port: The first free one from 8600 on by default.
        allow_host: Further names that the service may be called by, separated by commas, as behind a proxy.
        key_file: File of keys, one in a line, of which a request tells one (Authorization: Bearer KEY); or in the
            environment, RESTORE_API_KEYS, separated by commas.
        workers: Images that are worked on at once.
        queue: Requests that may wait beside them.
        max_megabytes: Of a request, files and all.
        max_megapixels: Of an image.
        max_seconds: That a request may take.
        weights: "default" for those that come with the package, a safetensors file, or an artifact of W&B
            (wandb:ENTITY/PROJECT/ARTIFACT:ALIAS).
        device: Where to compute, for example "cpu" or "cuda:1"; by default a GPU if there is one.
        backend: What runs the weights: torch, onnx (ONNX Runtime) or openvino; by default the fastest that is there for
            them. Files *.onnx, which `restore export` writes, are for the last two.
        tile: Side in pixels of the largest squares that images are worked on in, 32 or more; smaller ones need less
            memory.
        self_ensemble: Average over eight views of each image, turned and mirrored: a little better, in eight times
            the time.
        batch: Tiles that are worked on at once, of whatever requests (see --workers); by default 1 on the CPU, and 4
            elsewhere. With more than 1, the last bits of a prediction depend on what else is in its batch.

    Returns:
        Exit status: 0 when stopped by Ctrl+C, 2 when there is no place to listen or an option cannot be used, 143 when
        told to end.
    """
    return _serve(lambda _: None, **locals())


def ui(*, no_browser: bool = False, **options: Any) -> int:  # noqa: D417  the others are those of `serve`
    """Restore images in a browser: paint holes, fill them, remove noise, compare; the page of `restore serve`.

    Images go to this program alone, and nothing is loaded from elsewhere. What was painted and restored is kept by the
    browser until it is removed there.

    Args:
        no_browser: Print the address, and open nothing.
    """
    return _serve(lambda address: None if no_browser else _open(address), **options)


def _with_options_of(command: Callable[..., int], other: Callable[..., int]) -> None:
    """Give a command the options of another one too, with what is said about them."""
    own, others = inspect.signature(command), inspect.signature(other)
    first = [one for one in own.parameters.values() if one.kind is one.KEYWORD_ONLY]
    command.__dict__["__signature__"] = own.replace(parameters=[*first, *others.parameters.values()])
    command.__annotations__ = {**command.__annotations__, **other.__annotations__}
    assert command.__doc__ is not None
    assert other.__doc__ is not None
    command.__doc__ = command.__doc__.rstrip() + other.__doc__.partition("Args:")[2]


_with_options_of(ui, serve)


def _open(address: str) -> None:
    threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()  # some browsers are waited for


def _serve(
    opened: Callable[[str], None],
    *,
    host: str,
    port: int | None,
    allow_host: str,
    key_file: str | None,
    workers: int,
    queue: int,
    max_megabytes: float,
    max_megapixels: float,
    max_seconds: float,
    weights: str,
    device: str | None,
    backend: Any,
    tile: int | None,
    self_ensemble: bool,
    batch: int | None,
) -> int:
    """Serve; `opened` is told the address once it answers."""
    from restore.apps.hosts import address_of
    from restore.apps.service.application import service
    from restore.apps.service.server import access_of, listen_at, run
    from restore.inference.restorer import Restorer

    limits = Limits(max_megabytes, max_megapixels, max_seconds, queue, workers)
    access = access_of(host, names(allow_host), _keys(key_file))
    listening = listen_at(host, port, FIRST_PORT)
    options: dict[str, Any] = {"self_ensemble": self_ensemble, "batch": batch}
    options |= {} if tile is None else {"tile": tile}
    with listening:
        weights = weights_file(weights)
        restorer = Restorer.load(weights, device, backend, **options)
        used = [Hashed.of(path, DEFAULT if weights == DEFAULT else path.name) for path in weight_files(weights)]
        key = access.keys[0] if access.keys else ""

        def ready() -> None:
            address = address_of(host, listening.getsockname()[1]) + (f"?key={key}" if key else "")
            sys.stdout.write(f"restore listens at {address} (Ctrl+C stops it)\n")
            sys.stdout.flush()
            opened(address)

        run(service(restorer, limits, access, used), listening, ready)
    return 0


def _keys(file: str | None) -> list[str]:
    if file is None:
        return names(os.environ.get(KEYS, ""))
    path = Path(file)
    try:
        lines = [line.strip() for line in path.read_text().splitlines()]
    except OSError as error:
        raise FileError.of(path, error) from error
    except UnicodeError:
        raise FileError(path, "is no text") from None
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys:
        raise FileError(path, "holds no key")
    if any(len(key) < 16 for key in keys):
        raise UserError(f"{file}: a key has at least 16 characters")
    return keys
