# Read by the scripts beside it: sets `root`, and `python` to the interpreter of the project's environment, made first if need be.
root=$(cd "$(dirname "$0")/.." && pwd)
base=${DDSX_PYTHON:-python3}
if ! command -v "$base" >/dev/null 2>&1; then
    echo "ddsx: there is no $base: install Python 3.10 or newer, or name one with DDSX_PYTHON" >&2
    exit 1
fi
python=$("$base" "$root/scripts/bootstrap.py") || exit 1
PYTHONPATH=$root/scripts
PATH=$(dirname "$python"):$PATH
export PYTHONPATH PATH
cd "$root"
