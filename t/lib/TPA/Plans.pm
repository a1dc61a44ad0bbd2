package TPA::Plans;

# What a function reads of the tables, counted by the server: the plans looked
# at are those the functions really use.

use strict;
use warnings FATAL => 'all';

use TPA::DB ();
use TPA::Functions;

use Exporter qw(import);
our @EXPORT = qw(fill read_much json_of);

# Rows of [ 'table (columns)', 'values, of i', how many ].
sub fill {
    my ($db, @rows) = @_;
    my %tables = map { $_->[0] =~ /^(\w+)/ => 1 } @rows;

    $db->rows('SET synchronous_commit = off');
    $db->rows("INSERT INTO tpa_data.$_->[0] SELECT $_->[1]
               FROM generate_series(1, $_->[2]) AS i") for @rows;
    $db->rows("ANALYZE tpa_data.$_") for sort keys %tables;
    return;
}

# What this session read of each table: [ scans, rows by index ]. The count
# goes on over transactions for a while, so differences tell.
sub read_so_far {
    my ($db) = @_;

    return map { $_->[0] => [ @$_[1, 2] ] } $db->rows(
        "SELECT relname, seq_scan, coalesce(idx_tup_fetch, 0)
         FROM pg_stat_xact_user_tables WHERE schemaname = 'tpa_data'");
}

# Call a function often enough for its plans to be those that stay ('#' stands
# for the number of the call); the tables that were read from end to end, or
# more than a few rows of it a call. tiny: tables that stay small.
sub read_much {
    my ($db, $call, %tiny) = @_;
    my @much;

    $db->rows('BEGIN');
    my %before = read_so_far($db);
    for my $i (1 .. 8) {
        (my $sql = $call) =~ s/#/$i/g;
        $db->rows("SELECT * FROM tpa.$sql");
    }
    my %after = read_so_far($db);
    $db->rows('ROLLBACK');
    for my $table (grep { !$tiny{$_} } sort keys %after) {
        my ($scans, $rows) = map { $after{$table}[$_] - $before{$table}[$_] }
            0, 1;

        push @much, "$table ($scans scans, $rows rows)"
            if $scans || $rows > 8 * 60;
    }
    return "@much";
}

sub json_of { return TPA::DB::quote($_[0]) . '::text' }

1;
