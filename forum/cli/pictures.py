"""The pictures beside a copy of the database, if they lie in a folder here. A bucket has copies of its own.

Files never change, and their names are random: what is put back can't be taken for something else.
"""

import io
import os
import tarfile
from pathlib import Path

import click
from sqlalchemy import select

from config import Settings
from forum.community.models.images import ImageFile
from forum.community.picture_files import local_folder
from forum.database.session import Database
from forum.images.store import is_name

SUFFIX = ".pictures.tar"
_ENDING = ".webp"


def file_beside(copy: Path) -> Path:
    """Return where the pictures of a copy of the database stand."""
    return copy.with_name(copy.name.removesuffix(copy.suffix) + SUFFIX)


def pack(settings: Settings, copy: Path) -> None:
    """Write the pictures beside a copy of the database that was just made; without any, nothing.

    Until it is whole it has another name. What was added since the copy was made is in it, and goes when that is put
    back.
    """
    folder = local_folder(settings)
    if folder is None:
        click.echo("Not in it: pictures. They lie in a bucket, which needs backups of its own.")
        return
    names = folder.names()
    if not names:
        return
    file = file_beside(copy)
    part = file.with_name(f"{file.name}.part")
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    many = 0
    try:
        with os.fdopen(opened, "wb") as out:
            with tarfile.open(fileobj=out, mode="w") as archive:
                for name in names:
                    content = folder.read(name)
                    # It was removed meanwhile, or never written to its end.
                    if content is not None:
                        many += 1
                        _add(archive, name, content)
            out.flush()
            os.fsync(out.fileno())
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"Written beside it: {file}, with {many} {_pictures(many)}")


def put_back(settings: Settings, copy: Path) -> None:
    """Put the pictures back that stand beside a copy of the database; those that are there are left as they are."""
    folder, file = local_folder(settings), file_beside(copy)
    if folder is None:
        return
    if not file.is_file():
        click.echo(
            f"There is no {file.name} beside it: pictures are those of {folder.path}, as far as they go."
        )
        return
    there, many = set(folder.names()), 0
    try:
        with tarfile.open(file, mode="r:") as archive:
            for member in archive:
                name = member.name.removesuffix(_ENDING)
                content = archive.extractfile(member) if member.isreg() and is_name(name) else None
                if content is not None and name not in there:
                    folder.write(name, content.read())
                    many += 1
    except tarfile.TarError:
        raise click.ClickException(
            f"{file} is broken. Move it away, and run this again: then pictures are those of {folder.path}."
        ) from None
    click.echo(f"Put back: {many} {_pictures(many)}.")


def remove_unknown(settings: Settings) -> None:
    """Remove the files that no picture of the database has: of what was added or deleted since the copy was made."""
    folder = local_folder(settings)
    if folder is None:
        return
    database = Database(settings.database_url, size=1)
    try:
        with database.reading() as session:
            known = set(session.scalars(select(ImageFile.name).where(ImageFile.image_id.is_not(None))))
    finally:
        database.dispose()
    unknown = [name for name in folder.names() if name not in known]
    for name in unknown:
        folder.remove(name)
    if unknown:
        click.echo(
            f"Removed: {len(unknown)} {_pictures(len(unknown))} that the database doesn't know, or no more."
        )


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name + _ENDING)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _pictures(many: int) -> str:
    return "picture" if many == 1 else "pictures"
