"""The scoreboard: every model of a study trained and measured alike, and its pages."""
