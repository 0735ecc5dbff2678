"""Migrations: one file a step, never edited once released."""
