from restore.images.items import Item, read_items, write_items


def test_items_are_read_as_they_were_written():
    first = Item(b"av01", [(b"av1C", b"1234"), (b"ispe", bytes(12))], content=b"the primary image")
    alpha = Item(b"av01", [(b"av1C", b"5678")], [(b"auxl", 1)], content=b"alpha")
    said = Item(b"mime", [], [(b"cdsc", 1)], content=b"<x/>")
    data = write_items((b"avif", b"mif1"), [first, alpha, said])
    number, items = read_items(data)
    assert number == 1
    for wrote, read in zip((first, alpha, said), items.values(), strict=True):
        assert (read.kind, read.properties, read.references) == (wrote.kind, wrote.properties, wrote.references)
        assert read.content_in(data) == wrote.content
