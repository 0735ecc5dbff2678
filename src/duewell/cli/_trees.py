"""Proofs for people: an amount as a tree, each branch a sentence in their language.

Needs    a Frame and a Proof.
Gives    proof_tree.
Never    computes an amount that the proof does not hold.
Source   docs/reference/proofs.md.
"""

from __future__ import annotations

from rich.text import Text
from rich.tree import Tree

from duewell.cli._frame import Frame, amount, visible
from duewell.domain.proof import Proof
from duewell.services.tell_proof import label_of, lines_of

DEPTH = 4


def proof_tree(frame: Frame, proof: Proof, money: str, depth: int = DEPTH) -> Tree:
    """The proof as a tree, `depth` levels of it; what lies deeper is said to be there."""
    tree = Tree(_line(frame, 1, proof, money))
    _grow(frame, tree, proof, money, depth)
    return tree


def _line(frame: Frame, sign: int, proof: Proof, money: str) -> Text:
    figure = amount(sign * proof.amount, money)
    return Text(visible(f"{figure}  {label_of(proof, frame.say)}"))


def _grow(frame: Frame, tree: Tree, proof: Proof, money: str, depth: int) -> None:
    if not depth and (proof.terms or proof.slices or proof.share):
        tree.add(Text("…"))
        return
    for told in lines_of(proof, frame.say, money):
        tree.add(Text(visible(told), style="dim"))
    for sign, each in proof.terms:
        if each.amount:
            _grow(frame, tree.add(_line(frame, sign, each, money)), each, money, depth - 1)
    for name, bound in (("base", proof.of), ("at-least", proof.at_least), ("at-most", proof.at_most)):
        if bound is not None:
            branch = tree.add(Text(visible(frame.say("proof-" + name)), style="dim"))
            _grow(frame, branch.add(_line(frame, 1, bound, money)), bound, money, depth - 1)
