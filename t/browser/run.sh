#!/usr/bin/env bash
# Drives Chromium on the application of the demonstration and on the pages
# people see, with the configuration that quickstart runs. TAP.
#
#   t/browser/run.sh              all of them
#   t/browser/run.sh flow ...     only these
#
# Pictures of all pages are left in browser-shots/ of the build folder. From the
# environment, besides what harness.sh names:
#   CHROMIUM=/usr/bin/chromium
#   TPA_ONLY=REGEX    only tests of this name
set -eu

: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$srcdir/t/harness.sh"
find_parts
: "${CHROMIUM:=$(command -v chromium || command -v chromium-browser || :)}"
[ -n "$CHROMIUM" ] || fail 'chromium is missing'
command -v jq >/dev/null || fail 'jq is missing'

# ---- the tests: installed into a copy, never into the source ---------------------
mkdir "$work/browser" "$work/shots"
cp "$srcdir"/t/browser/*.mjs "$srcdir"/t/browser/package*.json "$work/browser"
chmod -R u+w "$work/browser"
install_packages "$work/browser"
cp -R "$srcdir/share/locales" "$work/browser/locales"
give "$work/browser" "$work/shots"

# ---- the server, as quickstart makes it --------------------------------------------
port=$(free_port) place=$work here=$srcdir
. "$srcdir/share/quickstart/server.sh"
. "$srcdir/share/quickstart/agents.sh"
database_of() { echo "tpa_$1"; }
mkdir -p "$work/httpd" "$work/log" "$work/tenants" "$work/build"
ln -s "$work/bin" "$work/build/.libs"
(new_certificate) >"$work/openssl.log" 2>&1 || fail "$(cat "$work/openssl.log")"

start_database
for tenant in a b; do
    make_tenant "$tenant" "$(url "$tenant")"
done
run "$TPACTL" demo load --db "host=$work/pg dbname=tpa_a user=tpa_owner" \
    --app "$(app_url)" --json >"$work/tenants/a-$port.demo.json" ||
    fail 'no demonstration'
jq -n --arg issuer "$(url a)" --arg app "$(app_url)" \
    --slurpfile admin "$work/init-a" \
    --slurpfile demo "$work/tenants/a-$port.demo.json" \
    '{issuer: $issuer, app: $app, admin: $admin[0], demo: $demo[0]}' \
    >"$work/fixture.json"

modules=$moddir
write_config
mv "$work/httpd/new.conf" "$work/httpd/httpd.conf"
copy_app
make_api || fail 'no API'
copy_mcp || fail 'no MCP server'
give "$work/httpd" "$work/log" "$work/app" "$work/api" "$work/mcp" "$work/tls" "$work/ca.pem" \
    "$work/fixture.json"
wrap_httpd
start_httpd "$work/httpd/httpd.conf" "$work/httpd/httpd.pid" \
    "$work/log/error.log"

ln -s "$work/init-a" "$work/tenants/a-$port.admin.json"
open_to_agents || fail 'no door for agents'

# ---- the tests themselves ------------------------------------------------------------
status=0 ran=0
for test in "$work"/browser/*.test.mjs; do
    name=${test##*/}
    [ $# -eq 0 ] || case " $* " in
        *" ${name%.test.mjs} "*) ;;
        *) continue ;;
    esac
    ran=$((ran + 1))
    echo "# $name"
    run env TPA_FIXTURE="$work/fixture.json" TPA_SHOTS="$work/shots" \
        CHROMIUM="$CHROMIUM" NODE_EXTRA_CA_CERTS="$work/ca.pem" \
        sh -c 'cd browser && timeout 400 node --test-reporter=tap \
            ${2:+--test-name-pattern="$2"} "$1"' \
        sh "$test" "${TPA_ONLY:-}" 2>&1 || status=1
done
[ "$ran" -gt 0 ] || fail 'no test ran'

rm -rf "$builddir/browser-shots"
cp -R "$work/shots" "$builddir/browser-shots"
complaints "$work/log/error.log" || status=1
[ "$status" -eq 0 ] || tail -n 30 "$work/log/error.log" | sed 's/^/# /'
exit "$status"
