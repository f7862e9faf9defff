#!/usr/bin/env bash
# Everything that must hold before a change lands, the quick checks first. Called by make test, with Rust in front.
#
# usage: test.sh [check]      check: format and lints alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() { # NAME COMMAND...
    local name=$1 from=$SECONDS
    shift
    printf '== %s: %s\n' "$name" "$*"
    "$@"
    printf '== %s took %d s\n' "$name" $((SECONDS - from))
}

skip() { # NAME WHY
    printf '== %s: skipped, %s\n' "$@"
}

has() { # a cargo subcommand
    cargo "$1" --version >/dev/null 2>&1
}

if has fmt; then
    step format cargo fmt --check
else
    skip format 'rustfmt is not installed (Debian: rustfmt-web; rustup: rustup component add rustfmt)'
fi
if command -v shellcheck >/dev/null; then
    step scripts find deploy -name '*.sh' -exec shellcheck -x {} +
else
    skip scripts 'shellcheck is not installed (Debian: shellcheck)'
fi
if has clippy; then
    step lints cargo clippy --locked --all-targets -- -D warnings
else
    skip lints 'clippy is not installed (Debian has none for this Rust; rustup: rustup component add clippy)'
fi
if [ "${1:-}" = check ]; then
    exit
fi

if has deny; then
    step dependencies cargo deny --locked check bans licenses sources
else
    skip dependencies 'cargo-deny is not installed (cargo install cargo-deny)'
fi
# The suite last: its summary closes the log.
step examples cargo test --locked --doc
if has nextest; then
    step suite cargo nextest run --locked
else
    step suite cargo test --locked --tests
fi
