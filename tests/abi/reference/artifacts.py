"""Prints the paths of the s2n-tls archive, of its AWS-LC archive, of the s2n-tls headers, and of the AWS-LC headers.

Reads the output of `cargo build --message-format json`.
"""

import glob
import json
import os
import sys

found = {}
for line in sys.stdin:
    message = json.loads(line)
    name = message.get("package_id", "").partition("#")[2].partition("@")[0]
    if message["reason"] == "build-script-executed":
        if name == "s2n-tls-sys":
            found["archive"] = os.path.join(message["out_dir"], "libs2n-tls.a")
        elif name == "aws-lc-sys":
            [found["crypto"]] = glob.glob(message["out_dir"] + "/**/lib*_crypto.a", recursive=True)
    elif message["reason"] == "compiler-artifact" and name == "s2n-tls-sys":
        found["headers"] = os.path.join(os.path.dirname(message["manifest_path"]), "lib", "api")
    elif message["reason"] == "compiler-artifact" and name == "aws-lc-sys":
        found["openssl"] = os.path.join(os.path.dirname(message["manifest_path"]), "aws-lc", "include")
print(found["archive"], found["crypto"], found["headers"], found["openssl"])
