"""What commands take of the repository's own package."""

import click

dirty_option = click.option(
    "--dirty",
    is_flag=True,
    help="Take files of one's own package that no commit has; what is made says so.",
)
