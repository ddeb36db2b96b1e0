"""`guerdon photos`: where their bytes are kept."""

import click

from app.cli.root import errors_as_messages, main
from app.media.blobs import FolderStore
from app.media.object_store import ObjectStore
from app.media.stores import move
from app.settings import from_environment


@main.group("photos")
def photos_group() -> None:
    """The photos of campaigns."""


@photos_group.command("move")
@errors_as_messages
def move_photos() -> None:
    """Move the photos of the storage folder into the bucket of GUERDON_PHOTOS_URL, while they are shown.

    First restart the servers and the workers with that setting: they put new photos into the bucket, and look into the folder for those
    that are not there yet. If it is cut off, begin again.
    """
    settings = from_environment()
    if not settings.photos_url:
        raise click.ClickException("Say where to with GUERDON_PHOTOS_URL, such as s3://bucket/photos.")
    folder = FolderStore(settings.storage / "photos")

    def tell(count: int) -> None:
        if count % 100 == 0:
            click.echo(f"{count} photos moved", err=True)

    moved = move(folder, ObjectStore(settings.photos_url), tell)
    click.echo(f"{moved.count} photos moved from {folder.folder}.")
    for sha256 in moved.damaged:
        click.echo(f"{sha256} is damaged, and stays where it is: restore it from a backup.", err=True)
    if moved.damaged:
        raise SystemExit(1)
