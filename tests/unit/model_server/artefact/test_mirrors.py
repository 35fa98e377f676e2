"""Mirrors: in their order, one digest for all, every failure told; https only, bounded."""

import hashlib
import io
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from model_server.artefact.https import download
from model_server.artefact.mirrors import Terms, bring
from model_server.artefact.progress import shown
from model_server.artefact.signature import S3Access, object_url, s3_access, signed_headers
from model_server.artefact.wheel import download_wheel
from model_server.errors import ArtefactError

BODY = b"0123456789"
DIGEST = hashlib.sha256(BODY).hexdigest()
# Amazon's own example keys, known to everyone.
KEYS = {"key_id": "AKIAIOSFODNN7EXAMPLE", "secret_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}


@pytest.fixture
def target(tmp_path):
    return tmp_path / "file"


def test_first_mirror_with_the_digest_is_taken_and_failures_are_told(server, target):
    server.answers = {"/other": (200, {}, b"other bytes"), "/right": (200, {}, BODY)}
    told = []

    mirrors = ["/no/such/path", f"{server.url}/other", f"{server.url}/right", f"{server.url}/never"]
    bring(mirrors, DIGEST, target, Terms(tell=told.append))

    assert target.read_bytes() == BODY
    assert [path for path, _ in server.asked] == ["/other", "/right"]
    assert [sentence.split(": ")[1][:30] for sentence in told] == [
        "No such file or directory; try",
        f"it must have SHA-256 {DIGEST[:9]}",
    ]


def test_no_mirror_names_every_failure_and_leaves_nothing(server, target):
    mirrors = [f"{server.url}/absent", "ftp://host/file", "pkg:npm/left-pad@1"]

    with pytest.raises(ArtefactError) as failure:
        bring(mirrors, DIGEST, target, Terms(tell=lambda sentence: None))
    assert "absent: it answers 404 Not Found; ftp://host/file: a mirror must be a path" in str(failure.value)
    assert "a package must be pkg:pypi/NAME@VERSION" in str(failure.value)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("declared", [True, False])
def test_file_above_the_bound_is_refused(server, target, declared):
    server.answers["/big"] = (200, {} if declared else {"content-length": None}, BODY)

    with pytest.raises(ArtefactError, match="it must be at most 9 bytes"):
        download(f"{server.url}/big", target, max_bytes=9)


@pytest.mark.parametrize(
    "url", ["http://models.example/file", "ftp://127.0.0.1/file", "http://127.0.0.1.example/"]
)
def test_plain_http_from_elsewhere_is_refused_before_anything_is_sent(url, target):
    with pytest.raises(ArtefactError, match="the scheme must be https"):
        download(url, target, 100)


def test_redirect_within_a_server_is_followed(server, target):
    server.answers = {"/a": (302, {"location": "/b"}, b""), "/b": (200, {}, BODY)}

    download(f"{server.url}/a", target, 100)

    assert target.read_bytes() == BODY


@pytest.mark.parametrize("location", ["http://127.0.0.2:1/file", "http://169.254.169.254/latest/meta-data"])
def test_redirect_to_plain_http_elsewhere_is_refused(server, target, location):
    server.answers["/a"] = (302, {"location": location}, b"")

    with pytest.raises(ArtefactError, match="a redirect must lead to https, not to http://"):
        download(f"{server.url}/a", target, 100)


def test_redirects_end(server, target):
    server.answers["/a"] = (302, {"location": "/a"}, b"")

    with pytest.raises(ArtefactError, match="redirects more than 5 times"):
        download(f"{server.url}/a", target, 100)
    assert len(server.asked) == 6


def test_server_that_is_not_there_is_a_sentence(target):
    with pytest.raises(ArtefactError, match="ConnectError"):
        download("http://127.0.0.1:1/file", target, 100)


def test_signature_is_that_of_amazons_example():
    # Amazon S3 API Reference, "Signature Calculations for the Authorization Header", "Example: GET Object".
    headers = signed_headers(
        "https://examplebucket.s3.amazonaws.com/test.txt",
        S3Access(region="us-east-1", **KEYS),
        datetime(2013, 5, 24, tzinfo=UTC),
        {"range": "bytes=0-9"},
    )

    signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    assert headers["authorization"].endswith(f"Signature={signature}")
    assert "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date" in headers["authorization"]


def test_object_comes_from_an_endpoint_that_checks_the_signature(server, target):
    server.answers["/models/small/a%20b.onnx"] = (200, {}, BODY)
    access = S3Access(endpoint=server.url, session_token="a token", **KEYS)

    bring(["s3://models/small/a b.onnx"], DIGEST, target, Terms(s3=access))

    path, sent = server.asked[0]
    moment = datetime.strptime(sent["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    host = urlsplit(server.url).netloc
    assert (path, sent["Host"]) == ("/models/small/a%20b.onnx", host)
    assert sent["authorization"] == signed_headers(server.url + path, access, moment)["authorization"]


def test_without_keys_an_object_is_asked_for_unsigned(server, target):
    server.answers["/models/key"] = (200, {}, BODY)

    bring(["s3://models/key"], DIGEST, target, Terms(s3=S3Access(endpoint=server.url)))

    assert not {"authorization", "x-amz-date"} & set(server.asked[0][1])


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("s3://models/a/b", "https://models.s3.eu-west-1.amazonaws.com/a/b"),
        ("s3://my.models/a", "https://s3.eu-west-1.amazonaws.com/my.models/a"),
        ("s3://models/a+b?c", "https://models.s3.eu-west-1.amazonaws.com/a%2Bb%3Fc"),
    ],
)
def test_object_is_at_its_buckets_host(location, url):
    assert object_url(location, S3Access(region="eu-west-1")) == url


@pytest.mark.parametrize("location", ["s3://", "s3://models", "s3://Models/key", "s3://evil.example#/key"])
def test_what_is_no_bucket_and_key_is_refused(location):
    with pytest.raises(ArtefactError, match="must be s3://BUCKET/KEY"):
        object_url(location, S3Access())


def test_access_comes_from_amazons_own_variables():
    access = s3_access(
        {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_DEFAULT_REGION": "eu-west-1"}
    )

    assert (access.key_id, access.secret_key, access.region) == ("k", "s", "eu-west-1")
    with pytest.raises(ArtefactError, match="must both be set, or neither"):
        s3_access({"AWS_ACCESS_KEY_ID": "k"})


def test_package_pip_cannot_get_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))

    with pytest.raises(ArtefactError, match="pip could not download none-such==1: "):
        download_wheel("pkg:pypi/none-such@1", tmp_path / "wheel")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_download_is_shown_on_a_terminal_only():
    terminal, file = Terminal(), io.StringIO()
    chunks = [b"x" * 1_500_000, b"y" * 1_000_000]

    assert list(shown(chunks, "weights", 2_500_000, terminal)) == chunks
    assert list(shown(chunks, "weights", 2_500_000, file)) == chunks
    assert terminal.getvalue().endswith("\rweights: 2.5 of 2.5 MB\n")
    assert file.getvalue() == ""
