"""What was done to a picture, in its own words: an event in the history of its XMP packet."""

from xml.parsers import expat
from xml.sax.saxutils import escape

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_MEDIA = "http://ns.adobe.com/xap/1.0/mm/"
_EVENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"

_EMPTY = f'''<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}">
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>'''.encode()


def with_event(xmp: bytes | None, agent: str, done: str) -> bytes | None:
    """A packet with one more event at the end of its history (XMP, ISO 16684-1: `xmpMM:History`); all else stays.

    No time is noted, so that the same work gives the same file.

    Args:
        xmp: In UTF-8; none is begun anew.
        agent: What did it, with its version.
        done: What it did.

    Returns:
        None where the packet is none that can be understood.
    """
    event = (
        f'<rdf:li xmlns:rdf="{_RDF}" xmlns:stEvt="{_EVENT}" rdf:parseType="Resource">'
        "<stEvt:action>edited</stEvt:action>"
        f"<stEvt:softwareAgent>{escape(agent)}</stEvt:softwareAgent>"
        f"<stEvt:parameters>{escape(done)}</stEvt:parameters></rdf:li>"
    )
    packet = _EMPTY if xmp is None else xmp
    found = _ends(packet)
    if found is None:
        return None
    place, is_history = found
    if not is_history:
        event = (
            f'<rdf:Description xmlns:rdf="{_RDF}" xmlns:xmpMM="{_MEDIA}" rdf:about="">'
            f"<xmpMM:History><rdf:Seq>{event}</rdf:Seq></xmpMM:History></rdf:Description>\n"
        )
    return packet[:place] + event.encode() + packet[place:]


def _ends(packet: bytes) -> tuple[int, bool] | None:
    """Where the list of a packet's history ends, and True; or where all that it says does, and False."""
    history, description = [f"{_RDF} RDF", f"{_MEDIA} History", f"{_RDF} Seq"], f"{_RDF} Description"
    path: list[str] = []  # without descriptions
    ends: dict[bool, int] = {}
    parser = expat.ParserCreate(namespace_separator=" ")

    def begin(name: str, _: object) -> None:
        if name != description:
            path.append(name)

    def close(name: str) -> None:
        if path[-3:] == history:  # no more is looked at, however deep it is
            ends[True] = parser.CurrentByteIndex
        elif name == history[0]:
            ends[False] = parser.CurrentByteIndex
        if name != description:
            path.pop()

    parser.StartElementHandler = begin
    parser.EndElementHandler = close
    try:
        parser.Parse(packet.rstrip(b"\0"), True)
    except expat.ExpatError:
        return None
    for is_history in (True, False):
        if is_history in ends:
            place = ends[is_history]
            return (place, is_history) if packet[place : place + 2] == b"</" else None
    return None
