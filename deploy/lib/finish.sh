# shellcheck shell=bash disable=SC2154
# The end: vectors for what there is, a look at every part, and what the keeper does next. Sourced by deploy.sh.

embed_items() {
    if [ -n "$dry_run" ]; then
        note "would make vectors for items that have none"
        return
    fi
    # The running service does it too; this shows how far it is, and both share the work.
    as_service inventory reindex --missing || fail "the items could not be read; again with: inventoryctl reindex --missing"
}

verify_all() {
    verify_settled || fail "not everything is as it should be; see above, then run deploy.sh again"
}

# The code that makes the first admin is shown on this terminal, and nowhere else.
say_what_next() {
    local address
    address=$(ip -oneline -4 address show scope global 2>/dev/null | awk '{ sub("/.*", "", $4); print $4; exit }')
    say
    say "The inventory is at https://$(hostname).local/${address:+ and https://$address/}"
    if ! [ -t 1 ]; then
        say "While nobody is admin, its pages are closed. On a terminal this prints the code for the first one: inventoryctl setup --code"
        return
    fi
    # Refused when there is an admin, and then there is nothing to say.
    local refusal
    refusal=$(mktemp)
    say "The first-run page asks for this code, which makes the first admin:"
    as_service inventory setup --code 2>"$refusal" || true
    if grep -q 'admin already' "$refusal"; then
        say "(none: there is an admin already)"
    else
        cat "$refusal" >&2
    fi
    rm -f "$refusal"
}
