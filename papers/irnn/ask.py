"""A user's picture of a digit, as the exam's pictures are."""

import numpy as np

from common.data.pictures import resized

BRIGHT = 127


def drawn(picture, side):
    """Grey, small, and the ink bright on dark, however the user drew: (1, side, side)."""
    grey = resized(picture, side, side, grey=True)
    paper = np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]))
    return (255 - grey if paper > BRIGHT else grey)[None]
