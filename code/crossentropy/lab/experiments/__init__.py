"""The experiments of the lab: each a function of a setting and a seed."""
