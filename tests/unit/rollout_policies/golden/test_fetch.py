"""A set from a URL: what is taken, what is tried again, and everything a bad archive or answer may hold."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path

import httpx
import pytest

from rollout_policies.__main__ import main
from rollout_policies.errors import GoldenSetError
from rollout_policies.golden.archive import ArchiveLimits, unpack
from rollout_policies.golden.download import DownloadLimits, check_next, download
from rollout_policies.golden.fetch import fetch
from rollout_policies.golden.manifest import read_golden_set
from tests.loopback import Answer
from tests.unit.rollout_policies.golden.conftest import FileServer
from tests.unit.rollout_policies.golden.small_sets import good, write_set

QUICK = DownloadLimits(max_bytes=100_000, attempts=3, first_pause_seconds=0.0)
Packed = Callable[..., bytes]
SHORT: Answer = (200, {"content-length": "9", "connection": "close"}, b"sho")


@pytest.fixture
def packed(tmp_path: Path) -> Packed:
    """Make the archive of a set of two clips, below a folder of the archive where one is named."""

    def packed(mode: str = "w:gz", below: str = ".") -> bytes:
        directory = write_set(tmp_path / "source", good("a"), good("b", "thank you", 550))
        written = io.BytesIO()
        with tarfile.open(fileobj=written, mode=mode) as archive:  # type: ignore[call-overload]
            archive.add(directory, below)
        return written.getvalue()

    return packed


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def tar_of(*entries: tarfile.TarInfo, contents: Mapping[str, bytes] | None = None) -> bytes:
    """An archive of these entries as they are, however bad."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for entry in entries:
            content = (contents or {}).get(entry.name, b"")
            entry.size = entry.size or len(content)
            archive.addfile(entry, io.BytesIO(content) if content else None)
    return written.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, linkname: str = "", size: int = 0) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname, found.size = kind, linkname, size
    return found


@pytest.mark.parametrize("mode", ["w:gz", "w"])
@pytest.mark.parametrize("below", [".", "speech-1.0"])
def test_a_set_arrives_whole(
    server: FileServer, packed: Packed, tmp_path: Path, mode: str, below: str
) -> None:
    content = packed(mode, below)
    server.answers["/set"] = [(200, {}, content)]
    told: list[tuple[int, int | None]] = []
    out = tmp_path / "golden" / "prompts"
    clips = fetch(f"{server.url}/set", sha256(content), out, lambda *at: told.append(at), QUICK)
    assert clips == len(read_golden_set("prompts", out).clips) == 2
    assert told[-1] == (len(content), len(content))
    assert [path.name for path in out.parent.iterdir()] == ["prompts"]


def test_another_set_takes_the_place_of_the_one_before(
    server: FileServer, packed: Packed, tmp_path: Path
) -> None:
    content = packed()
    server.answers["/set"] = [(200, {}, content)]
    out = write_set(tmp_path / "old", good("old"))
    fetch(f"{server.url}/set", sha256(content), out, lambda *_: None, QUICK)
    assert sorted(path.name for path in (out / "audio").iterdir()) == ["a.wav", "b.wav"]


def test_what_is_no_set_is_never_replaced(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("dear")
    with pytest.raises(GoldenSetError, match="--out must be new, empty or a golden set to replace"):
        fetch(f"{server.url}/set", sha256(b""), tmp_path, lambda *_: None, QUICK)
    assert server.asked == []


def test_other_bytes_than_the_digests_are_not_unpacked(
    server: FileServer, packed: Packed, tmp_path: Path
) -> None:
    content = packed()
    server.answers["/set"] = [(200, {}, content + b"\0")]
    out = tmp_path / "out"
    with pytest.raises(GoldenSetError, match=f"must be {sha256(content)[7:]}, not .* nothing was unpacked"):
        fetch(f"{server.url}/set", sha256(content), out, lambda *_: None, QUICK)
    assert not out.exists()


def test_a_bad_set_leaves_the_one_before(server: FileServer, tmp_path: Path) -> None:
    content = tar_of(entry("manifest.jsonl"), contents={"manifest.jsonl": b"{}\n"})
    server.answers["/set"] = [(200, {}, content)]
    out = write_set(tmp_path / "old", good("old"))
    with pytest.raises(GoldenSetError, match=r"manifest.jsonl line 1: audio_filepath must be a string"):
        fetch(f"{server.url}/set", sha256(content), out, lambda *_: None, QUICK)
    assert len(read_golden_set("old", out).clips) == 1


@pytest.mark.parametrize("digest", ["", "sha256:12", "md5:" + 64 * "0", "sha256:" + 64 * "A", 64 * "0"])
def test_a_digest_of_another_form_is_refused_before_anything_is_asked(
    server: FileServer, tmp_path: Path, digest: str
) -> None:
    with pytest.raises(GoldenSetError, match="a digest must be sha256: and 64 digits"):
        fetch(f"{server.url}/set", digest, tmp_path / "out", lambda *_: None, QUICK)
    assert server.asked == []


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/set", "file:///etc/passwd", "/set", "https://", "http://host:port/"]
)
def test_only_http_and_https_are_asked(url: str, tmp_path: Path) -> None:
    with pytest.raises(GoldenSetError, match=r"must begin with https://|is no URL"):
        download(url, tmp_path / "file", QUICK, lambda *_: None)


def test_a_failure_that_may_pass_is_tried_again(server: FileServer, tmp_path: Path) -> None:
    server.answers["/set"] = [(503, {}, b""), SHORT, (200, {}, b"whole")]
    waited: list[float] = []
    limits = DownloadLimits(attempts=3, first_pause_seconds=0.5)
    download(f"{server.url}/set", tmp_path / "file", limits, lambda *_: None, waited.append)
    assert (tmp_path / "file").read_bytes() == b"whole"
    assert waited == [0.5, 1.0]


@pytest.mark.parametrize(
    ("answer", "tries", "reason"),
    [
        ((404, {}, b""), 1, "it answers 404 Not Found"),
        ((503, {}, b""), 3, "it answers 503 Service Unavailable, in 3 tries"),
        (SHORT, 3, "RemoteProtocolError"),
        ((200, {}, bytes(100_001)), 1, "it has 100001 bytes, more than 100000"),
        ((200, {"content-length": None}, bytes(100_001)), 1, "it has more than 100000 bytes"),
        ((302, {"location": "ftp://elsewhere/set"}, b""), 1, "elsewhere"),
    ],
)
def test_why_nothing_came_is_said(
    server: FileServer, tmp_path: Path, answer: Answer, tries: int, reason: str
) -> None:
    server.answers["/set"] = [answer]
    with pytest.raises(GoldenSetError) as failure:
        download(f"{server.url}/set", tmp_path / "file", QUICK, lambda *_: None)
    assert reason in str(failure.value)
    assert len(server.asked) == tries


def test_a_redirect_is_followed_but_not_for_ever(server: FileServer, tmp_path: Path) -> None:
    server.answers = {"/a": [(302, {"location": "/b"}, b"")], "/b": [(200, {}, b"here")]}
    server.answers["/loop"] = [(302, {"location": "/loop"}, b"")]
    download(f"{server.url}/a", tmp_path / "file", QUICK, lambda *_: None)
    assert (tmp_path / "file").read_bytes() == b"here"
    with pytest.raises(GoldenSetError, match="redirects more than 5 times"):
        download(f"{server.url}/loop", tmp_path / "file", QUICK, lambda *_: None)


@pytest.mark.parametrize(
    ("first", "following", "refused"),
    [
        ("https://a/", "https://b/", False),
        ("http://a/", "https://b/", False),
        ("http://a/", "http://b/", False),
        ("https://a/", "http://a/", True),
    ],
)
def test_a_redirect_never_leaves_https(first: str, following: str, refused: bool) -> None:
    with pytest.raises(GoldenSetError, match="redirects to http://a") if refused else nullcontext():
        check_next(httpx.URL(first), httpx.URL(following))


def test_a_server_that_trickles_is_left(server: FileServer, tmp_path: Path) -> None:
    server.answers["/set"] = [(200, {}, bytes(10))]
    limits = DownloadLimits(seconds=0.0, attempts=1)
    with pytest.raises(GoldenSetError, match="took more than 0 s"):
        download(f"{server.url}/set", tmp_path / "file", limits, lambda *_: None)


def test_nobody_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(GoldenSetError, match=r"ConnectError .* in 3 tries"):
        download("http://127.0.0.1:9/set", tmp_path / "file", QUICK, lambda *_: None)


LIMITS = ArchiveLimits(max_entries=8, max_file_bytes=10_000, max_bytes=1_000_000)
DEEP = "/".join(["d"] * 17)
LONG_NAME = 300_000


def sparse() -> bytes:
    """GNU's form 1.0 of a file with holes, whose map would be read with the header."""
    headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"}
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as archive:
        holes = entry("holes", size=300_000)
        holes.pax_headers = headers
        archive.addfile(holes, io.BytesIO(b"999999999\n" + b"1\n" * 149_995))
    return written.getvalue()


def backwards() -> bytes:
    """A size below 0, which would lead a reader back to where it was."""
    header = bytearray(entry("a").tobuf(tarfile.GNU_FORMAT)[:512])
    header[124:136] = b"\xff" * 10 + b"\xfc\x00"
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    return bytes(header) + bytes(1024)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (tar_of(entry("../escaped")), "'../escaped' leads out of the archive"),
        (tar_of(entry("a/../../escaped")), "leads out of the archive"),
        (tar_of(entry("/etc/passwd")), "leads out of the archive"),
        (tar_of(entry("a", tarfile.SYMTYPE, "/etc")), "'a' is no plain file"),
        (tar_of(entry("a", tarfile.LNKTYPE, "b")), "is no plain file"),
        (tar_of(entry("a", tarfile.CHRTYPE)), "is no plain file"),
        (tar_of(entry("a", tarfile.FIFOTYPE)), "is no plain file"),
        (tar_of(entry("a"), entry("./a")), "'./a' is in it twice"),
        (tar_of(entry("a"), entry("a/b")), "'a/b' cannot be unpacked: "),
        (tar_of(entry(DEEP)), "deeper than 16 folders"),
        (tar_of(entry("x" * 256)), "a part of more than 255 bytes"),
        (tar_of(entry("x" * LONG_NAME)), "a header that is larger than 262144 bytes"),
        (sparse(), "a header that is larger than 262144 bytes"),
        (backwards(), r"'a' has -\d+ bytes|whole .tar"),
        (tar_of(entry("a"), contents={"a": bytes(10_001)}), "'a' has 10001 bytes, more than 10000"),
        (tar_of(*(entry(f"{n}") for n in range(9))), "more than 8 entries"),
        (gzip.compress(bytes(2_000_000)), "more than 1000000 bytes once unpacked"),
        (bytes(1_000_001), "more than 1000000 bytes once unpacked"),
        (gzip.compress(tar_of(entry("a")))[:-4], "must be a whole .tar or .tar.gz: "),
        (gzip.compress(b"") + b"rest", "must be a whole .tar or .tar.gz: "),
        (b"PK\3\4 of another kind" * 100, "must be a whole .tar or .tar.gz: "),
        (tar_of(entry("a"), contents={"a": bytes(5000)})[:2000], "must be a whole .tar or .tar.gz: "),
    ],
)
def test_an_archive_that_is_more_than_plain_files_is_refused(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "archive").write_bytes(content)
    (tmp_path / "set").mkdir()
    with pytest.raises(GoldenSetError, match=reason):
        unpack(tmp_path / "archive", tmp_path / "set", LIMITS)
    assert not (tmp_path / "escaped").exists()
    assert not (tmp_path / "set.tar").exists()


def test_modes_and_owners_of_a_stranger_are_not_kept(tmp_path: Path) -> None:
    loud = entry("a")
    loud.mode, loud.uid, loud.mtime = 0o6777, 12345, 1
    (tmp_path / "archive").write_bytes(tar_of(loud, contents={"a": b"x"}))
    (tmp_path / "set").mkdir()
    unpack(tmp_path / "archive", tmp_path / "set", ArchiveLimits())
    found = (tmp_path / "set" / "a").stat()
    assert found.st_mode & 0o7022 == 0
    assert found.st_uid != 12345
    assert found.st_mtime > 1


def test_the_command_says_what_came_and_what_was_wrong(
    server: FileServer, packed: Packed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = packed()
    server.answers["/set"] = [(200, {}, content)]
    asked = ["golden", "fetch", f"{server.url}/set", "--out", str(tmp_path / "out"), "--digest"]
    assert main([*asked, sha256(content)]) == 0
    assert capsys.readouterr().out == f"2 clips in {tmp_path / 'out'}\n"
    assert main([*asked, sha256(b"other")]) == 1
    assert "its SHA-256 must be" in capsys.readouterr().err
