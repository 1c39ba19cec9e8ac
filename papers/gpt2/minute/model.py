"""Minute: the speedrun's model and optimizer at another budget; only the sizes differ.

The sizes stand in params.yaml.
"""

import torch  # noqa: F401  (says that this version computes with torch)

from papers.gpt2.speedrun.model import Config, Learner, Speedrun

__all__ = ["Config", "Learner", "Speedrun"]
