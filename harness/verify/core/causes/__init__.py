"""The causes of a difference: searched for by rebuilds, and named with their evidence."""
