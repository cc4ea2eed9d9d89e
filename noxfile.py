"""What there is to run, each in an environment of its own: nox -s docs."""

import nox

nox.options.sessions = ["docs"]


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into docs/_build/html; a warning is an error."""
    session.install("-e", ".[site]")
    session.run("sphinx-build", "-W", "-q", "-b", "html", "docs", "docs/_build/html")
