"""A progress bar for training."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .training import Epoch


class ProgressBar:
    """A bar on standard error, where that is a terminal.

    Args:
        epochs: how many there will be.
        unit: what one of them is called.
    """

    def __init__(self, epochs: int, unit: str = "epoch") -> None:
        self.epochs = epochs
        self.unit = unit
        self.started = time.monotonic()
        self.visible = sys.stderr is not None and sys.stderr.isatty()
        self.open = False

    def show(self, epoch: Epoch) -> None:
        """Redraw it after an epoch."""
        if not self.visible:
            return
        share = epoch.number / self.epochs
        left = (time.monotonic() - self.started) * (1 / share - 1)
        bar = "#" * round(24 * share)
        metrics = "".join(
            f"  {name} {value:6.1%}" if name == "accuracy" else f"  {name} {value:.4g}"
            for name, value in epoch.metrics.items()
        )
        line = (
            f"{self.unit} {epoch.number:>{len(str(self.epochs))}}/{self.epochs} [{bar:<24}] "
            f"loss {epoch.loss:.4f}{metrics}  {left:3.0f} s left"
        )
        width = (shutil.get_terminal_size().columns or 80) - 1  # 0 is a terminal that cannot tell
        print(f"\r{line[:width]:<{width}}", end="", file=sys.stderr, flush=True)
        self.open = True

    def close(self) -> None:
        """End its line."""
        if self.open:
            print(file=sys.stderr)
            self.open = False
