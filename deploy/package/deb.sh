# shellcheck shell=bash disable=SC2154
# inventory's own package: program, ONNX Runtime, model, units, nginx, kiosk and these scripts, by cargo-deb as
# Cargo.toml says. Sourced by prepare.sh.

cargo_deb_version=3.8.0

ensure_cargo_deb() {
    [ ! -x "$build/cargo-tools/bin/cargo-deb" ] || return 0
    say "building cargo-deb $cargo_deb_version, once"
    inside "$cross" env CARGO_HOME="$build/cargo" cargo install --quiet --locked --root "$build/cargo-tools" --version "$cargo_deb_version" cargo-deb
}

# Model and runtime: the model is the same everywhere, the runtime is the architecture's, both pinned by SHA-256.
fetch_model() { # ARCHITECTURE
    local machine cache=${XDG_CACHE_HOME:-$HOME/.cache}/inventory runtime=$build/runtime-$1
    case $1 in arm64) machine=aarch64 ;; amd64) machine=x86_64 ;; esac
    "$here/model/build.sh" >/dev/null
    model=$cache/model
    mkdir -p "$runtime"
    if ! (cd "$runtime" && sed -n "s#  lib/$machine/#  #p" "$here/model/outputs.sha256" | sha256sum --check --quiet --status 2>/dev/null); then
        if [ "$machine" = "$(uname -m)" ]; then
            cp "$cache/lib/libonnxruntime.so" "$runtime/"
        else
            "$here/model/build.sh" --runtime "$machine" "$runtime"
        fi
    fi
    onnx_runtime=$runtime/libonnxruntime.so
}

# What cargo-deb packs, by what may run and what is read.
stage() { # DIRECTORY
    local run=$1/run read=$1/read name
    rm -rf "$1"
    mkdir -p "$run/deploy" "$read"/{deploy,model,lib} "$1/units" "$1/sbin"
    install -m 755 "$here"/{deploy,verify,upgrade,rollback,uninstall,certificate,letsencrypt,offsite}.sh "$run/deploy/"
    for name in lib config nginx monitoring; do
        cp -r "$here/$name" "$read/deploy/"
    done
    cp "$here/README.md" "$read/deploy/"
    cp "$here/systemd/sysusers.conf" "$read/"
    cp "$here"/systemd/*.{service,socket,timer} "$1/units/"
    cp "$here/inventoryctl" "$1/sbin/"
    cp "$onnx_runtime" "$read/lib/"
    cp "$model"/{model.onnx,manifest.json,tokenizer.json,config.json,special_tokens_map.json,tokenizer_config.json} "$read/model/"
    (cd "$read" && sha256sum model/* lib/* >model/SHA256SUMS)
    if [ -d "$source/kiosk" ]; then
        (cd "$source/kiosk" && find . -type f -perm -u+x -print0 | while IFS= read -r -d '' name; do install -D -m 755 "$name" "$run/kiosk/$name"; done)
        (cd "$source/kiosk" && find . -type f ! -perm -u+x -print0 | while IFS= read -r -d '' name; do install -D -m 644 "$name" "$read/kiosk/$name"; done)
        find "$source/kiosk" -name '*.service' -exec cp {} "$1/units/" \;
    fi
    find "$1" -print0 | xargs -0 touch --no-dereference --date="@$SOURCE_DATE_EPOCH"
}

# Sets `deb` to the package's file.
make_deb() { # ARCHITECTURE
    local rust target=$build/target-$1 words
    rust=$(rust_triple "$1")
    build_program "$1"
    fetch_model "$1"
    if [ "$program" != "$target/$rust/dist/inventory" ]; then
        install -D -m 755 "$program" "$target/$rust/dist/inventory"
    fi
    stage "$target/$rust/dist/package"
    # Where the libraries of that architecture are known, the dependencies are found by themselves.
    cross_root "$1"
    ensure_cargo_deb
    mapfile -t words < <(cargo_words "$1")
    rm -f "$build/out-$1"/*.deb
    inside "$cross" env "${words[@]}" "PATH=$build/cargo-tools/bin:/usr/bin:/bin" cargo-deb --manifest-path "$source/Cargo.toml" \
        --no-build --no-strip --target "$rust" --profile dist --locked --compress-system --fast --compress-type gz --output "$build/out-$1/" >"$build/cargo-deb-$1.log" 2>&1 ||
        fail "cargo-deb: $(tail -n 3 "$build/cargo-deb-$1.log")"
    deb=$(echo "$build/out-$1"/inventory_*.deb)
    add_sums "$1"
}

# cargo-deb writes no list of sums: dpkg --verify, and with it deploy.sh, could not tell a damaged file. Packed by Debian
# 12's own dpkg-deb, one thread, so that the bytes are the same everywhere.
add_sums() { # ARCHITECTURE
    local root=$build/out-$1/root how=(-Zxz)
    [ -z "$fast" ] || how=(-Zgzip -z1)
    rm -rf "$root"
    dpkg-deb --raw-extract "$deb" "$root"
    (cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
    touch --date="@$SOURCE_DATE_EPOCH" "$root" "$root/DEBIAN" "$root/DEBIAN/md5sums"
    inside "$cross" dpkg-deb --root-owner-group --threads-max=1 "${how[@]}" --build "$root" "$deb" >/dev/null
    rm -rf "$root"
}
