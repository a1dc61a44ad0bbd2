#!/usr/bin/env bash
# What the steps of the user flow cost, against what the machine can sign at
# most, measured in the same run: exchange of a code, refresh with rotation,
# authorization with session and consent remembered, and the two ends together.
#
#   bench/flow.sh [--write]        --write: renew the table in README.md
#
# Builds nothing; takes what token.sh takes. From the environment:
#   MODULE TPACTL HTTPD APXS      what to run instead
#   ROUNDS=3 SECONDS_EACH=5       medians of so many rounds of so many seconds
#   CONNECTIONS='1 8'
#   CODES=60000                   codes made for each measurement of exchanges
#   RESULTS=FILE                  leave the raw figures there
#   KEEP=1                        leave the temporary folder
set -uo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tpa.sh"

: "${ROUNDS:=3}" "${SECONDS_EACH:=5}" "${CONNECTIONS:=1 8}" "${CODES:=60000}"
STEPS='exchange refresh authorize flow'
VERIFIER=bench-verifier-0123456789-0123456789-012345
write=
[ "${1:-}" != --write ] || write=1

progress() { echo "$*" >&2; }

# Fresh codes and tokens, since both are used up.
renew() {
    sql tpa_1 -v codes="$CODES" -v tokens=64 -v challenge="$challenge" \
        -f "$top/bench/flow.sql"
    sql tpa_1 -c 'ANALYZE'
}

# load CONNECTIONS SECONDS: instead of that of lib.sh, for measure.
load() {
    wrk -t"$1" -c"$1" -d"$2s" --timeout 10s -s "$top/bench/flow.lua" \
        "${url%/oauth/token}" -- "$step" 0 $((CODES / $1)) "$VERIFIER" \
        "$organization" "$challenge" 2>&1 | sed -n 's/^figures //p'
}

# The most calls of the database that a request of each step made.
round_trips() {
    start_tpa 1 -D COUNT_CALLS
    for step in exchange refresh authorize; do
        renew
        : >"$work/logs/calls"
        load 1 1 >/dev/null
        sleep 0.5
        awk -v step="$step" '$1 + 0 > most { most = $1 + 0 }
            END { print "calls step=" step " most=" most + 0 }' \
            "$work/logs/calls" >>"$results"
    done
    stop_tpa
    progress 'round trips counted'
}

make_work
find_build
results=$work/results
: >"$results"
body=$plain_body
challenge=$(printf %s "$VERIFIER" | openssl dgst -sha256 -binary | base64 |
    tr '+/' '-_' | tr -d =)
make_database
make_tenants 1
organization=$(sql tpa_1 -c \
    "SELECT id FROM tpa_data.organizations WHERE name = 'acme'")
round_trips
for ((round = 1; round <= ROUNDS; round++)); do
    signatures "$round"
    start_tpa 1
    for conc in $CONNECTIONS; do
        for step in $STEPS; do
            renew
            load "$conc" 1 >/dev/null
            renew
            measure "$step" 1 "$conc" "$SECONDS_EACH"
        done
    done
    stop_tpa
    signatures "$round"
    progress "round $round of $ROUNDS"
done
[ -z "${RESULTS:-}" ] || cp "$results" "$RESULTS"
report() { awk -f "$top/bench/medians.awk" -f "$top/bench/flow.awk" "$@"; }
[ -z "$write" ] || report -v markdown=1 "$results" | write_readme flow.sh
report "$results"
