"""Naive models: each answers by folding over everything that happened, with fractions and loops, and shares no code with the product."""
