"""Randomness: seeds for the parts of a whole, a cheap dropout, what a draw reports."""
