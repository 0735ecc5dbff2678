"""The world outside, one module a kind: files of other systems, public data, holiday data.

Needs    paths and names given as arguments.
Gives    rows of text and plain values; each with the bounds that keep a bad source from hurting.
Never    decides an amount, writes to the database, or trusts what it reads.
Source   docs/decisions/0005-taking-a-book-over.md.
"""
