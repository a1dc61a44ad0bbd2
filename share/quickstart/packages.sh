# What has to be installed. Sourced by quickstart.

# For the build; libc6-dev stands here because gcc only recommends it.
PACKAGES='gcc libc6-dev make autoconf automake libtool pkgconf apache2-dev
    libjansson-dev libcjose-dev libssl-dev libcurl4-openssl-dev'
# To run it.
PACKAGES="$PACKAGES apache2-bin libaprutil1-dbd-pgsql openssl curl jq"

missing=

find_missing() {
    local package
    missing=
    for package in $PACKAGES; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" \
            = installed ] || missing="$missing $package"
    done
    # Of any version from 15 on.
    [ -n "$(find_pg)" ] || missing="$missing postgresql"
    missing=${missing# }
}

by_sudo() { [ "$EUID" -eq 0 ] || echo ' (with sudo)'; }
as_root() { if [ "$EUID" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# Who may install, and whether there is anything to install from.
check_installable() {
    local name version
    [ -n "$missing" ] || return 0
    name=$(. /etc/os-release 2>/dev/null; echo "${PRETTY_NAME:-this system}")
    version=$(. /etc/os-release 2>/dev/null
              [ "${ID:-}" = debian ] && echo "${VERSION_ID:-}")
    command -v apt-get >/dev/null ||
        die "this needs Debian 12 or newer, not $name;" \
            'with these packages installed it may work elsewhere:' "  $missing"
    [ -z "$version" ] || [ "${version%%.*}" -ge 12 ] ||
        die "this needs Debian 12 or newer, not $name"
    [ "$EUID" -eq 0 ] || sudo -n true 2>/dev/null ||
        { command -v sudo >/dev/null && [ -t 0 ]; } ||
        die 'packages are missing, and you may not install them.' \
            'Say sudo ./quickstart, or have an administrator say:' \
            "  apt-get install --no-install-recommends $missing"
}

# Installing PostgreSQL would start a server of the system's own, which nobody
# asked for: a setting that stands there meanwhile prevents it.
NO_CLUSTER=/etc/postgresql-common/createcluster.d/mod_tpa_orgs_quickstart.conf

prevent_cluster() {
    as_root mkdir -p "${NO_CLUSTER%/*}" &&
        echo 'create_main_cluster = false' |
        as_root tee "$NO_CLUSTER" >/dev/null
}
allow_cluster() {
    as_root rm -f "$NO_CLUSTER"
    as_root rmdir "${NO_CLUSTER%/*}" 2>/dev/null
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none \
        apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"
}

# What cannot be fetched shows when it is installed, with better words.
apt_all() {
    local rc
    apt update
    [[ " $missing " != *' postgresql '* ]] || prevent_cluster || return 1
    # shellcheck disable=SC2086
    apt install --no-install-recommends $missing
    rc=$?
    [[ " $missing " != *' postgresql '* ]] || allow_cluster
    return $rc
}

install_packages() {
    local log n
    [ -n "$missing" ] || return 0
    # Asks for the password while there is a terminal to ask on.
    as_root true || die 'sudo said no'
    n=$(wc -w <<<"$missing")
    log=$(mktemp) || die 'cannot make a temporary file'
    step "installing $n package$([ "$n" = 1 ] || echo s), which may take a minute or two" \
        "$log" apt_all
    find_missing
    [ -z "$missing" ] || die "these are still missing: $missing" "see $log"
    rm -f "$log"
}
