"""The pages of drift reports: files of some megabytes beside the lake, on S3 where it is."""

import datetime as dt
from pathlib import PurePosixPath

from soccer_assets.storage.file_urls import file_system, listed

HTML = ".html"


def write_page(folder: str, day: dt.date, html: str) -> str:
    """Write the page of a match date into a folder or S3 URL, in place of one there is; its address."""
    files, path = file_system(folder)
    files.create_dir(path, recursive=True)
    part = f"{path}/{day}.part"
    with files.open_output_stream(part) as stream:
        stream.write(html.encode())
    files.move(part, f"{path}/{day}{HTML}")  # a reader never sees half a page
    return f"{folder}/{day}{HTML}"


def drop_pages(folder: str, before: dt.date) -> int:
    """Drop the pages of match dates before a day; their number. The reports' rows stay."""
    files, path = file_system(folder)
    pages = [entry.path for entry in listed(files, path)]
    old = [page for page in pages if page.endswith(HTML) and PurePosixPath(page).stem < before.isoformat()]
    for page in old:
        files.delete_file(page)
    return len(old)
