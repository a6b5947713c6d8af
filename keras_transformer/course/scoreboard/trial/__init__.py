"""A fair trial of a claim: each model with its own rate, until it gets no better."""
