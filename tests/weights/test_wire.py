"""Protocol buffers as bytes, judged by the library for them."""

import pytest

from restore.weights.wire import bytes_field, fields, first, number_field, text_field

onnx = pytest.importorskip("onnx")


def test_fields_are_those_that_the_library_writes():
    entry = onnx.StringStringEntryProto(key="a", value="ä" * 200)
    assert [(field.number, field.text) for field in fields(entry.SerializeToString())] == [(1, "a"), (2, "ä" * 200)]
    tensor = onnx.TensorProto(dims=[3, 300, 2**40], data_type=1, name="x", float_data=[1.0])
    assert [field.value for field in fields(tensor.SerializeToString()) if field.number == 1] == [3, 300, 2**40]
    assert b"".join(field.whole for field in fields(tensor.SerializeToString())) == tensor.SerializeToString()


def test_what_is_written_is_what_the_library_reads():
    data = number_field(1, 300) + number_field(2, 1) + text_field(8, "x") + b"".join(bytes_field(9, b"ab", b"cd"))
    tensor = onnx.TensorProto.FromString(data)
    assert (list(tensor.dims), tensor.data_type, tensor.name, tensor.raw_data) == ([300], 1, "x", b"abcd")


def test_fields_within_fields_are_found():
    value = onnx.helper.make_tensor_value_info("x", 1, [5, 7])
    found = first(value.SerializeToString(), 2, 1, 2, 1, 1)
    assert found is not None
    assert found.value == 5
    assert first(value.SerializeToString(), 2, 4) is None


@pytest.mark.parametrize("data", [b"\x0a", b"\x0a\x05ab", b"\x0b", b"\xff" * 12, b"\x09\x00", b"\x0f"])
def test_bytes_that_are_no_message_are_refused(data):
    with pytest.raises(ValueError, match=r"no number ends|are to follow|no field is of kind"):
        list(fields(data))


def test_numbers_are_no_messages():
    with pytest.raises(ValueError, match="field 1 is the number 300"):
        first(number_field(1, 300), 1, 1)
