#!/usr/bin/env bash
# Tokens a second of this server and of two others, in the same run, under the
# same load, each over the same private PostgreSQL: npm's oidc-provider (one
# process, and a cluster of one process a core) and Debian's glewlwyd.
#
#   bench/compare.sh [--write]      --write: renew the table in README.md
#
# Builds nothing of ours (see bench/token.sh); installs the peers by package
# name into a scratch folder, nothing system-wide. From the environment:
#   ROUNDS=3 SECONDS_EACH=5 CONNECTIONS='8 32' CLIENTS=1
#   PEERS=build-bench/peers   the scratch folder
#   MODULE TPACTL HTTPD APXS  as for bench/token.sh
set -uo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tpa.sh"

: "${ROUNDS:=3}" "${SECONDS_EACH:=5}" "${CONNECTIONS:=8 32}" "${CLIENTS:=1}"
: "${PEERS:=$top/build-bench/peers}"
write=
[ "${1:-}" != --write ] || write=1
node=$PEERS/oidc-provider
glewlwyd=$PEERS/glewlwyd

# ---- the peers ----------------------------------------------------------------

install_oidc_provider() {
    need node npm
    [ ! -e "$node/.done" ] || return 0
    echo 'installing oidc-provider from npm' >&2
    mkdir -p "$node" && cp "$top"/bench/peers/oidc-provider/* "$node/" &&
        (cd "$node" && npm ci --ignore-scripts --no-audit --no-fund) \
            >"$work/logs/npm" 2>&1 || fail "$(cat "$work/logs/npm")"
    touch "$node/.done"
}

# The packages that are not installed are unpacked, not installed: a service
# would be started, and another database be asked for.
install_glewlwyd() {
    local packages
    need apt-get dpkg
    [ ! -e "$glewlwyd/.done" ] || return 0
    echo 'unpacking glewlwyd from Debian' >&2
    packages=$(apt-get -s install --no-install-recommends glewlwyd 2>/dev/null |
        awk '/^Inst/ && $2 ~ /^(lib|glewlwyd)/ && $2 !~ /^libjs-/ { print $2 }')
    [ -n "$packages" ] || fail 'apt-get knows no glewlwyd: apt-get update'
    mkdir -p "$glewlwyd/root" && (cd "$glewlwyd" && apt-get download $packages &&
        for file in *.deb; do dpkg -x "$file" root || exit; done) \
        >"$work/logs/apt" 2>&1 || fail "$(cat "$work/logs/apt")"
    touch "$glewlwyd/.done"
}

make_peers() {
    local key cert
    install_oidc_provider
    install_glewlwyd
    cp -R "$node" "$work/node"
    cp -R "$glewlwyd/root" "$work/glewlwyd"
    sql postgres -c 'CREATE DATABASE oidc' -c 'CREATE DATABASE glewlwyd'
    sql oidc -v n="$CLIENTS" -v secret="$SECRET" \
        -f "$top/bench/peers/oidc-provider/schema.sql"
    openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=bench -days 30 \
        -keyout "$work/key" -out "$work/cert" 2>/dev/null
    key=$(cat "$work/key") cert=$(cat "$work/cert")
    sql glewlwyd -f \
        "$work/glewlwyd/usr/share/dbconfig-common/data/glewlwyd/install/pgsql"
    sql glewlwyd -v n="$CLIENTS" -v secret="$SECRET" -v key="$key" \
        -v cert="$cert" -f "$top/bench/peers/glewlwyd/setup.sql"
    sql oidc -c 'VACUUM ANALYZE'
    sql glewlwyd -c 'VACUUM ANALYZE'
    give "$work/node" "$work/glewlwyd"
}

# ready LOG: the peer answers with a signed token.
ready() {
    until_ready "$1" sh -c "curl -sf --max-time 5 \
        -d '${body/NUMBER/$(printf %026d 1)}' $url |
        grep -Eq '\"access_token\": *\"[^.]+[.][^.]+[.][^.]+\"'"
}

# start NAME: sets server, url and body.
start() {
    body=$plain_body
    port=$own_port url=http://127.0.0.1:$own_port/oauth/token
    case $1 in
    mod_tpa_orgs)
        start_tpa "$CLIENTS"
        return ;;
    oidc-provider*)
        port=$(free_port) url=http://127.0.0.1:$port/token
        body=${body/audience=/resource=}
        launch node TERM env PGHOST="$work/pg" PGDATABASE=oidc PGUSER=bench \
            PORT="$port" WORKERS="${1##*x}" node "$work/node/server.mjs" ;;
    glewlwyd)
        port=$(free_port) url=http://127.0.0.1:$port/api/oidc/token
        body=${body/&audience=$AUDIENCE/}
        sed -e "s#@PORT@#$port#; s#@ROOT@#$work/glewlwyd#; s#@SOCKET@#$work/pg#" \
            -e 's#@DATABASE@#glewlwyd#' \
            "$top/bench/peers/glewlwyd/glewlwyd.conf.in" >"$work/glewlwyd.conf"
        launch glewlwyd TERM env \
            LD_LIBRARY_PATH="$work/glewlwyd/usr/lib/$(uname -m)-linux-gnu" \
            "$work/glewlwyd/usr/bin/glewlwyd" \
            --config-file="$work/glewlwyd.conf" ;;
    esac
    server=$launched
    ready "${1%%-*}"
}

# ---- the run ------------------------------------------------------------------

make_work
find_build
results=$work/results
make_database
make_tenants "$CLIENTS"
make_peers
own_port=$port
names="mod_tpa_orgs oidc-provider-x1 oidc-provider-x$cores glewlwyd"
for ((round = 1; round <= ROUNDS; round++)); do
    signatures "$round"
    for name in $([ $((round % 2)) -eq 1 ] && echo $names ||
                  echo $names | tr ' ' '\n' | tac); do
        start "$name"
        load 64 2 "$CLIENTS" >/dev/null
        for conc in $CONNECTIONS; do
            measure "$name" "$CLIENTS" "$conc" "$SECONDS_EACH"
            echo "round $round $name at $conc" >&2
        done
        stop "$server"
    done
    signatures "$round"
done
[ -z "${RESULTS:-}" ] || cp "$results" "$RESULTS"
[ -z "$write" ] ||
    awk -f "$top/bench/medians.awk" -f "$top/bench/compare.awk" -v markdown=1 \
        "$results" | write_readme compare.sh
awk -f "$top/bench/medians.awk" -f "$top/bench/compare.awk" "$results"
