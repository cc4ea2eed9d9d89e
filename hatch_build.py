"""What the metadata of the package has that depends on where the repository is.

The environment variable AUTOGRAD_MINI_REPOSITORY is its address, such as that of a repository on
GitHub, which the release workflow knows. Then the links of the README are absolute, so that they
work on PyPI. Without it they are as in the checkout.
"""

import os
import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#)([^)\s]+)\)")


def absolute(text: str, address: str, version: str) -> str:
    """Markdown whose links to files of the repository lead there, for this version."""

    def replaced(match: re.Match[str]) -> str:
        bang, shown, path = match.groups()
        return f"{bang}[{shown}]({address}/{'raw' if bang else 'blob'}/v{version}/{path})"

    return LINK.sub(replaced, text)


class RepositoryHook(MetadataHookInterface):
    """Sets the readme and the URLs."""

    def update(self, metadata: dict[str, object]) -> None:
        """Called by hatchling, with the table [project]."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        address = os.environ.get("AUTOGRAD_MINI_REPOSITORY", "").rstrip("/")
        if address:
            text = absolute(text, address, str(metadata["version"]))
            metadata["urls"] = {
                "Source": address,
                "Issues": f"{address}/issues",
                "Changelog": f"{address}/blob/main/CHANGELOG.md",
            }
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
