# Shared by the benches: processes, a private PostgreSQL, the load generator,
# and the figures of /proc. Sourced by bash. Everything started here is stopped
# by its pid when the script ends, however it ends.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cores=$(nproc)
tick_us=$((1000000 / $(getconf CLK_TCK)))
export LC_ALL=C

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

need() {
    local command
    for command in "$@"; do
        command -v "$command" >/dev/null || fail "$command is missing"
    done
}

# The first of several files that exists, or the last of them.
first_of() {
    local file
    for file in "$@"; do
        [ ! -e "$file" ] || break
    done
    echo "$file"
}

# ---- processes ----------------------------------------------------------------

work=
running=()   # "pid signal", in the order of their start

# stop PID [SIGNAL]: and wait until it is gone; by force after ten seconds.
stop() {
    local i
    kill -s "${2:-TERM}" "$1" 2>/dev/null
    for ((i = 0; i < 100; i++)); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -s KILL "$1" 2>/dev/null
    return 0
}

finish() {
    local rc=$? i
    trap '' EXIT INT TERM HUP
    for ((i = ${#running[@]} - 1; i >= 0; i--)); do
        stop ${running[i]}
    done
    if [ -n "${KEEP:-}" ]; then
        echo "left behind: $work" >&2
    elif [ -n "$work" ]; then
        rm -rf "$work"
    fi
    exit "$rc"
}

# A short path, since names of unix sockets end at 107 bytes. PostgreSQL will
# not run as root, so nothing here does.
make_work() {
    need setpriv curl jq wrk openssl awk
    as_user=()
    [ "$(id -u)" -ne 0 ] ||
        as_user=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    umask 022
    trap finish EXIT
    trap 'exit 130' INT TERM HUP
    work=$(mktemp -d /tmp/tpa-bench.XXXXXX) || fail 'no temporary folder'
    chmod 755 "$work"
    mkdir "$work/home" "$work/pg" "$work/logs"
    give "$work"
}

give() { [ ${#as_user[@]} -eq 0 ] || chown -R nobody:nogroup "$@"; }

run() { (cd "$work" && "${as_user[@]}" env HOME="$work/home" "$@"); }

# launch LOG SIGNAL COMMAND...: in the background; sets $launched. SIGNAL ends
# it. Disowned: bash need not tell how it ended.
launch() {
    local log=$work/logs/$1 signal=$2
    shift 2
    pushd "$work" >/dev/null || fail "$work is gone"
    "${as_user[@]}" env HOME="$work/home" "$@" >>"$log" 2>&1 </dev/null &
    launched=$!
    disown "$launched"
    popd >/dev/null || fail 'the current folder is gone'
    running+=("$launched $signal")
}

# until_ready LOG COMMAND...: at most 15 s.
until_ready() {
    local log=$work/logs/$1 i
    shift
    for ((i = 0; i < 150; i++)); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    tail -n 20 "$log" >&2
    fail "no answer to: $*"
}

free_port() {
    local port i
    for ((i = 0; i < 50; i++)); do
        port=$((20000 + RANDOM % 20000))
        (: </dev/tcp/127.0.0.1/$port) 2>/dev/null || { echo $port; return; }
    done
    fail 'no free port'
}

# ---- the database -------------------------------------------------------------

pgbin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
database=

make_database() {
    [ -x "$pgbin/initdb" ] || fail 'PostgreSQL is missing'
    run "$pgbin/initdb" -D "$work/pg/d" -A trust -U bench -E UTF8 --no-locale \
        >"$work/logs/initdb" 2>&1 || fail "$(cat "$work/logs/initdb")"
    # The defaults otherwise, fsync on among them.
    cat >>"$work/pg/d/postgresql.conf" <<END
listen_addresses = ''
unix_socket_directories = '$work/pg'
max_connections = 300
shared_buffers = 256MB
END
    start_database
}

start_database() {
    launch postgres INT "$pgbin/postgres" -D "$work/pg/d"
    database=$launched
    until_ready postgres "$pgbin/pg_isready" -q -h "$work/pg"
}

# sql DATABASE ARGUMENT...: as the superuser.
sql() {
    local name=$1
    shift
    "$pgbin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$work/pg" -U bench \
        -d "$name" "$@" || fail "psql failed in $name"
}

# Transactions committed in a database so far. A process of PostgreSQL reports
# its own at its end at the latest, so ask when the server is stopped.
transactions() {
    sql postgres -c "SELECT pg_stat_get_db_xact_commit(oid) FROM pg_database
                     WHERE datname = '$1'"
}

# ---- figures ------------------------------------------------------------------

server=      # pid of what is measured
results=     # file of lines "figure NAME=VALUE ..."

# cpu PID: microseconds of CPU of a process, its descendants, and those that
# they have reaped.
cpu() {
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v root="$1" -v tick="$tick_us" '
        {
            pid = $1
            sub(/^.*\) /, "")
            parent[pid] = $2
            used[pid] = $12 + $13 + $14 + $15
        }
        END {
            for (pid in parent) {
                p = pid
                while (p != root && p in parent)
                    p = parent[p]
                if (p == root)
                    sum += used[pid]
            }
            printf "%.0f", sum * tick
        }'
}

# Microseconds that the children this shell has waited for have used.
reaped() {
    awk -v tick="$tick_us" '{ sub(/^.*\) /, ""); printf "%.0f", ($14 + $15) * tick }
        ' "/proc/$$/stat"
}

# Microseconds that all cores were busy, or taken away by the host.
busy() {
    awk -v tick="$tick_us" '/^cpu / {
        printf "%.0f", ($2 + $3 + $4 + $7 + $8 + $9) * tick; exit }' /proc/stat
}

# children_kb PID: proportional memory of the children of a process.
children_kb() {
    local pid sum=0 kb
    for pid in $(cat "/proc/$1/task/$1/children"); do
        kb=$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")
        sum=$((sum + ${kb:-0}))
    done
    echo $sum
}

# load CONNECTIONS SECONDS CLIENTS: prints what token.lua prints.
load() {
    wrk -t1 -c"$1" -d"$2s" --timeout 10s -s "$top/bench/token.lua" "$url" \
        -- "$3" "$body" 2>&1 | sed -n 's/^figures //p'
}

# measure LABEL CLIENTS CONNECTIONS SECONDS: a figure, CPU included.
measure() {
    local load_avg server_us database_us generator_us busy_us line start
    read -r load_avg _ </proc/loadavg
    start=$EPOCHREALTIME generator_us=$(reaped)
    busy_us=$(busy) server_us=$(cpu "$server") database_us=$(cpu "$database")
    line=$(load "$3" "$4" "$2")
    server_us=$(($(cpu "$server") - server_us))
    database_us=$(($(cpu "$database") - database_us))
    busy_us=$(($(busy) - busy_us)) generator_us=$(($(reaped) - generator_us))
    [ -n "$line" ] || fail "wrk failed at $3 connections"
    echo "figure round=${round:-1} label=$1 clients=$2 conc=$3 $line" \
        "server=$server_us database=$database_us" \
        "others=$((busy_us - server_us - database_us - generator_us))" \
        "elapsed=$(((${EPOCHREALTIME/./} - ${start/./})))" \
        "load=$load_avg" >>"$results"
}

# signatures ROUND: RSA-2048 signatures a second of the machine, on one core
# and on all of them.
signatures() {
    local n rate
    for n in 1 "$cores"; do
        rate=$(openssl speed -seconds 1 $([ "$n" -eq 1 ] || echo -multi "$n") \
            rsa2048 2>/dev/null |
            awk '/^rsa 2048 bits/ { print $6 }')
        [ -n "$rate" ] || fail 'openssl speed failed'
        echo "rsa round=$1 cores=$n rate=$rate" >>"$results"
    done
}

# Put standard input between two markers of bench/README.md.
write_readme() {
    local file=$top/bench/README.md
    cat >"$work/table"
    awk -v name="$1" -v table="$work/table" '
        $0 == "<!-- " name " -->" {
            print
            print ""
            while ((getline line < table) > 0)
                print line
            print ""
            inside = found = 1
        }
        $0 == "<!-- /" name " -->" { inside = 0 }
        !inside { print }
        END { exit !found }' "$file" >"$work/readme" ||
        fail "no marker $1 in bench/README.md"
    cat "$work/readme" >"$file"
}
