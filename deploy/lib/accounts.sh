# shellcheck shell=bash disable=SC2154
# Accounts, directories and the one configuration file. Sourced by deploy.sh.

make_accounts() {
    # What the package brings for systemd-sysusers: the account, the group that may read photos, who is in it.
    if ! id -u "$account" >/dev/null 2>&1 || ! getent group "$photo_group" >/dev/null ||
        { has_program && ! id -nG www-data 2>/dev/null | grep -qw "$photo_group"; }; then
        change "account $account, group $photo_group" systemd-sysusers "$package_dir/sysusers.conf"
        if has_program && [ -z "$dry_run" ]; then
            # A running nginx keeps the groups it was started with.
            nginx_groups_changed=yes
        fi
    fi
    # Sticky: the service may add to it, and cannot move aside what is root's.
    directory "$data" 1771 "root:$account"
    directory "$data/app" 755 root:root
    directory "$data/config" 750 "root:$account"
    directory "$data/ssl" 700 root:root
    directory "$data/ml_cache" 755 root:root
    directory "$data/backups" 700 "$account:$account"
    # What is put below gets the group, so that nginx can read the derived pictures; the program keeps originals
    # (and attachments) in directories that are closed to the group.
    directory "$data/images" 2750 "$account:$photo_group"
}

is_raspberry_pi() {
    tr -d '\0' 2>/dev/null </proc/device-tree/model | grep -q 'Raspberry Pi'
}

deployment_type() {
    if is_raspberry_pi; then echo raspberry_pi; else echo server; fi
}

# The file is its keeper's once it is there.
write_settings() {
    if [ ! -e "$config_file" ]; then
        settings_text | put "$config_file" 640 "root:$account" || true
    fi
    if [ "$(readlink /etc/inventory/inventory.toml)" != "$config_file" ]; then
        change "link /etc/inventory/inventory.toml" link_settings
    fi
}

link_settings() {
    install -d -m 755 /etc/inventory
    ln -sfn "$config_file" /etc/inventory/inventory.toml
}

# The database elsewhere as the settings name it.
database_line() {
    local url=${database_url//\\/\\\\}
    printf 'url = "%s"\n' "${url//\"/\\\"}"
}

settings_text() {
    local line
    while IFS= read -r line; do
        case $line in
        'deployment = '*) echo "deployment = \"$(deployment_type)\"" ;;
        '@database@')
            if [ -n "$database_url" ]; then
                database_line
            else
                printf 'host = "%s"\nuser = "%s"\nname = "%s"\n' "$socket_dir" "$account" "$database"
                [ "$(cluster_port)" = 5432 ] || echo "port = $(cluster_port)"
            fi
            ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <"$here/config/inventory.toml"
}
