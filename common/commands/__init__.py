"""What the commands of `papers` do. cli.py only parses; it imports these when needed."""
