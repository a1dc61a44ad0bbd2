#!/usr/bin/env bash
# What calls of the Management API cost with few rows and with many: one
# connection, one call at a time, medians, and their ratio.
#
#   bench/mgmt.sh [--write]        --write: renew the table in README.md
#
# Builds nothing; takes what token.sh takes. From the environment:
#   MODULE TPACTL HTTPD APXS      what to run instead
#   ROUNDS=5 SECONDS_EACH=2       medians of so many rounds of so many seconds
#   ROWS='100 100000'             applications, client grants, Organizations
#   RESULTS=FILE                  leave the raw figures there
#   KEEP=1                        leave the temporary folder
set -uo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tpa.sh"

: "${ROUNDS:=5}" "${SECONDS_EACH:=2}" "${ROWS:=100 100000}"
write=
[ "${1:-}" != --write ] || write=1
api= token=

progress() { echo "$*" >&2; }

# The administrator that init made may do all; its secret is set anew, for
# what init printed was not kept.
get_admin_token() {
    token=$(curl -s --max-time 5 -d grant_type=client_credentials \
        -d client_id="$admin" -d client_secret="$SECRET" \
        -d audience=https://bench.example.com/api/v2/ "$url" |
        jq -r .access_token)
    [[ $token == ey* ]] || fail 'no token for the administrator'
}

call() { curl -sf --max-time 10 -H "Authorization: Bearer $token" "$api/$1"; }

# middle LIST KEY ROWS: "next" of the checkpoint page in the middle of a list.
middle() {
    local from='' page size=100 i
    [ "$3" -gt 400 ] || size=10
    for ((i = 0; i < $3 / size / 2; i++)); do
        page=$(call "$1?take=$size${from:+&from=$from}") || fail "no page of $1"
        from=$(jq -r '.next | @uri' <<<"$page")
        [ "$from" != null ] || fail "$1 ends at page $i"
    done
    echo "$from"
}

# one WHAT METHOD PATH [BODY]
one() {
    local line
    line=$(wrk -t1 -c1 -d"${SECONDS_EACH}s" --timeout 10s \
        -s "$top/bench/mgmt.lua" "$api/$3" -- "$2" "$token" "${4:-}" 2>&1 |
        sed -n 's/^figures //p')
    [ -n "$line" ] || fail "wrk failed: $2 $3"
    echo "call what=$1 rows=$rows round=$round $line" >>"$results"
}

all_calls() {
    local id orgs clients
    id=bench_$(printf %026d $((rows / 2)))
    orgs=$(middle organizations organizations "$rows")
    clients=$(middle clients clients "$rows")
    one warm_up GET "clients/$id"
    sed -i '/what=warm_up/d' "$results"
    one GET_a_client GET "clients/$id"
    one PATCH_a_client PATCH "clients/$id" '{"description":"of the bench"}'
    one clients,_page_0 GET 'clients?page=0&per_page=50'
    one clients,_deep_inside GET "clients?take=50&from=$clients"
    one Organizations,_page_0 GET 'organizations?page=0&per_page=50'
    one Organizations,_deep_inside GET "organizations?take=50&from=$orgs"
    one client_grants,_page_0 GET 'client-grants?page=0&per_page=50'
}

make_work
find_build
api=${url%/oauth/token}/api/v2
results=$work/results
: >"$results"
make_database
progress "databases with $ROWS rows"
make_tenants $ROWS
hash=$(printf %s "$SECRET" | sha256sum | cut -d' ' -f1)
for rows in $ROWS; do
    sql "tpa_$rows" -v n="$rows" -f "$top/bench/mgmt.sql"
    admin=$(sql "tpa_$rows" -c "UPDATE tpa_data.clients
        SET secret_hash = '$hash' WHERE name = 'Administrator'
        RETURNING client_id")
    sql "tpa_$rows" -c 'VACUUM ANALYZE'
done
body=$plain_body
for ((round = 1; round <= ROUNDS; round++)); do
    for rows in $([ $((round % 2)) -eq 1 ] && echo $ROWS ||
                  echo $ROWS | tr ' ' '\n' | tac); do
        admin=$(sql "tpa_$rows" -c "SELECT client_id FROM tpa_data.clients
                                    WHERE name = 'Administrator'")
        start_tpa "$rows"
        get_admin_token
        all_calls
        stop_tpa
        progress "round $round of $ROUNDS: $rows rows"
    done
done
[ -z "${RESULTS:-}" ] || cp "$results" "$RESULTS"
report() { awk -f "$top/bench/medians.awk" -f "$top/bench/mgmt.awk" "$@"; }
[ -z "$write" ] || report -v markdown=1 "$results" | write_readme mgmt.sh
report "$results"
