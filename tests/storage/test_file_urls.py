import threading

from pyarrow import fs

from soccer_assets.storage.file_urls import listed


def test_a_folder_that_is_made_and_dropped_meanwhile_is_listed_or_not_there(tmp_path):
    """Arrow alone raises in one of forty listings."""
    folder, files, done = tmp_path / "log", fs.LocalFileSystem(), threading.Event()

    def come_and_go() -> None:
        while not done.is_set():
            folder.mkdir()
            folder.rmdir()

    other = threading.Thread(target=come_and_go)
    other.start()
    try:
        assert [listed(files, str(folder)) for _ in range(20_000)] == [[]] * 20_000
    finally:
        done.set()
        other.join()
    assert listed(files, str(folder)) == []
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "00.json").touch()
    assert [entry.base_name for entry in listed(files, str(folder))] == ["deep"]
    assert {entry.base_name for entry in listed(files, str(folder), recursive=True)} == {"deep", "00.json"}
