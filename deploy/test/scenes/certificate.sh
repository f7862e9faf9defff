# shellcheck shell=bash disable=SC2154
# Certificates: other names, an authority's. Sourced by test/scenes.sh.

scene_certificate() {
    check "the certificate names the machine and is made anew for another name" renames
    check "a name that does not lead here is refused before Let's Encrypt is asked" refuses "does not lead to this machine" \
        /usr/lib/inventory/deploy/letsencrypt.sh shed.example
    check "an ACME server and certbot are here, as Debian has them" acme_server
    check "letsencrypt.sh gets a certificate: the challenge is served over port 80, nginx shows what was signed" lets_encrypt
    check "its renewal is handed to nginx by itself" renews
    check "and it stays through the next run of deploy.sh" stays
}

names_shown() {
    on sh -c 'openssl s_client -connect 127.0.0.1:443 </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName'
}

renames() {
    names_shown | grep -q 'DNS:storeroom.local' || return 1
    on /usr/lib/inventory/deploy/certificate.sh shed.example
    sleep 1
    names_shown | grep 'DNS:storeroom.local' | grep -q 'DNS:shed.example'
}

# What stands for Let's Encrypt: Pebble, its own test server, under a name that only this machine knows.
acme_server() {
    add_packages certbot pebble
    on sh -c 'mkdir -p /var/tmp/acme && cd /var/tmp/acme && echo "127.0.0.1 acme.example shed.example" >>/etc/hosts &&
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 9 -subj /CN=acme.example -addext subjectAltName=DNS:acme.example -keyout key.pem -out cert.pem &&
        install -m 644 cert.pem /usr/local/share/ca-certificates/acme-example.crt && update-ca-certificates'
    cat >"$root/var/tmp/acme/config.json" <<'JSON'
{"pebble": {"listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000", "httpPort": 80, "tlsPort": 443,
  "certificate": "/var/tmp/acme/cert.pem", "privateKey": "/var/tmp/acme/key.pem"}}
JSON
    on systemd-run --quiet --unit acme --setenv PEBBLE_VA_NOSLEEP=1 pebble -config /var/tmp/acme/config.json
    for _ in $(seq 50); do
        ! on curl --silent --output /dev/null https://acme.example:14000/dir || return 0
        sleep 0.2
    done
    on journalctl --no-pager --unit acme
    return 1
}

shown() { # FIELD of the certificate that browsers get
    on sh -c "openssl s_client -connect 127.0.0.1:443 </dev/null 2>/dev/null | openssl x509 -noout -$1"
}

lets_encrypt() {
    on /usr/lib/inventory/deploy/letsencrypt.sh shed.example --server https://acme.example:14000/dir
    sleep 1
    is "DNS:shed.example" "$(names_shown | tail -n 1 | tr -d ' ')"
    shown issuer | grep -i pebble
    on systemctl is-enabled certbot.timer
}

renews() {
    local before
    before=$(shown serial)
    on certbot renew --force-renewal --no-random-sleep-on-renew
    sleep 1
    shown issuer | grep -i pebble
    [ "$(shown serial)" != "$before" ]
}

stays() {
    on "$bundle/deploy.sh" --offline
    is "DNS:shed.example" "$(names_shown | tail -n 1 | tr -d ' ')"
    shown issuer | grep -i pebble
}
