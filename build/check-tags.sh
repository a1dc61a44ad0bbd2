#!/bin/sh
# Gate: log tags. Every message has a tag TPAnnnn of its own, and the next
# free number in docs/dev/log-tags is above them all.
. "$(dirname "$0")/gate.sh"

sources() {
    files -path './src/*' -name '*.[ch]' -o -path './src/*' -name '*.def' \
        -o -path ./mod_tpa_orgs.c
}

# Lines "TPAnnnn file:line".
tags() {
    sources | texts | awk '
        {
            split($0, at, ":")
            while (match($0, /TPA[0-9]+/)) {
                print substr($0, RSTART, RLENGTH), at[1] ":" at[2]
                $0 = substr($0, RSTART + RLENGTH)
            }
        }'
}

tags_are_unique() {
    tags | awk '
        $1 !~ /^TPA[0-9][0-9][0-9][0-9]$/ {
            print "! " $2 ": " $1 " is no tag of four digits"; next
        }
        ($1 in at) { print "! " $2 ": " $1 " is used at " at[$1] " already" }
        { at[$1] = $2; print "+" }'
}

next_is_free() {
    tags | awk -v next_tag="$(grep -v '^#' docs/dev/log-tags)" '
        BEGIN {
            if (next_tag !~ /^TPA[0-9][0-9][0-9][0-9]$/)
                print "! docs/dev/log-tags must hold the next free tag alone"
        }
        $1 >= next_tag { print "! " $2 ": the next free tag is " next_tag }
        { print "+" }'
}

# A call that logs starts its text with a tag. The format "%s" is for a line
# that got its tag elsewhere.
messages_have_tags() {
    sources | grep -v '^src/base/log\.[ch]$' | perl -ne '
        chomp; open(my $in, "<", $_) or die "$_: $!\n";
        my $text = join("", <$in>);
        $text =~ s{/\*.*?\*/}{}gs;
        while ($text =~ /\b(ap_log_\w*error|tpa_log)\s*
                         (\((?:[^()"]|"(?:\\.|[^"\\])*"|(?2))*\))/gsx) {
            my ($call, $args) = ($1, $2);
            my ($format) = ($args =~ /"((?:\\.|[^"\\])*)"/);
            print defined $format && $format =~ /^(?:TPA\d{4}: |%s$)/
                ? "+\n" : "! $_: $call without a tag: "
                  . ($args =~ s/\s+/ /gr) . "\n";
        }'
}

rule 'each tag is used once' tags_are_unique
rule 'docs/dev/log-tags is ahead of all' next_is_free
rule 'each message has a tag' messages_have_tags
gate_end
