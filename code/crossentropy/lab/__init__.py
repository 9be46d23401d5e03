"""The CNN lab: train, compare, break, resume; on CPU and GPU."""
