"""What the toolchain of the shim and the relay is locked to."""
