"""An S3 store in memory on port 8333, with its bucket, and the metrics of its process on port 9327.

The health check of the image of the hub asks for /healthz: here that is a bucket, whose listing anybody may read.
"""

import threading

import boto3
from moto.server import ThreadedMotoServer
from prometheus_client import start_http_server

server = ThreadedMotoServer("0.0.0.0", port=8333)
server.start()
client = boto3.client("s3", endpoint_url="http://127.0.0.1:8333")
for bucket in ("soccer", "healthz"):
    client.create_bucket(Bucket=bucket)
start_http_server(9327)
threading.Event().wait()
