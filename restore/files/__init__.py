"""The bytes of an image file in, those of a restored one out: what the command line and the service share."""

from restore.files.notes import noted
from restore.files.rewriting import NO_LOSS, Rewritten, rewrite

__all__ = ["NO_LOSS", "Rewritten", "noted", "rewrite"]
