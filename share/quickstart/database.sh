# The private PostgreSQL and the tenants in it. Sourced by quickstart.

OLDEST_PG=15

# Directory of the programs of PostgreSQL: of version $1, or of the newest.
find_pg() {
    local dir version best=0
    for dir in /usr/lib/postgresql/*/bin; do
        version=${dir#/usr/lib/postgresql/} version=${version%/bin}
        [ -x "$dir/initdb" ] && [[ $version =~ ^[0-9]+$ ]] || continue
        [ -z "${1:-}" ] || [ "$version" = "$1" ] || continue
        [ "$version" -lt "$OLDEST_PG" ] || [ "$version" -lt "$best" ] ||
            best=$version
    done
    [ "$best" -eq 0 ] || echo "/usr/lib/postgresql/$best/bin"
}

pg_programs() {
    local version=
    [ ! -r "$place/pg/data/PG_VERSION" ] || version=$(<"$place/pg/data/PG_VERSION")
    pgbin=$(find_pg "$version")
    [ -n "$pgbin" ] ||
        die "run/pg holds data of PostgreSQL $version, which is not installed" \
            "any more: install postgresql-$version, or delete run/"
}

# ---- the server --------------------------------------------------------------
database_pid() { alive "$place/pg/data/postmaster.pid" "$place/pg/data"; }

# Whoever connects is known by the socket: the user who runs PostgreSQL or
# httpd, and root, may be any of our roles; all others may not even see it.
write_access() {
    local user role
    echo 'local all all peer map=quickstart' >"$place/pg/hba.conf"
    for user in "$(runtime_user)" root; do
        for role in postgres tpa_owner tpa_httpd; do
            echo "quickstart \"$user\" $role"
        done
    done >"$place/pg/ident.conf"
}

make_cluster() {
    cd "$place/pg" && rm -rf data.new &&
        "$pgbin/initdb" -D data.new -U postgres -A peer -E UTF8 --no-locale &&
        mv data.new data
}

run_database() {
    local options="-c listen_addresses='' -c unix_socket_directories=$place/pg"
    options+=" -c unix_socket_permissions=0700 -c max_connections=100"
    options+=" -c hba_file=$place/pg/hba.conf"
    options+=" -c ident_file=$place/pg/ident.conf -c logging_collector=off"
    cd "$place/pg" && "$pgbin/pg_ctl" -D "$place/pg/data" -l "$place/pg/log" \
        -w -t 60 -o "$options" start 9>&-
}

# A lock that another machine, or a crash, left behind.
drop_stale_lock() {
    [ ! -e "$place/pg/data/postmaster.pid" ] || database_pid ||
        rm -f "$place/pg/data/postmaster.pid"
}

# One that is just shutting down is waited for.
settled() { sql -c 'SELECT 1' >/dev/null 2>&1 || ! database_pid; }

start_database() {
    pg_programs
    ! database_pid || eventually 30 settled
    ! database_pid || return 0
    mkdir -p "$place/pg" && chmod 700 "$place/pg" && write_access ||
        die "cannot write to $place/pg"
    [ "$EUID" -ne 0 ] || chown -R nobody:nogroup "$place/pg"
    [ -e "$place/pg/data/PG_VERSION" ] ||
        step 'making a private PostgreSQL in run/pg' "$place/log/initdb.log" \
            as_runtime_function make_cluster
    drop_stale_lock
    step 'starting PostgreSQL' "$place/log/pg_ctl.log" \
        as_runtime_function run_database
}

# A function of ours as the runtime user, who cannot read our files.
as_runtime_function() {
    as_runtime env "place=$place" "pgbin=$pgbin" \
        bash -c "$(declare -f "$1"); $1" 9>&-
}

stop_database() {
    database_pid || return 1
    say "stopping PostgreSQL, process $pid"
    end "$pid" INT
}

sql() {
    PGOPTIONS='-c client_min_messages=warning' "$pgbin/psql" -X -q -t -A \
        -v ON_ERROR_STOP=1 -h "$place/pg" -U postgres -d postgres "$@"
}

# ---- the tenants ----------------------------------------------------------------
# Each port has tenants of its own: the port is part of the issuer.
database_of() { echo "tpa_$1_$port"; }
conninfo() { echo "host=$place/pg port=5432 dbname=$1 user=tpa_owner"; }

# What people see a tenant called.
name_shown() { [ "$1" = a ] && echo Postbox || echo "Postbox ${1^^}"; }

# tpactl DATABASE TENANT WORD...
tpactl() {
    local database=$1 tenant=$2
    shift 2
    TPA_DB=$(conninfo "$database") TPA_SQLDIR=$place/src/sql \
        TPA_SECRET_FILE=$place/secret-$tenant "$place/build/tpactl" "$@"
}

make_secrets() {
    local tenant
    for tenant in a b; do
        [ -s "$place/secret-$tenant" ] ||
            (umask 077 && openssl rand -base64 48 >"$place/secret-$tenant") ||
            return 1
    done
}

make_roles() {
    local role
    for role in tpa_owner tpa_httpd; do
        [ "$(sql -c "SELECT 1 FROM pg_roles WHERE rolname = '$role'")" = 1 ] ||
            sql -c "CREATE ROLE $role LOGIN" || return 1
    done
}

# Under a name of its own until it is complete: a run that was interrupted
# leaves nothing that a later one would take for a tenant.
make_tenant() {
    local tenant=$1 database new=tpa_new file
    database=$(database_of "$tenant") file=$place/tenants/$tenant-$port
    sql -c "DROP DATABASE IF EXISTS $new WITH (FORCE)" &&
        sql -c "CREATE DATABASE $new OWNER tpa_owner" &&
        tpactl $new "$tenant" schema apply &&
        (umask 077 &&
            tpactl $new "$tenant" init --json --issuer "$(url "$tenant")" \
                --name "$(name_shown "$tenant")" >"$file.admin.json" &&
            tpactl $new "$tenant" demo load --json --app "$(app_url)" \
                >"$file.demo.json") &&
        sql -c "ALTER DATABASE $new RENAME TO $database"
}

# A demonstration that an earlier version loaded gets what is new. Secrets are
# printed once, so those that were printed then are kept.
complete_demo() {
    local file=$place/tenants/$1-$port.demo.json
    ! jq -e .users "$file" >/dev/null || return 0
    (umask 077 && tpactl "$(database_of "$1")" "$1" demo load --json \
        --app "$(app_url)" >"$file.new" &&
        jq -s '.[1] + {machines: .[0].machines}' "$file" "$file.new" \
            >"$file.both") &&
        mv "$file.both" "$file" && rm "$file.new"
}

make_tenants_once() {
    local tenant database
    make_secrets && make_roles || return 1
    for tenant in a b; do
        database=$(database_of "$tenant")
        if [ "$(sql -c "SELECT 1 FROM pg_database WHERE datname = '$database'")" = 1 ]
        then
            tpactl "$database" "$tenant" schema apply &&
                complete_demo "$tenant"
        else
            make_tenant "$tenant"
        fi || return 1
    done
}

make_tenants() {
    step 'looking after the two tenants' "$place/log/tenants.log" \
        make_tenants_once
}

# ---- what is told to others -------------------------------------------------------
write_fixture() {
    local files=("$place/tenants/a-$port.admin.json"
                 "$place/tenants/b-$port.admin.json")
    (umask 077 && jq -n --arg a "$(url a)" --arg b "$(url b)" \
        --slurpfile admin_a "${files[0]}" --slurpfile admin_b "${files[1]}" \
        --slurpfile demo "$place/tenants/a-$port.demo.json" '
        def login: {client_id, client_secret};
        {
            admin: ($admin_a[0] | {client_id, client_secret, audience}),
            issuer: $a,
            tenants: [
                {name: "tenant-a", base_url: ($a | rtrimstr("/")),
                 admin: ($admin_a[0] | login)},
                {name: "tenant-b", base_url: ($b | rtrimstr("/")),
                 admin: ($admin_b[0] | login)}
            ],
            demo: ($demo[0] | {application, users, organizations,
                               audience: .api})
        }' >"$place/fixture.json") ||
        die 'cannot write run/fixture.json' \
            'run/tenants/ holds what it is made of, and must not be lost'
    chmod 600 "$place/fixture.json"
    for tenant in a b; do
        write_tool "$tenant"
    done
}

# run/tpactl and run/tpactl-b know their database.
write_tool() {
    local tool=$place/tpactl
    [ "$1" = a ] || tool+=-$1
    cat >"$tool" <<END
#!/bin/sh
# tpactl for the tenant $(url "$1")
TPA_DB='$(conninfo "$(database_of "$1")")'
TPA_SECRET_FILE='$place/secret-$1'
TPA_SQLDIR='$place/src/sql'
export TPA_DB TPA_SECRET_FILE TPA_SQLDIR
exec '$place/build/tpactl' "\$@"
END
    chmod 755 "$tool"
}
