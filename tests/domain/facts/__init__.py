"""Facts, their order, and the lines people write them as."""
