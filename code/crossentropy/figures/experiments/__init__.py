"""Figures of the chapter on the experiments, drawn from kept or fresh records."""
