# A Kerberos realm with its centre. Sourced by run.sh.
[ -e "$moddir/mod_auth_gssapi.so" ] || fail 'mod_auth_gssapi is missing'
command -v curl >/dev/null || fail 'curl is missing'
for program in krb5kdc kdb5_util kadmin.local kinit; do
    command -v $program >/dev/null || fail "$program is missing"
done

# run, in the realm.
in_realm() {
    run env KRB5_CONFIG="$node/krb5.conf" KRB5_KDC_PROFILE="$node/kdc.conf" \
        "$@"
}

set_up_kerberos() {
    kdc_port=$(free_port)
    mkdir "$node/realm"
    for file in krb5 kdc; do
        filled "$tests/$file.conf" "@NODE@=$node" "@PORT@=$kdc_port" \
            > "$node/$file.conf"
    done
}

# Commands to kadmin.local, so that no password is an argument of a process.
start_kerberos() {
    {
        in_realm kdb5_util create -s -P "$(openssl rand -hex 16)"
        in_realm kadmin.local <<END
addprinc -pw $(cat "$etc/ann") ann
addprinc -pw $(cat "$etc/bob") bob
addprinc -randkey HTTP/localhost
ktadd -k $etc/http.keytab HTTP/localhost
END
    } >"$work/realm.log" 2>&1
    [ -s "$etc/http.keytab" ] || fail "$(cat "$work/realm.log")"
    start kdc "$kdc_port" env KRB5_CONFIG="$node/krb5.conf" \
        KRB5_KDC_PROFILE="$node/kdc.conf" krb5kdc -n
}
