"""Lock, build, verify and compare data-science environments, bit for bit."""

__version__ = "0.1.0"
