import subprocess
import sys

from restore.inference.compiled import compiled


def test_what_cannot_be_kept_is_compiled_all_the_same():
    namespace = {}
    exec("def double(number):\n    return 2 * number", namespace)  # of a file in which nothing can be kept
    assert compiled(namespace["double"])(3) == 6


def test_the_compiler_is_not_loaded_before_a_fill_begins():
    code = "import sys, restore.inference.alike; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
