"""What the commands of `papers` do. common/cli.py only parses, and imports these when needed."""
