"""How the claims of the paper and the mistakes of the versions are measured."""
