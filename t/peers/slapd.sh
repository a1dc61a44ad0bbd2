# slapd: its own folder, its own configuration, people of its own. Sourced by
# run.sh.
PATH=$PATH:/usr/sbin
command -v slapd >/dev/null || fail 'slapd is missing'

set_up_slapd() {
    slapd_port=$(free_port)
    mkdir "$node/directory"
    secret ldap.password >/dev/null
    filled "$tests/slapd.conf" "@NODE@=$node" "@ETC@=$etc" "@MODULES@=$(
        ls -d /usr/lib/ldap /usr/lib/*/ldap /usr/lib*/openldap 2>/dev/null |
            head -n 1)" > "$node/slapd.conf"
    filled "$tests/people.ldif" "@READER@=$(hashed ldap.password)" \
        "@ANN@=$(hashed ann)" "@BOB@=$(hashed bob)" \
        "@CLEO@=$(hashed cleo)" "@DAN@=$(hashed dan)" > "$node/people.ldif"
}

# A password as the directory keeps it.
hashed() {
    (umask 077 && tr -d '\n' < "$etc/$1" > "$etc/bare")
    slappasswd -n -T "$etc/bare"
}

start_slapd() {
    run slapadd -q -f "$node/slapd.conf" -l "$node/people.ldif" \
        >"$work/slapadd.log" 2>&1 || fail "$(cat "$work/slapadd.log")"
    start slapd "$slapd_port" slapd -d 0 -f "$node/slapd.conf" \
        -h "ldap://127.0.0.1:$slapd_port"
}
