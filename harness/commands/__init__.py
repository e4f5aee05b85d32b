"""The command line: parse, call one flow, print its report, exit. A file per verb."""
