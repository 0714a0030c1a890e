"""Files that are known by what they begin with, and not read: what they are, and what to do about it."""

_CONVERT = "convert it to TIFF, PNG or JPEG"

# Where they begin and with what, and what that means.
_KNOWN = (
    (4, b"ftyphe", f"HEIC is not read here, since libvips comes without its decoder: {_CONVERT}"),
    (4, b"ftypmif1", f"HEIF is not read here, since libvips comes without its decoder: {_CONVERT}"),
    (4, b"ftypcrx", "camera raw is not read: develop it into a TIFF of 16 bits"),
    (4, b"ftyp", "a video: take a frame out of it"),
    (0, b"\xff\x0a", f"JPEG XL is not read: {_CONVERT}"),
    (0, b"\0\0\0\x0cJXL ", f"JPEG XL is not read: {_CONVERT}"),
    (0, b"\0\0\0\x0cjP  ", f"JPEG 2000 is not read: {_CONVERT}"),
    (0, b"\xff\x4f\xff\x51", f"JPEG 2000 is not read: {_CONVERT}"),
    (0, b"8BPS", f"a Photoshop document is not read: {_CONVERT}"),
    (0, b"gimp xcf", f"a GIMP document is not read: {_CONVERT}"),
    (0, b"FUJIFILMCCD-RAW", "camera raw is not read: develop it into a TIFF of 16 bits"),
    (0, b"IIU\0", "camera raw is not read: develop it into a TIFF of 16 bits"),
    (0, b"IIRO", "camera raw is not read: develop it into a TIFF of 16 bits"),
    (0, b"\x76\x2f\x31\x01", "OpenEXR is not read: convert it to a TIFF of 16 bits, or of floats in [0, 1]"),
    (0, b"#?RADIANCE", "Radiance HDR is not read: convert it to a TIFF of 16 bits, or of floats in [0, 1]"),
    (0, b"%PDF", "a PDF is not read: render its pages as images"),
    (0, b"<svg", "an SVG is drawn, not restored: render it as an image"),
    (0, b"<?xml", "XML, not an image of pixels"),
    (0, b"version https://git-lfs", "a Git LFS pointer, not the file itself: fetch it with git lfs pull"),
    (0, b"PK\x03\x04", "an archive, not an image: unpack it"),
    (0, b"SIMPLE  =", "FITS is not read: convert it to a TIFF of 16 bits, or of floats in [0, 1]"),
    (128, b"DICM", "DICOM is not read: convert it to a TIFF of 16 bits"),
)


def why_unread(data: bytes) -> str:
    """What to say of a file that no codec reads."""
    if not data:
        return "the file is empty"
    for place, start, reason in _KNOWN:
        if data[place : place + len(start)] == start:
            return reason
    return "not an image that can be read"
