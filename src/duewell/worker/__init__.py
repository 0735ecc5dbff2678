"""The worker: what runs beside requests and commands.

Needs    services; the clock, which only a door may ask.
Gives    payment_queue, which groups payments that arrive at the same time; closing; courier, which sends.
Never    holds a rule of lending.
"""
