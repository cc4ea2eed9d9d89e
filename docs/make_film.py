"""Writes pictures/steps.gif, which the README shows: python docs/make_film.py

It needs Chromium, and the extra `browser`.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import site_pages

HERE = Path(__file__).parent


def main() -> None:
    """Take a picture of every step of a neuron."""
    with tempfile.TemporaryDirectory() as folder:
        *_, film = site_pages.neuron_steps().save_frames(folder)
        shutil.copyfile(film, HERE / "pictures/steps.gif")


if __name__ == "__main__":
    main()
