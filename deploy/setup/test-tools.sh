# shellcheck shell=bash
# What the tests run beside the program, pinned, in the user's cache directory: schemathesis, which asks the API whatever its
# document allows and forbids, and axe-core, which looks for what keeps people out of a page. Sourced by setup.sh.

test_tools=${XDG_CACHE_HOME:-$HOME/.cache}/inventory/test-tools
test_tools_pins=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/test-tools

# A name for what is pinned, so that a change of the pins is noticed.
test_tools_wanted() {
    cat "$test_tools_pins"/requirements.txt "$test_tools_pins"/package-lock.json | sha256sum | cut -d' ' -f1
}

has_test_tools() {
    [ "$(cat "$test_tools/made-of" 2>/dev/null)" = "$(test_tools_wanted)" ] &&
        "$test_tools/bin/python" -c '' 2>/dev/null
}

install_test_tools() {
    rm -rf "$test_tools"
    mkdir -p "$test_tools"
    python3 -m venv "$test_tools"
    "$test_tools/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary=:all: \
        --requirement "$test_tools_pins/requirements.txt"
    cp "$test_tools_pins"/package.json "$test_tools_pins"/package-lock.json "$test_tools/"
    (cd "$test_tools" && npm ci --silent --no-audit --no-fund --ignore-scripts)
    test_tools_wanted >"$test_tools/made-of"
}
