"""The API, driven over HTTP as a caller would."""
