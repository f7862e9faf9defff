# shellcheck shell=bash disable=SC2154
# The program itself, profile dist, by the compiler of a Debian 12 in a directory, so that it runs on Debian 12 and 13
# alike and is the same wherever it was built. Sourced by prepare.sh.

rust_triple() { # ARCHITECTURE
    case $1 in arm64) echo aarch64-unknown-linux-gnu ;; amd64) echo x86_64-unknown-linux-gnu ;; esac
}

gnu_triple() { # ARCHITECTURE
    case $1 in arm64) echo aarch64-linux-gnu ;; amd64) echo x86_64-linux-gnu ;; esac
}

# Rust of Debian's security archive with the standard library of both architectures, and both sets of libraries: one
# that was made for another architecture builds for its own as well. Sets `cross`.
cross_root() { # ARCHITECTURE
    local foreign=$1 host packages library other
    host=$(host_architecture)
    if [ "$foreign" = "$host" ]; then
        for other in "$build"/cross-*/.complete; do
            [ ! -e "$other" ] || { cross=${other%/.complete} && return; }
        done
    fi
    cross=$build/cross-$foreign
    [ ! -e "$cross/.complete" ] || return 0
    say "making a Debian 12 with a compiler for $foreign (two minutes, 3 GB)"
    packages=build-essential,rustc-web,cargo-web,pkg-config,ca-certificates,file,dpkg-dev
    [ "$foreign" = "$host" ] || packages+=,crossbuild-essential-$foreign,libstd-rust-web-dev:$foreign
    for library in libfontconfig-dev libxkbcommon-dev libudev-dev libinput-dev libgbm-dev libseat-dev; do
        packages+=,$library:$host
        [ "$foreign" = "$host" ] || packages+=,$library:$foreign
    done
    bootstrap bookworm "$host$([ "$foreign" = "$host" ] || echo ",$foreign")" "$cross" "$packages"
    cp /etc/ssl/certs/ca-certificates.crt "$cross/etc/ssl/certs/" # a company's own authorities count
    touch "$cross/.complete"
}

rust_is_new_enough() { # ROOT
    local found needed
    found=$(inside "$1" rustc --version | cut -d ' ' -f 2)
    needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$source/Cargo.toml")
    [ "$(printf '%s\n' "$needed" "$found" | sort --version-sort | head -n 1)" = "$needed" ] ||
        fail "the cross compiler is Rust $found, the program needs $needed: remove $1 and try again"
}

# The same words for every build, so that the same commit gives the same bytes: no path of this machine stays in.
cargo_words() { # ARCHITECTURE
    local gnu rust upper lower
    gnu=$(gnu_triple "$1")
    rust=$(rust_triple "$1")
    lower=${rust//-/_}
    upper=${lower^^}
    printf '%s\n' "CARGO_HOME=$build/cargo" "CARGO_TARGET_DIR=$build/target-$1" CARGO_INCREMENTAL=0 \
        "RUSTFLAGS=--remap-path-prefix=$source=inventory --remap-path-prefix=$build/cargo=cargo" \
        "CARGO_TARGET_${upper}_LINKER=$gnu-gcc" "CC_$lower=$gnu-gcc" "CXX_$lower=$gnu-g++" "AR_$lower=$gnu-ar" \
        PKG_CONFIG_ALLOW_CROSS=1 "PKG_CONFIG_LIBDIR_$lower=/usr/lib/$gnu/pkgconfig:/usr/share/pkgconfig"
}

# Sets `program` to the built binary.
build_program() { # ARCHITECTURE
    local words
    program=$build/target-$1/$(rust_triple "$1")/dist/inventory
    if [ -n "$binary" ]; then
        program=$binary
        return
    fi
    mapfile -t words < <(cargo_words "$1")
    say "building the program for $1, profile dist"
    cross_root "$1"
    rust_is_new_enough "$cross"
    inside "$cross" env "${words[@]}" cargo build --locked --manifest-path "$source/Cargo.toml" --profile dist --target "$(rust_triple "$1")"
    [ -x "$program" ] || fail "cargo built no $program"
}
