"""One room per paper; nothing else. `python -m papers` is the command line."""
