"""The contract: loan and line behind one face, so that whoever keeps a book asks neither which it is.

Needs    loan and line, and the terms that tell them apart.
Gives    contract_of(terms): Contract with fold, ageing, agenda, standing, replay, proofs; State, Change.
Never    holds a rule of its own: it says which room answers.
Source   docs/decisions/0007.
"""

from duewell.domain.contract._contract import Change, Contract, State, contract_of, refusal_of

__all__ = ["Change", "Contract", "State", "contract_of", "refusal_of"]
