"""An engine, its containers, and arms that reach nothing."""
