from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kb.errors import UsageError
from kb.service.described import describe, name_of
from kb.vault.cache import vault_cache_folder


@pytest.mark.parametrize(
    ("folder", "plain"),
    [
        ("my-vault", "my-vault"),
        ("Mes études", "Mes-etudes"),
        ("論文", "vault"),
        ("a b%c$d\ne", "a-b-c-d-e"),
        ("-.-", "vault"),
        ("x" * 200, "x" * 60),
    ],
)
def test_a_name_is_plain_and_ends_like_the_cache_folder(
    tmp_path: Path, folder: str, plain: str
) -> None:
    name = name_of(tmp_path / folder)
    digest = vault_cache_folder(tmp_path / folder).name.rpartition("-")[2]
    assert name == f"kb-{plain}-{digest[:8]}"


def test_two_vaults_of_one_name_are_two_services(tmp_path: Path) -> None:
    assert name_of(tmp_path / "a" / "vault") != name_of(tmp_path / "b" / "vault")


def test_it_runs_as_this_process_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KB_CACHE_DIR", "cache")
    monkeypatch.setenv("KB_ARXIV_URL", "http://127.0.0.1:8080/mirror")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:11434/v1")
    service = describe(tmp_path / "vault", log=Path("x.log"), poll=True)
    assert Path(service.interpreter).is_absolute()
    assert service.arguments == (
        "-P", "-m", "kb", "watch", "--vault", str(tmp_path / "vault"),
        "--log-file", str(tmp_path / "x.log"), "--poll",
    )  # fmt: skip
    assert dict(service.environment) | {"PATH": ""} == {
        "PATH": "",
        "KB_CACHE_DIR": str(tmp_path / "cache"),
        "KB_ARXIV_URL": "http://127.0.0.1:8080/mirror",
        "OPENAI_BASE_URL": "http://127.0.0.1:11434/v1",
    }
    assert service.withheld == ()


def test_its_log_has_its_name(tmp_path: Path) -> None:
    service = describe(tmp_path / "vault", log=None, poll=False)
    log = Path(service.log)
    assert log.is_absolute()
    assert log.name == f"{service.name}.log"
    assert "--poll" not in service.arguments


@pytest.mark.parametrize(
    "address",
    [
        "https://me:word@host/v1",
        "https://host/v1?api-key=word",
        "https://host/v1#word",
        "http://[broken",
    ],
)
def test_no_secret_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-do-not-write-me-down")
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    service = describe(tmp_path, log=None, poll=False)
    assert service.withheld == ("OPENAI_BASE_URL",)
    assert address not in repr(service).replace(repr(service.withheld), "")
    assert "sk-do-not" not in repr(service)


def test_git_elsewhere_is_still_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git = shutil.which("git")
    assert git
    (tmp_path / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(tmp_path))
    path = describe(tmp_path, log=None, poll=False).environment["PATH"]
    assert path.split(":") == [str(tmp_path), "/usr/local/bin", "/usr/bin", "/bin"]


def test_another_cache_folder_of_the_user_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With another cache the service would hold another lock than `kb sync` in a terminal."""
    monkeypatch.delenv("KB_CACHE_DIR")
    assert "KB_CACHE_DIR" not in describe(tmp_path, log=None, poll=False).environment
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    assert Path(describe(tmp_path, log=None, poll=False).environment["KB_CACHE_DIR"]).is_absolute()


def test_what_no_service_can_be_told_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="not Unicode"):
        describe(tmp_path / "caf\udce9", log=None, poll=False)
    monkeypatch.setenv("KB_CACHE_DIR", str(tmp_path / "a\nb"))
    with pytest.raises(UsageError, match=r"a\\nb"):
        describe(tmp_path, log=None, poll=False)
