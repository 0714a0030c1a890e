import io

import numpy as np
import pytest
from PIL import Image

from restore.runs import RunFolder


def webp(width, height, colour=(200, 30, 30)):
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "WEBP")
    return buffer.getvalue()


def make_run(path, started=1000.0, lr=1e-3, steps=(10, 20)):
    """A run with two pictures and three images in every step."""
    run = RunFolder(path)
    metrics = {"val/psnr": {"last": 30.0, "best": 31.0, "best_step": 10}, "train/loss": {"last": float("nan")}}
    card = {
        "id": path.name,
        "name": "<b>mine</b>",
        "state": "finished",
        "started": started,
        "seen": started + 60,
        "seconds": 60.0,
    }
    run.write_card({**card, "commands": ["restore fit -c a.yaml"], "step": 20, "metrics": metrics})
    run.write_config(f"model: {{optimizer: {{lr: {lr}}}}}\ndata: {{folder: images}}\n")
    for step in steps:
        entries = [
            {"name": f"{i}.png", "caption": f"{20 + i} dB", "parts": ["degraded", "restored", "clean"]}
            for i in range(2)
        ]
        run.write_pictures("val/panels", step, entries, [webp(96, 32)] * 2)
        figures = np.linspace(20, 22, 3) + step / 10
        rows = [{"name": f"{i}.png", "hole": 0.1, "psnr": 30.0, "psnr_hole": float(figures[i])} for i in range(3)]
        rows = [{**row, "quality": row["psnr_hole"]} for row in rows]
        run.write_images(step, rows, tile=32, columns=2, sheet=webp(64, 64))
    return run


@pytest.fixture
def runs(tmp_path):
    """A folder with two runs."""
    make_run(tmp_path / "runs" / "restore" / "old", started=1000.0)
    make_run(tmp_path / "runs" / "restore" / "new", started=2000.0, lr=3e-4)
    return tmp_path / "runs"
