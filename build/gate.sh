# Shared by the gates (check-*.sh): run a rule, print it as TAP.
#
# A rule is a command that looks at the source tree and prints, one a line,
#   +          for each thing it looked at (anything may follow)
#   ! text     for each violation
# It holds when it saw something and found no violation: a gate that finds
# nothing to check must not be green. A line with neither sign (the message of
# a tool that failed) is a violation.

export LC_ALL=C
gate_pl=$(cd "$(dirname "$0")" && pwd)/gate.pl
cd "${1:-${srcdir:-$(dirname "$0")/..}}" || exit 1
gate_rules=0
gate_failed=0
# Build folders below the top, whatever they are called.
gate_builds=
for gate_dir in */config.status; do
    [ ! -e "$gate_dir" ] ||
        gate_builds="$gate_builds -o -path ./${gate_dir%/config.status}"
done

# rule NAME COMMAND...; with GATE_ONLY=NAME all others are left out.
rule() {
    case ${GATE_ONLY-$1} in "$1") ;; *) return ;; esac
    gate_rules=$((gate_rules + 1))
    gate_name="$gate_rules - $1"
    shift
    "$@" 2>&1 | awk -v name="$gate_name" '
        /^\+/ { seen++; next }
        { sub(/^! /, ""); found[++bad] = $0 }
        END {
            if (!seen) found[++bad] = "found nothing to check"
            print (bad ? "not ok " : "ok ") name " (" seen + 0 ")"
            for (i = 1; i <= bad && i <= 40; i++) print "#   " found[i]
            if (bad > 40) print "#   ... and " bad - 40 " more"
            exit bad > 0
        }' || gate_failed=$((gate_failed + 1))
}

# The plan, and the exit status: the last line of every gate.
gate_end() {
    echo "1..$gate_rules"
    [ "$gate_failed" -eq 0 ]
    exit
}

# files FIND-TEST...: files of the product, without what was built, fetched or
# made by running it. Paths start at the top: files -path './src/*' -name '*.c'
files() {
    find . \( -name .git -o -name node_modules -o -name .libs -o -name .deps \
        -o -name .dirstamp -o -name autom4te.cache -o -path './build-*' \
        -o -path './_build' -o -path './_inst' -o -path './run' -o -path './m4' \
        -o -path './configure' -o -path './configure~' -o -path './config.*' \
        -o -path './Makefile' -o -path './Makefile.in' -o -path './libtool' \
        -o -path './aclocal.m4' -o -path './stamp-h1' -o -path './src/http/builtin.c' -o -path './tpactl' \
        -o -path './mod_tpa_orgs-[0-9]*' -o -name '*.o' -o -name '*.lo' \
        -o -name '*.la' -o -name '*.log' -o -name '*.trs' \
        -o -path './t/unit/*/*' ! -name '*.*' \
        -o -path './fuzz/fuzz_*' ! -name '*.*' $gate_builds \) -prune -o \
        -type f \( "$@" \) -print | sed 's|^\./||' | sort
}

# C files of the product; with an argument: those below that path only.
c_files() { files -path "./${1:-*}" -name '*.[ch]'; }

# Views of C code as lines "file:line:text", names of files on standard input:
# code without comments, bare code without texts, texts alone.
code() { perl "$gate_pl" code; }
bare() { perl "$gate_pl" bare; }
texts() { perl "$gate_pl" texts; }

# rows FILE TABLE [FIELD]: a string of each row of a C table: the first, or
# the one of that number. list FILE TABLE: the strings of a table without rows.
rows() { perl "$gate_pl" rows "$@"; }
list() { perl "$gate_pl" list "$@"; }

# none REGEX TEXT: no line "file:line:text" of the input has text that matches.
none() { perl "$gate_pl" none "$@"; }

# within LEFT RIGHT: every word that command LEFT prints is printed by RIGHT.
within() {
    { $1 | sed 's/^/L /'; $2 | sed 's/^/R /'; } 2>&1 | sort -u |
    awk -v left="$1" -v right="$2" '
        !/^[LR] /  { print "! " $0; next }
        /^R /      { has[substr($0, 3)] = 1; next }
        { word[++n] = substr($0, 3) }
        END {
            for (i = 1; i <= n; i++)
                print has[word[i]] ? "+" : \
                    "! " word[i] " is in " left " but not in " right
        }'
}

# same LEFT RIGHT: both commands print the same words.
same() {
    within "$1" "$2"
    within "$2" "$1"
}
