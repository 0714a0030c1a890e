"""Damage for images: operators from observation to observation, and the draw of their parameters."""

from restore.degradations.blobs import Blobs
from restore.degradations.camera import CameraNoise
from restore.degradations.composition import Choice, Compose
from restore.degradations.compression import JpegCompression
from restore.degradations.degradation import Degradation, Holes
from restore.degradations.detail import OverDetail
from restore.degradations.grain import FilmGrain
from restore.degradations.lines import AlternateLines, DeadLines
from restore.degradations.mask_files import MaskFiles
from restore.degradations.noise import GaussianNoise, NoiseRamp, PoissonGaussianNoise, SaltAndPepper
from restore.degradations.patterns import Banding, Speckle
from restore.degradations.profile import ProfileNoise
from restore.degradations.regions import Boxes, HalfImage, OutpaintingFrame, RandomPatches
from restore.degradations.scan import ScanNoise
from restore.degradations.signal_noise import SignalNoise
from restore.degradations.strokes import BrushStrokes, Scratches
from restore.degradations.writing import Writing

__all__ = [
    "AlternateLines",
    "Banding",
    "Blobs",
    "Boxes",
    "BrushStrokes",
    "CameraNoise",
    "Choice",
    "Compose",
    "DeadLines",
    "Degradation",
    "FilmGrain",
    "GaussianNoise",
    "HalfImage",
    "Holes",
    "JpegCompression",
    "MaskFiles",
    "NoiseRamp",
    "OutpaintingFrame",
    "OverDetail",
    "PoissonGaussianNoise",
    "ProfileNoise",
    "RandomPatches",
    "SaltAndPepper",
    "ScanNoise",
    "Scratches",
    "SignalNoise",
    "Speckle",
    "Writing",
]
