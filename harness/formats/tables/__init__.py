"""Tables: Parquet, Arrow, HDF5 and SQLite."""
