# shellcheck shell=bash disable=SC2034,SC2154
# Where backups go besides this machine, as offsite.sh wrote it down. Sourced by offsite.sh and verify.sh.

offsite_dir=$data/config/offsite
offsite_key=$offsite_dir/key

has_offsite() {
    [ -s "$offsite_dir/settings" ]
}

# Sets target, account, directory, port and keep. The file is data: read, never sourced.
offsite_settings() {
    local name value
    has_offsite || fail "no other machine is named for backups: offsite.sh USER@HOST:DIRECTORY"
    while IFS='=' read -r name value; do
        case $name in
        target) target=$value account_there=${value%%:*} directory=${value#*:} ;;
        port) port=$value ;;
        keep) keep=$value ;;
        esac
    done <"$offsite_dir/settings"
}

# Commands of sftp on standard input; ends with the first that fails.
over_sftp() { # yes|accept-new: a machine met for the first time
    sftp -q -b - -P "$port" -i "$offsite_key" -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=20 \
        -o "UserKnownHostsFile=$offsite_dir/known_hosts" -o "StrictHostKeyChecking=$1" "$account_there"
}
