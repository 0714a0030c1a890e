"""Scores to test with."""

import math

from restore.evaluation.figures import Figures
from restore.evaluation.scorecard import Score


def hole_score(setting, method, psnr_hole, image="a.png", seconds=1.0):
    return Score("hole", setting, image, method, Figures(0.2, 30.0, 0.9, psnr_hole, 0.5, 0.25), seconds)


def noise_score(method, psnr, image="a.png", seconds=1.0):
    return Score("noise", "25", image, method, Figures(0.0, psnr, 0.8, math.nan, math.nan, math.nan), seconds)
