# Sourced by the scripts: makes .venv with the locked packages, says what it does, is quick when nothing changed.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 3
python=""
for candidate in python3.13 python3.12 python3.11 python3; do
  if command -v "$candidate" >/dev/null 2>&1 &&
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "duewell needs Python 3.11 or newer, and found none on the PATH. Install it, then run this again." >&2
  exit 3
fi
if [ ! -x .venv/bin/python ]; then
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "duewell needs Python's venv module. On Debian: apt-get install python3-venv. Then run this again." >&2
    exit 3
  fi
  echo "Making a virtual environment in .venv with $python ..."
  "$python" -m venv .venv || exit 3
fi
if [ ! -x .venv/bin/uv ]; then
  echo "Installing uv into .venv ..."
  .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==0.13.9" || exit 3
fi
if [ ! -f .venv/.synced ] || [ uv.lock -nt .venv/.synced ] || [ pyproject.toml -nt .venv/.synced ]; then
  echo "Installing the locked packages ..."
  UV_PROJECT_ENVIRONMENT=.venv .venv/bin/uv sync --quiet --frozen --inexact --compile-bytecode || exit 3
  touch .venv/.synced
fi
PATH="$PWD/.venv/bin:$PATH"
# Compiled modules are kept beside the sources: without them every command starts twice as slowly.
unset PYTHONDONTWRITEBYTECODE
