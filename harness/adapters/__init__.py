"""One outside thing each: processes, Nix, the index, the Debian mirror, HTTP, files."""
