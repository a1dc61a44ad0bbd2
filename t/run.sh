#!/bin/sh
# Runs the system tests against a real httpd and a real private PostgreSQL.
#
#   t/run.sh                    all of them
#   t/run.sh token/claims ...   only these, named from t/, with or without .t
#
# From the environment, besides what harness.sh names:
#   TPA_FAST=1        a short selection
#   TPA_TIMEOUT=1500  seconds after which the run is ended
#   TPA_VERBOSE=1     every single test is printed
set -eu

: "${srcdir:=$(cd "$(dirname "$0")/.." && pwd)}" "${TPA_TIMEOUT:=1500}"
. "$srcdir/t/harness.sh"
find_parts
top=$work/top

# ---- the copy that runs: the source may be read-only --------------------------
mkdir -p "$top/t"
(cd "$srcdir/t" && tar cf - --exclude=./unit --exclude=./sdk \
    --exclude=./browser --exclude=./logs .) | (cd "$top/t" && tar xf -)
for unit in store flow; do
    [ -x "$builddir/t/unit/store/test_$unit" ] || continue
    cp "$builddir/t/unit/store/test_$unit" "$work/bin"
    mkdir -p "$top/t/unit"
    printf '%s\n' '# Made by run.sh.' \
        "exec '$work/bin/test_$unit' or die \$!;" > "$top/t/unit/$unit.t"
done
# For t/config/pages.t.
cp -R "$srcdir/share/templates" "$srcdir/share/locales" \
    "$srcdir/docs/pages.md" "$work"
load_lines authn_core authn_file authz_core authz_host authz_user auth_basic \
    remoteip access_compat dir mime alias rewrite include filter headers setenvif env \
    asis macro status dbd > "$top/t/conf/modules.conf"
for name in user other; do
    printf '%s:%s\n' $name "$(openssl passwd -apr1 password)"
done > "$top/t/conf/users"
# An issuer that is no tenant of ours: its key, and what it publishes of it.
openssl genrsa -out "$work/remote.pem" 2048 2>/dev/null
openssl rsa -in "$work/remote.pem" -noout -modulus | "$PERL" -MMIME::Base64=encode_base64url -ne \
    '/=([0-9A-F]+)/ and printf qq({"keys":[{"kty":"RSA","kid":"r1",)
        . qq("e":"AQAB","n":"%s"}]}\n), encode_base64url(pack "H*", $1)' \
    > "$work/remote.jwks"
# The authority of t/lib/TPA/Site.pm, which serves metadata documents, and what
# it signed: the certificate of its server. Another one nobody trusts.
for name in fetch-ca untrusted; do
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$name" \
        -keyout "$work/$name.key" -out "$work/$name.pem" 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -subj /CN=app.cimd.test \
        -keyout "$work/$name-site.key" -out "$work/$name.csr" 2>/dev/null
    echo 'subjectAltName=DNS:app.cimd.test,DNS:loop.cimd.test' |
        openssl x509 -req -in "$work/$name.csr" -CA "$work/$name.pem" \
            -CAkey "$work/$name.key" -CAcreateserial -days 2 -extfile - \
            -out "$work/$name-site.pem" 2>/dev/null
    give "$work/$name-site.key"
done
chmod -R u+w "$top"
give "$top" "$work/remote.pem" "$work/remote.jwks"
wrap_httpd

start_database
make_tenant a https://a.example.test/
make_tenant b https://b.example.test/

PGUSER=tpa_super PGDATABASE=tpa_a TPA_PGSUPER=tpa_super
TPA_PGDATA=$work/pg/d TPA_PGBIN=$pgbin TPA_PGLOG=$work/pg.log
TPA_WORK=$work TPA_HTTPD=$HTTPD TPA_T=$top/t TPA_SQLDIR=$work/sql
TPA_TEST_DB="host=$work/pg dbname=tpa_a user=tpa_owner"
PERL5LIB=$top/t/lib${PERL5LIB:+:$PERL5LIB}
export PGUSER PGDATABASE TPA_PGSUPER TPA_PGDATA TPA_PGBIN TPA_PGLOG TPA_WORK \
    TPA_HTTPD TPA_T TPA_SQLDIR TPA_TEST_DB TPACTL HTTPD PERL5LIB TPA_MPM \
    TPA_SANITIZE TPA_FAST

# ---- the run ---------------------------------------------------------------------
names=
for name in "$@"; do
    name=${name#t/}
    [ -e "$top/t/${name%.t}.t" ] || [ -d "$top/t/$name" ] ||
        fail "there is no test t/${name%.t}.t"
    names="$names $name"
done
if [ -z "$names" ] && [ -n "$TPA_FAST" ]; then
    names="authorize/session consent/forgery discovery/jwks
        discovery/metadata explain/refusals login/database orgs/switch
        http/paths tenants/isolation token/access token/body token/claims
        token/client_auth token/organizations token/roundtrips zlogs/secrets"
fi

(
    cd "$top"
    set +e
    # shellcheck disable=SC2086
    timeout -k 10 "$TPA_TIMEOUT" $as_user env HOME="$work" TMPDIR="$work/tmp" \
        HARNESS_TIMER=1 \
        "$PERL" t/TEST.PL -httpd "$HTTPD" -apxs "$APXS" \
        -httpd_conf "$top/t/conf/modules.conf" \
        ${TPA_VERBOSE:+-verbose} $names
    echo $? > "$work/status"
) 2>&1 | tee "$work/output"
status=$(cat "$work/status")

complain() {
    echo "# $*"
    status=1
}
[ "$status" -ne 124 ] || complain "the run took more than $TPA_TIMEOUT s"
! grep -q '^Result: NOTESTS' "$work/output" || complain 'no test ran'
grep -q '^Result: PASS' "$work/output" || complain 'the run did not pass'
complaints "$top/t/logs/error_log" "$work"/nodes/*/logs/error_log ||
    complain 'sanitizers or crashes: see above'
if [ "$status" -ne 0 ] && [ -f "$top/t/logs/error_log" ]; then
    echo '# the last lines of the error log:'
    tail -n 30 "$top/t/logs/error_log" | sed 's/^/# /'
fi
exit "$status"
