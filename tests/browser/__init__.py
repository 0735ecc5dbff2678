"""The pages in a real browser: what no reading of their text can show."""
