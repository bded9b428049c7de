"""Sample scans with known truth: synthetic people on papers set in type, then damaged as scanners do.

Not part of the wheel: `sohoa demo`, tests and benchmarks use what `python -m samples.bundled` writes, or `make.paper`.
"""
