"""Train for a minute: `python -m papers.gpt2.minute.train`. The speedrun at other sizes."""

from common.launch import main
from papers.gpt2.speedrun.train import train

__all__ = ["train"]

if __name__ == "__main__":
    main(__spec__.name)
