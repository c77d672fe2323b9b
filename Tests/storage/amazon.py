"""moto's S3 with users whose signatures are checked, on one port of loopback.

    amazon.py PORT DIRECTORY

Writes `KEY SECRET` of a user who may do everything into DIRECTORY/credentials, and makes the
bucket `slipway-tests`. Bodies are not
compared with their digests: moto does not look. Ends with its standard input.
"""

import json
import os
import sys

# The calls below; from then on every request needs a signature.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4"
os.environ["S3_UPLOAD_PART_MIN_SIZE"] = "1"

import boto3  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402


def main():
    port, directory = int(sys.argv[1]), sys.argv[2]
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    iam = boto3.client(
        "iam", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1",
        aws_access_key_id="nobody", aws_secret_access_key="nothing",
    )
    iam.create_user(UserName="tester")
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.put_user_policy(
        UserName="tester", PolicyName="all",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
    )
    key = iam.create_access_key(UserName="tester")["AccessKey"]
    boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1",
        aws_access_key_id="nobody", aws_secret_access_key="nothing",
    ).create_bucket(Bucket="slipway-tests")
    with open(directory + "/credentials", "w", encoding="utf-8") as file:
        file.write(f"{key['AccessKeyId']} {key['SecretAccessKey']}")
    print("ready", flush=True)
    # Nobody reads on: a full pipe would stop the server.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.stdin.read()


main()
