"""Progress on a terminal: one live line a running notebook; elsewhere only the lines that stay."""

import os
import shutil
from typing import IO


class Progress:
    """Writes lines that stay, and below them, on a terminal, lines that are written over.

    Parameters
    ----------
    stream : text stream or None
        None is silent.
    """

    def __init__(self, stream: IO[str] | None) -> None:
        self.stream = stream
        self.live = stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"
        self.lines = 0

    def show(self, running: list[tuple[str, int, int, float]]) -> None:
        """Show notebooks that are running as (name, cell, of how many, seconds)."""
        if self.live:
            width = shutil.get_terminal_size().columns - 1  # a wrapped line could not be written over
            texts = [
                f"{name}  {f'cell {cell} of {of}' if of else 'starting'}  {seconds:.0f} s"
                for name, cell, of, seconds in running
            ]
            self._write("".join(f"{text[:width]}\n" for text in texts), lines=len(texts))

    def say(self, text: str) -> None:
        """Write a line that stays."""
        self._write(f"{text}\n", lines=0)

    def close(self) -> None:
        """Remove the live lines."""
        self._write("", lines=0)

    def _write(self, text: str, *, lines: int) -> None:
        if self.stream is not None:
            back = f"\x1b[{self.lines}F\x1b[J" if self.lines else ""
            self.stream.write(back + text)
            self.stream.flush()
            self.lines = lines
