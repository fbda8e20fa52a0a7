#!/usr/bin/env python3
"""Signs a share link (version 2) to a Grafana dashboard behind a Postern gateway.

One file, Python 3.9 or later, nothing to install: copy it, or the functions you need, into your portal.

    POSTERN_KEY_TOKEN=glsa_... python3 sign_share_link.py DASHBOARD_URL KEY_NAME ORG_ID [EXPIRE_SECONDS]

Server side only: whoever can read the token, or the value derived from it, can sign links.
"""

import base64
import hashlib
import json
import os
import re
import sys
import time
from dataclasses import dataclass, field
from typing import Optional, Tuple
from urllib.parse import quote

USAGE = (
    "usage: sign_share_link.py DASHBOARD_URL KEY_NAME ORG_ID [EXPIRE_SECONDS],"
    " with the Grafana token in POSTERN_KEY_TOKEN"
)
TOKEN_FORMS = (
    "expected a service account token (glsa_<secret>_<8 hex digits>)"
    " or a Grafana 9 API key (base64, eyJ...)"
)
WHOLE_NUMBER_FORM = "expected a whole number of 1 to 10 digits that does not begin with 0"


class BadInput(ValueError):
    """Something the caller gave is not in its form. The message never holds the value: it may be a secret."""


@dataclass(frozen=True)
class ShareKey:
    name: str
    org_id: int
    # Left out of repr(), which ends up in logs.
    derived: str = field(repr=False)


def derive(token: str) -> str:
    """What Grafana stores for a token, and what signs the links: 100 hex digits.

    Derive once, when your portal starts, and keep the result: the 10,000 iterations are there to be slow.
    Keep it as safe as the token itself.
    """
    split = _split_service_account_token if token.startswith("glsa_") else _split_api_key
    secret, salt = split(token)
    return hashlib.pbkdf2_hmac("sha256", secret, salt, 10_000, dklen=50).hex()


def sign(derived: str, timestamp: int) -> str:
    """Signature for one second. `timestamp` is in unix seconds."""
    # Milliseconds are the usual mistake, and the gateway takes nothing but ten digits.
    if not re.fullmatch("[1-9][0-9]{9}", str(timestamp)):
        raise BadInput("timestamp: expected unix seconds, ten digits")
    # The protocol fixes MD5; `usedforsecurity` keeps it available on FIPS builds of Python.
    return hashlib.md5(f"{derived}_{timestamp}".encode(), usedforsecurity=False).hexdigest()


def sign_link(dashboard_url: str, key: ShareKey, timestamp: int, expire_seconds: Optional[int] = None) -> str:
    """The dashboard's address with a signature, good for one minute: sign when the page is asked for, not earlier.

    Without `expire_seconds` the gateway's own default holds (one hour).
    """
    _check_url(dashboard_url)
    _check_name(key.name)
    parameters = [
        f"aliyun_api_key_sign={sign(key.derived, timestamp)}",
        f"aliyun_api_key_timestamp={timestamp}",
        f"aliyun_api_key_name={quote(key.name, safe='')}",
        f"aliyun_api_key_org_id={key.org_id}",
    ]
    if expire_seconds is not None:
        parameters.append(f"aliyun_api_key_expire_seconds={expire_seconds}")
    return _append_query(dashboard_url, "&".join(parameters))


def _split_service_account_token(token: str) -> Tuple[bytes, bytes]:
    parts = re.fullmatch("glsa_([A-Za-z0-9]+)_([0-9a-f]{8})", token)
    if not parts:
        raise _malformed_token()
    return parts[1].encode(), parts[2].encode()


def _split_api_key(token: str) -> Tuple[bytes, bytes]:
    try:
        key = json.loads(base64.b64decode(token, validate=True))
        secret, salt = key["k"].encode(), key["n"].encode()
        complete = secret and salt and type(key["id"]) is int
    except (ValueError, LookupError, TypeError, AttributeError):
        # Without the cause: it carries the decoded text, which is the secret.
        raise _malformed_token() from None
    if not complete:
        raise _malformed_token()
    return secret, salt


def _malformed_token() -> BadInput:
    return BadInput(f"POSTERN_KEY_TOKEN holds no Grafana token: {TOKEN_FORMS}")


def _check_url(url: str) -> None:
    if not re.fullmatch(r"https?://[^/?#\s][^\s\x00-\x1f\x7f-\x9f]*", url):
        raise BadInput(
            "dashboard URL: expected a whole address, https://host/d/..., without spaces or control characters"
        )
    # The gateway refuses repeated parameters, so signing a signed link again would give a dead one.
    if "aliyun_api_key" in url:
        raise BadInput("dashboard URL: it is a share link already; expected the plain address of the dashboard")


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= 190:
        raise BadInput("key name: expected 1 to 190 characters")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise BadInput("key name: expected UTF-8") from None


def _append_query(url: str, query: str) -> str:
    """Works on the text: urllib would rewrite what is there already (escapes, empty values)."""
    address, hash_sign, fragment = url.partition("#")
    return address + _joint(address) + query + hash_sign + fragment


def _joint(address: str) -> str:
    if "?" not in address:
        return "?"
    return "" if address.endswith(("?", "&")) else "&"


def _whole_number(text: str, what: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,9}", text):
        raise BadInput(f"{what}: {WHOLE_NUMBER_FORM}")
    return int(text)


def _read_timestamp(text: Optional[str]) -> int:
    if not text:
        return int(time.time())
    if not re.fullmatch("[1-9][0-9]{9}", text):
        raise BadInput("POSTERN_TIMESTAMP: expected unix seconds, ten digits")
    return int(text)


def _link_from_command_line(args, env) -> str:
    if not 3 <= len(args) <= 4:
        raise BadInput(USAGE)
    # From the environment, because every user of the machine may read the arguments of a process.
    token = env.get("POSTERN_KEY_TOKEN")
    if not token:
        raise BadInput(f"POSTERN_KEY_TOKEN is not set: {TOKEN_FORMS}")
    url, name = args[:2]
    org_id = _whole_number(args[2], "organisation id")
    expire_seconds = _whole_number(args[3], "expire seconds") if len(args) == 4 else None
    timestamp = _read_timestamp(env.get("POSTERN_TIMESTAMP"))
    return sign_link(url, ShareKey(name, org_id, derive(token)), timestamp, expire_seconds)


def main() -> int:
    try:
        link = _link_from_command_line(sys.argv[1:], os.environ)
    except BadInput as error:
        print(f"sign-share-link: {error}", file=sys.stderr)
        return 2
    # As bytes, so that the address leaves as it came in, whatever the locale.
    sys.stdout.buffer.write(os.fsencode(link) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
