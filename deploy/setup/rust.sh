# shellcheck shell=bash
# Which Rust serves: the first cargo on PATH that is new enough, else rustup's, else Debian's. Sourced by setup.sh
# and with-rust.

rust_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

rust_version_needed() {
    sed -n 's/^rust-version = "\(.*\)"/\1/p' "$rust_root/Cargo.toml"
}

is_new_enough() { # DIRECTORY: has it a cargo and a rustc that build this?
    local found needed
    [ -x "$1/cargo" ] && [ -x "$1/rustc" ] || return 1
    found=$("$1/rustc" --version 2>/dev/null | cut -d ' ' -f 2)
    needed=$(rust_version_needed)
    [ -n "$found" ] && [ "$(printf '%s\n' "$needed" "$found" | sort --version-sort | head -n 1)" = "$needed" ]
}

# The directory of the cargo to use, or nothing.
rust_directory() {
    local directory
    while IFS= read -r directory; do
        if is_new_enough "$directory"; then
            echo "$directory"
            return
        fi
    done < <(tr ':' '\n' <<<"$PATH" && printf '%s\n' "$HOME/.cargo/bin" /usr/bin)
}
