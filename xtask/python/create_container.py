"""Creates a container in an Azure Blob account: create_container.py ENDPOINT CONTAINER ACCOUNT KEY"""

import base64
import hashlib
import hmac
import sys
import urllib.request
from email.utils import formatdate

endpoint, container, account, key = sys.argv[1:]
url = f"{endpoint}/{container}?restype=container"
headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2023-11-03", "Content-Length": "0"}

# What a SharedKey signs: the method, eleven standard headers that are empty here, ours, and the resource.
ours = "".join(f"{name}:{headers[name]}\n" for name in ("x-ms-date", "x-ms-version"))
path = urllib.request.urlparse(url).path
to_sign = f"PUT\n{chr(10) * 11}{ours}/{account}{path}\nrestype:container"
signature = hmac.digest(base64.b64decode(key), to_sign.encode(), hashlib.sha256)
headers["Authorization"] = f"SharedKey {account}:{base64.b64encode(signature).decode()}"

urllib.request.urlopen(urllib.request.Request(url, method="PUT", headers=headers)).close()
