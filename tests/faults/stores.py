"""An S3 API in a process of its own, which can be halted, go on, answer with errors, or slowly."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

#: moto behind a switch: after POST /_fault/500 every answer is 500, after /_fault/slow each takes a second, after
#: /_fault/unconditional a put overwrites whatever its conditions say.
PROGRAM = """
import sys, time
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

moto, fault = DomainDispatcherApplication(create_backend_app), ["none"]

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path.startswith("/_fault/"):
        fault[0] = path.rpartition("/")[2]
        start_response("200 OK", [])
        return [b""]
    if fault[0] == "500":
        start_response("500 Internal Server Error", [("content-type", "text/plain")])
        return [b"broken"]
    if fault[0] == "slow":
        time.sleep(1)
    if fault[0] == "unconditional":
        environ.pop("HTTP_IF_NONE_MATCH", None)
    return moto(environ, start_response)

server = make_server("127.0.0.1", 0, application, threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
"""
BUCKET = "soccer"


@dataclass
class S3:
    """A running S3 API with one bucket, and the variables by which a process finds it."""

    process: "subprocess.Popen[str]"
    variables: dict[str, str]

    @property
    def address(self) -> str:
        return self.variables["AWS_ENDPOINT_URL"]

    def halt(self) -> None:
        """Leave every request without an answer."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def fail(self, fault: str) -> None:
        """Answer as `fault` says: 500, slow, unconditional or none."""
        urllib.request.urlopen(urllib.request.Request(f"{self.address}/_fault/{fault}", method="POST"), timeout=20)


@contextmanager
def s3() -> Iterator[S3]:
    """A running S3 API; this process finds it as well."""
    import boto3

    before = dict(os.environ)
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    variables = {
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "a secret",
        "AWS_ALLOW_HTTP": "true",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{int(process.stdout.readline())}",
    }
    os.environ.update(variables)
    try:
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        yield S3(process, variables)
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()
        os.environ.clear()
        os.environ.update(before)
