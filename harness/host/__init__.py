"""This machine: its processes, files, sockets, processors, signals, git and HTTP."""
