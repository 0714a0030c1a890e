"""Studies: variants of one training, each over the same seeds, trained and then measured alike."""

from research.study.conduct import conduct
from research.study.measures import Measure, Photographs, Poses
from research.study.variants import Study, Variant, read_study

__all__ = ["Measure", "Photographs", "Poses", "Study", "Variant", "conduct", "read_study"]
