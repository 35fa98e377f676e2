"""AWS Signature Version 4 of a GET from S3, and where its objects are; pure, knows nothing of HTTP clients.

Source: "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)", Amazon S3 API
Reference; its own example is the test.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from model_server.errors import ArtefactError

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class S3Access:
    """How S3 is reached; without keys requests go out unsigned, as to a public bucket."""

    region: str = DEFAULT_REGION
    endpoint: str | None = None
    key_id: str | None = None
    secret_key: str | None = None
    session_token: str | None = None


def s3_access(environment: Mapping[str, str]) -> S3Access:
    """The access that AWS's own variables describe."""
    key_id, secret_key = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if bool(key_id) != bool(secret_key):
        raise ArtefactError("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must both be set, or neither")
    return S3Access(
        region=environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or DEFAULT_REGION,
        endpoint=environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL") or None,
        key_id=key_id or None,
        secret_key=secret_key or None,
        session_token=environment.get("AWS_SESSION_TOKEN") or None,
    )


def object_url(location: str, access: S3Access) -> str:
    """The URL of s3://BUCKET/KEY: by path at a named endpoint, else at the bucket's own host."""
    bucket, _, key = location.removeprefix("s3://").partition("/")
    if not BUCKET.fullmatch(bucket) or not key:
        raise ArtefactError(f"an S3 location must be s3://BUCKET/KEY, not {location!r}")
    path = quote(key, safe="/-._~")
    if access.endpoint:
        return f"{access.endpoint.rstrip('/')}/{bucket}/{path}"
    host = f"s3.{access.region}.amazonaws.com"
    # A wildcard certificate covers no dot.
    return f"https://{host}/{bucket}/{path}" if "." in bucket else f"https://{bucket}.{host}/{path}"


def signed_headers(
    url: str, access: S3Access, now: datetime, headers: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The headers of a GET of `url` at `now` that prove the keys; `headers` (lower case) are signed too."""
    if access.key_id is None or access.secret_key is None:
        return dict(headers or {})
    moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    sent = {**(headers or {}), "x-amz-content-sha256": EMPTY_SHA256, "x-amz-date": moment}
    if access.session_token:
        sent["x-amz-security-token"] = access.session_token
    parts = urlsplit(url)
    signed = sorted({**sent, "host": parts.netloc}.items())
    names = ";".join(name for name, _ in signed)
    lines = "".join(f"{name}:{value.strip()}\n" for name, value in signed)
    request = "\n".join(["GET", parts.path, parts.query, lines, names, EMPTY_SHA256])
    scope = f"{moment[:8]}/{access.region}/s3/aws4_request"
    request_digest = hashlib.sha256(request.encode()).hexdigest()
    to_sign = "\n".join(["AWS4-HMAC-SHA256", moment, scope, request_digest])
    key = f"AWS4{access.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    sent["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={access.key_id}/{scope},SignedHeaders={names},Signature={signature}"
    )
    return sent
