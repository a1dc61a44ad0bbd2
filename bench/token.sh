#!/usr/bin/env bash
# Tokens a second, their latency and their CPU, against what the machine can
# sign at most, measured in the same run.
#
#   bench/token.sh [--write]        --write: renew the table in README.md
#
# Builds nothing. Measures the module and the tpactl of build-bench/, else of
# build-check/gcc/, else of run/build/. From the environment:
#   MODULE TPACTL HTTPD APXS      what to run instead
#   ROUNDS=3 SECONDS_EACH=5       medians of so many rounds of so many seconds
#   CLIENTS='1 1000 100000'       applications in the database
#   CONNECTIONS='1 8 32 128'
#   MEMORY=1                      0: leave out the 300,000 requests
#   RESULTS=FILE                  leave the raw figures there
#   KEEP=1                        leave the temporary folder
set -uo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tpa.sh"

: "${ROUNDS:=3}" "${SECONDS_EACH:=5}" "${MEMORY:=1}"
: "${CLIENTS:=1 1000 100000}" "${CONNECTIONS:=1 8 32 128}"
write=
[ "${1:-}" != --write ] || write=1

progress() { echo "$*" >&2; }

# ---- rates and CPU --------------------------------------------------------------

# The body of a token for the Organization acme.
organization_body() {
    echo "$plain_body&organization=$(sql tpa_base -c \
        "SELECT id FROM tpa_data.organizations WHERE name = 'acme'")"
}

one_size() {
    local conc
    body=$plain_body
    start_tpa "$1"
    load 64 2 "$1" >/dev/null
    for conc in $CONNECTIONS; do
        measure plain "$1" "$conc" "$SECONDS_EACH"
    done
    if [ "$1" = "${CLIENTS%% *}" ]; then
        body=$with_organization
        measure organization "$1" 8 "$SECONDS_EACH"
    fi
    stop "$server"
    progress "round $round of $ROUNDS: $1 clients"
}

# ---- round trips -----------------------------------------------------------------

# What the module says of each request, and, independently, what PostgreSQL
# counted from the start of httpd to its end.
round_trips() {
    local n=${CLIENTS%% *} before after requests
    body=$plain_body
    before=$(transactions "tpa_$n")
    start_tpa "$n" -D COUNT_CALLS
    load 8 3 "$n" >/dev/null
    stop "$server"
    sleep 1
    after=$(transactions "tpa_$n")
    requests=$(wc -l <"$work/logs/calls")
    echo "calls module=$(awk '{ n += $1 } END { print n / NR }' \
        "$work/logs/calls") database=$(awk -v n="$requests" \
        -v t="$((after - before))" 'BEGIN { print t / n }')" >>"$results"
    progress 'round trips counted'
}

# ---- memory ----------------------------------------------------------------------

# requests NUMBER CONNECTIONS SECONDS: so many, give or take those of so many
# seconds; prints their number. At most five minutes.
requests() {
    local sum=0 i line
    for ((i = 0; i * $3 < 300 && sum < $1; i++)); do
        line=$(load "$2" "$3" "${CLIENTS%% *}")
        line=${line#requests=}
        sum=$((sum + ${line%% *}))
    done
    [ "$sum" -ge "$1" ] || fail "only $sum of $1 requests"
    echo "$sum"
}

# memory WHAT: of the children after 100,000 requests and after 200,000 more. The
# first come over as many connections as there are threads, and over new ones
# each second, so that all pools are made which are made once; the arenas of
# malloc, some for each core, fill up over tens of thousands.
memory() {
    local first second early
    first=$(requests 100000 64 1) || exit
    early=$(children_kb "$server")
    second=$(requests 200000 32 10) || exit
    echo "memory what=$1 first=$first early=$early" \
        "second=$((first + second)) late=$(children_kb "$server")" >>"$results"
    progress "memory: $1"
}

# Seconds from the return of the database to the first token, at most 20.
recovery() {
    local from=$EPOCHREALTIME i
    for ((i = 0; i < 200; i++)); do
        [[ $(token 1) != *access_token* ]] || break
        sleep 0.1
    done
    echo $(((${EPOCHREALTIME/./} - ${from/./}) / 1000))
}

all_memory() {
    local size
    body=$plain_body
    start_tpa "${CLIENTS%% *}"
    memory tokens
    stop "$database" INT
    size=$(wc -c <"$work/logs/error_log")
    memory refusals
    size=$(($(wc -c <"$work/logs/error_log") - size))
    start_database
    echo "down log_bytes=$size first_token_after_ms=$(recovery)" \
        "child_processes_the_same=$([ "$(grep -c 'exit signal' \
            "$work/logs/error_log")" -eq 0 ] && echo yes || echo no)" \
        >>"$results"
    stop "$server"
}

# ---- the run ---------------------------------------------------------------------

make_work
find_build
results=$work/results
make_database
progress "databases with $CLIENTS clients"
make_tenants $CLIENTS
with_organization=$(organization_body)
for ((round = 1; round <= ROUNDS; round++)); do
    signatures "$round"
    # Forth and back, so that no size is always the last.
    for n in $([ $((round % 2)) -eq 1 ] && echo $CLIENTS ||
               echo $CLIENTS | tr ' ' '\n' | tac); do
        one_size "$n"
    done
    signatures "$round"
done
round_trips
[ "$MEMORY" = 0 ] || all_memory
[ -z "${RESULTS:-}" ] || cp "$results" "$RESULTS"
report() { awk -f "$top/bench/medians.awk" -f "$top/bench/token.awk" "$@"; }
[ -z "$write" ] || report -v markdown=1 "$results" | write_readme token.sh
report "$results"
