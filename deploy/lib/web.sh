# shellcheck shell=bash disable=SC2154
# nginx before the program: TLS, HTTP/2, limits, photos. Sourced by deploy.sh.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/certificate.sh"

nginx_version() {
    nginx -v 2>&1 | sed 's/.*nginx\/\([0-9.]*\).*/\1/'
}

# HTTP/2 is a word of `listen` up to nginx 1.25.0, and a line of its own from then on.
listen_lines() {
    if [ "$(printf '%s\n' 1.25.1 "$(nginx_version)" | sort --version-sort | head -n 1)" = 1.25.1 ]; then
        printf '    %s\n' 'listen 443 ssl default_server;' 'listen [::]:443 ssl default_server;' 'http2 on;'
    else
        printf '    %s\n' 'listen 443 ssl http2 default_server;' 'listen [::]:443 ssl http2 default_server;'
    fi
}

upstream_lines() {
    local address
    for address in "$web_address" "${upstreams[@]}" $(cat "$data/config/upstreams" 2>/dev/null); do
        echo "    server $address max_fails=2 fail_timeout=5s;"
    done | awk '!seen[$0]++'
}

site_text() {
    local line
    while IFS= read -r line; do
        case $line in
        *@listen@*) listen_lines ;;
        *@upstreams@*) upstream_lines ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <"$here/nginx/inventory.conf"
}

set_up_nginx() {
    local changed='' site=/etc/nginx/sites-available/inventory
    if [ -n "$dry_run" ]; then
        note "would write nginx's site inventory, and let nginx read it"
        return
    fi
    [ ${#upstreams[@]} -eq 0 ] || printf '%s\n' "${upstreams[@]}" | put "$data/config/upstreams" 644 root:root || true
    site_text | put "$site" 644 root:root && changed=yes
    if [ "$(readlink /etc/nginx/sites-enabled/inventory)" != "$site" ]; then
        change "open nginx's site inventory" ln -sfn "$site" /etc/nginx/sites-enabled/inventory
        changed=yes
    fi
    # Debian's welcome page would be the default of port 80.
    if [ "$(readlink /etc/nginx/sites-enabled/default)" = /etc/nginx/sites-available/default ]; then
        change "close Debian's welcome page" rm -f /etc/nginx/sites-enabled/default
        changed=yes
    fi
    nginx -t -q 2>>"$log" || fail "nginx does not accept its configuration: $(nginx -t 2>&1 | head -n 3 | tr '\n' ' ')"
    systemctl is-enabled --quiet nginx.service || change "start nginx with the machine" systemctl enable nginx.service
    if ! systemctl is-active --quiet nginx.service || [ -n "${nginx_groups_changed:-}" ]; then
        change "start nginx" systemctl restart nginx.service
    elif [ -n "$changed" ]; then
        change "let nginx read its site" systemctl reload nginx.service
    fi
    wait_until 20 "https answers" curl --silent --insecure --max-time 5 --output /dev/null https://127.0.0.1/healthz
}
