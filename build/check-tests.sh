#!/bin/sh
# Gate: nothing is untested by forgetting. Files of the lower floors have a
# unit test or a reason in build/untested; tests that exist are run.
. "$(dirname "$0")/gate.sh"

# ---- unit tests -------------------------------------------------------------

# Words "room/file" of what needs a unit test, has one, or has a reason.
lower_floors() {
    c_files 'src/*' | sed -n 's|^src/\(.*\)\.c$|\1|p' |
        grep -E '^(base|core|crypto|store)/'
}

unit_test_files() {
    files -path './t/unit/*/test_*.c' | sed 's|^t/unit/\(.*\)\.c$|\1|'
}

tested() { unit_test_files | sed 's|/test_|/|'; }

excused() { grep -v -e '^#' -e '^ *$' build/untested; }

tested_or_excused() {
    tested
    excused | sed 's|^src/\([^ ]*\)\.c .*|\1|'
}

reasons_are_needed() {
    excused | while read -r path reason; do
        unit=$(echo "$path" | sed 's|^src/\(.*\)/\(.*\)\.c$|\1/test_\2|')
        if [ ! -e "$path" ]; then echo "! build/untested: there is no $path"
        elif [ -e "t/unit/$unit.c" ]; then
            echo "! build/untested: $path has the test t/unit/$unit.c"
        elif [ -z "$reason" ]; then echo "! build/untested: $path: why?"
        else echo +
        fi
    done
    echo + read
}

unit_tests_built() {
    grep -v '^#' t/unit/local.am | grep -o 't/unit/[a-z0-9_]*/test_[a-z0-9_]*' |
        sed 's|^t/unit/||'
}

bodies() {
    files -path './t/unit/*' -name '*.c' | bare |
        sed -n 's/^\([^:]*\):.*START_TEST(\([A-Za-z0-9_]*\)).*/\1:\2/p'
}

bodies_registered() {
    files -path './t/unit/*' -name '*.c' | bare | perl -ne '
        my ($file, $n, $text) = split /:/, $_, 3;
        $all{$file} .= $text;
        END {
            for my $file (sort keys %all) {
                print "$file:$1\n"
                    while $all{$file} =~
                        /tcase_add_\w*test\w*\s*\(\s*\w+\s*,\s*(\w+)/g;
            }
        }'
}

bodies_assert() {
    files -path './t/unit/*/test_*.c' | while read -r file; do
        grep -q 'ck_assert\|ck_abort' "$file" && echo + ||
            echo "! $file asserts nothing"
    done
}

# ---- fuzz targets ---------------------------------------------------------------
fuzz_files() {
    files -path './fuzz/fuzz_*.c' | sed 's|^fuzz/\(.*\)\.c$|\1|'
}

fuzz_targets_built() {
    sed -n '/^FUZZERS *=/,/[^\\]$/p' fuzz/local.am | grep -o 'fuzz_[a-z0-9_]*'
}

# ---- system tests ---------------------------------------------------------------

t_files() { files -path './t/*' -name '*.t'; }

# The runner looks into t/<area>/ for *.t.
t_files_found() {
    t_files | awk -F/ '
        NF == 3 && $2 !~ /^(unit|lib|conf|sdk|browser)$/ { print "+"; next }
        { print "! " $0 ": the runner looks for t/<area>/<name>.t only" }'
}

t_files_plan() {
    t_files | while read -r file; do
        if grep -qE '^ *(plan\(? *tests *=>|done_testing\b)' "$file"; then echo +
        else echo "! $file has neither plan tests => N nor done_testing"
        fi
    done
}

t_files_may_not_vanish() {
    t_files | tr '\n' '\0' | xargs -0 -r grep -nH '' |
        none 'need_module\b.*tpa_orgs|skip_all|\bexit\b' \
            'a test file that can leave without a result'
}

rule 'lower floors have unit tests' within lower_floors tested_or_excused
rule 'reasons in build/untested are needed' reasons_are_needed
rule 'unit tests are built' same unit_test_files unit_tests_built
rule 'test bodies are registered' same bodies bodies_registered
rule 'unit tests assert' bodies_assert
rule 'fuzz targets are built' same fuzz_files fuzz_targets_built
rule 'system tests are found' t_files_found
rule 'system tests have a plan' t_files_plan
rule 'system tests cannot vanish' t_files_may_not_vanish
gate_end
