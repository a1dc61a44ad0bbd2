#!/usr/bin/env bash
# What AuthType TPABearer costs: requests a second for a small file, without any
# protection, through Require tpa-scope with a token that is remembered, and
# with one whose signature is verified each time.
#
#   bench/bearer.sh [--write]        --write: renew the table in README.md
#
# Builds nothing; takes what token.sh takes. From the environment:
#   MODULE TPACTL HTTPD APXS      what to run instead
#   ROUNDS=5 SECONDS_EACH=5       medians of so many rounds of so many seconds
#   CONNECTIONS='1 8'
#   RESULTS=FILE                  leave the raw figures there
#   KEEP=1                        leave the temporary folder
set -uo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tpa.sh"

: "${ROUNDS:=5}" "${SECONDS_EACH:=5}" "${CONNECTIONS:=1 8}"
WAYS='plain cached uncached'
write=
[ "${1:-}" != --write ] || write=1
bearer=

progress() { echo "$*" >&2; }

# The same file at three hosts, a kilobyte of it.
api_conf() {
    local way
    for way in $WAYS; do
        cat <<END
<VirtualHost *:$port>
    ServerName $way.example.com
    DocumentRoot "$work/www"
    TPABearerIssuer https://bench.example.com/
END
        [ "$way" != uncached ] || echo 'TPABearerCache 0'
        echo '<Location />'
        if [ "$way" = plain ]; then
            echo 'Require all granted'
        else
            printf '%s\n' 'AuthType TPABearer' \
                'TPAAudience https://api.example.com/' \
                "Require tpa-scope $SCOPE"
        fi
        printf '%s\n' '</Location>' '</VirtualHost>'
    done
}

make_file() {
    mkdir "$work/www"
    head -c 768 /dev/urandom | base64 -w 0 >"$work/www/post.json"
    api_conf >>"$work/tpa/httpd.conf"
    give "$work/www"
}

# load CONNECTIONS SECONDS: instead of that of lib.sh, for measure.
load() {
    wrk -t1 -c"$1" -d"$2s" --timeout 10s -H "Host: $way.example.com" \
        -H "Authorization: Bearer $bearer" -s "$top/bench/bearer.lua" \
        "${url%/oauth/token}/post.json" 2>&1 | sed -n 's/^figures //p'
}

# code HOST [HEADER]: what a request for the file is answered with.
code() {
    curl -s --max-time 5 -o /dev/null -w '%{http_code}' \
        -H "Host: $1.example.com" ${2:+-H "$2"} \
        "${url%/oauth/token}/post.json"
}

# What is measured is what is meant.
check_ways() {
    local way with without
    for way in $WAYS; do
        with=$(code "$way" "Authorization: Bearer $bearer")
        without=$(code "$way")
        [ "$way" != plain ] || [ "$without" = 200 ] || fail "plain: $without"
        [ "$with" = 200 ] || fail "$way answers $with with a token"
        [ "$way" = plain ] || [ "$without" = 401 ] ||
            fail "$way answers $without without a token"
    done
}

make_work
find_build
results=$work/results
: >"$results"
body=$plain_body
make_database
make_tenants 1
make_file
for ((round = 1; round <= ROUNDS; round++)); do
    signatures "$round"
    start_tpa 1
    bearer=$(token 1 | jq -r .access_token)
    check_ways
    for conc in $CONNECTIONS; do
        for way in $WAYS; do
            load "$conc" 1 >/dev/null
            measure "$way" 1 "$conc" "$SECONDS_EACH"
        done
    done
    stop_tpa
    signatures "$round"
    progress "round $round of $ROUNDS"
done
[ -z "${RESULTS:-}" ] || cp "$results" "$RESULTS"
report() { awk -f "$top/bench/medians.awk" -f "$top/bench/bearer.awk" "$@"; }
[ -z "$write" ] || report -v markdown=1 "$results" | write_readme bearer.sh
report "$results"
