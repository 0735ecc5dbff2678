"""An oracle of the loan engine: the published rules written again, slowly, sharing no line with it."""
