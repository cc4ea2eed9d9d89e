"""A progress bar for training, by tqdm."""

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .history import Epoch


@contextmanager
def progress_bar(total: int, unit: str = "epoch") -> Iterator[Callable[[Epoch], None]]:
    """A bar in a terminal or a notebook; nothing where standard error is a file or a pipe.

    A context manager, which gives a function to call after each of `total` epochs. Raises
    ImportError if tqdm is not installed.
    """
    try:
        with warnings.catch_warnings():
            # without ipywidgets a notebook gets the bar of a terminal, which is fine
            warnings.filterwarnings("ignore", message="IProgress not found")
            from tqdm.auto import tqdm  # type: ignore[import-untyped]
    except ImportError as error:
        raise ImportError('a progress bar needs tqdm: pip install "autograd-mini[plot]"') from error
    in_notebook = "ipykernel.zmqshell" in sys.modules  # whose standard error is not a terminal
    visible = sys.stderr is not None and (in_notebook or sys.stderr.isatty())
    with tqdm(total=total, unit=unit, disable=not visible) as bar:
        if visible and (bar.ncols or 0) < 0:  # a terminal that does not know its size
            bar.ncols, bar.nrows = 80, 24

        def show(epoch: Epoch) -> None:
            bar.set_postfix({"loss": epoch.loss, **epoch.metrics}, refresh=False)
            bar.update()

        yield show
