"""Statements: what was built from what, who rebuilt it, and what was found, as in-toto has it.

Values in, values out: verdicts become documents, documents become claims, claims are counted.
Signatures are the business of `harness.attest.signer`.
"""
