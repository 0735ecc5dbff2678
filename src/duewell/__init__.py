"""Duewell: consumer lending whose heart is overdue management."""

__version__ = "0.1.0"
