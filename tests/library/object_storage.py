"""An S3 server on loopback with one empty bucket; prints its port, and when something is first written.

A request is answered at a time: the server's own check and write of a conditional put are two steps.
"""

import sys
import threading

import boto3
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

lock = threading.Lock()
told = ["written", "ready"]
backends = DomainDispatcherApplication(create_backend_app)


def one_at_a_time(environ, start_response):
    with lock:
        if environ["REQUEST_METHOD"] == "PUT" and told == ["written"]:
            print(told.pop(), flush=True)
        return list(backends(environ, start_response))


server = make_server("127.0.0.1", 0, one_at_a_time, threaded=True)
print(server.port, flush=True)
# Ends with the test that holds its standard input open.
threading.Thread(target=server.serve_forever, daemon=True).start()
boto3.client(
    "s3",
    endpoint_url=f"http://127.0.0.1:{server.port}",
    aws_access_key_id="name",
    aws_secret_access_key="secret",
    region_name="us-east-1",
).create_bucket(Bucket="sounds")
print(told.pop(), flush=True)
sys.stdin.read()
