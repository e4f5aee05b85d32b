"""The command line: parse, call one flow, print its report, exit. A file per verb."""

GROUPS = {
    "Describe an environment": {
        "init": "Write an environment, settings and a flake.nix into this repository.",
        "add": "Add requirements to an environment and lock it again.",
        "remove": "Remove requirements from an environment and lock it again.",
        "lock": "Pin every input of an environment by hash, in pylock.toml.",
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
        "verify": "Rebuild under changed conditions and compare bit for bit.",
        "diff": "Show what differs between two builds, level by level.",
        "attest": "Verify from scratch, and sign what was built, from what, and the result.",
    },
    "Compare it with production": {
        "record": "Record the traffic of a service through a proxy, or import a recording.",
        "shadow": "Send production and the candidate the same requests; compare their answers.",
    },
    "Look after this machine": {
        "doctor": "Check what this machine lacks, and show how to fix it.",
        "clean": "Let go of what this repository keeps in the Nix store.",
        "tool": "Set up what works with harness: editors, shells, flakes.",
    },
}
"""The verbs by what one wants to do, each with a line of help."""

VERBS = {verb: what for group in GROUPS.values() for verb, what in group.items()}
