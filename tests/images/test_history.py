"""Events in the history of XMP packets."""

import xml.etree.ElementTree as ET

import pytest

from restore.images.history import with_event

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_MEDIA = "{http://ns.adobe.com/xap/1.0/mm/}"


def events_in(xmp):
    """The events of the history of a packet, their fields by name."""
    path = f"{_RDF}RDF/{_RDF}Description/{_MEDIA}History/{_RDF}Seq/{_RDF}li"
    wrapped = ET.fromstring(b"<all>" + xmp.strip(b"\0").partition(b"?>")[2] + b"</all>")
    events = wrapped.findall(f".//{path}")
    return [{field.tag.partition("}")[2]: field.text for field in event} for event in events]


RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
DESCRIBED = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {RDF}>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>Zoë</dc:creator></rdf:Description>
</rdf:RDF></x:xmpmeta>   <?xpacket end="w"?>""".encode()
NEW = {"action": "edited", "softwareAgent": "a 1", "parameters": "3 < 4 & more"}


def test_a_new_packet_has_the_event():
    packet = with_event(None, "a 1", "3 < 4 & more")
    assert packet is not None
    assert events_in(packet) == [NEW]


def test_events_are_added_at_the_end_and_nothing_else_changes():
    first = with_event(DESCRIBED, "a 1", "3 < 4 & more")
    second = with_event(first, "b", "then")
    assert events_in(second) == [NEW, {"action": "edited", "softwareAgent": "b", "parameters": "then"}]
    for before, after in ((DESCRIBED, first), (first, second)):
        same = next(place for place in range(len(before)) if before[place] != after[place])
        assert before == after[:same] + after[len(after) - len(before) + same :]
    assert len(ET.fromstring(second).findall(".//{http://ns.adobe.com/xap/1.0/mm/}History")) == 1


def test_other_prefixes_and_versions_are_found():
    """A history as another program wrote it, and beside it one of a source, which is not the picture's own."""
    other = (
        f'<q:RDF {RDF.replace("xmlns:rdf", "xmlns:q")} xmlns:m="http://ns.adobe.com/xap/1.0/mm/">'
        "<q:Description q:about=''>"
        "<m:History><q:Seq><q:li q:parseType='Resource'/></q:Seq></m:History>"
        "<m:Pantry><q:Bag><q:li><q:Description><m:History><q:Seq></q:Seq></m:History></q:Description></q:li></q:Bag>"
        "</m:Pantry>"
        "</q:Description></q:RDF>"
    ).encode()
    added = with_event(other, "a 1", "x")
    assert added.index(b"</q:Seq>") > added.index(b"softwareAgent")
    assert added.count(b"softwareAgent") == 2


@pytest.mark.parametrize("packet", [b"no XML", b"<a/>", DESCRIBED.decode().encode("utf-16"), DESCRIBED[:200], b""])
def test_what_cannot_be_understood_is_left_alone(packet):
    assert with_event(packet, "a", "b") is None


def test_zeros_at_the_end_do_no_harm():
    assert events_in(with_event(DESCRIBED + b"\0", "a 1", "3 < 4 & more")) == [NEW]


@pytest.mark.parametrize("name", ["a", "rdf:Description"])
def test_elements_within_each_other_are_read_in_time_that_grows_with_them(name):
    depth = 50_000  # minutes, if all that is open were looked at whenever one ends
    deep = f"<{name}>" * depth + f"</{name}>" * depth
    packet = with_event(f"<rdf:RDF {RDF}>{deep}</rdf:RDF>".encode(), "a 1", "then")
    assert packet is not None
    assert packet.count(b"<stEvt:action>edited</stEvt:action>") == 1
