"""Refusals that media files carry themselves, and how files are found for an item's media.

Plain Python. What a file says only ever removes permission: "allowed" in a file proves
nothing, and no signature is checked, because a forged refusal can but withhold.
"""

from platforms.media.folder import BadFolder, Folder
from platforms.media.stage import HOLDING, REFUSING, Counts, Inspector

__all__ = ["HOLDING", "REFUSING", "BadFolder", "Counts", "Folder", "Inspector"]
