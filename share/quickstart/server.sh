# The certificate and httpd. Sourced by quickstart.

DEFAULT_PORT=8443

# url TENANT: its issuer.
url() {
    local host=localhost suffix=":$port"
    [ "$1" = a ] || host=tenant-$1.localhost
    [ "$port" != 443 ] || suffix=
    echo "https://$host$suffix/"
}

# Where the application of the demonstration is.
app_url() { url app | sed 's|tenant-||'; }

# Where the API of the demonstration is.
api_url() { url api | sed 's|tenant-||'; }

# ---- the port ------------------------------------------------------------------
choose_port() {
    [ -n "$port" ] || port=$(cat "$place/port" 2>/dev/null) || port=$DEFAULT_PORT
}

# can_listen ADDRESS: 0 yes, 1 somebody does, 2 there is no such address,
# 3 it is not allowed.
can_listen() {
    perl -MSocket=:all -MErrno=EADDRINUSE,EACCES -e '
        my ($host, $port) = @ARGV;
        my $six = $host =~ /:/;
        my $family = $six ? AF_INET6 : AF_INET;
        my $address = inet_pton($family, $host);
        socket(my $s, $family, SOCK_STREAM, 0) or exit 2;
        setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
        exit 0 if bind($s, $six ? pack_sockaddr_in6($port, $address)
                                : pack_sockaddr_in($port, $address))
            && listen($s, 1);
        exit($! == EADDRINUSE ? 1 : $! == EACCES ? 3 : 2);' "$1" "$port"
}

addresses() {
    echo 127.0.0.1
    can_listen ::1
    [ $? -eq 2 ] || echo ::1
}

# " (program, process 12)", when that can be seen.
who_listens() {
    ss -Hltnp "sport = :$port" 2>/dev/null |
        sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/ (\1, process \2)/p' |
        head -n 1
}

check_port() {
    local address
    if ! server_pid; then
        end_orphans
    elif [ "$(cat "$place/port" 2>/dev/null)" = "$port" ]; then
        return 0
    fi
    for address in 127.0.0.1 ::1; do
        can_listen "$address"
        case $? in
        1) die "port $port is in use$(who_listens); nothing was changed." \
               "Stop what uses it, or choose another: ./quickstart --port $((port + 1000))" ;;
        3) die "only root may listen on port $port; choose one above 1023:" \
               "  ./quickstart --port $DEFAULT_PORT" ;;
        esac
    done
}

# ---- the certificate ----------------------------------------------------------------
# A certificate authority that signs once: its key is never stored. When the
# certificate is about to expire, there is a new authority.
WEEK=604800

certificate_is_good() {
    [ -s "$place/tls/server.key" ] && [ -s "$place/ca.pem" ] &&
        openssl x509 -noout -checkend $WEEK -in "$place/tls/server.pem" &&
        openssl x509 -noout -ext subjectAltName -in "$place/tls/server.pem" |
        grep -w DNS:app.localhost | grep -qw DNS:api.localhost
}

new_certificate() {
    umask 077
    local dir=$place/tls.new subject names
    # By name: browsers take no wildcard right below the top.
    names="DNS:localhost,DNS:tenant-b.localhost,DNS:app.localhost"
    names+=",DNS:api.localhost,DNS:*.localhost"
    names+=,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1
    subject="mod_tpa_orgs quickstart, $(date +%Y-%m-%d)"
    rm -rf "$dir" && mkdir "$dir" && cd "$dir" &&
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
            -subj "/CN=$subject" -days 397 -keyout ca.key -out ca.pem \
            -addext basicConstraints=critical,CA:TRUE,pathlen:0 \
            -addext keyUsage=critical,keyCertSign,cRLSign &&
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
            -subj /CN=localhost -keyout server.key -out server.csr &&
        printf '%s\n' "subjectAltName=$names" basicConstraints=CA:FALSE \
            keyUsage=critical,digitalSignature extendedKeyUsage=serverAuth \
            authorityKeyIdentifier=keyid >server.ext &&
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -days 397 \
            -extfile server.ext -out server.pem &&
        rm -f ca.key server.csr server.ext ca.srl &&
        chmod 644 ca.pem && mv -f ca.pem "$place/ca.pem" && rm -rf "$place/tls" &&
        mv "$dir" "$place/tls"
}

make_certificate() {
    certificate_is_good >/dev/null 2>&1 && return 0
    step 'making a certificate for localhost' "$place/log/openssl.log" \
        new_certificate
}

# ---- the application of the demonstration ---------------------------------------
# A copy that the children of httpd can read.
copy_app() {
    rm -rf "$place/app.new" && mkdir -p "$place/app.new" &&
        cp "$here"/examples/demo-app/*.{html,js,css,svg} "$place/app.new" &&
        jq -n --arg issuer "$(url a)" \
            --slurpfile demo "$place/tenants/a-$port.demo.json" '{
            issuer: $issuer, authorization_endpoint: ($issuer + "authorize"),
            client_id: $demo[0].application.client_id,
            audience: $demo[0].api,
            scopes: [{value: "read:posts", text: "Read posts"},
                     {value: "create:posts", text: "Write posts"}]
            }' >"$place/app.new/config.json" &&
        chmod -R u=rwX,go=rX "$place/app.new" && rm -rf "$place/app" &&
        mv "$place/app.new" "$place/app"
}

# ---- the API of the demonstration ---------------------------------------------
# What its tokens are for.
api_name() { jq -r .api "$place/tenants/a-$port.demo.json"; }

# One file of posts for each Organization, named by its id.
make_api() {
    local name id
    rm -rf "$place/api.new" && mkdir -p "$place/api.new/posts" || return 1
    while read -r name id; do
        jq -n --arg name "$name" '[{id: 1, title: ("Welcome to " + $name)},
            {id: 2, title: ("What is new at " + $name)}]' \
            >"$place/api.new/posts/$id.json" || return 1
    done < <(jq -r '.organizations | to_entries[] | "\(.key) \(.value)"' \
        "$place/tenants/a-$port.demo.json")
    chmod -R u=rwX,go=rX "$place/api.new" && rm -rf "$place/api" &&
        mv "$place/api.new" "$place/api"
}

# The MCP server: a copy that the children of httpd can read and run.
copy_mcp() {
    rm -rf "$place/mcp.new" && mkdir -p "$place/mcp.new" &&
        cp "$here/examples/mcp-server/posts.cgi" "$place/mcp.new" &&
        chmod -R u=rwX,go=rX "$place/mcp.new" && rm -rf "$place/mcp" &&
        mv "$place/mcp.new" "$place/mcp"
}

# ---- httpd ---------------------------------------------------------------------
server_pid() { alive "$place/httpd/httpd.pid" "$place/httpd/httpd.conf"; }

# Children whose parent was killed by force go on listening.
end_orphans() {
    local dir args
    for dir in /proc/[0-9]*; do
        { mapfile -d '' -t args <"$dir/cmdline"; } 2>/dev/null || continue
        [ "${args[1]:-} ${args[2]:-}" != "-f $place/httpd/httpd.conf" ] ||
            end "${dir#/proc/}" KILL
    done
}

find_httpd() {
    local apxs
    apxs=$(command -v apxs || command -v apxs2) || die 'apxs is missing'
    httpd=$("$apxs" -q SBINDIR)/$("$apxs" -q PROGNAME)
    modules=$("$apxs" -q LIBEXECDIR)
}

write_config() {
    local address listen=
    for address in $(addresses); do
        [ "$address" = 127.0.0.1 ] || address="[$address]"
        listen+="Listen $address:$port\\n"
    done
    sed -e "s|@LISTEN@|${listen%\\n}|; s|@PORT@|$port|g" \
        -e "s|@RUN@|$place|g; s|@MODULES@|$modules|" \
        -e "s|@ISSUER_A@|$(url a)|g; s|@ISSUER_B@|$(url b)|" \
        -e "s|@API_URL@|$(api_url)|g; s|@API@|$(api_name)|" \
        -e "s|@DB_A@|$(database_of a)|; s|@DB_B@|$(database_of b)|" \
        "$here/conf/quickstart.conf.in" >"$place/httpd/new.conf"
}

run_server() {
    "$httpd" -f "$place/httpd/httpd.conf" -t &&
        "$httpd" -f "$place/httpd/httpd.conf" -k start 9>&- &&
        eventually 20 answers a && eventually 5 answers b
}

answers() {
    curl -sf --noproxy '*' -o /dev/null --max-time 5 --cacert "$place/ca.pem" \
        "$(url "$1").well-known/jwks.json"
}

# What a server is started from; another start from the same changes nothing.
ingredients() {
    cat "$1"
    stat -c '%n %Y %i' "$place/build/.libs/mod_tpa_orgs.so" \
        "$place/tls/server.pem"
}

up_to_date() {
    server_pid && [ "$(ingredients "$place/httpd/new.conf")" = \
        "$(cat "$place/httpd/started-from" 2>/dev/null)" ] && answers a
}

start_server() {
    find_httpd
    write_config || die "cannot write to $place/httpd"
    copy_app || die "cannot copy examples/demo-app to $place/app"
    make_api || die "cannot write to $place/api"
    copy_mcp || die "cannot copy examples/mcp-server to $place/mcp"
    echo "$port" >"$place/port"
    if ! up_to_date; then
        stop_server || :
        mv -f "$place/httpd/new.conf" "$place/httpd/httpd.conf"
        ingredients "$place/httpd/httpd.conf" >"$place/httpd/started-from"
        step "starting httpd on $(url a)" "$place/log/httpd.log" run_server
    fi
    rm -f "$place/httpd/new.conf"
}

stop_server() {
    server_pid || { end_orphans; return 1; }
    say "stopping httpd, process $pid"
    end "$pid" TERM
}
