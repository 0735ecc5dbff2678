"""What can be done: one file a verb. Load, ask the domain, save facts, entries and outbox rows.

Needs    the store for rows, the domain for rules, the instant from the door that asks.
Gives    verbs the doors call.
Never    calls another verb, asks for the time, or holds a rule of its own.
Source   docs/decisions/0001.
"""
