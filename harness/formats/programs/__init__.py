"""Programs: ELF with DWARF, byte code, and what is derived from them."""
