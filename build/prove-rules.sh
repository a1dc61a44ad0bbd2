#!/bin/sh
# Proves that the enumeration tests see a wrong rule: plants one mistake after
# the other in a copy of a decision and expects its test to go red. Prints TAP.
# Takes the source folder; compiles with $CC (default cc).
set -u
src=${1:-${srcdir:-.}}
cc=${CC:-cc}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
flags="-O1 -D_GNU_SOURCE -I$src/src -I$src/t/unit"
flags="$flags $(pkg-config --cflags apr-1 apr-util-1 jansson check)"
libs=$(pkg-config --libs apr-1 apr-util-1 jansson check)
mkdir "$work/o"
for f in "$src"/src/base/*.c "$src"/src/core/*.c; do
    # shellcheck disable=SC2086
    $cc $flags -c -o "$work/o/$(basename "$f" .c).o" "$f" || exit 1
done

n=0
bad=0
# red NAME FILE: with the planted file instead of that one, the test must fail.
red() {
    n=$((n + 1))
    part=$(basename "$2" .c)
    if cmp -s "$work/planted.c" "$2"; then
        echo "not ok $n - $1: no mistake was planted"
        bad=1
        return
    fi
    mv "$work/o/$part.o" "$work/$part.o"
    # shellcheck disable=SC2086
    if ! $cc $flags -w -c -o "$work/o/$part.o" "$work/planted.c" ||
        ! $cc -o "$work/t" "$work/test.o" "$work"/o/*.o $libs; then
        echo "not ok $n - $1: does not compile"
        bad=1
    elif CK_FORK=no "$work/t" >"$work/out" 2>&1; then
        echo "not ok $n - $1: nobody noticed"
        bad=1
    else
        echo "ok $n - $1"
    fi
    mv "$work/$part.o" "$work/o/$part.o"
}

# prove DECISION TEST: every rule, switched off: its row asks a question that
# is always answered yes. Then the mistakes on standard input, one a line:
# what | file of the decision | what stands there | what is put there instead
prove() {
    rules=$src/src/core/$1_rules.c
    # shellcheck disable=SC2086
    $cc $flags -c -o "$work/test.o" "$src/t/unit/core/$2.c" || exit 1
    names=$(sed -n 's/^    { "\([a-z_]*\)", [A-Z0-9_| ]*, [a-z_]*,.*/\1/p' "$rules")
    [ -n "$names" ] || { echo "Bail out! no rules found in $rules"; exit 1; }
    for name in $names; do
        {
            sed '/^const tpa_rule_t/i static int always(const void *facts) { return 1; }' "$rules" |
                sed "s/^    { \"$name\", \([A-Z0-9_| ]*\), [a-z_]*,/    { \"$name\", \1, always,/"
        } >"$work/planted.c"
        red "$1: $name switched off" "$rules"
    done
    while IFS='|' read -r what file from to; do
        sed "s/$from/$to/" "$src/src/core/$file.c" >"$work/planted.c"
        red "$1: $what" "$src/src/core/$file.c"
    done
}

prove m2m test_m2m_all <<'LIST'
a default grant for first-party applications|m2m_rules|!f->client.is_first_party$|1
a default grant for permissive applications|m2m_rules|        \&\& f->client.is_strict)|        )
a default grant that may use organizations|m2m_rules|grant->org_usage : TPA_ORG_DENY|grant->org_usage : TPA_ORG_ALLOW
the default organization under allow|m2m_rules|tpa_m2m_usage(f) == TPA_ORG_REQUIRE|tpa_m2m_usage(f) >= TPA_ORG_ALLOW
any organization for third parties|m2m_rules|(f->own_grant.any_org \&\& f->client.is_first_party)|f->own_grant.any_org
names where only ids are accepted|m2m_rules|(!org->by_name .. f->tenant.org_names)|1
scopes the API has lost|m2m_rules|tpa_text_in(f->api.scopes, scope)|1
a proof the API requires forgotten|m2m_rules|f->client.requires_pop .. f->api.requires_pop|f->client.requires_pop
a proof the application requires forgotten|m2m_rules|f->client.requires_pop .. f->api.requires_pop|f->api.requires_pop
a key the API takes no notice of|m2m|f->api.takes_dpop ? f->proof_jkt : NULL|f->proof_jkt
LIST
prove flow test_flow_all <<'LIST'
a default grant for permissive applications|flow_look|c->facts.default_grant.id \&\& is_strict(c)|c->facts.default_grant.id
strict applications without a grant|flow_look|return is_strict(c)$|return 0
Organizations for permissive applications|flow_look|return tpa_flow_is_permissive(c) ? TPA_ORG_DENY :|return
no Organization where one is required|flow_look|usage == TPA_ORG_ALLOW \&\& c->progress.org_settled|c->progress.org_settled
entries where they are switched off|flow_look|org->lists_clients \&\& org->listed|org->listed
every Organization joined by login|flow_look|return n == 1;|return n > 0;
a picker that forgets the switch|flow_look|\&\& tpa_flow_org_admits(&c->facts.client, org)|
a picker of other connections|flow_look|org->id \&\& org->uses_connection|org->id
connections that are not domain-level|flow_look|!c->facts.client.is_first_party \&\& !connection->domain_level|0
connections of the application inside an Organization|flow_look|return connection->for_org;|return connection->for_org \|\| connection->for_client;
a session by another connection than asked for|flow_look|(!asked .. (connection|(1 || (connection
max_age forgotten|flow_look|c->now - at <= apr_time_from_sec(max_age_s)|1
select_account forgotten|flow_look|TPA_ASK_LOGIN . TPA_ASK_SELECT_ACCOUNT|TPA_ASK_LOGIN
any login as a fresh one|flow_look|started_at \&\& at >= started_at|at
scopes the API has lost|flow_look|!tpa_text_in(f->api.scopes, scope) ..|
a proof the API requires forgotten|flow_look|c->facts.client.requires_pop .. c->facts.flow_api.user_needs_pop|c->facts.client.requires_pop
a proof the application requires forgotten|flow_look|c->facts.client.requires_pop .. c->facts.flow_api.user_needs_pop|c->facts.flow_api.user_needs_pop
a key the API takes no notice of|flow|f->api.takes_dpop ? f->proof_jkt : NULL|f->proof_jkt
a proof that is never bound|flow|f->api.takes_dpop ? f->proof_jkt : NULL|NULL
permissions forgotten|flow_look|if (f->flow_api.enforces_policies$|if (0
scopes without consent in a token|flow_look|(f->client.is_first_party .. tpa_text_in(f->user.consented, scope))|1
refresh tokens without their grant type|flow_look|tpa_text_in(c->facts.client.grant_types, "refresh_token")|1
refresh tokens the API does not allow|flow_look|return c->facts.flow_api.allows_offline|return 1
third parties spared the consent|flow_look|return !c->facts.client.is_first_party .. ASKS(c, TPA_ASK_CONSENT)|return ASKS(c, TPA_ASK_CONSENT)
consent spared at localhost|flow_look|.. !uri .. !tpa_redirect_verifiable(uri);|;
prompt=consent forgotten|flow_look|if (!c->facts.user.consent_id .. ASKS(c, TPA_ASK_CONSENT))|if (!c->facts.user.consent_id)
new scopes without consent|flow_look|tpa_flow_scope_kept(c, scope) \&\& !tpa_flow_consented(c, scope)|0
a redirect that nobody confirmed|flow_look|return c->progress.confirmed .. c->progress.page_shown|return 1
an Organization chosen for the user under allow|flow_look|n == 1 \&\& tpa_flow_usage(c) == TPA_ORG_REQUIRE|n == 1
another error than invalid_grant at the token endpoint|flow|rule->points & TPA_FLOW_RESTS|0
a membership that was taken away|flow_rules|(c->point == TPA_AT_AUTHORIZE \&\& org->joins)|org->joins
names where only ids are accepted|flow_rules|return f->tenant.org_names \&\& named == f->asked.organization;|return 1;
openid that ends a refresh|flow_rules|!tpa_flow_is_oidc(scope) \&\& |
details the API does not know|flow_details|if (!tpa_text_in(c->facts.flow_api.details_types, type))|if (0)
details the grant does not allow|flow_details|return grant ? tpa_text_in(grant->details_types, type)$|return grant ? 1
details nobody consented to|flow_look|return !tpa_flow_details(c);|return 1;
details dropped from the token|flow_details|? c->facts.asked_details : c->facts.held.details;|? c->facts.asked_details : NULL;
a change that changes nothing|flow_turns|f->user.blocked = 0;|;
LIST
echo "1..$n"
exit $bad
