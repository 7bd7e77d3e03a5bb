"""Pages of what came in: giving it, its sources, the asks read from it."""
