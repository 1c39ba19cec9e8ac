"""Text after a minute: `papers generate gpt2 --version minute`."""

from papers.gpt2.speedrun.text import load

__all__ = ["load"]
