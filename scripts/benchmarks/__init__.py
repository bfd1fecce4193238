"""Benchmarks: each measures something beside its floor, in one run on one machine, and gives the ratio."""
