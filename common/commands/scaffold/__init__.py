"""`papers new`: a room for a new paper."""
