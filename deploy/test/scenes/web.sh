# shellcheck shell=bash disable=SC2154
# nginx before the program: limits, several instances, restarts. Sourced by test/scenes.sh.

scene_web() {
    check "many searches at once are answered" many_search
    check "who hammers is slowed down, and others are not locked out" hammers
    check "an upload that is too large is refused at the door" too_large
    check "browsers are told to stay with https" tells_https
    check "a second instance answers while the first is away" two_instances
    check "a restart drops no request" restart_drops_nothing
}

# By meaning and by words, from ten at once, at a pace that is let through.
many_search() {
    local answers
    sign_in
    answers=$(for _ in 1 2 3 4 5 6; do
        on curl --silent --insecure --cookie "$jar" --parallel --parallel-max 10 --output /dev/null --write-out '%{http_code}\n' \
            'https://127.0.0.1/?q=something+against+rain+[1-25]'
        sleep 1
    done | sort | uniq -c | tr -s ' ')
    say "        memory under load: $(memory_of .) MB in all, inventory $(memory_of inventory) MB, PostgreSQL $(memory_of postgres) MB" >&3
    is ' 150 200' "$answers"
}

hammers() {
    local answers
    answers=$(on curl --silent --insecure --parallel --parallel-max 40 --output /dev/null --write-out '%{http_code}\n' 'https://127.0.0.1/healthz?[1-600]' | sort | uniq -c)
    echo "$answers"
    grep -q ' 429$' <<<"$answers"
    grep -q ' 200$' <<<"$answers"
    sleep 5
    is 200 "$(status_of /healthz)"
}

too_large() {
    is 413 "$(on sh -c "head -c 70000000 /dev/zero | curl --silent --insecure --output /dev/null --write-out '%{http_code}' -H 'Expect:' --data-binary @- https://127.0.0.1/setup")"
}

tells_https() {
    local headers
    headers=$(on curl --silent --insecure --head https://127.0.0.1/)
    grep -qi '^strict-transport-security: max-age=31536000' <<<"$headers" || { echo "$headers" && return 1; }
    fails grep -qi '^server: nginx/' <<<"$headers"
}

two_instances() { # OPTION OF DEPLOY.SH...
    on systemd-run --quiet --unit second --uid inventory --setenv INVENTORY_CONFIG=/var/lib/inventory/config/inventory.toml /usr/bin/inventory serve --listen 127.0.0.1:8001
    on "$bundle/deploy.sh" --offline "$@" --upstream 127.0.0.1:8001
    on systemctl stop inventory.socket inventory.service
    local answers
    answers=$(on curl --silent --insecure --output /dev/null --write-out '%{http_code}\n' 'https://127.0.0.1/readyz?[1-20]' | sort | uniq -c | tr -s ' ')
    on systemctl start inventory.socket inventory.service
    on systemctl stop second
    on rm /var/lib/inventory/config/upstreams
    on "$bundle/deploy.sh" --offline "$@"
    is ' 20 200' "$answers"
}

# systemd holds the socket meanwhile: whoever asks waits for the new program.
restart_drops_nothing() {
    local answers
    on systemd-run --quiet --unit restarts sh -c 'for n in 1 2 3; do sleep 1; systemctl restart inventory.service; done'
    answers=$(on sh -c 'for n in $(seq 60); do curl --silent --max-time 20 --output /dev/null --write-out "%{http_code}\n" http://127.0.0.1:8000/healthz; sleep 0.1; done' | sort | uniq -c | tr -s ' ')
    on systemctl stop restarts 2>/dev/null || true
    is ' 60 200' "$answers"
}
