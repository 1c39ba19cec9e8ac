"""How the papers' claims and the versions' mistakes are measured."""
