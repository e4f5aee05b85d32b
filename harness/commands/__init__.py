"""The command line: parse, call one flow, print its report, exit. A file per verb."""

GROUPS = {
    "Describe an environment": {
        "init": "Write an environment, settings and a flake.nix into this repository.",
        "add": "Add requirements to an environment and lock it again.",
        "remove": "Remove requirements from an environment and lock it again.",
        "lock": "Choose every input of an environment by hash and write pylock.toml.",
    },
    "Build and use it": {
        "fetch": "Download what the lock names into the Nix store.",
        "build": "Build environments from their inputs, without network.",
        "shell": "Enter an environment, or run one command in it.",
        "test": "Run an environment's checks.",
        "image": "Build the OCI image of an environment; load, save or push it.",
        "sbom": "List what an environment is made of, as CycloneDX.",
    },
    "Prove what it is": {
        "verify": "Rebuild everything and compare bit for bit.",
        "diff": "Say what differs between two builds, level by level.",
        "attest": "Verify afresh, and sign what was built from what and what was found.",
    },
    "Compare it with production": {
        "record": "Record what passes a service, by a proxy before it, or import a recording.",
        "shadow": "Ask production and the candidate the same, and compare what they answer.",
    },
    "Look after this machine": {
        "doctor": "Say what this machine lacks and how to mend it.",
        "clean": "Release what this repository holds in the store.",
    },
}
"""The verbs by what one wants to do, each with a line of help."""

VERBS = {verb: what for group in GROUPS.values() for verb, what in group.items()}
