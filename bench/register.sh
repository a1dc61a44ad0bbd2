#!/usr/bin/env bash
# What applications that register themselves cost in the database: time of a
# registration with none and with many there, size on disk, and time to take
# the unused ones away.
#
#   bench/register.sh [--write]        --write: renew the table in README.md
#
# Builds nothing; needs the tpactl that token.sh takes. From the environment:
#   REGISTRATIONS=1000000         so many
#   USED=1000                     one of so many is in use, and stays
#   SECONDS_EACH=10               of the measured registrations, each alone
#   BATCH=1000                    registrations that one call takes away
#   KEEP=1                        leave the temporary folder
set -uo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tpa.sh"

: "${REGISTRATIONS:=1000000}" "${USED:=1000}" "${SECONDS_EACH:=10}"
: "${BATCH:=1000}"
write=
[ "${1:-}" != --write ] || write=1
db=tpa_1

# Milliseconds of one registration in a transaction of its own, and of one of a
# thousand in one transaction, which waits for no disk.
alone() {
    local line start
    echo 'SELECT bench_register(floor(random() * 1e15)::bigint + 1000000000);' \
        >"$work/one.sql"
    line=$("$pgbin/pgbench" -n -M prepared -c 1 -T "$SECONDS_EACH" \
        -f "$work/one.sql" -h "$work/pg" -U bench "$db" 2>/dev/null |
        awk '/^latency average/ { printf "%.2f ms", $4 }')
    [ -n "$line" ] || fail 'pgbench failed'
    start=$EPOCHREALTIME
    sql "$db" -c 'BEGIN' -c "SELECT count(bench_register(
            floor(random() * 1e15)::bigint + 2000000000))
        FROM generate_series(1, 1000)" -c 'ROLLBACK' >/dev/null
    echo "$line; without the disk $(seconds_since "$start") ms"
}

seconds_since() {
    awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }'
}

size_of() { sql "$db" -c "SELECT pg_total_relation_size('tpa_data.$1')"; }

# Batches until nothing is left; how many calls, all seconds, the longest call.
reap() {
    local start=$EPOCHREALTIME
    sql "$db" -c "DO \$\$
        DECLARE
            n integer := 1;
            calls integer := 0;
            total integer := 0;
            longest interval := '0';
            began timestamptz;
        BEGIN
            WHILE n > 0 LOOP
                began := clock_timestamp();
                SELECT reaped::integer INTO n
                FROM tpa.registrations_reap('0', '$BATCH');
                longest := greatest(longest, clock_timestamp() - began);
                total := total + n;
                calls := calls + 1;
                COMMIT;
            END LOOP;
            CREATE TABLE bench_reaped AS SELECT calls, total,
                extract(epoch FROM longest) * 1000 AS longest_ms;
        END \$\$"
    seconds=$(seconds_since "$start")
}

report() {
    local kb=$(((clients_full - clients_empty) / REGISTRATIONS))
    echo "| figure | value |"
    echo "|---|---|"
    echo "| one registration, nobody there | $at_none |"
    echo "| one registration, $REGISTRATIONS there | $at_many |"
    echo "| size of a registration with its indexes, bytes | $kb |"
    echo "| size of its event with its indexes, bytes |" \
        "$(((events_full - events_empty) / REGISTRATIONS)) |"
    echo "| all of them, MB |" \
        "$(((clients_full - clients_empty) / 1000000)) |"
    echo "| taking away $(sql "$db" -c 'SELECT total FROM bench_reaped')" \
        "of $(sql "$db" -c 'SELECT total FROM bench_all'), seconds |" \
        "$seconds |"
    echo "| the longest call of $BATCH, ms |" \
        "$(sql "$db" -c 'SELECT round(longest_ms, 1) FROM bench_reaped') |"
    echo "| a call when only used ones are left, ms | $idle_ms |"
    echo "| size afterwards, with VACUUM, MB |" \
        "$((clients_after / 1000000)) |"
}

make_work
find_build
make_database
make_tenants 1
sql "$db" -f "$top/bench/register.sql"
clients_empty=$(size_of clients) events_empty=$(size_of log_events)
at_none=$(alone)
echo "$REGISTRATIONS registrations" >&2
sql "$db" -c "TRUNCATE tpa_data.log_events" \
    -c "DELETE FROM tpa_data.clients WHERE registered_via = 'dynamic'" \
    -c 'VACUUM FULL tpa_data.clients'
clients_empty=$(size_of clients) events_empty=$(size_of log_events)
sql "$db" -c "CALL bench_fill($REGISTRATIONS)"
sql "$db" -c 'VACUUM ANALYZE'
clients_full=$(size_of clients) events_full=$(size_of log_events)
at_many=$(alone)
sql "$db" -c "UPDATE tpa_data.clients SET used_at = now()
    WHERE registered_via = 'dynamic'
      AND abs(hashtext(client_id)) % $USED = 0"
sql "$db" -c "CREATE TABLE bench_all AS SELECT count(*) AS total
    FROM tpa_data.clients WHERE registered_via = 'dynamic'"
reap
sql "$db" -c 'VACUUM tpa_data.clients'
start=$EPOCHREALTIME
sql "$db" -c "SELECT * FROM tpa.registrations_reap('0', '$BATCH')" >/dev/null
idle_ms=$(awk -v s="$(seconds_since "$start")" 'BEGIN { print s * 1000 }')
clients_after=$(size_of clients)
[ -z "$write" ] || report | write_readme register.sh
report
