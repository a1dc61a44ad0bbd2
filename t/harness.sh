# What run.sh, sdk/run.sh, browser/run.sh and peers/run.sh share: a temporary
# directory, a private PostgreSQL with two tenants in it, and the end of both.
# Sourced, not run.
#
# From the environment, each with a default for a build in the current
# directory:
#   srcdir builddir HTTPD APXS PERL MODULE TPACTL
#   TPA_MPM=event|worker|prefork   the MPM to run under
#   TPA_SANITIZE=1                 the module was built with ASan and UBSan
#   TPA_KEEP=1                     leave the temporary directory behind

umask 022

fail() {
    echo "$0: $*" >&2
    exit 1
}

absolute() {
    case $1 in
    /*) echo "$1" ;;
    *)  echo "$(pwd)/$1" ;;
    esac
}

# Sets work, as_user, moddir, pgbin and completes what was left to a default.
find_parts() {
    : "${builddir:=.}" "${PERL:=perl}" "${TPA_MPM:=event}"
    : "${TPA_SANITIZE:=}" "${TPA_FAST:=}" "${TPA_KEEP:=}"
    : "${APXS:=$(command -v apxs || command -v apxs2 || echo apxs)}"
    : "${HTTPD:=$("$APXS" -q SBINDIR | cut -d';' -f1)/$("$APXS" -q PROGNAME)}"
    : "${MODULE:=$builddir/.libs/mod_tpa_orgs.so}"
    : "${TPACTL:=$builddir/tpactl}"
    srcdir=$(absolute "$srcdir")
    builddir=$(absolute "$builddir")
    moddir=$("$APXS" -q LIBEXECDIR)
    pgbin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
    [ -n "$pgbin" ] || pgbin=$(pg_config --bindir)
    for f in "$HTTPD" "$MODULE" "$TPACTL" "$pgbin/initdb"; do
        [ -e "$f" ] || fail "$f is missing"
    done

    # A short path: names of unix sockets end at 107 bytes.
    base=${TMPDIR:-/tmp}
    [ ${#base} -le 40 ] || base=/tmp
    work=$(mktemp -d "$base/tpa.XXXXXX")
    trap cleanup EXIT
    trap 'exit 130' INT TERM HUP
    chmod 755 "$work"
    mkdir "$work/pg" "$work/bin" "$work/nodes" "$work/tmp"

    # Apache::Test and PostgreSQL refuse to run as root, and both must run as
    # the same user, or a test could not stop the database.
    as_user=
    if [ "$(id -u)" -eq 0 ]; then
        command -v setpriv >/dev/null || fail 'setpriv is missing (util-linux)'
        as_user='setpriv --reuid=nobody --regid=nogroup --clear-groups'
    fi

    # The test user may not be able to see the build.
    cp -R "$srcdir/sql" "$srcdir/conf" "$work"
    cp "$MODULE" "$work/bin/mod_tpa_orgs.so"
    cp "$TPACTL" "$work/bin/tpactl"
    TPACTL=$work/bin/tpactl
    : > "$work/seen"
    for tenant in a b; do
        od -An -N32 -tx1 /dev/urandom | tr -d ' \n' > "$work/secret-$tenant"
        echo >> "$work/secret-$tenant"
        chmod 600 "$work/secret-$tenant"
    done
    chmod -R u+w "$work"
    give "$work"
}

# Hand a file or folder to the test user.
give() {
    [ -z "$as_user" ] || chown -R nobody:nogroup "$@"
}

# Run as the test user.
run() {
    (cd "$work" && $as_user env HOME="$work" TMPDIR="$work/tmp" "$@")
}

# A port of the loopback address that nobody listens on.
free_port() {
    "$PERL" -MIO::Socket::INET -e 'for (1 .. 200) {
        my $p = 20000 + int rand 10000;
        IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $p,
            Listen => 1, ReuseAddr => 1) and print($p), exit } exit 1' ||
        fail 'no free port'
}

# ---- the end -------------------------------------------------------------------
stop_pid() {
    pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] || return 0
    kill "$pid" 2>/dev/null || return 0
    tries=25
    while [ $tries -gt 0 ]; do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.2
        tries=$((tries - 1))
    done
    kill -9 "$pid" 2>/dev/null || :
}

# An httpd that has not written its pid file yet is known by its command line,
# which names a file of this run.
stop_late_starters() {
    for p in /proc/[0-9]*; do
        case " $(tr '\0' ' ' 2>/dev/null <"$p/cmdline")" in
        *" -f $work/"*) kill "${p#/proc/}" 2>/dev/null || : ;;
        esac
    done
}

cleanup() {
    rc=$?
    trap '' EXIT INT TERM HUP
    for f in "$work"/nodes/*/*.pid "$work/httpd/httpd.pid" \
        "$work"/top/t/logs/httpd.pid; do
        [ ! -s "$f" ] || stop_pid "$f"
    done
    stop_late_starters
    [ ! -s "$work/pg/d/postmaster.pid" ] ||
        run "$pgbin/pg_ctl" -D "$work/pg/d" -m immediate stop \
            >/dev/null 2>&1 || :
    if [ -n "$TPA_KEEP" ]; then
        echo "left behind: $work"
    else
        rm -rf "$work"
    fi
    exit "$rc"
}

# ---- httpd ------------------------------------------------------------------------
load() {
    for m in "$@"; do
        printf 'LoadModule %s_module "%s/mod_%s.so"\n' "$m" "$moddir" "$m"
    done
}

# load_lines MODULE...: the lines that load httpd's modules, and ours.
load_lines() {
    # Linked in on some systems, loadable on others.
    for m in unixd log_config version; do
        [ ! -e "$moddir/mod_$m.so" ] || load $m
    done
    load "mpm_$TPA_MPM" "$@"
    printf 'LoadModule tpa_orgs_module "%s"\n' "$work/bin/mod_tpa_orgs.so"
}

# start_httpd CONFIG PIDFILE LOG: start it, and wait until it is there.
start_httpd() {
    run "$HTTPD" -f "$1" -k start >"$work/start.log" 2>&1 ||
        fail "$(cat "$work/start.log" "$3" 2>/dev/null)"
    tries=50
    until [ -s "$2" ]; do
        [ $tries -gt 0 ] || fail "$(cat "$3")"
        sleep 0.2
        tries=$((tries - 1))
    done
}

# install_packages FOLDER: what its package-lock.json names, from npm.
install_packages() {
    command -v npm >/dev/null || fail 'npm is missing'
    (cd "$1" && npm ci --ignore-scripts --omit=optional --no-audit \
        --no-fund >"$work/npm.log" 2>&1) || fail "$(cat "$work/npm.log")"
}

# Sets HTTPD to a wrapper. Only httpd gets the sanitizers' library: with it
# perl and psql hang. A thread that ends by apr_thread_exit leaves marks on its
# stack, over which the sanitizer's own signal stack would stumble.
wrap_httpd() {
    if [ -n "$TPA_SANITIZE" ]; then
        libasan=$(${CC:-gcc} -print-file-name=libasan.so)
        mkdir "$work/san"
        give "$work/san"
        cat > "$work/bin/httpd" <<END
#!/bin/sh
LD_PRELOAD=$libasan
ASAN_OPTIONS=detect_leaks=1:use_sigaltstack=0:log_path=$work/san/asan
LSAN_OPTIONS=suppressions=$work/bin/lsan.supp:print_suppressions=0
UBSAN_OPTIONS=print_stacktrace=1:log_path=$work/san/ubsan
export LD_PRELOAD ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS
exec $HTTPD "\$@"
END
        cp "$srcdir/t/lsan.supp" "$work/bin"
    else
        printf '#!/bin/sh\nexec %s "$@"\n' "$HTTPD" > "$work/bin/httpd"
    fi
    chmod 755 "$work/bin/httpd"
    HTTPD=$work/bin/httpd
}

# ---- the database ---------------------------------------------------------------------
start_database() {
    cat > "$work/pg.conf" <<END
listen_addresses = ''
unix_socket_directories = '$work/pg'
unix_socket_permissions = 0777
max_connections = 400
fsync = off
synchronous_commit = off
full_page_writes = off
log_statement = all
logging_collector = off
END
    give "$work/pg.conf"
    run "$pgbin/initdb" -D "$work/pg/d" -A trust -U tpa_super --no-sync \
        -E UTF8 --no-locale >"$work/initdb.log" 2>&1 ||
        fail "$(cat "$work/initdb.log")"
    run sh -c 'cat pg.conf >> pg/d/postgresql.conf'
    run "$pgbin/pg_ctl" -D "$work/pg/d" -w -l "$work/pg.log" start \
        >/dev/null || fail "$(cat "$work/pg.log")"
    PGHOST=$work/pg
    export PGHOST
    run "$pgbin/psql" -X -q -v ON_ERROR_STOP=1 -U tpa_super -d postgres \
        -c 'CREATE ROLE tpa_owner LOGIN' -c 'CREATE ROLE tpa_httpd LOGIN' \
        -c 'CREATE DATABASE tpa_a OWNER tpa_owner' \
        -c 'CREATE DATABASE tpa_b OWNER tpa_owner' || fail 'no databases'
}

# make_tenant NAME ISSUER: in database tpa_NAME; what init prints is kept in
# init-NAME.
make_tenant() {
    db="host=$work/pg dbname=tpa_$1 user=tpa_owner"
    run "$TPACTL" schema apply --db "$db" --sql-dir "$work/sql" \
        >"$work/tpactl.log" 2>&1 || fail "$(cat "$work/tpactl.log")"
    run "$TPACTL" init --db "$db" --secret-file "$work/secret-$1" \
        --issuer "$2" --json >"$work/init-$1" 2>"$work/tpactl.log" ||
        fail "$(cat "$work/tpactl.log")"
    give "$work/init-$1"
}

# ---- what the tests themselves cannot see ---------------------------------------------
# complaints LOG...: says what sanitizers and httpd's parent have to complain
# of; 1 when there is something.
complaints() {
    bad=0
    for log in "$@"; do
        [ -f "$log" ] || continue
        ! grep -E 'runtime error:|(Address|Leak|UndefinedBehavior)Sanitizer' \
            "$log" || bad=1
        ! grep -E 'exit signal (Segmentation|Abort|Bus|Illegal)' "$log" ||
            bad=1
    done
    for report in "$work"/san/*; do
        [ -s "$report" ] || continue
        cat "$report"
        bad=1
    done
    return $bad
}
