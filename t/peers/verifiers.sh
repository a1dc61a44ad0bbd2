# APIs of somebody else: a node that verifies our tokens by the modules of
# conf/api-*.conf, each in a virtual host of its own. Sourced by run.sh.
[ -e "$moddir/mod_oauth2.so" ] || fail 'mod_oauth2 is missing'

api=$work/nodes/api
mkdir "$api"
api_openidc=$(free_port)
api_oauth2=$(free_port)

# api_host NAME PORT: a virtual host that serves files.
api_host() {
    cat <<END
Listen 127.0.0.1:$2
<VirtualHost *:$2>
    SSLEngine on
    SSLCertificateFile "$etc/server.pem"
    SSLCertificateKeyFile "$etc/server.key"
    DocumentRoot "$api/www"
    OIDCCABundlePath "$etc/ca.pem"
    Include "$api/api-$1.conf"
</VirtualHost>
END
}

# The Organizations must be there to be named in the configuration.
start_verifiers() {
    run env NODE_EXTRA_CA_CERTS="$etc/ca.pem" \
        TPA_FIXTURE="$work/fixture.json" \
        node "$tests/world.mjs" > "$api/world.json" || fail 'no world'
    acme=$(sed -n 's/.*"acme":"\([^"]*\)".*/\1/p' "$api/world.json")
    for org in acme "$acme" org_0000000000000000; do
        mkdir -p "$api/www/api/posts/$org"
        echo "posts" > "$api/www/api/posts/$org/all"
    done
    # mod_oauth2 cannot be told of an authority, and knows the system's alone.
    for name in openidc oauth2; do
        filled "$work/conf/api-$name.conf" "auth.example.com=$here" \
            "org_abc=$acme" "expiry=jwks_uri.ssl_verify=false\&expiry" \
            > "$api/api-$name.conf"
    done
    {
        load_lines authn_core authz_core auth_openidc oauth2 headers \
            socache_shmcb ssl
        cat <<END
ServerName localhost
ServerRoot "$api"
DefaultRuntimeDir "$api"
PidFile "$api/httpd.pid"
ErrorLog "$api/error_log"
LogFormat "%h %u \"%r\" %>s" seen
CustomLog "$api/access_log" seen
LogLevel info
Header set Sub "expr=%{REMOTE_USER}"
Header set Org-Openidc "expr=%{reqenv:OIDC_CLAIM_org_id}"
Header set Org-Oauth2 "expr=%{reqenv:OAUTH2_CLAIM_org_id}"
END
        api_host openidc "$api_openidc"
        api_host oauth2 "$api_oauth2"
    } > "$api/httpd.conf"
    give "$api"
    start_httpd "$api/httpd.conf" "$api/httpd.pid" "$api/error_log"
}
