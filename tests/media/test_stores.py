"""Photos in a folder and in a bucket: the same promises, and the way from one to the other."""

import logging
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from moto.server import ThreadedMotoServer

from app.media.blobs import BlobStore, FolderStore, digest
from app.media.object_store import BucketIsAway, ObjectStore
from app.media.stores import BucketBeforeFolder, blob_store, move
from app.settings import BadSettings, Settings, from_environment
from tests.postgres import free_port


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server that speaks S3, with a bucket."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    address = f"http://{host}:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{address}/photos", method="PUT")).close()
    yield address
    moto.stop()


@pytest.fixture
def bucket_url(server: str, tmp_path: Path) -> str:
    return f"s3://key:secr%2Fet@photos/{tmp_path.name}/of-shop?endpoint={server}&region=eu-central-1"


@pytest.fixture(params=["folder", "bucket", "bucket before folder"])
def store(request: pytest.FixtureRequest, bucket_url: str, tmp_path: Path) -> BlobStore:
    folder, bucket = FolderStore(tmp_path), ObjectStore(bucket_url)
    return {"folder": folder, "bucket": bucket, "bucket before folder": BucketBeforeFolder(bucket, folder)}[  # type: ignore[return-value]
        request.param
    ]


def test_what_was_put_is_there_once_until_it_is_removed(store: BlobStore) -> None:
    name = store.put(b"one")
    assert (name, store.put(b"one"), store.put(b"two")) == (digest(b"one"), name, digest(b"two"))
    assert (store.get(name), store.get(digest(b"two"))) == (b"one", b"two")
    assert sorted(store.older_than(-60)) == sorted([name, digest(b"two")])
    assert list(store.older_than(60)) == []
    for _ in range(2):
        store.remove(name)
    assert store.get(name) is None
    assert list(store.older_than(-60)) == [digest(b"two")]


@pytest.mark.slow
def test_putting_it_again_makes_it_young(store: BlobStore) -> None:
    """What is removed because nothing shows it may be on its way to be shown again."""
    store.put(b"one")
    time.sleep(4.1)
    assert list(store.older_than(4)) == [digest(b"one")]
    store.put(b"one")
    assert list(store.older_than(4)) == []  # buckets tell whole seconds, and this machine may pause for some


def test_a_bucket_that_is_away_or_missing_is_asked_again_later(server: str) -> None:
    away = ObjectStore(f"s3://key:secret@photos?endpoint=http://127.0.0.1:{free_port()}&region=x")
    missing = ObjectStore(f"s3://key:secret@nobodys?endpoint={server}&region=x")
    for store in (away, missing):
        for ask in (
            lambda store=store: store.put(b"one"),
            lambda store=store: store.get(digest(b"one")),
            lambda store=store: list(store.older_than(0)),
        ):
            store._away_until = 0.0
            with pytest.raises(BucketIsAway) as raised:
                ask()
            assert "secret" not in raised.value.why
    assert "there is no bucket nobodys" in raised.value.why
    began = time.monotonic()
    for _ in range(100):
        with pytest.raises(BucketIsAway):
            away.get(digest(b"one"))
    assert time.monotonic() - began < 1, "nobody waits for one that did not answer a moment ago"


def test_what_the_folder_holds_is_shown_while_the_bucket_is_away(tmp_path: Path) -> None:
    folder = FolderStore(tmp_path)
    store = BucketBeforeFolder(
        ObjectStore(f"s3://key:secret@photos?endpoint=http://127.0.0.1:{free_port()}&region=x"), folder
    )
    assert store.get(folder.put(b"one")) == b"one"
    with pytest.raises(BucketIsAway):
        store.get(digest(b"two"))


def test_photos_move_while_they_are_shown(
    bucket_url: str, settings: Settings, guerdon: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = FolderStore(settings.storage / "photos")
    names = [folder.put(f"photo {i}".encode()) for i in range(5)]
    damaged = folder.folder / names[4][:2] / names[4]
    damaged.write_bytes(b"something else")
    bucket = ObjectStore(bucket_url)
    monkeypatch.setenv("GUERDON_PHOTOS_URL", bucket_url)
    shown = blob_store(Settings(storage=settings.storage, photos_url=bucket_url))

    def cut(count: int) -> None:
        if count == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(folder, bucket, cut)
    assert len(list(bucket.older_than(-60))) == 2
    assert all(shown.get(name) for name in names)
    result = guerdon("photos", "move")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, f"2 photos moved from {folder.folder}.")
    assert f"{names[4]} is damaged" in result.stderr
    assert all(bucket.get(name) for name in names[:4])
    assert [path.name for path in folder.paths()] == [names[4]]


def test_a_content_that_does_not_come_back_is_not_removed(tmp_path: Path) -> None:
    class Forgets(FolderStore):
        def put(self, content: bytes) -> str:
            return digest(content)

    folder = FolderStore(tmp_path / "photos")
    name = folder.put(b"one")
    with pytest.raises(RuntimeError, match="does not give back"):
        move(folder, Forgets(tmp_path / "bucket"), lambda count: None)
    assert folder.get(name) == b"one"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://host/bucket", "the scheme 'https'"),
        ("s3://", "no bucket"),
        ("s3://bucket?endpoint=127.0.0.1:9000", "'127.0.0.1:9000'"),
        ("s3://bucket?endpoint=http://host&zone=x", "zone"),
    ],
)
def test_a_url_that_is_none_says_what_is_wrong(url: str, found: str) -> None:
    with pytest.raises(BadSettings, match=f"GUERDON_PHOTOS_URL: .*found {found}"):
        from_environment({"GUERDON_PHOTOS_URL": url})
