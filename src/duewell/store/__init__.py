"""What is written down: PostgreSQL, and the only SQL of the project.

Needs    a data directory or a database URL, given as an argument.
Gives    server (embedded PostgreSQL), migrate (the schema), and one module a noun.
Never    asks for the time, decides an amount, or edits a fact.
Source   docs/decisions/0002.
"""
