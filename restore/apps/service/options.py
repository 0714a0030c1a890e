"""What can be said with a request: the options of the commands, under the same names."""

from typing import Annotated, Literal

from fastapi import File, Form, HTTPException, UploadFile

from restore.images.formats import FORMATS

WRITTEN = [suffix.lstrip(".") for one in FORMATS if one.written for suffix in one.suffixes]

Image = Annotated[UploadFile, File(description="An image file of any format that is read.")]

Mask = Annotated[
    UploadFile | None,
    File(
        description="Where the hole is: white, as a viewer shows the image; a pixel more than 10 % hole is filled "
        "whole. Without a mask, the transparent part of the image is the hole."
    ),
]

MaskOnly = Annotated[UploadFile, File(description="A mask file of any format that is read.")]

MaskMeans = Annotated[Literal["hole", "keep"], Form(description="What white stands for in the mask.")]

MaskValues = Annotated[
    str, Form(description="For a mask of labels: the stored values that count as white, separated by commas.")
]

GrowMask = Annotated[int, Form(ge=0, le=1000, description="Widen the holes by so many pixels.")]

Fill = Annotated[
    Literal["expected", "plausible"],
    Form(
        description="expected is the mean of what could lie in a hole, with the least error; plausible one of the "
        "things that could, copied from elsewhere, to be looked at."
    ),
]

Seed = Annotated[int, Form(ge=0, lt=2**63, description="Of plausible fills: another gives another.")]

NotFrom = Annotated[
    UploadFile | None, File(description="Of plausible fills: a mask of what must not be copied, in white.")
]

Like = Annotated[list[UploadFile] | None, File(description="Of plausible fills: other images to copy from as well.")]

NoNote = Annotated[bool, Form(description="Leave out of the XMP of the result that pixels were copied.")]

Receipt = Annotated[
    bool,
    Form(
        description="Tell in the header `Restore-Receipt`, as JSON, what the result was made from and with, and what "
        "it kept; saved beside it as NAME.receipt.json, `restore verify` looks at it."
    ),
]

ExpectError = Annotated[
    bool,
    Form(
        description="Also say how far the fill of the first page is expected to lie from what was there, in the header "
        "Restore-Expected-Error, as JSON; it takes one or two more fills."
    ),
]

OutputFormat = Annotated[
    str, Form(description=f"Of the result: {', '.join(WRITTEN)}. That of the image if it is not given.")
]

Quality = Annotated[int | None, Form(ge=1, le=100, description="Of a JPEG file; 95 if not given.")]

Sigma = Annotated[
    str,
    Form(
        description="Standard deviation of the noise, 0 to 255 for images of any depth; auto looks for it.",
        examples=["auto", "12.5"],
    ),
]

Strength = Annotated[float, Form(ge=0, le=1, description="How much of the noise that is found to remove.")]


Side = Annotated[int, Form(ge=16, le=16384, description="The largest that the PNG file may have, in pixels.")]

X = Annotated[int, Form(ge=0, description="Of a pixel, from the left, as a viewer shows the image.")]

Y = Annotated[int, Form(ge=0, description="From the top.")]


def suffix_of(output_format: str) -> str:
    """The suffix of the format of a result; empty for that of the image.

    Raises:
        HTTPException: It is not written.
    """
    name = output_format.lower().lstrip(".")
    if name and name not in WRITTEN:
        raise HTTPException(422, f"format is one of {', '.join(WRITTEN)}, not {output_format!r}")
    return name and f".{name}"


def values_of(mask_values: str) -> list[int] | None:
    """The labels that count as white.

    Raises:
        HTTPException: They are no numbers.
    """
    try:
        return [int(number) for number in mask_values.split(",")] if mask_values else None
    except ValueError:
        raise HTTPException(422, f"mask_values takes whole numbers separated by commas, not {mask_values!r}") from None


def level_of(sigma: str) -> float | None:
    """The standard deviation in [0, 1] units; None where it is to be looked for.

    Raises:
        HTTPException: It is out of range.
    """
    if sigma == "auto":
        return None
    try:
        value = float(sigma)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 255:
        raise HTTPException(422, f'sigma is "auto" or lies between 0 and 255, not at {sigma!r}')
    return value / 255
