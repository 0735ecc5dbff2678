"""Domain: what is true about lending, as pure rules on the standard library.

Needs    dates, identities and facts, all given as arguments.
Gives    values; refusals of the world's requests; nothing else.
Never    asks the clock, draws a random number, reads or writes anything, or lets a float touch money.
Source   docs/decisions; the rooms form a ladder and import only rungs below their own.
"""
