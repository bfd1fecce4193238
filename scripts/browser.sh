#!/usr/bin/env bash
# Prints the path of a Chromium for the tests, which is installed with apt-get where it is missing. DDSX_BROWSER names another one.
# Exit code 3 with the reason on standard error: there is none, and no package manager that could install it.
set -eu

found() {
    for name in chromium chromium-browser google-chrome-stable google-chrome; do
        if command -v "$name" 2>/dev/null; then return; fi
    done
    return 1
}

say() { echo "browser.sh: $*" >&2; }

if [ -n "${DDSX_BROWSER:-}" ]; then
    [ -x "$DDSX_BROWSER" ] || { say "DDSX_BROWSER names $DDSX_BROWSER, which is no program"; exit 1; }
    echo "$DDSX_BROWSER"
    exit
fi
if found; then exit; fi
command -v apt-get >/dev/null || { say "there is no Chromium on this machine, and no apt-get to install it with"; exit 3; }
become=
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || { say "Chromium is missing: sudo apt-get install chromium"; exit 3; }
    become=sudo
fi
say "installing Chromium with apt-get"
# The package list of a fresh machine may be empty, so it is fetched first.
$become apt-get update -q >&2
$become env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium >&2
found || { say "apt-get installed no Chromium"; exit 1; }
