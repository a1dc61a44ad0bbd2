#!/bin/sh
# Proves every rule of every gate: a copy of the tree gets one violation, and
# the rule must turn red. Prints TAP, one test for each violation.
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "${1:-${srcdir:-$here/..}}" && pwd) || exit 1
unset srcdir
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
mkdir "$tmp/clean" "$tmp/tree" "$tmp/empty"
sh "$here/copy-files.sh" "$top" "$tmp/clean" || exit 1
chmod -R u+w "$tmp/clean"
cp -R "$tmp/clean/." "$tmp/tree"
cd "$tmp/tree" || exit 1

n=0 failed=0
say() {
    n=$((n + 1))
    echo "$1 $n - $2"
    [ "$1" = ok ] || failed=$((failed + 1))
}

# Every gate is green on this tree, and red over nothing.
for gate in build/check-*.sh; do
    name=${gate#build/check-} name=${name%.sh}
    if sh "$gate" . >"$tmp/said" 2>&1; then
        say ok "$name is green on this tree"
    else
        echo "# see what $gate says"
        say 'not ok' "$name is green on this tree"
    fi
    # "ok gate: rule" for each of its rules
    sed -n "s/^\([a-z ]*ok\) [0-9]* - \(.*\) ([0-9]*)\$/\1 $name: \2/p" \
        "$tmp/said" >>"$tmp/rules"
    if sh "$gate" "$tmp/empty" >"$tmp/said" 2>&1; then
        say 'not ok' "$name is red when there is nothing to check"
    else
        say ok "$name is red when there is nothing to check"
    fi
done

# plant GATE RULE FILE TEXT: with TEXT at the end of FILE, RULE of GATE is red.
# "sed:..." is a command of sed that changes FILE; "raw:..." gets no newline.
plant() {
    mkdir -p "${3%/*}"
    case $4 in
    sed:*) sed -i "${4#sed:}" "$3" ;;
    raw:*) printf '%b' "${4#raw:}" >>"$3" ;;
    *)     printf '%b\n' "$4" >>"$3" ;;
    esac
    GATE_ONLY=$2 sh "build/check-$1.sh" . >"$tmp/said" 2>&1
    if ! grep -qxF "ok $1: $2" "$tmp/rules"; then
        say ok "$1: $2 # SKIP it is not green on this tree"
    elif [ -e "$tmp/clean/$3" ] && cmp -s "$3" "$tmp/clean/$3"; then
        say 'not ok' "$1: $2: the violation does not change $3"
    elif grep -q "^not ok [0-9]* - $2 (" "$tmp/said"; then
        say ok "$1: $2"
    else
        sed 's/^/# /' "$tmp/said"
        say 'not ok' "$1: $2: not seen: $4"
    fi
    if [ -e "$tmp/clean/$3" ]; then
        cp "$tmp/clean/$3" "$3"
    else
        rm "$3"
    fi
    echo "$1: $2" >>"$tmp/proven"
}

. "$here/violations.sh"

# No rule was left out.
while read -r rule; do
    rule=${rule#not } rule=${rule#ok }
    grep -qxF "$rule" "$tmp/proven" ||
        say 'not ok' "$rule: no violation in build/violations.sh"
done <"$tmp/rules"

echo "1..$n"
[ "$failed" -eq 0 ]
