"""Protocol buffers as bytes: fields are read and written without the classes that a schema would be compiled to.

The encoding is described at https://protobuf.dev/programming-guides/encoding/.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
"""How the value of a field is written."""

SIZES = {FIXED64: 8, FIXED32: 4}


class Field(NamedTuple):
    """One field of a message.

    Args:
        number: As the schema has it.
        value: Of numbers that have no fixed size the number; of everything else the bytes.
        whole: The bytes of the field, its number with them.
    """

    number: int
    value: "int | memoryview"
    whole: memoryview

    @property
    def message(self) -> memoryview:
        """The bytes of text, of an array or of a message.

        Raises:
            ValueError: It is a number.
        """
        if isinstance(self.value, int):
            raise ValueError(f"field {self.number} is the number {self.value}")  # noqa: TRY004  the bytes are at fault
        return self.value

    @property
    def text(self) -> str:
        """The value as text.

        Raises:
            ValueError: It is none.
        """
        return bytes(self.message).decode()


def fields(message: bytes | memoryview) -> Iterator[Field]:
    """The fields of a message, in turn; no byte is copied.

    Raises:
        ValueError: These bytes are no message.
    """
    data, at = memoryview(message), 0
    while at < len(data):
        start = at
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, at = _varint(data, at)
            yield Field(number, value, data[start:at])
            continue
        if kind == LENGTH:
            size, at = _varint(data, at)
        elif kind in SIZES:
            size = SIZES[kind]
        else:
            raise ValueError(f"no field is of kind {kind}")
        if size > len(data) - at:
            raise ValueError(f"{size} bytes are to follow at {at} of {len(data)}")
        yield Field(number, data[at : at + size], data[start : at + size])
        at += size


def number_field(number: int, value: int) -> bytes:
    """A field whose value is a number, 0 or more."""
    return _written(number << 3 | VARINT) + _written(value)


def bytes_field(number: int, *pieces: bytes | memoryview) -> list[bytes | memoryview]:
    """A field whose value is text, an array, or a message, as pieces to be joined once: what they hold may be large."""
    return [_written(number << 3 | LENGTH) + _written(sum(map(len, pieces))), *pieces]


def text_field(number: int, text: str) -> bytes:
    """A field whose value is text."""
    return b"".join(bytes_field(number, text.encode()))


def first(message: bytes | memoryview, *numbers: int) -> Field | None:
    """The first field of a number, or the first in that of the next number, and so on; if there is one."""
    found: Field | None = None
    for number in numbers:
        inside: Iterable[Field] = fields(message if found is None else found.message)
        found = next((field for field in inside if field.number == number), None)
        if found is None:
            return None
    return found


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the least first, and where the next thing begins."""
    value = 0
    for place, byte in enumerate(data[at : at + 10]):
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, at + place + 1
    raise ValueError(f"no number ends at {at}")


def _written(value: int) -> bytes:
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    written.append(value)
    return bytes(written)
