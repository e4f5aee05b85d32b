"""What paired requests prove: exact and sequential tests, and their combined verdict.

Values in, values out. Every test that is looked at while data arrive is an e-process, valid at
whatever moment one stops; every other one is exact and looked at once.
"""
