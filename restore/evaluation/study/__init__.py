"""Studies: variants of one training, each over the same seeds, trained and then measured alike."""

from restore.evaluation.study.conduct import conduct
from restore.evaluation.study.measures import Measure, Photographs, Poses
from restore.evaluation.study.variants import Study, Variant, read_study

__all__ = ["Measure", "Photographs", "Poses", "Study", "Variant", "conduct", "read_study"]
