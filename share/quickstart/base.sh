# Saying things, and doing what takes its time. Sourced by quickstart.

since=${QUICKSTART_SINCE:-$EPOCHSECONDS}
beat=                     # process that says that a step still goes on

say() { printf '[%3d s] %s\n' "$((EPOCHSECONDS - since))" "$*"; }

die() {
    printf 'quickstart: %s\n' "$@" >&2
    exit 1
}

misuse() {
    printf 'quickstart: %s; ./quickstart --help tells what there is\n' "$1" >&2
    exit 2
}

# What the caller's shell holds for other servers and builds is not for ours.
clean_environment() {
    local name
    for name in ${!PG@} ${!TPA_@} ${!LC_@} ${!MAKE@}; do
        unset "$name"
    done
    unset CDPATH DESTDIR LANGUAGE srcdir builddir
    export LC_ALL=C.UTF-8
    export PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH"
}

# Sleeps without a process of its own, which would outlive us.
exec {nap}<> <(:)
doze() { read -r -t "$1" -u "$nap" || :; }

end_beat() {
    [ -n "$beat" ] || return 0
    kill "$beat" 2>/dev/null
    wait "$beat" 2>/dev/null
    beat=
}

interrupted() {
    end_beat
    printf '\nquickstart: interrupted; run it again and it goes on from here\n' >&2
    exit 130
}
trap interrupted INT TERM HUP
trap end_beat EXIT

# What the log ends with, as one short line.
last_of() { tail -n 1 "$1" 2>/dev/null | tr -d '\r' | tr '\t' ' ' | cut -c 1-64; }

# step TEXT LOG COMMAND...: says the text, then every ten seconds where it is;
# what the command prints goes to the log, and is shown when it fails.
step() {
    local text=$1 log=$2 rc
    shift 2
    say "$text"
    { while doze 10; do say "  ... $(last_of "$log")"; done; } &
    beat=$!
    ("$@") </dev/null >"$log" 2>&1
    rc=$?
    end_beat
    [ "$rc" -eq 0 ] || {
        tail -n 25 "$log" | sed 's/^/    /' >&2
        die "this failed: $text" "the lines above are the end of $log"
    }
}

# eventually SECONDS COMMAND...: until it succeeds.
eventually() {
    local until=$((EPOCHSECONDS + $1))
    shift
    until "$@"; do
        [ "$EPOCHSECONDS" -lt "$until" ] || return 1
        doze 0.1
    done
}

# alive PIDFILE WORD: a process of ours has that number; the word is part of
# its command line. Sets pid.
alive() {
    pid=
    [ -r "$1" ] && read -r pid <"$1" && [[ $pid =~ ^[0-9]+$ ]] || return 1
    tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -e "$2"
}

# A process that only waits to be buried has no command line any more.
gone() { ! tr -d '\0' 2>/dev/null <"/proc/$1/cmdline" | grep -q .; }

# end PID SIGNAL: and by force when that does not help.
end() {
    kill "-$2" "$1" 2>/dev/null
    eventually 15 gone "$1" && return 0
    say "process $1 does not end, it is killed"
    kill -KILL "$1" 2>/dev/null
    eventually 5 gone "$1"
}
