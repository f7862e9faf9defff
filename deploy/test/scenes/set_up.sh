# shellcheck shell=bash disable=SC2154
# One command sets everything up; whoever is nobody sees nothing. Sourced by test/scenes.sh.

scene_deploy() {
    local before
    before=$(used_mb)
    check "one command sets everything up, without a network" deploys
    say "        disk: $(($(used_mb) - before)) MB more; memory idle: $(memory_of .) MB in all, inventory $(memory_of inventory) MB, PostgreSQL $(memory_of postgres) MB"
    check "services run, none failed" is "" "$(on systemctl --failed --no-legend --plain)"
    check "the service is hardened to 2.0 or better" is_hardened inventory.service 2.0
    check "the backup is hardened to 2.5 or better" is_hardened inventory-backup.service 2.5
    check "the program's role owns nothing and cannot change the schema" role_is_small
    check "PostgreSQL listens on its socket only" is "" "$(on ss --listening --tcp --no-header 'sport = :5432')"
    check "what was acknowledged stays: fsync is on" is on "$(psql_on 'show fsync')"
}

# deploy.sh, whose table of steps and times is shown whether all went well or not.
deploys() { # OPTION...
    local output status=0
    output=$(on "$bundle/deploy.sh" --offline "$@" 2>&1) || status=$?
    grep -E '^ *[0-9.]+ s ' <<<"$output" | sed 's/^/        /' >&3 || true
    echo "$output"
    return $status
}

used_mb() {
    du --summarize --one-file-system --block-size=1M "$root" | cut -f 1
}

# What processes by this name take, each its share of what it shares (PSS).
memory_of() { # PATTERN
    on sh -c 'for process in /proc/[0-9]*; do
        grep -qs -- "$1" $process/comm && cat $process/smaps_rollup; done 2>/dev/null' -- "$1" | awk '/^Pss:/ { sum += $2 } END { print int(sum / 1024) }'
}

is_hardened() { # UNIT LIMIT
    local figure
    figure=$(on systemd-analyze security --no-pager "$1" | sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p')
    say "        $1: $figure"  >&3
    awk -v got="$figure" -v limit="$2" 'BEGIN { exit !(got != "" && got <= limit) }' || { echo "$1 has $figure" && return 1; }
}

psql_on() { # STATEMENT, as the administrator
    on runuser -u postgres -- psql -qAtX -v ON_ERROR_STOP=1 -d inventory_db -c "$1"
}

as_program() { # STATEMENT, as the program's role
    on runuser -u inventory -- psql -qAtX -v ON_ERROR_STOP=1 -h /run/postgresql -U inventory -d inventory_db -c "$1"
}

role_is_small() {
    is 0 "$(psql_on "select count(*) from pg_class where relowner = 'inventory'::regrole")"
    is inventory_owner "$(psql_on "select pg_get_userbyid(datdba) from pg_database where datname = 'inventory_db'")"
    local statement
    for statement in "create table inventory.mine (a int)" "update inventory.stock set quantity = 1" \
        "truncate inventory.movement" "alter table inventory.movement disable trigger all" "create extension hstore"; do
        fails as_program "$statement"
    done
    # Nobody else comes by the socket.
    fails on runuser -u www-data -- psql -qAtX -h /run/postgresql -U inventory -d inventory_db -c "select 1"
}

status_of() { # PATH
    on curl --silent --insecure --output /dev/null --max-time 10 --write-out '%{http_code}' "https://127.0.0.1$1"
}

scene_closed() {
    check "pages are closed until there is an admin" closed_until_admin
    check "without a terminal the set-up code is not printed" no_code_in_log
    check "the set-up code comes on deploy.sh's terminal" code_on_terminal
    check "the first admin is made" make_admin
    check "nobody who is not signed in reads anything" closed_to_others
    check "a forged address does not open anything" forged_addresses
    check "the admin signs in" sign_in
    check "and by another port, as a router passes it on" sign_in_by_another_port
}

closed_until_admin() {
    local answer
    answer=$(on curl --silent --insecure --max-time 10 --write-out '\n%{http_code}' https://127.0.0.1/)
    is 503 "$(tail -n 1 <<<"$answer")" || { echo "$answer" && return 1; }
}

no_code_in_log() {
    local output
    output=$(on "$bundle/deploy.sh" --offline)
    grep -q "inventoryctl setup --code" <<<"$output"
    fails grep -qE '^[0-9A-Z]{4}-[0-9A-Z]{4}' <<<"$output"
    fails grep -q 'asks for this code' <(on journalctl --no-pager)
}

code_on_terminal() {
    on script --quiet --return --command "$bundle/deploy.sh --offline" /dev/null | tr -d '\r' >"$work/terminal"
    grep -A 4 'asks for this code' "$work/terminal" | grep -qE '^[0-9A-Za-z-]{8,}$' || { tail -n 8 "$work/terminal" && return 1; }
}

make_admin() {
    echo 'a long enough password' | on inventoryctl setup --name 'Ann Meyer' --login ann
}

jar=/var/tmp/cookies

# As a browser does it: the page, its form's token, the form.
sign_in() {
    local page token status
    page=$(on curl --silent --insecure --cookie-jar $jar https://127.0.0.1/sign-in)
    token=$(sed -n 's/.*name="token" value="\([^"]*\)".*/\1/p' <<<"$page" | head -n 1)
    status=$(on curl --silent --insecure --cookie $jar --cookie-jar $jar --output /dev/null --write-out '%{http_code}' -H 'Origin: https://127.0.0.1' \
        --data-urlencode "token=$token" --data-urlencode 'login=ann' --data-urlencode 'password=a long enough password' https://127.0.0.1/sign-in)
    is 303 "$status"
    is 200 "$(on curl --silent --insecure --cookie $jar --output /dev/null --write-out '%{http_code}' https://127.0.0.1/)"
}

# What a page's origin says has the port, where a router passes another one on.
sign_in_by_another_port() {
    local page token
    page=$(on curl --silent --insecure --cookie-jar $jar.port -H 'Host: storeroom.example:8443' https://127.0.0.1/sign-in)
    token=$(sed -n 's/.*name="token" value="\([^"]*\)".*/\1/p' <<<"$page" | head -n 1)
    is 303 "$(on curl --silent --insecure --cookie $jar.port --output /dev/null --write-out '%{http_code}' -H 'Host: storeroom.example:8443' \
        -H 'Origin: https://storeroom.example:8443' --data-urlencode "token=$token" --data-urlencode 'login=ann' \
        --data-urlencode 'password=a long enough password' https://127.0.0.1/sign-in)"
    is 403 "$(on curl --silent --insecure --cookie $jar.port --output /dev/null --write-out '%{http_code}' -H 'Host: storeroom.example:8443' \
        -H 'Origin: https://storeroom.example' --data-urlencode "token=$token" --data-urlencode 'login=ann' \
        --data-urlencode 'password=a long enough password' https://127.0.0.1/sign-in)"
}

closed_to_others() {
    local path status
    for path in / /api/v1/items '/api/v1/search?q=a' /places /history /inventory-photos/ab/320.jpg /metrics; do
        status=$(status_of "$path")
        case $status in 401 | 403 | 404 | 30?) ;; *) echo "$path: $status" && return 1 ;; esac
    done
}

forged_addresses() {
    local status
    status=$(on curl --silent --insecure --output /dev/null --write-out '%{http_code}' -H 'X-Forwarded-For: 127.0.0.1' -H 'X-Real-IP: 127.0.0.1' \
        -H 'Host: localhost:8000' -H 'Forwarded: for=127.0.0.1' https://127.0.0.1/api/v1/items)
    case $status in 401 | 403 | 30?) ;; *) echo "$status" && return 1 ;; esac
}
