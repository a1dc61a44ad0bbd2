#!/bin/sh
# Gate: the seam between C and SQL. Calls and functions fit, functions are
# safe to run for the httpd role, migrations are numbered.
. "$(dirname "$0")/gate.sh"

sql_files() { files -path './sql/*' -name '*.sql'; }

# Lines "name arguments file" of every function of schema tpa; OUT parameters
# are no arguments, and those with a default may be left out.
functions() {
    sql_files | tr '\n' '\0' | xargs -0 -r perl -0777 -ne '
        s/--[^\n]*//g;
        while (/CREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION\s+tpa\.(\w+)\s*
                (\((?:[^()]|(?2))*\))/gix) {
            my ($name, $list) = ($1, substr $2, 1, -1);
            1 while $list =~ s/\([^()]*\)//g;
            my @in = grep { /\S/ && !/^\s*OUT\s/i } split /,/, $list;
            my $least = grep { !/\bDEFAULT\b/i } @in;
            print "$name $_ $ARGV\n" for $least .. @in;
        }'
}

# Lines "name arguments" of the calls: rows of tpa_fn_t, calls of tpactl, and
# of the Management API, whose reads take one argument and whose writes two.
calls() {
    c_files | grep -E '^(src|tools)/' | tr '\n' '\0' |
        xargs -0 -r perl -0777 -ne '
        print "$1 $2\n" while /\btpa_fn_t\s+\w+\s*(?:\[\w*\]\s*)?=\s*
            \{\s*"(\w+)",\s*(\d+)/gx;
        while (/\btpa_fn_t\s+\w+\s*\[\w*\]\s*=\s*\{(.*?)\};/gs) {
            my $rows = $1;
            print "$1 $2\n" while $rows =~ /\{\s*"(\w+)",\s*(\d+)/g;
        }
        print "$1 1\n" while /\btpa_ctl_call\(\s*\w+,\s*"(\w+)"/g;
        print "$1 1\n"
            while /\btpa_(?:mg_get|mg_list|mg_patch|store_read)\(
                   [^;"]*?"(\w+)"/gx;
        print "$1 2\n"
            while /\btpa_(?:mg_write|store_write)\([^;"]*?"(\w+)"/g;
        print "$1 2\n"
            while /\btpa_mg_patch\([^;"]*?"\w+",\s*"(\w+)"/g;'
}

functions_of_sql() { functions | cut -d' ' -f1,2; }

names_of_functions() { functions | cut -d' ' -f1; }

# Called by C, where perhaps only a table names it, or by another function;
# else at least named by a test.
names_called() {
    calls | cut -d' ' -f1
    c_files | grep -E '^src/(mgmt|store)/' | texts |
        sed -n 's/^[^:]*:[0-9]*: *\([a-z_0-9 ]*\)$/\1/p' | tr -s ' ' '\n' |
        grep .
    files -path './t/*' -name '*.t' | tr '\n' '\0' |
        xargs -0 -r grep -ohE '[a-z][a-z0-9_]+'
    sql_files | tr '\n' '\0' | xargs -0 -r perl -ne '
        next if /FUNCTION\s+tpa\./i;
        print "$1\n" while /\btpa\.(\w+)\s*\(/g;'
}

# Run with the rights of the owner, so nothing of the caller's may decide what
# a name means.
functions_are_pinned() {
    sql_files | tr '\n' '\0' | xargs -0 -r perl -0777 -ne '
        s/--[^\n]*//g;
        for (split /(?=\bCREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION\s)/i) {
            next if !/^CREATE[\w\s]*FUNCTION\s+tpa\.(\w+)/i;
            my $name = $1;
            my ($head) = /^(.*?\bAS\s+\$)/s;
            $head = $_ if !defined $head;
            print $head =~ /\bSECURITY\s+DEFINER\b/i
                && $head =~ /\bSET\s+search_path\s*=/i ? "+\n"
                : "! $ARGV: tpa.$name needs SECURITY DEFINER and SET search_path\n";
        }'
}

migrations_are_numbered() {
    files -path './sql/migrations/*' -name '*.sql' | awk -F/ -v schema="$(
        sed -n 's/^# *define TPA_SCHEMA //p' src/store/store.h)" '
        {
            n++
            print $3 ~ sprintf("^%04d_[a-z0-9_]+\\.sql$", n) ? "+" : \
                "! " $0 ": the number should be " sprintf("%04d", n)
        }
        END {
            if (n != schema)
                print "! src/store/store.h: TPA_SCHEMA is " schema \
                    ", the newest migration " n
        }'
}

rule 'calls fit functions' within calls functions_of_sql
rule 'functions are called or tested' within names_of_functions names_called
rule 'functions are definer and pinned' functions_are_pinned
rule 'migrations are numbered' migrations_are_numbered
gate_end
