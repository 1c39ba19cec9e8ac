"""How a seed becomes a record: the training loop, its processes, and their machine."""
