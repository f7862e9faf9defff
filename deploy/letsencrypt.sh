#!/usr/bin/env bash
# Replace the self-signed certificate by one of Let's Encrypt, and keep it renewed.
#
# usage: sudo letsencrypt.sh NAME [--email ADDRESS] [--server URL]
#   NAME      under which the whole internet reaches this machine, on port 80
#   --server  another ACME directory, such as Let's Encrypt's staging one, to try it
#
# certbot renews twice a day by its own timer; each new certificate is handed to nginx by this script, as
#        letsencrypt.sh --install (called by certbot with RENEWED_LINEAGE)
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib/common.sh"
. "$here/lib/certificate.sh"
webroot=$data/acme
hook=/etc/letsencrypt/renewal-hooks/deploy/inventory

install_lineage() { # DIRECTORY
    if [ ! -s "$1/fullchain.pem" ] || [ ! -s "$1/privkey.pem" ]; then
        fail "there is no certificate in $1"
    fi
    put_certificate "$1/fullchain.pem" "$1/privkey.pem" "Let's Encrypt's, for ${1##*/}"
    say "nginx shows the certificate of $1, valid until $(openssl x509 -in "$certificate" -noout -enddate | cut -d= -f2)"
}

# Before anybody is asked elsewhere: does what we put there come back over port 80 under that name?
try_webroot() { # NAME
    local token=inventory-$RANDOM$RANDOM answer
    install -d -m 755 "$webroot" "$webroot/.well-known" "$webroot/.well-known/acme-challenge"
    echo "$token" >"$webroot/.well-known/acme-challenge/$token"
    answer=$(curl --silent --max-time 20 "http://$1/.well-known/acme-challenge/$token" || true)
    rm -f "$webroot/.well-known/acme-challenge/$token"
    [ "$answer" = "$token" ] || fail "http://$1/ does not lead to this machine: let the name point here, and port 80 through the router"
}

main() {
    local name='' email=() server=()
    while [ $# -gt 0 ]; do
        case $1 in
        --email) email=(--email "${2:?--email needs an address}") && shift ;;
        --server) server=(--server "${2:?--server needs an address}") && shift ;;
        --install)
            require_root "$@"
            install_lineage "${RENEWED_LINEAGE:?certbot names the certificate in RENEWED_LINEAGE}"
            return
            ;;
        --help | -h) sed -n '2,/^# shellcheck/{/^# shellcheck/d;s/^# \{0,1\}//;p}' "$0" && return ;;
        -*) fail "unknown option: $1" ;;
        *) name=$1 ;;
        esac
        shift
    done
    require_root "$name"
    [ -n "$name" ] || fail "name this machine: letsencrypt.sh storeroom.example.org"
    [ -e /etc/nginx/sites-enabled/inventory ] || fail "run deploy.sh first"
    try_webroot "$name"
    is_installed certbot || env DEBIAN_FRONTEND=noninteractive apt-get -q install --yes --no-install-recommends certbot
    put "$hook" 755 root:root <<HOOK || true
#!/bin/sh
# Hands each new certificate to nginx. Written by inventory's letsencrypt.sh.
exec "$package_dir/deploy/letsencrypt.sh" --install
HOOK
    certbot certonly --non-interactive --agree-tos --webroot --webroot-path "$webroot" --domain "$name" \
        "${server[@]}" "${email[@]:---register-unsafely-without-email}" --keep-until-expiring
    install_lineage "/etc/letsencrypt/live/$name"
}

main "$@"
