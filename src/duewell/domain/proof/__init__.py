"""Proofs as data: an amount and where it comes from, the same for loans and lines.

Needs    facts.
Gives    Proof, with TraceSlice and TraceLevel; Movement, what one fact did with the proof of each part.
Never    computes an amount: contracts arrange what their folds told.
Source   docs/reference/proofs.md.
"""

from duewell.domain.proof._proof import Movement, Proof, TraceLevel, TraceSlice

__all__ = ["Movement", "Proof", "TraceLevel", "TraceSlice"]
