import io
import subprocess
import sys

import numpy as np
from PIL import Image

from restore.images.codec import decode
from tests.images.samples import noise

HUGE = b"GIF89a" + 2 * (20000).to_bytes(2, "little") + b"\x80\0\0" + bytes(3) + b"\xff" * 3
HUGE += b"," + bytes(4) + 2 * (20000).to_bytes(2, "little") + b"\0\x02\x02\x44\x01\0;"
"""One frame of 20000 x 20000 pixels, which takes 1.6 GB."""


def test_colours_and_transparency_are_read():
    index = noise(9, 13) % 3
    image = Image.fromarray(index, "P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    buffer = io.BytesIO()
    image.save(buffer, "GIF", transparency=1)
    picture = decode(buffer.getvalue())
    assert np.array_equal(picture.alpha, np.where(index == 1, 0, 255))
    assert np.array_equal(picture.pixels[index != 1], (np.eye(3, dtype=np.uint8)[index] * 255)[index != 1])


def test_without_transparency_there_is_no_alpha():
    buffer = io.BytesIO()
    Image.fromarray(noise(9, 13)).save(buffer, "GIF")
    picture = decode(buffer.getvalue())
    assert picture.alpha is None
    assert np.array_equal(picture.as_rgb()[..., 0] * 255, noise(9, 13))


def test_a_canvas_that_memory_has_no_room_for_is_an_error_and_not_the_end_of_the_process():
    script = f"""
import resource
from pathlib import Path
from restore.images.codec import decode
size = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmSize"))
most = int(size.split()[1]) * 1024 + 2**30
resource.setrlimit(resource.RLIMIT_AS, (most, most))
try:
    decode({HUGE!r})
except MemoryError:
    print("no room")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "no room\n"), done.stderr
