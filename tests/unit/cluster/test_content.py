"""Content digests: what changes a tag, and what does not."""

from __future__ import annotations

from pathlib import Path

from cluster.content import digest, files_digest


def test_digest_is_twelve_hexadecimal_digits_of_sha256() -> None:
    # printf '1:a' | sha256sum
    assert digest(["a"]) == "4162fddd39a3"


def test_where_parts_end_matters() -> None:
    assert digest(["ab", "c"]) != digest(["a", "bc"])


def test_order_of_files_does_not_matter(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1", encoding="ascii")
    two.write_text("2", encoding="ascii")
    assert files_digest(tmp_path, [one, two]) == files_digest(tmp_path, [two, one])


def test_executable_bit_and_name_matter(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("true", encoding="ascii")
    script.chmod(0o644)
    plain = files_digest(tmp_path, [script])
    script.chmod(0o755)
    executable = files_digest(tmp_path, [script])
    renamed = files_digest(tmp_path, [script.rename(tmp_path / "other")])
    assert len({plain, executable, renamed}) == 3
