"""A progress bar for commands that take a while: tqdm where it is installed, a line per stage elsewhere."""

from __future__ import annotations

import sys


class Progress:
    """Called as ``progress(stage, done, total)``; a new stage closes the last one's bar."""

    def __init__(self):
        try:
            from tqdm import tqdm
        except ImportError:
            tqdm = None
        self._tqdm, self._bar, self._stage = tqdm, None, None

    def __call__(self, stage, done, total):
        """Show that `done` of `total` parts of the stage are finished."""
        if stage != self._stage:
            self._close()
            self._stage = stage
            if self._tqdm:
                self._bar = self._tqdm(
                    total=total, desc=stage, file=sys.stderr, leave=True, dynamic_ncols=True
                )
            else:
                print(f"{stage} ...", file=sys.stderr, flush=True)
        if self._bar is not None:
            self._bar.update(done - self._bar.n)

    def __enter__(self):
        """The bar itself."""
        return self

    def __exit__(self, *error):
        """Leave the terminal's cursor below the bar."""
        self._close()

    def _close(self):
        if self._bar is not None:
            self._bar.close()
            self._bar = None
