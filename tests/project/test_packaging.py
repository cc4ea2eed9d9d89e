"""The description of the package on PyPI, where links of a checkout would lead nowhere."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytest.importorskip("hatchling")
SPEC = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
hatch_build = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(hatch_build)


@pytest.fixture
def metadata(monkeypatch):
    def of(address):
        monkeypatch.setenv("AUTOGRAD_MINI_REPOSITORY", address)
        made = {"version": "1.2.3"}
        hatch_build.RepositoryHook(str(ROOT), {}).update(made)
        return made

    return of


def test_links_and_pictures_are_absolute(metadata):
    made = metadata("https://example.org/me/repository/")
    text = made["readme"]["text"]
    targets = re.findall(r"\]\(([^)]*)\)", text)
    assert len(targets) > 20
    assert all(target.startswith(("https://", "#")) for target in targets)
    here = "https://example.org/me/repository"
    assert f"]({here}/blob/v1.2.3/docs/tour.md)" in text
    assert f"]({here}/raw/v1.2.3/docs/pictures/steps.gif)" in text
    assert made["urls"]["Source"] == here


def test_every_link_of_the_readme_is_to_a_file_that_is_there(metadata):
    text = metadata("https://example.org")["readme"]["text"]
    paths = re.findall(r"\]\(https://example\.org/(?:raw|blob)/v1\.2\.3/([^)#]*)", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_without_an_address_the_readme_is_as_it_stands(metadata):
    made = metadata("")
    assert made["readme"]["text"] == (ROOT / "README.md").read_text(encoding="utf-8")
    assert "urls" not in made


def test_what_is_not_a_link_to_a_file_stays():
    text = "[a](https://b.org) [c](#d) `x[0](1)` [e](f.md#g)"
    assert hatch_build.absolute(text, "https://h", "1").startswith("[a](https://b.org) [c](#d) ")
    assert hatch_build.absolute("[e](f.md#g)", "https://h", "1") == "[e](https://h/blob/v1/f.md#g)"
