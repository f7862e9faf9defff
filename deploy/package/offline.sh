# shellcheck shell=bash disable=SC2154
# inventory-offline-SUITE-ARCH.tar: Debian's packages for a machine without network, everything that deploy.sh may
# ask for and all they depend on, whatever the machine has already. Sourced by prepare.sh.

make_offline() { # SUITE ARCHITECTURE
    local suite=$1 architecture=$2 out=$build/$2 root=$build/offline-$1-$2/inventory-deploy pool=$build/pool/$1-$2
    local log=$build/offline-$1-$2.log wanted options file name
    say "collecting Debian's packages for $suite, $architecture"
    need_packages dpkg-dev
    apt_apart "$suite" "$architecture"
    mapfile -t wanted < <(everything_wanted "$suite")
    rm -rf "$build/offline-$suite-$architecture"
    mkdir -p "$root/offline" "$root/nothing/partial" "$pool/partial"
    # As for a machine that has nothing, so that nothing is left out; what was fetched before serves again.
    options=("${apart[@]}" -o APT::Install-Recommends=false --yes)
    apt-get "${options[@]}" -o "Dir::Cache::archives=$pool" --download-only install "${wanted[@]}" >"$log" 2>&1 ||
        fail "apt-get: $log"
    while IFS= read -r file; do
        name=${file//%3a/.} # apt would read the name as a colon
        ln -f "$pool/$file" "$root/offline/$name"
    done < <(apt-get "${options[@]}" -o "Dir::Cache::archives=$root/nothing" --print-uris install "${wanted[@]}" 2>>"$log" |
        sed -n "s/^'[^']*' \([^ ]*\.deb\) .*/\1/p")
    rm -rf "$root/nothing"
    (cd "$root/offline" && dpkg-scanpackages --multiversion . 2>>"$log" >Packages)
    echo "$suite" >"$root/offline/SUITE"
    (cd "$root/offline" && sha256sum Packages >SHA256SUMS)
    archive "$build/offline-$suite-$architecture" inventory-deploy >"$out/inventory-offline-$suite-$architecture.tar"
    say "$out/inventory-offline-$suite-$architecture.tar: $(du -h --apparent-size "$out/inventory-offline-$suite-$architecture.tar" | cut -f 1)B, $(find "$root/offline" -name '*.deb' | wc -l) packages"
}

# All roles' packages, and what our own package depends on, one a line.
everything_wanted() { # SUITE
    printf '%s\n' "${tool_packages[@]}" systemd-timesyncd "${program_packages[@]}" "${window_packages[@]}"
    database_packages "$1" | tr ' ' '\n'
    dpkg-deb --field "$deb" Depends | tr ',' '\n' | sed 's/[(|].*//; s/ //g'
}
