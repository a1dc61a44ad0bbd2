#!/bin/sh
# Proves that the enumeration test sees a wrong rule: plants one mistake after
# the other in a copy of the machine decision and expects the test to go red.
# Prints TAP. Takes the source folder; compiles with $CC (default cc).
set -u
src=${1:-${srcdir:-.}}
cc=${CC:-cc}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
flags="-O1 -D_GNU_SOURCE -I$work -I$src/src -I$src/t/unit"
flags="$flags $(pkg-config --cflags apr-1 apr-util-1 jansson check)"
libs=$(pkg-config --libs apr-1 apr-util-1 jansson check)
rules=$src/src/core/m2m_rules.c
mkdir "$work/o"
for f in "$src"/src/base/*.c "$src"/src/core/*.c "$src"/t/unit/core/test_m2m_all.c; do
    case $f in */m2m_rules.c) continue ;; esac
    # shellcheck disable=SC2086
    $cc $flags -c -o "$work/o/$(basename "$f" .c).o" "$f" || exit 1
done

n=0
bad=0
# red NAME: the rules in $work/m2m_rules.c must fail the test.
red() {
    n=$((n + 1))
    if cmp -s "$work/m2m_rules.c" "$rules"; then
        echo "not ok $n - $1: no mistake was planted"
        bad=1
        return
    fi
    # shellcheck disable=SC2086
    if ! $cc $flags -w -o "$work/t" "$work/m2m_rules.c" "$work"/o/*.o $libs; then
        echo "not ok $n - $1: does not compile"
        bad=1
    elif CK_FORK=no "$work/t" >"$work/out" 2>&1; then
        echo "not ok $n - $1: nobody noticed"
        bad=1
    else
        echo "ok $n - $1"
    fi
}

# Every rule, switched off: its row asks a question that is always answered yes.
names=$(sed -n 's/^    { "\([a-z_]*\)", [a-z_]*, TPA_E.*/\1/p; s/^    { "\([a-z_]*\)", [a-z_]*,$/\1/p' "$rules")
[ -n "$names" ] || { echo "Bail out! no rules found in $rules"; exit 1; }
for name in $names; do
    {
        sed "/^const tpa_m2m_rule_t/i static int always(const tpa_m2m_facts_t *f) { return 1; }" "$rules" |
            sed "s/^    { \"$name\", [a-z_]*,/    { \"$name\", always,/"
    } >"$work/m2m_rules.c"
    red "$name switched off"
done
# What follows from the facts, wrong in one place each.
while IFS='|' read -r what from to; do
    sed "s/$from/$to/" "$rules" >"$work/m2m_rules.c"
    red "$what"
done <<'LIST'
a default grant for first-party applications|!f->client.is_first_party$|1|
a default grant for permissive applications|        \&\& f->client.is_strict)|        )|
a default grant that may use organizations|grant->org_usage : TPA_ORG_DENY|grant->org_usage : TPA_ORG_ALLOW|
the default organization under allow|tpa_m2m_usage(f) == TPA_ORG_REQUIRE|tpa_m2m_usage(f) >= TPA_ORG_ALLOW|
any organization for third parties|(f->own_grant.any_org \&\& f->client.is_first_party)|f->own_grant.any_org|
names where only ids are accepted|(!org->by_name .. f->tenant.org_names)|1|
scopes the API has lost|tpa_text_in(f->api.scopes, scope)|1|
LIST
echo "1..$n"
exit $bad
