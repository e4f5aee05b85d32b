"""Where inputs come from: the package index and the archive of Debian."""
