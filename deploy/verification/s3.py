"""An S3 store in memory on port 8333, with its bucket, and the metrics of its process on port 9327.

It makes the bucket by the key of SeaweedFS' file, and answers any other key as well.

The health check of the image of the hub asks for /healthz: here that is a bucket, whose listing anybody may read.
"""

import json
import threading
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer
from prometheus_client import start_http_server

server = ThreadedMotoServer("0.0.0.0", port=8333)
server.start()
((key,),) = (identity["credentials"] for identity in json.loads(Path("/run/secrets/s3.json").read_text())["identities"])
client = boto3.client(
    "s3",
    endpoint_url="http://127.0.0.1:8333",
    aws_access_key_id=key["accessKey"],
    aws_secret_access_key=key["secretKey"],
)
for bucket in ("soccer", "healthz"):
    client.create_bucket(Bucket=bucket)
start_http_server(9327)
threading.Event().wait()
