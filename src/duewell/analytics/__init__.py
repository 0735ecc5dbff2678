"""Analytics: what is read from a book rather than written into it, and books made up to try things on.

Needs    the domain's values; a seed where something is drawn.
Gives    synthetic (a made-up book of any size).
Never    posts, stores, or is imported by the store or a service; asks what day it is.
Source   the sources of each table stand beside it.
"""
