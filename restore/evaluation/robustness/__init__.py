"""Robustness: how much the quality of a restoration depends on where and how things lie."""

from restore.evaluation.robustness.moves import SWEEPS, Move, moves_of
from restore.evaluation.robustness.subjects import Subject, parts, photograph
from restore.evaluation.robustness.sweep import psnr_drop, score_poses

__all__ = ["SWEEPS", "Move", "Subject", "moves_of", "parts", "photograph", "psnr_drop", "score_poses"]
