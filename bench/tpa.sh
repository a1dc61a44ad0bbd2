# This server, for the benches: its build, its configuration, its tenants.
# Sourced by bash after lib.sh.

SECRET=bench-secret-0123456789-0123456789-0123456789
SCOPE=read:posts
AUDIENCE=https%3A%2F%2Fapi.example.com%2F
plain_body="grant_type=client_credentials&client_id=bench_NUMBER\
&client_secret=$SECRET&audience=$AUDIENCE&scope=$SCOPE"

port= url= body=

find_build() {
    local builds=("$top/build-bench" "$top/build-check/gcc" "$top/run/build")
    : "${MODULE:=$(first_of "${builds[@]/%//.libs/mod_tpa_orgs.so}")}"
    : "${TPACTL:=$(first_of "${builds[@]/%//tpactl}")}"
    : "${APXS:=$(command -v apxs || command -v apxs2 || echo apxs)}"
    : "${HTTPD:=$("$APXS" -q SBINDIR | cut -d';' -f1)/$("$APXS" -q PROGNAME)}"
    local file
    for file in "$MODULE" "$TPACTL" "$HTTPD"; do
        [ -e "$file" ] || fail "$file is missing; build first:
    ./autogen.sh && mkdir build-bench && cd build-bench &&
    ../configure CFLAGS=-O2 && make"
    done
    mkdir "$work/tpa"
    cp "$MODULE" "$TPACTL" "$work/tpa/"
    cp -R "$top/sql" "$work/tpa/sql"
    openssl rand -hex 32 >"$work/tpa/secret"
    chmod 600 "$work/tpa/secret"
    give "$work/tpa"
    port=$(free_port)
    url=http://127.0.0.1:$port/oauth/token
}

httpd_conf() {
    local dir m
    dir=$("$APXS" -q LIBEXECDIR)
    for m in mpm_event unixd log_config authn_core authz_core dbd; do
        [ ! -e "$dir/mod_$m.so" ] ||
            echo "LoadModule ${m}_module \"$dir/mod_$m.so\""
    done
    cat <<END
LoadModule  tpa_orgs_module "$work/tpa/mod_tpa_orgs.so"
ServerName  127.0.0.1
ServerRoot  "$work/tpa"
DefaultRuntimeDir "$work/tpa"
PidFile     "$work/tpa/httpd.pid"
Listen      127.0.0.1:$port
ErrorLog    "$work/logs/error_log"
LogLevel    warn
KeepAlive   on
KeepAliveTimeout 15
MaxKeepAliveRequests 0
StartServers    2
ServerLimit     2
ThreadsPerChild 32
MaxRequestWorkers 64
MinSpareThreads 1
MaxSpareThreads 64
MaxConnectionsPerChild 0
<IfDefine COUNT_CALLS>
    LogFormat "%{tpa-db-calls}n" calls
    CustomLog "$work/logs/calls" calls
</IfDefine>
DBDriver    pgsql
DBDParams   "host=$work/pg dbname=\${TPA_BENCH_DB} user=tpa_httpd"
DBDMin      32
DBDKeep     32
DBDMax      32
TPASecretFile "$work/tpa/secret"
<VirtualHost *:$port>
    ServerName bench.example.com
    TPAIssuer  https://bench.example.com/
</VirtualHost>
END
}

tpactl() {
    run env TPA_DB="host=$work/pg dbname=tpa_base user=tpa_owner" \
        TPA_SQLDIR="$work/tpa/sql" TPA_SECRET_FILE="$work/tpa/secret" \
        "$work/tpa/tpactl" "$@" >>"$work/logs/tpactl" 2>&1 ||
        fail "tpactl $*: $(cat "$work/logs/tpactl")"
}

# make_tenants COUNT...: a database tpa_COUNT each, with so many machines.
make_tenants() {
    local n
    sql postgres -c 'CREATE ROLE tpa_owner LOGIN' \
        -c 'CREATE ROLE tpa_httpd LOGIN' \
        -c 'CREATE DATABASE tpa_base OWNER tpa_owner'
    tpactl schema apply
    tpactl init --issuer https://bench.example.com/
    tpactl demo load
    for n in "$@"; do
        sql postgres -c "CREATE DATABASE tpa_$n TEMPLATE tpa_base
                         OWNER tpa_owner"
        sql "tpa_$n" -v n="$n" -v secret="$SECRET" -f "$top/bench/clients.sql"
        sql "tpa_$n" -c 'VACUUM ANALYZE'
    done
    httpd_conf >"$work/tpa/httpd.conf"
    sql postgres -c CHECKPOINT
}

# token NUMBER: the answer to one request.
token() {
    curl -s --max-time 5 -d "${body/NUMBER/$(printf %026d "$1")}" "$url"
}

# start_tpa COUNT [OPTION...]: httpd over the database tpa_COUNT, warmed up.
start_tpa() {
    local count=$1 claims
    shift
    launch httpd TERM env TPA_BENCH_DB="tpa_$count" "$HTTPD" \
        -f "$work/tpa/httpd.conf" -DFOREGROUND "$@"
    server=$launched
    until_ready error_log sh -c "curl -sf --max-time 5 \
        -d '${body/NUMBER/$(printf %026d 1)}' $url"
    claims=$(token "$count" | jq -r .access_token | cut -d. -f2 |
        tr _- /+ | base64 -d 2>/dev/null)
    [[ $claims == *"bench_$(printf %026d "$count")"* ]] ||
        fail "no token for machine $count: $(token "$count")"
}

stop_tpa() { stop "$server"; }
