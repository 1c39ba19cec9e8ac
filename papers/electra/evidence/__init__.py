"""How the paper's claims and the versions' mistakes are measured."""
