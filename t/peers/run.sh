#!/bin/sh
# Logs users in by httpd's own modules, at real peers: a file of passwords,
# slapd by mod_authnz_ldap, an OpenID provider by mod_auth_openidc. The server
# includes conf/login-*.conf with their placeholders filled; everything speaks
# TLS. Then other modules of httpd verify our tokens, by conf/api-*.conf. TAP.
#
#   t/peers/run.sh              all of them
#   t/peers/run.sh ldap ...     only these
#
# From the environment: what t/harness.sh names.
set -eu

: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$srcdir/t/harness.sh"
find_parts
command -v node >/dev/null || fail 'node is missing'

# ---- the tests and the provider: installed into the copy ---------------------------
tests=$work/peers
mkdir "$tests"
cp "$srcdir"/t/peers/* "$srcdir/docs/login.md" "$srcdir/docs/bearer.md" "$tests"
chmod -R u+w "$tests"
install_packages "$tests"
give "$tests"

# ---- what all of them need -----------------------------------------------------------
node=$work/nodes/peers
etc=$node/etc
mkdir "$node" "$etc"
port=$(free_port)
here=localhost:$port

{
    openssl req -x509 -newkey rsa:2048 -nodes -subj '/CN=Test CA' -days 2 \
        -keyout "$etc/ca.key" -out "$etc/ca.pem"
    openssl req -new -newkey rsa:2048 -nodes -subj /CN=localhost \
        -keyout "$etc/server.key" -out "$etc/server.csr"
    echo 'subjectAltName=DNS:localhost,IP:127.0.0.1' > "$etc/ext"
    openssl x509 -req -in "$etc/server.csr" -CA "$etc/ca.pem" -days 2 \
        -CAkey "$etc/ca.key" -CAcreateserial -extfile "$etc/ext" \
        -out "$etc/server.pem"
} >"$work/openssl.log" 2>&1 || fail "$(cat "$work/openssl.log")"

# ---- tools -------------------------------------------------------------------------------
# filled FILE PLACE=VALUE...: the file with what stands for its placeholders.
filled() {
    file=$1
    shift
    script=
    for pair in "$@"; do
        script="$script;s|${pair%%=*}|${pair#*=}|g"
    done
    sed "${script#;}" "$file"
}

# secret NAME: a new one, of which no log may speak; also in a file.
secret() {
    (umask 077 && openssl rand -hex 16 > "$etc/$1")
    cat "$etc/$1" >> "$work/seen"
    cat "$etc/$1"
}

# start NAME PORT COMMAND...: in the background, known by its process id from
# the first moment on; returns when it listens.
start() {
    name=$1 at=$2
    shift 2
    run sh -c 'echo $$ > "$1"; shift; exec "$@"' sh "$node/$name.pid" "$@" \
        >"$node/$name.log" 2>&1 &
    tries=100
    until "$PERL" -MIO::Socket::INET -e 'exit !IO::Socket::INET->new(
        PeerAddr => "127.0.0.1", PeerPort => shift)' "$at"; do
        [ $tries -gt 0 ] || fail "$name: $(cat "$node/$name.log")"
        sleep 0.2
        tries=$((tries - 1))
    done
}

# ---- the people, and where they are known ----------------------------------------------
for name in ann bob cleo dan; do
    secret $name >/dev/null
done
for name in ann bob; do
    printf '%s:%s\n' "$name" "$(openssl passwd -apr1 -in "$etc/$name")"
done > "$etc/staff.passwords"
for peer in slapd provider saml kerberos; do
    . "$srcdir/t/peers/$peer.sh"
    set_up_$peer
done
. "$srcdir/t/peers/verifiers.sh"

# ---- the server --------------------------------------------------------------------------------
for name in basic ldap openidc saml kerberos; do
    filled "$work/conf/login-$name.conf" "/etc/apache2/=$etc/" \
        "auth.example.com=$here" "ldap.example.com=127.0.0.1:$slapd_port" \
        "idp.example.com=127.0.0.1:$provider_port" \
        > "$node/login-$name.conf"
done
# configuration FOLDER PORT: of one node.
configuration() {
    load_lines authn_core authz_core authz_user auth_basic authn_file ldap \
        authnz_ldap auth_openidc auth_gssapi auth_mellon socache_shmcb ssl dbd
    cat <<END
ServerName localhost
Listen 127.0.0.1:$2
ServerRoot "$1"
DefaultRuntimeDir "$1"
PidFile "$1/httpd.pid"
ErrorLog "$1/error_log"
LogFormat "%h %u \"%r\" %>s \"%{Referer}i\"" seen
CustomLog "$1/access_log" seen
LogLevel info tpa_orgs:debug
MellonLockFile "$1/mellon.lock"
LDAPTrustedGlobalCert CA_BASE64 "$etc/ca.pem"
<VirtualHost *:$2>
    SSLEngine on
    SSLCertificateFile "$etc/server.pem"
    SSLCertificateKeyFile "$etc/server.key"
    TPAIssuer https://$here/
    TPASecretFile "$work/secret-a"
    TPAKeyRefresh 1
    DBDriver pgsql
    DBDParams "host=$work/pg dbname=tpa_a user=tpa_httpd options='-c statement_timeout=3s'"
    DBDMin 1
    DBDKeep 8
    DBDMax 8
    OIDCCABundlePath "$etc/ca.pem"
    Include "$node/login-basic.conf"
    Include "$node/login-ldap.conf"
    Include "$node/login-openidc.conf"
    Include "$node/login-saml.conf"
    Include "$node/login-kerberos.conf"
</VirtualHost>
END
}
other=$work/nodes/other
other_port=$(free_port)
mkdir "$other"
configuration "$node" "$port" > "$node/httpd.conf"
configuration "$other" "$other_port" > "$other/httpd.conf"
give "$node" "$other"

# ---- starting -----------------------------------------------------------------------------
for peer in slapd provider saml kerberos; do
    start_$peer
done
wrap_httpd
start_database
make_tenant a "https://$here/"
for at in "$node" "$other"; do
    start_httpd "$at/httpd.conf" "$at/httpd.pid" "$at/error_log"
done

# ---- the tests -----------------------------------------------------------------------------------
cat > "$work/fixture.json" <<END
{ "issuer": "https://$here/", "provider": "https://127.0.0.1:$provider_port",
  "seen": "$work/seen", "conf": "$work/conf",
  "docs": "$tests", "other": $other_port, "logs": "$work/nodes",
  "init": $(cat "$work/init-a"),
  "apis": { "openidc": $api_openidc, "oauth2": $api_oauth2 },
  "world": "$api/world.json", "krb5": "$node/krb5.conf", "tmp": "$work/tmp",
  "passwords": { "ann": "$(cat "$etc/ann")", "bob": "$(cat "$etc/bob")",
                 "cleo": "$(cat "$etc/cleo")", "dan": "$(cat "$etc/dan")" } }
END
give "$work/fixture.json" "$work/seen"
start_verifiers
status=0 ran=0
for test in "$tests"/*.test.mjs; do
    name=${test##*/}
    [ $# -eq 0 ] || case " $* " in
        *" ${name%.test.mjs} "*) ;;
        *) continue ;;
    esac
    ran=$((ran + 1))
    echo "# $name"
    run env NODE_EXTRA_CA_CERTS="$etc/ca.pem" \
        TPA_FIXTURE="$work/fixture.json" timeout 200 \
        node --test-reporter=tap "$test" 2>&1 || status=1
done
[ "$ran" -gt 0 ] || fail 'no test ran'
complaints "$node/error_log" "$other/error_log" "$api/error_log" || status=1
[ "$status" -eq 0 ] || tail -n 30 "$node/error_log" | sed 's/^/# /'
exit "$status"
