"""Measurements beside peers: ours and theirs in one run, alternating, as ratios."""
