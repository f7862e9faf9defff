#!/usr/bin/env bash
# Make the self-signed certificate anew, if it is ours and nears its end, or names and addresses have changed.
#
# usage: sudo certificate.sh [NAME ...]      names by which browsers reach this machine, besides its own
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib/common.sh"
. "$here/lib/certificate.sh"
require_root "$@"
case ${1:-} in --help | -h) sed -n '2,/^# shellcheck/{/^# shellcheck/d;s/^# \{0,1\}//;p}' "$0" && exit ;; esac
names=("$@")
make_certificate
