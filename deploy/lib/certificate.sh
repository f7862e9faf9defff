# shellcheck shell=bash disable=SC2154
# The certificate nginx shows: self-signed for every name and address of this machine until its keeper brings a
# better one. Sourced by deploy.sh, certificate.sh, letsencrypt.sh and verify.sh.

certificate=$data/ssl/inventory.crt
certificate_key=$data/ssl/inventory.key
# Says who made it: ours is renewed by us, anybody else's is left alone.
certificate_origin=$data/ssl/origin

# Browsers of Apple refuse more than 825 days, even of a certificate somebody decided to trust.
certificate_days=820
renewal_seconds=$((30 * 24 * 3600))

# Everything a browser on this network may call this machine, as openssl writes it.
certificate_names() { # FURTHER NAME...
    local name
    {
        for name in localhost "$(hostname)" "$(hostname).local" "$(hostname --fqdn 2>/dev/null || true)" "$@"; do
            case $name in
            '') ;;
            *[!0-9.]*) [[ $name == *:* ]] && echo "IP:$name" || echo "DNS:$name" ;;
            *) echo "IP:$name" ;;
            esac
        done
        echo IP:127.0.0.1
        echo IP:::1
        # Addresses that stay: not the kernel's of this link alone.
        ip -oneline address show scope global 2>/dev/null | awk '{ sub("/.*", "", $4); print "IP:" $4 }'
    } | awk '!seen[tolower($0)]++' | paste -sd,
}

names_in_certificate() {
    openssl x509 -in "$certificate" -noout -ext subjectAltName 2>/dev/null |
        sed -n '2s/[[:space:]]*//gp' | sed 's/IPAddress:/IP:/g' | tr ',' '\n' | sort
}

is_ours() {
    [ "$(cat "$certificate_origin" 2>/dev/null)" = self-signed ]
}

# Names that were asked for once are asked for again.
further_names() {
    { printf '%s\n' "${names[@]}" && cat "$data/config/names" 2>/dev/null; } | sed '/^$/d' | sort -u
}

make_certificate() {
    local wanted
    if [ -e "$certificate" ] && ! is_ours; then
        note "the certificate is $(cat "$certificate_origin" 2>/dev/null || echo "its keeper's own"), and stays"
        return
    fi
    if [ ${#names[@]} -gt 0 ]; then
        further_names | put "$data/config/names" 644 root:root || true
    fi
    # shellcheck disable=SC2046 # one name a word
    wanted=$(certificate_names $(further_names))
    if [ -e "$certificate" ] && openssl x509 -in "$certificate" -noout -checkend "$renewal_seconds" >/dev/null &&
        [ "$(names_in_certificate)" = "$(tr ',' '\n' <<<"$wanted" | sed 's/IP:::1$/IP:0:0:0:0:0:0:0:1/' | long_addresses | sort)" ]; then
        return
    fi
    change "certificate for $wanted" sign "$wanted"
}

# openssl prints IPv6 addresses without abbreviation.
long_addresses() {
    local line groups head tail
    while IFS= read -r line; do
        if [[ $line != IP:*:* ]]; then
            echo "$line"
            continue
        fi
        line=${line#IP:}
        if [[ $line == *::* ]]; then
            head=${line%%::*} tail=${line#*::}
            groups=$(tr ':' '\n' <<<"$head:$tail" | grep -c .)
            line="${head:+$head:}$(printf '0:%.0s' $(seq $((8 - groups))))${tail}"
            line=${line%:}
        fi
        echo "IP:$(tr a-f A-F <<<"$line" | tr ':' '\n' | sed 's/^0*\(.\)/\1/' | paste -sd:)"
    done
}

sign() { # NAMES
    local work
    work=$(mktemp -d "$data/ssl/new.XXXXXX")
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days "$certificate_days" -sha256 \
        -subj "/CN=$(hostname)" -addext "subjectAltName=$1" -addext basicConstraints=critical,CA:FALSE \
        -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=serverAuth \
        -keyout "$work/key" -out "$work/crt" 2>"$work/log" || fail "openssl: $(cat "$work/log")"
    put_certificate "$work/crt" "$work/key" self-signed
    rm -rf "$work"
}

# Key and certificate belong together: both are in place before nginx is asked to look.
put_certificate() { # CERTIFICATE KEY ORIGIN
    [ "$(openssl x509 -in "$1" -noout -pubkey)" = "$(openssl pkey -in "$2" -pubout)" ] ||
        fail "the certificate $1 does not belong to the key $2"
    install -m 600 "$2" "$certificate_key.new"
    install -m 644 "$1" "$certificate.new"
    mv -f "$certificate_key.new" "$certificate_key"
    mv -f "$certificate.new" "$certificate"
    echo "$3" >"$certificate_origin"
    if systemctl is-active --quiet nginx.service; then
        systemctl reload nginx.service
    fi
}
