"""What `harness tool` does: for editors, shells and flakes that work with harness."""

SECTIONS = {
    "Commands": {
        "completion": "Print what makes a shell complete harness's commands.",
        "kernel": "Install a Jupyter kernel that starts in an environment.",
        "library": "Write the repository's copy of harness's Nix library again.",
        "pin": "Pin an input of the repository's flake to a commit, by hash.",
        "wheel": "Build the wheel of one's own package.",
    }
}
"""The commands, each with a line of help."""
