"""Imports point one way, and heavy libraries stay where they are needed."""

import ast
from pathlib import Path

import pytest

import restore

ROOT = Path(restore.__file__).parent

LAYERS = [
    {"errors", "plain", "seeding", "versions"},
    {"observation", "weights"},
    {"fill", "metrics"},
    {"noise_profile", "pose"},
    {"images"},
    {"config", "files", "parser", "runs"},
    {"degradations", "networks"},
    {"data", "drawing", "inference", "synthetic"},
    {"evaluation"},
    {"training"},
    {"apps"},
    {"commands"},
    {"cli"},
    {"__main__"},
]
"""From what imports nothing to what may import everything; parts of one layer do not know each other."""

ONLY_IN = {
    "timm": ["networks/"],
    "huggingface_hub": ["networks/"],
    "lightning": ["data/module.py", "training/"],
    "fastapi": ["apps/service/"],
    "onnx": ["inference/onnx_contents.py", "networks/onnx_file.py", "networks/quantisation.py"],
    "onnxruntime": ["inference/onnx_backends.py", "networks/onnx_file.py", "networks/quantisation.py"],
    "openvino": ["inference/onnx_backends.py"],
    "uvicorn": ["apps/service/"],
    "matplotlib": ["runs/curves.py", "training/proof_picture.py", "evaluation/robustness/figure.py"],
    "pandas": ["evaluation/", "training/pose_sweep.py"],
    "torch": [
        *("data/", "degradations/", "drawing/attention.py", "evaluation/", "networks/", "synthetic/", "training/"),
        *("fill.py", "metrics.py", "observation.py", "pose.py", "seeding.py"),
        *("commands/draw.py", "commands/denoise.py", "images/kinds.py"),  # in functions that are called with it
        *(f"inference/{name}.py" for name in ("attention", "backends", "devices", "tensors", "torch_backend")),
        "inference/restorer.py",  # types alone
    ],
    "tensorboard": ["apps/dashboard/", "runs/curves.py"],
    "wandb": ["training/tracking/weights_and_biases.py"],
}

MODULES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def imported(path: Path) -> set[str]:
    """Every module that a file names in an import, wherever in the file."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def layer(part: str) -> int:
    return next(i for i, parts in enumerate(LAYERS) if part in parts)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    part = path.relative_to(ROOT).parts[0].removesuffix(".py")
    others = {name.split(".")[1] for name in imported(path) if name.startswith("restore.")} - {part}
    assert {other for other in others if layer(other) >= layer(part)} == set()


@pytest.mark.parametrize("library", ONLY_IN)
def test_libraries_stay_where_they_are_needed(library):
    users = [
        str(path.relative_to(ROOT)) for path in MODULES if any(name.split(".")[0] == library for name in imported(path))
    ]
    assert users
    assert [user for user in users if not user.startswith(tuple(ONLY_IN[library]))] == []
