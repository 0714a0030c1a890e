import pytest

from restore.images.codec import decode
from restore.images.picture import ImageFileError


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\0\0\0\x18ftypheic" + bytes(20), "HEIC is not read here, .* convert it"),
        (b"\0\0\0\x18ftypmp42" + bytes(20), "a video"),
        (b"\xff\x0a" + bytes(20), "JPEG XL is not read"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL is not read"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000 is not read"),
        (b"8BPS\0\1", "a Photoshop document"),
        (b"%PDF-1.7", "a PDF"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
        (b"", "the file is empty"),
        (b"hello", "not an image that can be read"),
    ],
)
def test_what_is_not_read_is_called_by_its_name(data, reason):
    with pytest.raises(ImageFileError, match=rf"^a\.png: {reason}"):
        decode(data, "a.png")
