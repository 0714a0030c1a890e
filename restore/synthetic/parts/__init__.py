"""The synthetic world `objects`: parts whose pose is known, and that can be drawn anew in any other."""

from restore.synthetic.parts.dataset import FAMILIES, Family, Parts, draw_part
from restore.synthetic.parts.part import Part
from restore.synthetic.parts.scene import Scene, draw_scene

__all__ = ["FAMILIES", "Family", "Part", "Parts", "Scene", "draw_part", "draw_scene"]
