"""The commands about weights: `restore export` makes a file of them, `restore evaluate` judges them."""

import sys
from importlib.metadata import version
from pathlib import Path

from tqdm import tqdm

from restore.commands.options import add_option, command_parser, one_line_messages, within
from restore.parser import OneLineErrors


@one_line_messages
def export(checkpoint: str, output: str, half: bool = False) -> int:
    """Turn a training checkpoint into a weights file for `--weights` and `Restorer.load`.

    Where training averaged the weights, the averaged ones are taken. Nothing in the checkpoint is executed.

    Args:
        checkpoint: A checkpoint that `restore fit` wrote.
        output: The safetensors file to write; it is replaced if it exists.
        half: Store 16-bit floats, at half the size.

    Returns:
        Exit status: 0 when done, 2 when the file is not such a checkpoint or the output cannot be written.
    """
    from safetensors import SafetensorError

    from restore.networks.weights import export_checkpoint

    folder = Path(output).parent
    if not folder.is_dir():
        raise ValueError(f"{output}: there is no folder {folder}")
    try:
        export_checkpoint(checkpoint, output, half)
    except SafetensorError as error:
        raise ValueError(f"{output}: cannot be written: {error}") from error
    return 0


@one_line_messages
def evaluate(
    images: str,
    output: str,
    masks: str | None = None,
    sigma: str = "15,25,50",
    weights: str = "default",
    against: str = "",
    seed: int = 0,
    device: str | None = None,
) -> int:
    """Judge weights on clean images that are damaged for the purpose, beside classical methods.

    Protocol: RGB, whole images, unclipped white noise of known sigma; PSNR of each image, in the hole where there is
    one, then the mean. The report has every score (CSV), the means (JSON) and a table (Markdown), which is printed.

    Args:
        images: Folder of clean images.
        output: Folder for the report; files of an earlier report are replaced.
        masks: Folder of masks, white = hole, or of folders of masks, each of which becomes a column; without it, no
            holes are filled.
        sigma: Noise levels in 0..255 units, separated by commas; empty for none.
        weights: "default" for those that come with the package, or a safetensors file.
        against: Peers, separated by commas: push-pull, telea, navier-stokes, biharmonic (for holes) and nlm (for
            noise). All but the first need `pip install restore[peers]`.
        seed: Seed of the noise.
        device: Where to compute, for example "cpu" or "cuda:1"; by default a GPU if there is one.

    Returns:
        Exit status: 0 when done, 2 when the arguments allow no work.
    """
    from restore.evaluation.peers import DENOISERS, FILLS
    from restore.evaluation.scorecard import score_holes, score_noise, write_report
    from restore.inference.restorer import Restorer

    peers = [name for name in against.split(",") if name]
    unknown = set(peers) - {*FILLS, *DENOISERS}
    if unknown:
        raise ValueError(f"no such peer: {', '.join(sorted(unknown))}")
    sigmas = [_noise_level(level) for level in sigma.split(",") if level]
    restorer = Restorer.load(weights, device)
    scores = []
    if masks is not None:
        scores += tqdm(score_holes(Path(images), Path(masks), restorer, peers), "holes", disable=None)
    scores += tqdm(score_noise(Path(images), sigmas, restorer, peers, seed), "noise", disable=None)
    if not scores:
        raise ValueError("nothing to judge: give masks or a sigma")
    facts = {"weights": weights, "seed": seed, "version": version("restore"), "images": images, "masks": masks}
    table = write_report(scores, Path(output), facts)
    sys.stdout.write(table + "\n")
    return 0


def export_parser() -> OneLineErrors:
    """The arguments of `restore export`, under the names of `export`'s parameters."""
    parser = command_parser(export)
    add_option(parser, export, "checkpoint", metavar="CHECKPOINT")
    add_option(parser, export, "-o", "--output", required=True, metavar="OUT")
    add_option(parser, export, "--half", action="store_true")
    return parser


def evaluate_parser() -> OneLineErrors:
    """The arguments of `restore evaluate`, under the names of `evaluate`'s parameters."""
    parser = command_parser(evaluate)
    add_option(parser, evaluate, "--images", required=True, metavar="DIR")
    add_option(parser, evaluate, "-o", "--output", required=True, metavar="REPORT")
    add_option(parser, evaluate, "--masks", type=str | None, metavar="DIR")
    add_option(parser, evaluate, "--sigma", metavar="15,25,50")
    add_option(parser, evaluate, "--weights", metavar="FILE")
    add_option(parser, evaluate, "--against", metavar="telea,nlm")
    add_option(parser, evaluate, "--seed", type=int)
    add_option(parser, evaluate, "--device", type=str | None)
    return parser


def _noise_level(level: str) -> float:
    try:
        value = float(level)
    except ValueError:
        raise ValueError(f"sigma is a number, not {level!r}") from None
    return within("sigma", value, 255)
