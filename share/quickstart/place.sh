# Whose quickstart this is, and where it lives. Sourced by quickstart.
#
# run/ belongs to whoever runs it: the user himself (also when he said sudo),
# then everything runs as he; or root, then PostgreSQL and the children of
# httpd run as nobody. Where run/ cannot be used as it is, because nobody
# cannot reach it, or because its path has characters that break builds and
# sockets, it is a link to a place that can.

run=$here/run
owner=            # number of the user that run/ belongs to
place=            # run/, or where it leads to
elsewhere=        # why run/ will be a link
LONGEST=80        # the path of a socket ends at 107 bytes

find_owner() {
    drop_foreign_link
    owner=$EUID
    if [ -e "$run" ]; then
        owner=$(stat -L -c %u "$run")
        place=$(readlink -f "$run")
    elif [ "$EUID" -eq 0 ] && [ "${SUDO_UID:-0}" -ne 0 ] &&
        as_user "$SUDO_UID" test -x "$here"; then
        owner=$SUDO_UID
    fi
    [ "$EUID" -eq 0 ] || [ "$EUID" -eq "$owner" ] ||
        die "run/ belongs to $(name_of "$owner"): say sudo ./quickstart${words[*]:+ ${words[*]}}"
}

name_of() { getent passwd "$1" | cut -d: -f1 | grep . || echo "$1"; }
runtime_user() { [ "$owner" -eq 0 ] && echo nobody || name_of "$owner"; }

# as_user NUMBER COMMAND...: for root only.
as_user() {
    local user=$1 groups=--init-groups
    shift
    getent passwd "$user" >/dev/null || groups=--clear-groups
    setpriv "--reuid=$user" "--regid=$(id -g "$user" 2>/dev/null || echo "$user")" \
        $groups -- "$@"
}

# as_owner, as_runtime COMMAND...
as_owner() {
    if [ "$EUID" -eq "$owner" ]; then "$@"; else as_user "$owner" "$@"; fi
}
as_runtime() {
    if [ "$EUID" -eq 0 ]; then as_user "$(id -u nobody)" "$@"; else "$@"; fi
}

# From here on as the owner, when that is not us.
become_owner() {
    [ "$EUID" -ne "$owner" ] || return 0
    local home
    home=$(getent passwd "$owner" | cut -d: -f6)
    cd / && exec env -u SUDO_UID -u SUDO_GID -u SUDO_USER -u SUDO_COMMAND \
        "QUICKSTART_SINCE=$since" "HOME=${home:-/}" setpriv "--reuid=$owner" \
        "--regid=$(id -g "$owner")" --init-groups -- "$here/quickstart" \
        ${words[@]+"${words[@]}"}
    die "cannot become user $owner"
}

# ---- a fit place -----------------------------------------------------------------
# Says why a directory cannot be used; silent when it can.
unfit() {
    if [[ ! $1 =~ ^[A-Za-z0-9_./+-]+$ ]]; then
        echo 'its path has blanks or other special characters'
    elif [ "${#1}" -gt "$LONGEST" ]; then
        echo "its path has more than $LONGEST characters"
    elif [ "$owner" -eq 0 ] && ! as_runtime test -x "${1%/*}"; then
        echo 'user nobody cannot reach it'
    fi
}

# Does this place belong to a clone that still uses it, other than this one?
taken() {
    local from
    [ -e "$1" ] || return 1
    from=$(cat "$1/made-for" 2>/dev/null)
    [ "$from" != "$here" ] && { [ -z "$from" ] || [ "$from/run" -ef "$1" ]; }
}

# Where to go instead: the first of these that is fit.
other_place() {
    local name home dir more
    name=tpa-quickstart-$(printf %s "$here" | sha256sum | cut -c1-8)
    home=$(getent passwd "$owner" | cut -d: -f6)
    if [ "$owner" -eq 0 ]; then
        set -- /var/lib /var/tmp
    else
        set -- "$home/.local/state" /var/tmp
    fi
    for dir; do
        for more in '' -2 -3; do
            [ -z "$(unfit "$dir/$name$more")" ] && ! taken "$dir/$name$more" &&
                as_owner mkdir -p "$dir" 2>/dev/null &&
                as_owner test -w "$dir" && { echo "$dir/$name$more"; return; }
        done
    done
}

# A link that was copied along with the clone it belongs to is not ours; the
# link of a clone that was moved is.
drop_foreign_link() {
    local from
    [ -L "$run" ] || return 0
    if [ -e "$run" ]; then
        from=$(cat "$run/made-for" 2>/dev/null) || from=
        [ -n "$from" ] || die "run is a link to $(readlink "$run")," \
            'which quickstart did not make: remove the link'
        [ "$from" != "$here" ] && [ "$from/run" -ef "$run" ] || return 0
    fi
    rm "$run" || die "cannot remove the link $run"
}

# Where it will be, and why not in run/ itself.
choose_place() {
    [ ! -e "$run" ] || return 0
    place=$run
    elsewhere=$(unfit "$run")
    [ -n "$elsewhere" ] || return 0
    place=$(other_place)
    [ -n "$place" ] || die "run/ cannot be used: $elsewhere," \
        'and no other place was found: clone to a shorter, plainer path'
}

make_place() {
    [ ! -e "$run" ] || return 0
    if [ "$place" = "$run" ]; then
        mkdir "$run"
    else
        # Somebody deleted the link: that means all that it led to.
        [ ! -e "$place" ] || { stop_both; as_owner rm -rf "$place"; }
        as_owner mkdir -m 755 "$place" && ln -s "$place" "$run"
    fi || die "cannot make $run"
    [ "$EUID" -eq "$owner" ] || chown -h "$owner:$(id -g "$owner")" "$run"
}

# Settles place, and what is in it.
enter_place() {
    local why
    place=$(readlink -f "$run")
    why=$(unfit "$place")
    [ -z "$why" ] || die "$place cannot be used: $why" \
        'move it away, or go back to where it was made'
    [ -w "$place" ] || die "$place cannot be written to"
    mkdir -p "$place/log" "$place/httpd" "$place/tenants"
    chmod 700 "$place/tenants"
    echo "$here" >"$place/made-for"
}

# One quickstart at a time. What is started closes the lock: 9>&-
take_turn() {
    exec 9>"$place/lock"
    flock -n 9 || die 'another quickstart is at work here; wait for it'
}
