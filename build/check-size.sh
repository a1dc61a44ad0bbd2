#!/bin/sh
# Gate: a file has at most 500 lines, a C function at most 80. What must be
# longer has a row in build/size-exceptions: path or path:function, most
# lines, reason. A row that is no longer needed is a violation too.
. "$(dirname "$0")/gate.sh"

MOST_FILE=500
MOST_FUNCTION=80

# Lines "path lines" of every file that counts.
file_sizes() {
    files -name '*.[ch]' -o -name '*.def' -o -name '*.sql' -o -name '*.pm' \
        -o -name '*.pl' -o -name '*.t' -o -name '*.sh' -o -name '*.mjs' \
        -o -name '*.js' -o -path ./check -o -path ./quickstart |
        while read -r file; do echo "$file $(wc -l <"$file")"; done
}

# Lines "path:function lines", from the line that names the function to the
# brace that ends it. House layout: the outer braces stand in column 0.
function_sizes() {
    c_files | grep '\.c$' | bare | awk -F: '
        { text = $0; sub(/^[^:]*:[0-9]+:/, "", text) }
        text == "{" { open = 1 }
        !open && text ~ /^[A-Za-z_].*\(/ {
            name = text; sub(/\(.*/, "", name)
            if (name == "START_TEST") {
                name = text; sub(/^START_TEST\(/, "", name)
                sub(/\).*/, "", name)
            }
            sub(/.*[ *]/, "", name); from = $2
        }
        open && text ~ /^}/ {
            print $1 ":" name " " $2 - from + 1
            open = 0
        }'
}

rows_of() { grep -v -e '^#' -e '^ *$' build/size-exceptions; }

# Compare lines "name lines" with a limit and the exceptions.
at_most() {
    { rows_of | sed 's/^/row /'; sed 's/^/size /'; } | awk -v most="$1" '
        $1 == "row"  { allowed[$2] = $3; reason[$2] = $4; next }
        $1 != "size" { print; next }
        $3 <= most && ($2 in allowed) {
            print "! " $2 ": " $3 " lines need no row in build/size-exceptions"
            next
        }
        $3 <= most { print "+"; next }
        ($2 in allowed) && $3 <= allowed[$2] && reason[$2] != "" {
            print "+"; next
        }
        { print "! " $2 " has " $3 " lines, the limit is " \
                (($2 in allowed) ? allowed[$2] : most) }'
}

files_are_short() { file_sizes | at_most $MOST_FILE; }
functions_are_short() { function_sizes | at_most $MOST_FUNCTION; }

# The count above rests on this layout.
braces_in_column_0() {
    c_files | bare | none '^[A-Za-z_][^=]*\)\s*\{\s*$' \
        'the brace of a function stands on a line of its own'
}

names_of_rows() { echo "-"; rows_of | cut -d' ' -f1; }
names_measured() {
    echo "-"
    { file_sizes; function_sizes; } | cut -d' ' -f1
}

rule "files have at most $MOST_FILE lines" files_are_short
rule "functions have at most $MOST_FUNCTION lines" functions_are_short
rule 'function braces stand in column 0' braces_in_column_0
rule 'exceptions name what exists' within names_of_rows names_measured
gate_end
