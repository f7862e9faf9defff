# shellcheck shell=bash disable=SC2154
# Certificates: other names, Let's Encrypt's. Sourced by test/scenes.sh.

scene_certificate() {
    check "the certificate names the machine and is made anew for another name" renames
    check "a name that does not lead here is refused before Let's Encrypt is asked" refuses "does not lead to this machine" \
        /usr/lib/inventory/deploy/letsencrypt.sh shed.example
    check "Let's Encrypt's way: the challenge is served over port 80, a new certificate handed to nginx" lets_encrypt
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

lets_encrypt() {
    on sh -c 'mkdir -p /var/lib/inventory/acme/.well-known/acme-challenge && echo answer >/var/lib/inventory/acme/.well-known/acme-challenge/token'
    is answer "$(on curl --silent http://127.0.0.1/.well-known/acme-challenge/token)"
    on sh -c 'mkdir -p /etc/letsencrypt/live/shed.example && cd /etc/letsencrypt/live/shed.example &&
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 90 -subj /CN=shed.example -addext subjectAltName=DNS:shed.example -keyout privkey.pem -out fullchain.pem 2>/dev/null'
    on env RENEWED_LINEAGE=/etc/letsencrypt/live/shed.example /usr/lib/inventory/deploy/letsencrypt.sh --install
    sleep 1
    is "DNS:shed.example" "$(names_shown | tail -n 1 | tr -d ' ')"
    # And stays through the next run of deploy.sh.
    on "$bundle/deploy.sh" --offline
    is "DNS:shed.example" "$(names_shown | tail -n 1 | tr -d ' ')"
}
