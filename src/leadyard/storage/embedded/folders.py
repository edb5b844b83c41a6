"""Folders that Leadyard makes for itself; what already exists keeps its rights."""

import os
from pathlib import Path

TRAVERSABLE = 0o711
PRIVATE = 0o700


def create_folder(path: Path) -> None:
    """Make `path` and the folders above it where they are missing.

    As root they can be traversed by everybody (the database runs as another user) and listed by root alone;
    as anybody else they are private.
    """
    mode = TRAVERSABLE if os.geteuid() == 0 else PRIVATE
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        make_folder(folder, mode)


def make_folder(path: Path, mode: int, owner: tuple[int, int] | None = None) -> bool:
    """Make one folder with exactly `mode` and the (user id, group id) given; False when it was there already."""
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        return False
    path.chmod(mode)
    if owner is not None:
        os.chown(path, *owner)
    return True
