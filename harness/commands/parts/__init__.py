"""What the verbs share: printing, progress, and reports of more than one of them."""
