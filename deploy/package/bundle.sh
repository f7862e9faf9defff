# shellcheck shell=bash disable=SC2154
# inventory-deploy.tar.gz: the packages, deploy.sh and what it sources, and a manifest. Sourced by prepare.sh.

make_bundle() { # ARCHITECTURE
    local out=$build/$1 root=$build/bundle-$1/inventory-deploy
    make_deb "$1"
    make_pgvector "$1"
    rm -rf "$build/bundle-$1"
    mkdir -p "$root/packages" "$out"
    cp "$deb" "$pgvector" "$root/packages/"
    cp -r "$here"/{lib,config,nginx,monitoring,README.md} "$root/"
    install -m 755 "$here"/{deploy,verify,upgrade,rollback,uninstall,certificate,letsencrypt,offsite}.sh "$root/"
    manifest "$1" "$root" >"$root/MANIFEST"
    archive "$build/bundle-$1" inventory-deploy | gzip --no-name --fast >"$out/inventory-deploy.tar.gz.new" # xz did the work
    mv "$out/inventory-deploy.tar.gz.new" "$out/inventory-deploy.tar.gz"
    (cd "$out" && sha256sum inventory-deploy.tar.gz >inventory-deploy.tar.gz.sha256)
    say "$out/inventory-deploy.tar.gz: $(du -h --apparent-size "$out/inventory-deploy.tar.gz" | cut -f 1)B, SHA-256 $(cut -c -16 "$out/inventory-deploy.tar.gz.sha256")…"
}

# Sorted, owned by root, as old as the commit: the same bytes every time.
archive() { # DIRECTORY NAME
    tar --create --directory "$1" --sort=name --format=gnu --owner=root:0 --group=root:0 --numeric-owner --mode=go=rX,u+rw \
        --mtime="@$SOURCE_DATE_EPOCH" "$2"
}

# What it is made of; then every file's sum, as sha256sum --check reads them. deploy.sh looks at all of them.
manifest() { # ARCHITECTURE DIRECTORY
    cat <<MANIFEST
version: $(dpkg-deb --field "$deb" Version)
architecture: $1
commit: $(git -C "$source" rev-parse HEAD 2>/dev/null || echo unknown)
date: $(date --utc --date="@$SOURCE_DATE_EPOCH" --iso-8601=seconds)
rust: $(inside "$cross" rustc --version | cut -d ' ' -f 2)
model: $(sed -n 's/.*"id": "\(.*\)",/\1/p' "$model/manifest.json")
onnxruntime: $(sed -n 's/^onnxruntime==\([0-9.]*\).*/\1/p' "$here/model/inputs.txt" | head -n 1)
pgvector: $(dpkg-deb --field "$pgvector" Version)
depends: $(dpkg-deb --field "$deb" Depends)
files:
MANIFEST
    (cd "$2" && find . -type f ! -name MANIFEST -printf '%P\0' | sort -z | xargs -0 sha256sum)
}
