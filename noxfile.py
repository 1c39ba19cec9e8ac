"""The project's tasks: `nox` alone checks quickly and offline; `nox -l` lists all of them.

All sessions share one environment, `.venv`, which is made anew when pyproject.toml or
requirements.lock change. Words after `--` go on to the command of the session.
"""

import hashlib
import json
import os
import re
import shutil
import sys
from datetime import date
from pathlib import Path

import nox

ROOT = Path(__file__).parent.resolve()
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
STAMP = VENV / ".stamp"
RISKS = ROOT / "docs" / "accepted-risks.md"
NOTEBOOKS = ROOT / "docs" / "notebooks"
WORKERS = ("-n", "2", "--dist", "worksteal")
VULNERABILITY = re.compile(r"(CVE|GHSA|PYSEC)-[\w-]+")

nox.options.sessions = ["lint", "quick"]
nox.options.default_venv_backend = "none"
nox.options.error_on_external_run = False


def stamp() -> str:
    """The same as common/commands/doctor.py's environment_stamp; a test compares them."""
    files = (ROOT / "pyproject.toml", ROOT / "requirements.lock")
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def prepare(session: nox.Session) -> None:
    """Install into .venv if it is not what the stamp says, and put it first on PATH."""
    session.chdir(ROOT)
    if not STAMP.is_file() or STAMP.read_text() != stamp():
        install(session, "-c", "requirements.lock")
        STAMP.write_text(stamp())
    session.env.update(
        PATH=f"{BIN}{os.pathsep}{os.environ['PATH']}",
        VIRTUAL_ENV=str(VENV),
        DVC_NO_ANALYTICS="1",
        MLFLOW_DISABLE_TELEMETRY="true",
    )


def install(session: nox.Session, *constraints: str) -> None:
    session.log("installing into .venv: about two minutes and 2 GB, once")
    if sys.version_info[:2] not in ((3, 11), (3, 12)):
        session.error(f"Python 3.11 or 3.12 is needed, this is {sys.version.split()[0]}.")
    shutil.rmtree(VENV, ignore_errors=True)
    session.run(sys.executable, "-m", "venv", str(VENV))
    session.run(str(BIN / "python"), "-m", "pip", "install", "-q", "-e", ".[all]", *constraints)


def run(session: nox.Session, tool: str, *arguments: str, **options) -> str | None:
    return session.run(str(BIN / tool), *arguments, **options)


def pytest(session: nox.Session, *arguments: str) -> None:
    """Two workers with one thread each, and no access to hubs.

    A worker begins with half of the tests, those of a file together, so that they share what the
    file makes once; the one that is done first takes over some of the other's.
    """
    session.env.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1")
    run(session, "python", "-m", "pytest", *arguments, *session.posargs)


@nox.session
def lint(session):
    """Style, imports, forbidden calls, types."""
    prepare(session)
    run(session, "ruff", "check", ".")
    run(session, "ruff", "format", "--check", ".")
    run(session, "pyrefly", "check")


@nox.session
def quick(session):
    """The tests that need neither minutes nor a browser."""
    prepare(session)
    pytest(session, "-m", "not slow", *WORKERS)


@nox.session
def tests(session):
    """All tests."""
    prepare(session)
    pytest(session, *WORKERS)


@nox.session
def equivalence(session):
    """The tests against implementations that we did not write."""
    prepare(session)
    pytest(session, "-k", "equivalence or reference", "papers")


@nox.session
def reproduce(session):
    """Papers from data to report: `nox -s reproduce -- rnn gpt2`; without a name, the quickest."""
    prepare(session)
    run(session, "papers", "reproduce", *(session.posargs or ["adam"]))


@nox.session
def report(session):
    """Write the reports from the committed records."""
    prepare(session)
    run(session, "papers", "report", *session.posargs)


@nox.session
def notebooks(session):
    """Notebooks with their outputs, beside the scripts in docs/notebooks: all, or those named.

    PAPERS_QUICK=1 trains for seconds. `nox -s notebooks -- vision`.
    """
    prepare(session)
    session.env["OMP_NUM_THREADS"] = "1"
    known = sorted(path.stem for path in NOTEBOOKS.glob("*.py"))
    for name in session.posargs or known:
        if name not in known:
            session.error(f"there is no notebook {name!r}: known are {', '.join(known)}")
        script, made = (str(NOTEBOOKS / f"{name}.{ending}") for ending in ("py", "ipynb"))
        options = ("--quiet", "--to", "ipynb", "--set-kernel", "python3")
        run(session, "jupytext", *options, "--output", made, script)
        run(session, "jupyter", "execute", "--inplace", made)


@nox.session
def ui(session):
    """MLflow's pages on 127.0.0.1."""
    prepare(session)
    run(session, "papers", "ui", *session.posargs)


@nox.session
def bench(session):
    """Tokens per second of a paper's versions, interleaved: `nox -s bench -- rnn`."""
    prepare(session)
    run(session, "papers", "bench", *(session.posargs or ["rnn"]))


@nox.session
def security(session):
    """Known vulnerabilities in the locked packages, where their list can be reached."""
    prepare(session)
    try:
        known = accepted_risks(RISKS.read_text(encoding="utf-8"), date.today())
    except ValueError as error:
        session.error(f"docs/accepted-risks.md: {error}")
    pip = ("python", "-m", "pip", "install", "-q", "pip-audit")
    run(session, *pip, success_codes=[0, 1])
    if not (BIN / "pip-audit").is_file():
        session.skip("NOTHING WAS CHECKED: pip-audit cannot be installed here")
    report = Path(session.create_tmp(), "audit.json").resolve()
    report.unlink(missing_ok=True)
    audit = ("pip-audit", "-r", "requirements.lock", "--no-deps", "--disable-pip")
    ignored = [word for risk in known for word in ("--ignore-vuln", risk)]
    words = (*audit, "--format", "json", "--output", str(report), *ignored)
    run(session, *words, silent=True, success_codes=[0, 1])
    checked, found = audited(report.read_text() if report.is_file() else "")
    if not checked:
        session.skip("NOTHING WAS CHECKED: the list of vulnerabilities could not be reached")
    session.log(f"{checked} packages were checked, {len(known)} risks are accepted")
    if found:
        session.error("update the package, or accept the risk in writing: " + "; ".join(found))


def accepted_risks(text: str, today: date) -> list[str]:
    """The ids in the table of docs/accepted-risks.md. ValueError for a row that says too little
    and for one whose date has passed."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    for row in rows:
        if len(row) != 4 or not all(row) or not VULNERABILITY.fullmatch(row[0]):
            raise ValueError(f"{' | '.join(row)}: id, package, reason and date are needed.")
        if date.fromisoformat(row[3]) < today:
            raise ValueError(f"{row[0]} ({row[1]}) was accepted until {row[3]}: look again.")
    return [row[0] for row in rows]


def audited(report: str) -> tuple[int, list[str]]:
    """How many packages pip-audit really looked up, and what it found.

    It calls a package that it cannot look up skipped, and is content even if that is all of them.
    """
    packages = json.loads(report)["dependencies"] if report else []
    checked = [package for package in packages if "vulns" in package]
    found = [f"{p['name']} {p['version']}: {v['id']}" for p in checked for v in p["vulns"]]
    return len(checked), found


@nox.session
def lock(session):
    """Write requirements.lock from a new environment with the newest versions that fit."""
    session.chdir(ROOT)
    install(session)
    found = run(session, "python", "-m", "pip", "freeze", "--exclude-editable", silent=True)
    kept = [line.split("+")[0] for line in found.splitlines() if "==" in line]
    path = ROOT / "requirements.lock"
    header = [line for line in path.read_text().splitlines() if line.startswith("#")]
    path.write_text("\n".join([*header, *kept]) + "\n")
    STAMP.write_text(stamp())


@nox.session
def dev(session):
    """Only the environment; then `source .venv/bin/activate`."""
    prepare(session)
    session.log("ready: source .venv/bin/activate, then `papers --help`")
