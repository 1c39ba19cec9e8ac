"""Records into MLflow and back: the only wing that imports it, and only inside functions."""
