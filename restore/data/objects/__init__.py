"""The synthetic world `objects`: parts whose pose is known, and that can be drawn anew in any other."""

from restore.data.objects.dataset import Objects
from restore.data.objects.families import FAMILIES, Family, draw_part
from restore.data.objects.part import Part
from restore.data.objects.scene import Scene, draw_scene

__all__ = ["FAMILIES", "Family", "Objects", "Part", "Scene", "draw_part", "draw_scene"]
