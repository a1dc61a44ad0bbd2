#!/bin/sh
# Gate: what no file of the product may contain. The patterns are written so
# that they do not match this file.
. "$(dirname "$0")/gate.sh"

# Text files written by us; what fuzzers collected may hold any byte.
texts_of_ours() {
    files -not -path './fuzz/corpus/*' -not -path './LICENSE' -not -name '*.png'
}

# Lines "file:line:text" of the files named on standard input.
lines() { tr '\n' '\0' | xargs -0 -r grep -nH ''; }

ours() { texts_of_ours | lines; }
c_lines() { { c_files; files -name '*.def'; } | lines; }

no_machine_paths() {
    ours | none '/wor[k]/|/tmp/[h]-|/hom[e]/[a-z]|/roo[t]/' \
        'a path of one machine'
}

no_registries() {
    ours | none \
        'registr[y]\.npmjs|proxy\.golan[g]|pypi\.or[g]|pythonhoste[d]|crates\.i[o]\b|registr[y]\.yarnpkg|deb\.debia[n]\.org' \
        'the host name of a package registry'
}

no_open_ends() {
    ours | none '\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b' 'unfinished work'
}

no_issue_numbers() {
    ours | none '(?i)\bissu[e]s? #?\d|\bthis sessio[n] of work' \
        'the product does not know how it was made'
}

no_trailing_blanks() { ours | none '[ \t\r]$' 'blanks at the end of the line'; }

ends_with_newline() {
    texts_of_ours | while read -r file; do
        [ -s "$file" ] || continue
        [ -z "$(tail -c 1 "$file")" ] && echo + ||
            echo "! $file: no newline at its end"
    done
}

no_tabs_in_c() { c_lines | none '\t' 'a tab'; }
short_c_lines() { c_lines | none '^.{81}' 'more than 80 columns'; }

# Tests may do what they like to their own input.
product() { c_files | grep -v '^t/'; }

no_unsafe_calls() {
    product | bare | none \
        '\b(v?sprintf|strcpy|strcat|stpcpy|strncpy|strncat|gets|strtok|alloca|atoi|atol|atoll|system|popen|tmpnam|mktemp)\s*\(' \
        'a call that has a safe counterpart'
}

# Calls that look right and are not: docs/dev/traps.md says why, by number.
no_traps() {
    product | bare | none \
        '\b(ap_dbd_prepare|apr_dbd_transaction_\w+|apr_dbd_pv\w+|apr_dbd_get_entry|ap_parse_form_data|ap_args_to_table|cjose_set_alloc_funcs|ap_escape_html|apr_pescape_entity)\b' \
        'a trap, see docs/dev/traps.md'
}

no_goto() {
    c_files | bare | none '\bgoto\b' 'give it to a pool, return early'
}


rule 'no paths of a machine' no_machine_paths
rule 'no package registries' no_registries
rule 'no unfinished work' no_open_ends
rule 'no issue numbers' no_issue_numbers
rule 'no trailing blanks' no_trailing_blanks
rule 'files end with a newline' ends_with_newline
rule 'no tabs in C' no_tabs_in_c
rule 'C lines have at most 80 columns' short_c_lines
rule 'no unsafe calls' no_unsafe_calls
rule 'no goto' no_goto
rule 'no calls that are traps' no_traps
gate_end
