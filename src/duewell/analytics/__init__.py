"""Analytics: what is read from a book rather than written into it, and books made up to try things on.

Needs    the domain's values; a seed where something is drawn; pyarrow and Ray where they are asked for.
Gives    synthetic (a made-up book of any size), spreading (one function over many slices), parquet.
Never    reads a database, posts or stores; asks what day it is.
Source   the sources of each table stand beside it.
"""
