"""Scores to test with."""

import math

import pandas as pd

from restore.evaluation.scores import COLUMNS


def hole_score(damage, method, psnr_hole, image="a.png", family=None):
    of_hole = {"psnr_damaged": psnr_hole, "psnr_hole": psnr_hole, "ssim_hole": 0.5, "seam": 0.25}
    row = {"family": family or damage, "damage": damage, "image": image, "method": method, "hole_ratio": 0.2}
    return {**row, "psnr": psnr_hole + 7, "ssim": 0.9, **of_hole, "seconds": 1.0}


def noise_score(method, psnr, image="a.png", seconds=1.0):
    row = {"family": "noise", "damage": "sigma 25", "image": image, "method": method, "hole_ratio": 0.0}
    return {**row, "psnr": psnr, "psnr_damaged": psnr, "ssim": 0.8, "seconds": seconds}


def failed(score):
    return {**score, **dict.fromkeys(["psnr", "psnr_damaged", "ssim", "psnr_hole", "ssim_hole", "seam"], math.nan)}


def frame(*scores):
    return pd.DataFrame(scores, columns=COLUMNS)
