"""What a run leaves behind, and the hashes that say what it was made from."""
