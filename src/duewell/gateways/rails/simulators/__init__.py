"""Simulators: a bank and a wallet provider that speak the real formats, for sandboxes and tests.

Needs    a folder, or a port of this machine.
Gives    bank, which answers files with files; wallet, an HTTP server with signatures that can be silent.
Never    leaves this machine, or moves money.
Source   docs/reference/rails.md, "Sandbox".
"""
