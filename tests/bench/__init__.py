"""Measurements: `./run bench NAME`. Ratios within one run, medians; no test is timed."""
