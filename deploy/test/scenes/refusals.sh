# shellcheck shell=bash disable=SC2154
# What deploy.sh refuses before anything is changed. Sourced by test/scenes.sh.

refuses() { # SENTENCE COMMAND...: fails with that sentence, and no package is installed
    local sentence=$1 output before after
    shift
    before=$(on dpkg-query --show | sha256sum)
    if output=$(on "$@" 2>&1); then
        echo "it did not refuse: $output"
        return 1
    fi
    grep -q "$sentence" <<<"$output" || { echo "$output" && return 1; }
    after=$(on dpkg-query --show | sha256sum)
    is "$before" "$after"
}

scene_refusals() {
    check "a dry run changes nothing" dry_run
    check "a damaged bundle is refused" refuses_damage
    check "another architecture is refused" refuses_architecture
    check "too little memory is refused" refuses "MB of memory" env meminfo=/var/tmp/small-memory sh -c \
        "echo 'MemTotal: 512000 kB' >/var/tmp/small-memory && $bundle/deploy.sh --offline"
    check "too little disk is refused" refuses "MB are free in /var/lib" sh -c \
        "mount -t tmpfs -o size=50m small /var/lib && { $bundle/deploy.sh --offline && status=0 || status=\$?; umount /var/lib; exit \$status; }"
    check "another system is refused" refuses "neither Debian 12" env os_release=/var/tmp/other-system sh -c \
        "echo 'VERSION_CODENAME=buster' >/var/tmp/other-system && $bundle/deploy.sh --offline"
    on systemd-run --quiet --unit taken systemd-socket-activate --listen 80 /bin/cat
    sleep 1
    check "a taken port is refused" refuses "port 80 is taken" "$bundle/deploy.sh" --offline
    on systemctl stop taken
    check "an unknown role is refused, with the known ones" refuses "known are all, app, database, kiosk" "$bundle/deploy.sh" --role cook
    check "a database elsewhere is refused where there is to be one" refuses "is for --role app and kiosk" "$bundle/deploy.sh" \
        --database-url postgres://inventory@elsewhere/inventory_db
    check "a kiosk whose database is elsewhere takes a window and no PostgreSQL" kiosk_alone
}

kiosk_alone() {
    local output
    output=$(on "$bundle/deploy.sh" --offline --dry-run --role kiosk --database-url postgres://inventory@localhost/inventory_db) || { echo "$output" && return 1; }
    grep -q "would: install .*seatd" <<<"$output" || { echo "$output" && return 1; }
    fails grep -qi 'install.*postgresql\|▸ PostgreSQL\|▸ database' <<<"$output"
}

dry_run() {
    local before after output
    before=$(cd "$root" && find etc usr var/lib -xdev -newer "$root.log" | sort | sha256sum)
    output=$(on "$bundle/deploy.sh" --offline --dry-run) || { echo "$output" && return 1; }
    grep -q "would: install .*postgresql" <<<"$output" || { echo "$output" && return 1; }
    after=$(cd "$root" && find etc usr var/lib -xdev -newer "$root.log" | sort | sha256sum)
    is "$before" "$after"
}

refuses_damage() {
    echo >>"$root$bundle/nginx/inventory.conf"
    local done=0
    refuses "the bundle is damaged: nginx/inventory.conf" "$bundle/deploy.sh" --offline || done=1
    unpack_bundle "$root"
    return $done
}

refuses_architecture() {
    local done=0
    sed -i 's/^architecture: .*/architecture: riscv64/' "$root$bundle/MANIFEST"
    refuses "the bundle is for riscv64" "$bundle/deploy.sh" --offline || done=1
    unpack_bundle "$root"
    return $done
}
