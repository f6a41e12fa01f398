#!/usr/bin/env python3
"""Write a new password of every service of compose.yaml into deploy/secrets, in the form that its readers take.

It needs no Python package and replaces no file: PostgreSQL and Grafana keep the password of their first start.
"""

import json
import secrets
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "secrets"


def contents() -> dict[str, str]:
    """The text of each file by its name, with new passwords; of letters and digits, as they are parts of a URL."""
    postgres, redis, grafana, key, secret = (secrets.token_hex(16) for _ in range(5))
    identity = {"name": "soccer", "credentials": [{"accessKey": key, "secretKey": secret}], "actions": ["Admin"]}
    return {
        "aws_credentials": f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n",
        "grafana_password": grafana,
        "pg_service.conf": f"[soccer]\npassword={postgres}\n",
        "postgres_password": postgres,
        "redis.conf": f"requirepass {redis}\n",
        "redis_exporter.json": json.dumps({"redis://redis:6379": redis}),
        "redis_url": f"redis://:{redis}@redis:6379/0",
        "s3.json": json.dumps({"identities": [identity]}),
    }


def write_secrets(folder: Path) -> list[str]:
    """Write the files into a folder that its owner alone enters; returns their names.

    The users of the containers, to which Compose gives a file as it is, may read each.

    Raises:
        FileExistsError: the folder is there.
    """
    folder.mkdir(mode=0o700)
    texts = contents()
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o444)
    return list(texts)


if __name__ == "__main__":
    try:
        names = write_secrets(FOLDER)
    except FileExistsError:
        sys.exit(f"error: expected no folder {FOLDER}, found the passwords in use: move it away to have new ones")
    print(f"{FOLDER}: {' '.join(names)}")
