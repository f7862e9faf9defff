#!/usr/bin/env bash
# Does the previous program work on today's schema? A rollback swaps the program and never the data, so migrations only
# add, and the tests of the program before must pass over the schema of this one. Called by make test-previous.
#
# usage: previous.sh [--from COMMIT] [-- what nextest is to be told]
#   --from   the previous program; the last commit before the newest migration unless said otherwise
#
# Its tests run as they were, without the window, over its own migrations and those that came since.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

fail() {
    printf 'previous: %s\n' "$*" >&2
    exit 1
}

from=''
while [ $# -gt 0 ]; do
    case $1 in
    --from) from=${2:-} && shift ;;
    --help | -h) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit ;;
    --) shift && break ;;
    *) fail "unknown option: $1 (--help lists them)" ;;
    esac
    shift
done

newest=$(printf '%s\n' migrations/V*.sql | sort --version-sort | tail -n 1)
if [ -z "$from" ]; then
    from=$(git log --diff-filter=A --format=%H -- "$newest" | tail -n 1)
    [ -n "$from" ] || fail "$newest is not committed"
    from=$from^
fi
commit=$(git rev-parse --verify --quiet "$from^{commit}") || fail "no commit is called '$from'"

work=$(mktemp -d "${TMPDIR:-/var/tmp}/inventory-previous.XXXXXX")
trap 'git worktree remove --force "$work/program"; rm -rf "$work"' EXIT
git worktree add --quiet --detach "$work/program" "$commit"
for migration in migrations/V*.sql; do
    old=$work/program/$migration
    [ ! -e "$old" ] || cmp --quiet "$migration" "$old" || fail "$migration was changed after it was used; migrations are only added"
    [ -e "$old" ] || printf 'previous: with %s\n' "$migration"
    cp "$migration" "$old"
done
printf 'previous: the tests of %s\n' "$(git log -1 --format='%h (%cs, %s)' "$commit")"
cd "$work/program"
cargo nextest run --locked --no-default-features --no-fail-fast "$@"
