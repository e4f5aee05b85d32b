"""How far two answers to one request agree: read without loss, compared level by level.

Values in, values out: bodies become answers, two answers become differences by field.
"""
