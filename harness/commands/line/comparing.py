"""What `harness shadow` compares with what, in place of what env.toml says."""

from pathlib import Path

import click

from harness.commands.line.packed import packed
from harness.shadow.options import Options

comparing_options = packed(
    "options",
    Options,
    click.option("--production", metavar="IMAGE", help="In place of the one in env.toml."),
    click.option(
        "--candidate", metavar="IMAGE", help="Image to compare (default: the environment's own)."
    ),
    click.option(
        "--recording",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="In place of the one in env.toml.",
    ),
    click.option(
        "--fixed",
        type=click.IntRange(1),
        metavar="N",
        help="Send exactly N requests, however clear the result.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(0),
        metavar="N",
        help="Seed of the arms' drawn order: the same seed gives the same order.",
    ),
)
