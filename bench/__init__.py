"""Bench: what Duewell costs, as ratios within one run, beside the targets it has set itself.

Needs    the installed package; for the day and the import an embedded server, made and removed here.
Gives    figures by name: `python -m bench`, or script/bench.
Never    takes a figure from a server that is not durable, or leaves work out of one side of a ratio.
Source   docs/reference/benchmarks.md says what each figure means.
"""
