#!/bin/sh
# Gate: documentation drift. What the tables of the code name stands in the
# documentation, and nothing is left over there. For another table, write the
# command that prints its words, the one that prints those of the document,
# and one rule at the end.
. "$(dirname "$0")/gate.sh"

# doc_words FILE REGEX: what the group of the regex matches in a document.
doc_words() { perl -lne "while (/$2/g) { print \$1 }" "$1"; }

# first_cells FILE HEADING: the word in backticks that starts each row of the
# tables below a heading that matches, up to the next heading of that level.
first_cells() {
    perl -ne '
        BEGIN { $want = pop @ARGV; $in = 0 }
        if (/^(#+) +(.*)/) {
            my ($level, $heading) = (length $1, $2);
            $in = 0 if $level <= $depth;
            ($in, $depth) = (1, $level) if !$in && $heading =~ /$want/;
        }
        print "$1\n" if $in && /^\| *`([^`]+)`/;' "$1" "$2"
}

# ---- directives ----------------------------------------------------------------
directives() {
    perl -ne 'print "$1\n" while /AP_INIT_\w+\(\s*"(TPA\w+)"/g' src/httpd/*.c
    numbers | cut -d' ' -f1
}

# Lines "TPADirective default" of the numeric ones.
numbers() {
    perl -0ne 'print "$1 $2\n" while /\bOPT\(\s*\w+,\s*"(TPA\w+)",\s*(\d+),/g' \
        src/*/settings.def
}

directives_of_conf() {
    doc_words conf/tpa_orgs.conf '^[ #]*(TPA[A-Z][A-Za-z]+) '
}
defaults_of_conf() {
    doc_words conf/tpa_orgs.conf '^[ #]*(TPA[A-Z][A-Za-z]+ \d+)\s*$'
}

# What AuthType may name is no directive, and looks like one.
auth_types() {
    perl -ne 'print "$1\n" while /#define AUTH_TYPE "(TPA\w+)"/g' src/httpd/*.c
}

directives_of_manual() {
    doc_words docs/directives.md '\b(TPA[A-Z][A-Za-z]+)\b' |
        grep -vxF "$(auth_types)"
}
directives_anywhere() {
    files -name '*.md' -o -path './conf/*' -o -path './t/conf/*' \
        -o -path ./quickstart |
        tr '\n' '\0' | xargs -0 -r perl -ne \
        'print "$1\n" while /\b(TPA[A-Z][a-z][A-Za-z]+)\b/g' |
        grep -vxF "$(auth_types)"
}

# ---- routes, parameters, errors ---------------------------------------------------
routes() { rows src/httpd/routes.c routes | sed 's|^|/|'; }
routes_of_manual() {
    doc_words docs/endpoints.md '^#+ (?:[A-Z, ]+ )?`?(?:[A-Z, ]+ )?(\/[^` ]+)'
}

# Every list named ...params of these files.
parameters_of() {
    for file; do
        for table in $(grep -oE '\b[a-z_]*params\[\]' "$file" | tr -d '[]'); do
            list "$file" "$table"
        done
    done
}

# Of the grants and of client authentication, and of every other endpoint that
# has no rule of its own.
token_parameters() {
    echo grant_type
    # shellcheck disable=SC2046
    parameters_of $(c_files 'src/*' | grep -E '^src/(grant|http)/.*\.c$' |
        grep -vx src/http/revoke.c)
}
token_parameters_of_manual() { first_cells docs/endpoints.md '/oauth/token'; }

# Lines "name bytes": the limits are compared too.
authorize_parameters() {
    perl -0ne 'print "$1 $2\n" while
        /^    \{ "([^"]+)",\s+[A-Z]+,\s+(\d+),/mg' src/core/params.c
}
authorize_parameters_of_manual() {
    perl -ne '
        $in = /^## Parameters of \/authorize/ if /^## /;
        print "$1 $2\n" if $in && /^\| `([^`]+)` \| (\d+) \|/;
        ' docs/endpoints.md
}

revoke_parameters() { parameters_of src/http/revoke.c; }
revoke_parameters_of_manual() { first_cells docs/endpoints.md '/oauth/revoke'; }

error_codes() { rows src/base/err.c kinds; }
error_codes_of_manual() { first_cells docs/endpoints.md '(?i)errors'; }

# ---- the Management API -----------------------------------------------------------
mgmt_files() { c_files 'src/mgmt/*' | tr '\n' ' '; }

# Lines "METHOD /path scopes" of all routes; scopes joined by commas. Texts that
# have a name (#define) stand for themselves.
mgmt_routes() {
    perl -0777 -ne '
        s/\\\n/ /g;
        my $text = qr/(?:"[^"]*"\s*)+/;
        my %named;
        $named{$1} = $2 while /^# *define +(\w+) +($text)$/gm;
        s/("[^"]*")|\b(\w+)\b/$1 || $named{$2} || $2/ge;
        while (/\{\s*"(GET|POST|PUT|PATCH|DELETE)",\s*($text),\s*($text|NULL)/g) {
            my ($method, $path, $scopes) = ($1, map {
                join "", /"([^"]*)"/g } $2, $3);
            $scopes =~ s/ +/,/g;
            print "$method /$path $scopes\n";
        }' $(mgmt_files)
}
mgmt_routes_of_manual() {
    perl -ne '
        next unless /^\|\s*`((?:GET|POST|PUT|PATCH|DELETE)[ ]\/[^`]+)`\s*\|
                     ([^|]*)\|/x;
        print "$1 ", join(",", $2 =~ /`([^`]+)`/g), "\n";
        ' docs/management-api.md
}

# Properties that may be sent, of all tables.
mgmt_properties() {
    perl -0777 -ne '
        print "$1\n" while /\{\s*"(\w+)",\s*TPA_P_\w+/g;
        ' $(mgmt_files) $(c_files 'src/core/*' | grep '\.c$')
}
mgmt_properties_of_manual() { doc_words docs/management-api.md '`([\w.]+)`' |
    tr . '\n'; }

# errorCodes of refusals that a resource words itself.
mgmt_codes() {
    perl -0777 -ne '
        print "$1\n" while /\bTPA_E_[A-Z_]+,\s*"(\w+)"/g;
        ' $(mgmt_files)
}
mgmt_codes_of_manual() { first_cells docs/management-api.md '(?i)errors'; }

# ---- tpactl ------------------------------------------------------------------------
man_text() { sed 's/\\-/-/g; s/\\f.//g' docs/man/tpactl.1; }

verbs() { rows tools/tpactl.c tpa_ctl_verbs; }
verbs_of_man() { man_text | sed -n 's/^\.SS tpactl \([a-z ]*[a-z]\).*/\1/p'; }
verbs_of_manual() {
    first_cells docs/tpactl.md '^tpactl' | grep '^[a-z]' |
        sed 's/ [-A-Z].*//'
}

options() { rows tools/tpactl.c tpa_ctl_opts | sed 's/^/--/'; }
options_of_man() { man_text | grep -oE -e '--[a-z][a-z-]*'; }

environment() {
    grep -oE '"TPA_[A-Z_]+"' tools/tpactl.c tools/options.c | grep -oE 'TPA_[A-Z_]+'
}
environment_of_man() { man_text | grep -oE '\bTPA_[A-Z_]+'; }

# ---- the decision -------------------------------------------------------------------
policy_rules() { rows src/core/m2m_rules.c tpa_m2m_rule_table; }
policy_rules_of_manual() {
    first_cells docs/policy.md '^The rules of the machine decision'
}
flow_rules() { rows src/core/flow_rules.c tpa_flow_rule_table; }
flow_rules_of_manual() {
    first_cells docs/policy.md '^The rules of the user flow'
}

# ---- decisions ------------------------------------------------------------------------
# Numbered without gaps; the index names the next number.
decisions_are_numbered() {
    files -path './docs/decisions/[0-9]*.md' | awk -F'[/-]' '
        {
            n++
            print $3 == sprintf("%04d", n) ? "+" : \
                "! " $0 ": the number should be " sprintf("%04d", n)
        }
        END { print sprintf("next %04d", n + 1) }' | while read -r word rest; do
        case $word in
        next) grep -q "$rest" docs/decisions/README.md && echo + ||
            echo "! docs/decisions/README.md: the next free number is $rest" ;;
        *)    echo "$word $rest" ;;
        esac
    done
}

# Files that documents point to, with a link or in backticks, exist.
pointers_exist() {
    files -name '*.md' | while read -r file; do
        perl -ne '
            print "$1\n" while /\]\(([^)#:]+)(?:#[^)]*)?\)/g;
            print "/$1\n" while m{`((?:src|build|docs|t|sql|tools|fuzz|bench|conf)/[\w./-]+)`}g;
            ' "$file" | while read -r path; do
            case $path in /*) at=.$path ;; *) at=$(dirname "$file")/$path ;; esac
            [ -e "$at" ] && echo + || echo "! $file points to $path, which is not there"
        done
    done
}

rule 'directives are in conf/tpa_orgs.conf' same directives directives_of_conf
rule 'conf/tpa_orgs.conf shows the defaults' within numbers defaults_of_conf
rule 'directives are in docs/directives.md' same directives directives_of_manual
rule 'directives named anywhere exist' within directives_anywhere directives
rule 'routes are in docs/endpoints.md' same routes routes_of_manual
rule 'parameters are in docs/endpoints.md' \
    same token_parameters token_parameters_of_manual
rule 'parameters of /authorize are in docs/endpoints.md' \
    same authorize_parameters authorize_parameters_of_manual
rule 'parameters of revocation are in docs/endpoints.md' \
    same revoke_parameters revoke_parameters_of_manual
rule 'error codes are in docs/endpoints.md' same error_codes error_codes_of_manual
rule 'routes are in docs/management-api.md' same mgmt_routes mgmt_routes_of_manual
rule 'properties are in docs/management-api.md' \
    within mgmt_properties mgmt_properties_of_manual
rule 'error codes are in docs/management-api.md' \
    within mgmt_codes mgmt_codes_of_manual
rule 'verbs are in tpactl.1' same verbs verbs_of_man
rule 'verbs are in docs/tpactl.md' same verbs verbs_of_manual
rule 'options are in tpactl.1' same options options_of_man
rule 'environment is in tpactl.1' same environment environment_of_man
rule 'rules of the decision are in docs/policy.md' \
    same policy_rules policy_rules_of_manual
rule 'rules of the user flow are in docs/policy.md' \
    same flow_rules flow_rules_of_manual
rule 'decisions are numbered' decisions_are_numbered
rule 'documents point to files that exist' pointers_exist
gate_end
