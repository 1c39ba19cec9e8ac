"""How records become verdicts: claims, deviations, and the statistics between them."""
