"""The proof that an S3 store honours conditional puts, on which every commit of a table rests.

Stores exist that ignore `If-None-Match` without an error: of two writers one would then lose its rows.
"""

import datetime as dt
import uuid
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from soccer_assets.errors import StorageError

#: The answers to the put of a key that is there, and to one at the same time as another.
REFUSALS = (412, 409)


def prove_conditional_put(url: str) -> dt.datetime:
    """Put a key twice, on condition that it is not there: the second must be refused; returns the store's time, UTC.

    Raises:
        StorageError: it was not refused.
    """
    import boto3
    from botocore.exceptions import ClientError

    parts, client = urlsplit(url), boto3.client("s3")
    key = f"{parts.path.strip('/')}/_proof_{uuid.uuid4().hex}"
    put = {"Bucket": parts.netloc, "Key": key, "IfNoneMatch": "*"}
    try:
        first = client.put_object(**put, Body=b"first")
        try:
            client.put_object(**put, Body=b"second")
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in REFUSALS:
                raise
        else:
            raise StorageError(
                f"{url}: expected the store to refuse a put on condition that the key is not there, found that it "
                "overwrote the key: of two writers of a table one would lose its rows. Use a store that honours "
                "If-None-Match"
            )
    finally:
        client.delete_object(Bucket=parts.netloc, Key=key)
    return parsedate_to_datetime(first["ResponseMetadata"]["HTTPHeaders"]["date"])
