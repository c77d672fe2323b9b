"""OpenStack Swift with its S3 interface in one process, on one port of loopback.

    openstack.py PORT DIRECTORY

Proxy, account, container and object server share an event loop and one device below DIRECTORY, with
rings of one replica. Signatures, digests of bodies and clocks are checked as in any installation.
The key is `test:tester`, its secret `testing`, the bucket `slipway-tests`. Ends with its standard
input.
"""

import os
import sys

import eventlet

eventlet.monkey_patch()

import boto3  # noqa: E402
from swift.common import utils  # noqa: E402
from swift.common.storage_policy import reload_storage_policies  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402
from swift.common.ring.builder import RingBuilder  # noqa: E402
from eventlet import wsgi  # noqa: E402

PROXY = """
[DEFAULT]
swift_dir = {directory}
user = {user}
[pipeline:main]
pipeline = catch_errors cache listing_formats s3api tempauth bulk slo dlo proxy-logging proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
check_bucket_owner = false
s3_acl = false
min_segment_size = {part_bytes_min}
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:proxy-logging]
use = egg:swift#proxy_logging
access_log_name = none
"""

SERVER = """
[DEFAULT]
swift_dir = {directory}
devices = {directory}/devices
mount_check = false
user = {user}
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""


class Silence:
    """Where the servers' own lines go."""

    def write(self, text):
        pass

    def flush(self):
        pass


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def listen(port=0):
    return eventlet.listen(("127.0.0.1", port))


def serve(socket, app):
    eventlet.spawn(wsgi.server, socket, app, Silence(), minimum_chunk_size=1)


def main():
    port, directory = int(sys.argv[1]), sys.argv[2]
    user = os.environ.get("USER") or "root"
    os.makedirs(directory + "/devices/disk", exist_ok=True)
    write(directory + "/swift.conf", "[swift-hash]\nswift_hash_path_suffix = test\n")
    utils.SWIFT_CONF_FILE = directory + "/swift.conf"
    import swift.common.storage_policy as policies

    policies.utils = utils
    utils.validate_hash_conf()
    reload_storage_policies()

    for kind, name in (("account", "account"), ("container", "container"), ("object", "object")):
        socket = listen()
        builder = RingBuilder(1, 1, 0)
        builder.add_dev(
            {"id": 0, "region": 1, "zone": 1, "weight": 1, "ip": "127.0.0.1",
             "port": socket.getsockname()[1], "device": "disk", "meta": ""}
        )
        builder.rebalance()
        builder.get_ring().save(f"{directory}/{name}.ring.gz")
        path = f"{directory}/{kind}.conf"
        write(path, SERVER.format(directory=directory, kind=kind, user=user))
        serve(socket, loadapp(path))

    path = directory + "/proxy.conf"
    write(path, PROXY.format(directory=directory, user=user, part_bytes_min=1))
    serve(listen(port), loadapp(path))
    boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1",
        aws_access_key_id="test:tester", aws_secret_access_key="testing",
    ).create_bucket(Bucket="slipway-tests")
    print("ready", flush=True)
    # Nobody reads on: a full pipe would stop the server.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    eventlet.tpool.execute(sys.stdin.read)


main()
