from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from kb import resources

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def fresh() -> None:
    resources._folder.cache_clear()
    resources.sample_path.cache_clear()


def test_template_files_are_the_files_beside_the_package() -> None:
    files = resources.template_files()
    on_disk = {
        path.relative_to(ROOT / "vault_template").as_posix(): path.read_bytes()
        for path in (ROOT / "vault_template").rglob("*")
        if path.is_file()
    }
    assert files == on_disk
    assert list(files) == sorted(files)
    assert {"kb.toml", "Topics.md", "Papers.base", "Templates/Paper.md", ".kb/.gitignore"} <= set(
        files
    )
    assert "Home.md" not in files


def test_one_file_and_the_sample() -> None:
    assert resources.template_file("kb.toml") == (ROOT / "vault_template/kb.toml").read_bytes()
    assert resources.sample_path().read_bytes() == resources.template_file(resources.SAMPLE)


def test_prompt() -> None:
    text = resources.prompt("scales.md")
    assert text == (ROOT / "prompts/scales.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["no-such.md", "../pyproject.toml", "", "/etc/hostname", "sample"])
def test_what_is_not_there_is_named(name: str) -> None:
    with pytest.raises(FileNotFoundError, match=r"vault_template/"):
        resources.template_file(name)


@pytest.mark.usefixtures("fresh")
def test_found_inside_a_zipped_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a wheel the folders lie in kb/_data; the zip shows that nothing needs a real path."""
    wheel = tmp_path / "kb.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for folder in ("vault_template", "prompts"):
            for path in sorted((ROOT / folder).rglob("*")):
                if path.is_file():
                    archive.write(path, f"kb/_data/{path.relative_to(ROOT).as_posix()}")
    expected = resources.template_files()
    resources._folder.cache_clear()
    monkeypatch.setattr("importlib.resources.files", lambda _: zipfile.Path(wheel, "kb/"))
    try:
        assert resources.template_files() == expected
        assert resources.prompt("scales.md").startswith("# Relevance and novelty")
        assert resources.sample_path().read_bytes() == expected[resources.SAMPLE]
    finally:
        resources._folder.cache_clear()
        resources.sample_path.cache_clear()


@pytest.mark.usefixtures("fresh")
def test_an_install_without_its_data_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path / "kb")
    with pytest.raises(FileNotFoundError, match="install kb again"):
        resources.template_file("kb.toml")
    resources._folder.cache_clear()
