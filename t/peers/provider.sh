# The OpenID provider, provider.mjs, and what mod_auth_openidc shares with it.
# Sourced by run.sh.
[ -e "$moddir/mod_auth_openidc.so" ] || fail 'mod_auth_openidc is missing'

set_up_provider() {
    provider_port=$(free_port)
    client=$(secret openidc.client)
    printf 'OIDCClientSecret "%s"\nOIDCCryptoPassphrase "%s"\n' "$client" \
        "$(secret openidc.passphrase)" > "$etc/openidc.secrets"
    cat > "$etc/people.json" <<END
{ "ann": { "sub": "P-1001", "password": "$(cat "$etc/ann")",
           "name": "Ann Archer", "email": "ann@example.com" },
  "bob": { "sub": "P-1002", "password": "$(cat "$etc/bob")",
           "name": "Bob Baker", "email": "bob@example.com" } }
END
    cat > "$etc/client.json" <<END
{ "client_id": "tpa", "client_secret": "$client",
  "redirect_uris": [ "https://$here/login/partner/callback" ] }
END
}

start_provider() {
    start provider "$provider_port" node "$tests/provider.mjs" \
        "$provider_port" "$etc/server.pem" "$etc/server.key" \
        "$etc/people.json" "$etc/client.json"
}
