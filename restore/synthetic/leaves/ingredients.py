"""What the synthetic world `leaves` is made of, each part with its switch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Ingredients:
    """What goes into the images of `Leaves`; with a switch off they do without it, and the rest stays much the same.

    Args:
        sizes: Sizes follow a power law; off, all leaves are of about one size.
        outlines: Blobs, polygons, boxes, bars and curves; off, discs only.
        repetition: Lattices of one element, heaps of alike ones and lines of writing; off, none of them.
        colours: Colours are few, mostly muted and related, as in photographs; off, each is any RGB at all.
        textures: Noise and patterns on the surfaces; off, these are smooth.
        shading: Light falls off over each leaf and over the image; off, it is even.
        shadows: What is nearer darkens what is behind it; off, nothing does.
        depth_of_field: Where leaves lie at two distances, one of them is out of focus; off, both are sharp.
        perspective: Surfaces and lattices recede; off, they face the camera.
        blur: The camera blurs by about half a pixel; off, it does not.
        antialiasing: Pixels that outlines cross mix what lies on both sides; off, they show one of the two.
        ground: Regions of different surfaces lie behind the leaves; off, one flat colour.
        calm: Some of these regions are nearly bare, as skies and walls are; off, leaves lie on all alike.
        subsampling: In half of the images colour has half the resolution of brightness, as colour filters in cameras
            and JPEG leave it; off, in none.
    """

    sizes: bool = True
    outlines: bool = True
    repetition: bool = True
    colours: bool = True
    textures: bool = True
    shading: bool = True
    shadows: bool = True
    depth_of_field: bool = True
    perspective: bool = True
    blur: bool = True
    antialiasing: bool = True
    ground: bool = True
    calm: bool = True
    subsampling: bool = True


ALL = Ingredients()
"""Nothing left out."""
