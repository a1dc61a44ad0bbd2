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
LIST
echo "1..$n"
exit $bad
