"""Production twice and the candidate once, asked the same in containers, and judged."""
