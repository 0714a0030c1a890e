"""Whether one image comes out the same, whatever runs the network and whichever way it comes in.

python -m research.parity
"""

import io
import itertools
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from fastapi.testclient import TestClient
from jaxtyping import Bool

from restore.apps.hosts import LOCAL
from restore.apps.service.access import Access
from restore.apps.service.application import service
from restore.apps.service.limits import Limits
from restore.cli import main as restore
from restore.commands.options import CommandParser, run_command
from restore.inference.restorer import Restorer
from restore.seeding import seeded_generator
from restore.synthetic.leaves.dataset import draw_leaves

Array = Any

BACKENDS = ("torch", "onnx", "openvino")
SIZES = ((61, 97), (256, 256), (700, 530))
"""Height and width in pixels: smaller than a tile and of no multiple, a tile, and several of them."""

DEPTHS = ("uint8", "uint16", "float32")
SIGMA = 20.0
"""Standard deviation of the noise, of 255."""


@dataclass(frozen=True)
class Damage:
    """What is wrong with an image.

    Args:
        name: Of it.
        image: Damaged, of whatever depth.
        hole: What is to be filled; noise is to be removed where there is none.
    """

    name: str
    image: Array
    hole: Bool[np.ndarray, "h w"]


def damages(size: tuple[int, int], depth: str) -> Iterator[Damage]:
    """Noise, thin lines, and a square, of a drawn image."""
    height, width = size
    generator = np.random.default_rng((height, width))
    clean = draw_leaves(max(size), seeded_generator("parity", max(size))).permute(1, 2, 0).numpy()[:height, :width]
    lines, square = np.zeros((2, *size), bool)
    lines[:: max(height // 6, 12)] = lines[1 :: max(height // 6, 12)] = True
    square[height // 3 : height * 2 // 3, width // 3 : width * 2 // 3] = True
    noisy = clean + SIGMA / 255 * generator.standard_normal(clean.shape, np.float32)
    for name, image, hole in (("noise", noisy, lines & False), ("lines", clean, lines), ("square", clean, square)):
        values = image.clip(0, 1)
        if depth != "float32":
            values = (values * np.iinfo(depth).max).round()
        yield Damage(name, values.astype(depth), hole)


class Way:
    """Ways in which an image may come to one restorer.

    Args:
        weights: Default, or a file.
        backend: What runs them.
        folder: For files.
    """

    def __init__(self, weights: str, backend: str, folder: Path) -> None:
        self.options = ["--weights", weights, "--backend", backend, "--device", "cpu"]
        self.restorer = Restorer.load(weights, "cpu", backend)  # type: ignore[arg-type]  # one of them
        self.client = TestClient(service(self.restorer, Limits(), Access(LOCAL, [])), base_url="http://127.0.0.1")
        self.folder = folder

    def python(self, damage: Damage) -> Array:
        """Through the class."""
        if damage.hole.any():
            return self.restorer.inpaint(damage.image, damage.hole)
        return self.restorer.denoise(damage.image, SIGMA / 255)

    def command(self, damage: Damage) -> Array:
        """Through the command line."""
        image, mask, target = self._files(damage)
        words = ["inpaint", "--mask", str(mask)] if damage.hole.any() else ["denoise", "--sigma", f"{SIGMA:g}"]
        said = io.StringIO()
        with redirect_stderr(said):
            status = restore([words[0], str(image), *words[1:], "-o", str(target), *self.options])
        if status:
            raise RuntimeError(said.getvalue())
        return tifffile.imread(target)

    def http(self, damage: Damage) -> Array:
        """Through the service."""
        image, mask, _ = self._files(damage)
        files = {"image": (image.name, image.read_bytes())}
        if damage.hole.any():
            answer = self.client.post("/v1/inpaint", files={**files, "mask": (mask.name, mask.read_bytes())})
        else:
            answer = self.client.post("/v1/denoise", files=files, data={"sigma": f"{SIGMA:g}"})
        answer.raise_for_status()
        return tifffile.imread(io.BytesIO(answer.content))

    def _files(self, damage: Damage) -> tuple[Path, Path, Path]:
        image, mask, target = (self.folder / name for name in ("image.tif", "mask.tif", "restored.tif"))
        tifffile.imwrite(image, damage.image, photometric="rgb")
        tifffile.imwrite(mask, damage.hole.astype(np.uint8) * 255)
        target.unlink(missing_ok=True)
        return image, mask, target


def parity(*, weights: str = "default", backends: str = ",".join(BACKENDS), sizes: int = len(SIZES)) -> int:
    """Print the largest differences from what PyTorch gives in Python, of 255, over depths and ways.

    Args:
        weights: "default" for those that come with the package, or a file that all backends run.
        backends: What is compared, between commas.
        sizes: How many of the sizes.

    Returns:
        Exit status: 0 when all is within one level of 255, and of 8 bits from one backend the same to the bit whichever
        way it comes; 1 when not.
    """
    sys.stdout.write("| backend | damage | size | " + " | ".join(DEPTHS) + " | three ways the same |\n")
    sys.stdout.write("|---" * (4 + len(DEPTHS)) + "|\n")
    is_right = True
    with tempfile.TemporaryDirectory() as folder:
        reference = Restorer.load(weights, "cpu", "torch")
        ways = {name: Way(weights, name, Path(folder)) for name in backends.split(",")}
        for size, index in itertools.product(SIZES[:sizes], range(3)):
            cases = [list(damages(size, depth))[index] for depth in DEPTHS]
            expected = [_restored(reference, case) for case in cases]
            for name, way in ways.items():
                each: list[Callable[[Damage], Array]] = [way.python, way.command, way.http]
                results = [[one(case) for one in each] for case in cases]
                differences = [
                    max(_difference(result, right) for result in row)
                    for row, right in zip(results, expected, strict=True)
                ]
                same = all(np.array_equal(row[0], other) for row in results for other in row[1:])
                is_right &= same and max(differences) <= 1
                cells = " | ".join(f"{difference:.2g}" for difference in differences)
                sys.stdout.write(
                    f"| {name} | {cases[0].name} | {size[0]} x {size[1]} | {cells} | {'yes' if same else 'no'} |\n"
                )
                sys.stdout.flush()
    return 0 if is_right else 1


def _restored(restorer: Restorer, damage: Damage) -> Array:
    if damage.hole.any():
        return restorer.inpaint(damage.image, damage.hole)
    return restorer.denoise(damage.image, SIGMA / 255)


def _difference(first: Array, second: Array) -> float:
    white = np.iinfo(first.dtype).max if first.dtype.kind == "u" else 1
    return float(np.abs(first.astype(float) - second.astype(float)).max() * 255 / white)


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(parity, vars(CommandParser(parity).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
