# shellcheck shell=bash disable=SC2154
# What deploy.sh refuses before it changes anything: all reasons at once, each with what to do. Sourced.

# A fresh Debian with PostgreSQL, nginx and a kiosk's libraries takes 0.6 GB; the rest is room to work.
needed_disk_mb=2000
# Idle, everything takes about 300 MB; see deploy/README.md for what was measured.
needed_memory_mb=900

problems=()

problem() { # WHAT WHAT-TO-DO
    problems+=("$1"$'\n'"      → $2")
}

bundle_value() { # KEY of the manifest
    sed -n "s/^$1: //p" "$here/MANIFEST" 2>/dev/null
}

bundle_version() {
    bundle_value version
}

bundle_architecture() {
    bundle_value architecture
}

check_system() {
    local suite architecture
    suite=$(debian_suite)
    [ -n "$suite" ] || problem "this is neither Debian 12 (bookworm) nor 13 (trixie), nor Raspberry Pi OS made of them" \
        "use one of these; the program itself also runs elsewhere (README.md, \"Two commands\")"
    architecture=$(dpkg --print-architecture)
    [ "$architecture" = "$(bundle_architecture)" ] || problem "this machine is $architecture, the bundle is for $(bundle_architecture)" \
        "take the bundle for $architecture (a 32-bit Raspberry Pi OS needs to be replaced by the 64-bit one)"
    [ -d /run/systemd/system ] || problem "systemd does not run here" "start the machine with systemd; containers without it are not served"
}

check_bundle() {
    local wrong
    if [ ! -s "$here/MANIFEST" ]; then
        fail "there is no MANIFEST beside this script: run the deploy.sh that inventory-deploy.tar.gz holds (make package builds it)"
    fi
    wrong=$(cd "$here" && sed -n '/^files:$/,$p' MANIFEST | tail -n +2 | sha256sum --check --quiet 2>/dev/null) || true
    [ -z "$wrong" ] || problem "the bundle is damaged: ${wrong//$'\n'/, }" "copy it again"
    if [ -n "$offline" ] && [ ! -s "$here/offline/Packages" ]; then
        problem "--offline, but there is no folder offline/ with Debian's packages" \
            "unpack inventory-offline-$(debian_suite)-$(dpkg --print-architecture).tar beside inventory-deploy.tar.gz"
    fi
    if [ -n "$offline" ] && [ -s "$here/offline/SUITE" ] && [ "$(cat "$here/offline/SUITE")" != "$(debian_suite)" ]; then
        problem "the packages in offline/ are for $(cat "$here/offline/SUITE"), this is $(debian_suite)" "take the tar of this release"
    fi
}

check_room() {
    local place memory
    for place in /usr /var/lib; do
        is_installed inventory || [ "$(free_mb $place)" -ge "$needed_disk_mb" ] ||
            problem "$(free_mb $place) MB are free in $place, $needed_disk_mb are needed" "free some space, or take a larger card"
    done
    memory=$(memory_mb)
    [ "$memory" -ge "$needed_memory_mb" ] || problem "there are $memory MB of memory, $needed_memory_mb are needed" \
        "use a machine with 1 GB or more"
}

# Who listens on a TCP port: the command's name, or nothing.
listener_of() { # PORT
    ss --listening --tcp --numeric --processes --no-header "sport = :$1" 2>/dev/null |
        sed -n 's/.*users:(("\([^"]*\)".*/\1/p' | sort -u | head -n 1
}

check_ports() {
    local port found
    has_program || return 0
    command -v ss >/dev/null || return 0
    for port in 80 443; do
        found=$(listener_of $port)
        case $found in
        '' | nginx) ;;
        systemd) ;; # a socket unit of ours or of the predecessor's, looked at below
        *) problem "port $port is taken by $found" "stop it (systemctl disable --now …), or move it to another port" ;;
        esac
    done
    found=$(listener_of "${web_address##*:}")
    case $found in
    '' | inventory | systemd) ;;
    gunicorn* | python*) [ -n "$(predecessor_unit)" ] || problem "port ${web_address##*:} is taken by $found" "stop it" ;;
    *) problem "port ${web_address##*:} is taken by $found" "stop it, or move it to another port" ;;
    esac
}

check_database_choice() {
    load_environment
    if [ "$role" = app ] && ! names_another_database; then
        problem "--role app has no database" "name it: --database-url 'postgres://inventory@host/inventory_db?sslmode=verify-full'"
    fi
    # The settings are their keeper's once they are there: they would go on naming another one.
    if [ -n "$database_url" ] && [ -e "$config_file" ] && ! grep -qsxF "$(database_line)" "$config_file"; then
        problem "$config_file names another database than --database-url" "change it there, under [database], and leave the option out"
    fi
}

look_before_leaping() {
    check_bundle
    check_system
    check_room
    check_ports
    check_database_choice
    if [ ${#problems[@]} -gt 0 ]; then
        printf 'deploy.sh changes nothing, because:\n' >&2
        printf '    ✗ %s\n' "${problems[@]}" >&2
        exit 1
    fi
}
