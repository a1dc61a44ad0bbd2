#!/bin/sh
# Drives a server over TLS with the client libraries that partners use; the
# versions are pinned in package.json and package-lock.json. TAP.
#
#   t/sdk/run.sh              all of them
#   t/sdk/run.sh jose ...     only these
#
# From the environment: what t/harness.sh names.
set -eu

: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$srcdir/t/harness.sh"
find_parts

# ---- the clients: installed into the copy, never into the source ------------------
mkdir "$work/sdk"
cp "$srcdir"/t/sdk/*.mjs "$srcdir"/t/sdk/package*.json "$srcdir"/t/sdk/*.pl \
    "$work/sdk"
cp -R "$srcdir/t/lib" "$work/sdk/lib"
cp "$srcdir/docs/management-api.md" "$srcdir/docs/bearer.md" "$work/sdk"
cp -R "$srcdir/examples/mcp-client" "$srcdir/examples/mcp-server" "$work/sdk"
chmod -R u+w "$work/sdk"
install_packages "$work/sdk"
give "$work/sdk"

# ---- the server ------------------------------------------------------------------------
port=$(free_port)
node=$work/nodes/sdk
mkdir "$node"
{
    openssl req -x509 -newkey rsa:2048 -nodes -subj '/CN=Test CA' -days 2 \
        -keyout "$node/ca.key" -out "$node/ca.pem"
    openssl req -new -newkey rsa:2048 -nodes -subj /CN=localhost \
        -keyout "$node/server.key" -out "$node/server.csr"
    # The second name is that of the documents that tests serve.
    printf 'subjectAltName=DNS:localhost,DNS:app.cimd.test\n' > "$node/ext"
    openssl x509 -req -in "$node/server.csr" -CA "$node/ca.pem" -days 2 \
        -CAkey "$node/ca.key" -CAcreateserial -extfile "$node/ext" \
        -out "$node/server.pem"
} >"$work/openssl.log" 2>&1 || fail "$(cat "$work/openssl.log")"
{
    load_lines authn_core authz_core socache_shmcb ssl dbd alias env \
        cgid
    cat <<END
ServerName localhost
Listen 127.0.0.1:$port
ServerRoot "$node"
DefaultRuntimeDir "$node"
PidFile "$node/httpd.pid"
ErrorLog "$node/error_log"
LogLevel info tpa_orgs:debug
KeepAliveTimeout 15
StartServers 2
<VirtualHost *:$port>
    SSLEngine on
    SSLCertificateFile "$node/server.pem"
    SSLCertificateKeyFile "$node/server.key"
    TPAIssuer https://localhost:$port/
    TPASecretFile "$work/secret-a"
    TPAKeyRefresh 1
    TPARegisteredOrganizations require
    TPARateLimit register off
    TPAFetchCAFile "$node/ca.pem"
    TPAFetchNetwork 127.0.0.77
    TPAFetchHost app.cimd.test 127.0.0.77
    TPAFetchHost inside.cimd.test 127.0.0.78
    TPAFetchRate 100
    ScriptAlias /mcp "$work/sdk/mcp-server/posts.cgi"
    SetEnv DEMO_POSTS "$work/sdk/posts"
    <Location /mcp>
        AuthType    TPABearer
        TPAAudience https://localhost:$port/mcp
        TPABearerScopes offline_access
        Require     tpa-scope read:posts
    </Location>
    DBDriver pgsql
    DBDParams "host=$work/pg dbname=tpa_a user=tpa_httpd options='-c statement_timeout=3s'"
    DBDMin 1
    DBDKeep 8
    DBDMax 8
</VirtualHost>
END
} > "$node/httpd.conf"
give "$node"
wrap_httpd
start_database
make_tenant a "https://localhost:$port/"
start_httpd "$node/httpd.conf" "$node/httpd.pid" "$node/error_log"

TPA_WORK=$work TPA_PGBIN=$pgbin TPA_PGSUPER=tpa_super
TPA_FIXTURE=$work/fixture.json TPA_CA=$node/ca.pem
TPA_CERT=$node/server.pem TPA_KEY=$node/server.key
export TPA_CA TPA_CERT TPA_KEY TPA_WORK TPA_PGBIN TPA_PGSUPER TPA_FIXTURE
run "$PERL" -I "$work/sdk/lib" "$work/sdk/fixture.pl" \
    "https://localhost:$port/" > "$TPA_FIXTURE" || fail 'no fixture'

# ---- the tests ----------------------------------------------------------------------------
status=0 ran=0
# The deploy CLI wants a newer node than Debian 12 has.
if ! node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; then
    echo "# not run: deploy.test.mjs needs node 20, this is $(node --version)"
    rm -f "$work/sdk/deploy.test.mjs"
fi
for test in "$work"/sdk/*.test.mjs; do
    name=${test##*/}
    [ $# -eq 0 ] || case " $* " in
        *" ${name%.test.mjs} "*) ;;
        *) continue ;;
    esac
    ran=$((ran + 1))
    echo "# $name"
    run sh -c 'cd sdk && NODE_EXTRA_CA_CERTS=$1 timeout 400 \
        node --test-reporter=tap "$2"' sh "$node/ca.pem" "$test" 2>&1 ||
        status=1
done
[ "$ran" -gt 0 ] || fail 'no test ran'
complaints "$node/error_log" || status=1
[ "$status" -eq 0 ] || tail -n 30 "$node/error_log" | sed 's/^/# /'
exit "$status"
