"""Which store the settings mean, and moving photos from one to the other while they are shown."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.db.engine import TryAgain
from app.media.blobs import BlobStore, FolderStore, digest
from app.media.object_store import ObjectStore
from app.settings import Settings


def blob_store(settings: Settings) -> BlobStore:
    """The bucket of GUERDON_PHOTOS_URL, with the folder behind it as long as that holds photos; or the folder."""
    folder = FolderStore(settings.storage / "photos")
    return BucketBeforeFolder(ObjectStore(settings.photos_url), folder) if settings.photos_url else folder


@dataclass(frozen=True)
class BucketBeforeFolder:
    """Puts into the bucket; what is not there yet is still found in the folder."""

    bucket: BlobStore
    folder: FolderStore

    def put(self, content: bytes) -> str:
        return self.bucket.put(content)

    def get(self, sha256: str) -> bytes | None:
        try:
            content = self.bucket.get(sha256)
        except TryAgain:
            content = self.folder.get(sha256)
            if content is None:
                raise
            return content
        # Moved between the two looks, it is in the bucket now.
        return content if content is not None else self.folder.get(sha256) or self.bucket.get(sha256)

    def remove(self, sha256: str) -> None:
        self.folder.remove(sha256)
        self.bucket.remove(sha256)

    def older_than(self, seconds: float) -> Iterator[str]:
        yield from self.folder.older_than(seconds)
        yield from self.bucket.older_than(seconds)


@dataclass(frozen=True)
class MovedPhotos:
    count: int
    damaged: list[str]  # files whose content is not what their name says: they stay where they are


def move(folder: FolderStore, bucket: BlobStore, tell: Callable[[int], object]) -> MovedPhotos:
    """Move what the folder holds into the bucket, one after the other; begin again when it was cut off. `tell` is called for each.

    A file goes once the bucket has given its content back. Raises TryAgain when the bucket does not answer.
    """
    count, damaged = 0, []
    for path in folder.paths():
        content = folder.get(path.name)
        if content is None:
            continue  # removed meanwhile
        if digest(content) != path.name:
            damaged.append(path.name)
            continue
        bucket.put(content)
        if bucket.get(path.name) != content:
            raise RuntimeError(f"The bucket does not give back what was put into it: {path.name}")
        folder.remove(path.name)
        count += 1
        tell(count)
    return MovedPhotos(count, damaged)
