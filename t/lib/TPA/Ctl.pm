package TPA::Ctl;

# tpactl run as an operator runs it, on databases of its own.

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);
use File::Temp ();
use JSON::PP ();

our @EXPORT = qw(ctl ctl_ok start_ctl finish_ctl fresh_db drop_dbs psql
                 scratch spew);

my $dir = File::Temp->newdir('tpactl.XXXXXX', TMPDIR => 1);
my $count = 0;
my @made;

# A path below a folder that is gone when the test ends.
sub scratch { return "$dir/" . join('/', @_) }

# Write a file; the mode is octal text, 600 if not told.
sub spew {
    my ($path, $text, $mode) = @_;

    (my $parent = $path) =~ s{/[^/]*\z}{};
    mkdir $parent;
    open my $out, '>', $path or die "$path: $!\n";
    print {$out} $text;
    close $out or die "$path: $!\n";
    chmod oct($mode || '600'), $path;
    return $path;
}

sub slurp {
    my ($path) = @_;

    open my $in, '<', $path or die "$path: $!\n";
    local $/;
    return scalar readline $in;
}

# Start the tool; what it needs to be waited for.
sub start_ctl {
    my (@args) = @_;
    my $n = ++$count;
    my $pid = fork;

    die "fork: $!\n" unless defined $pid;
    if (!$pid) {
        open STDOUT, '>', scratch("out.$n") or die $!;
        open STDERR, '>', scratch("err.$n") or die $!;
        exec { $ENV{TPACTL} } $ENV{TPACTL}, @args or die "$ENV{TPACTL}: $!\n";
    }
    return { pid => $pid, n => $n };
}

# Wait for it: its code (-1 after a signal), what it printed, what it said.
sub finish_ctl {
    my ($run) = @_;

    waitpid $run->{pid}, 0;
    my $code = $? & 127 ? -1 : $? >> 8;

    return ($code, slurp(scratch("out.$run->{n}")),
            slurp(scratch("err.$run->{n}")));
}

sub ctl { return finish_ctl(start_ctl(@_)) }

# The same where it must work: what it printed, read as JSON if it is that.
sub ctl_ok {
    my ($code, $out, $err) = ctl(@_);

    die "tpactl @_: $code\n$out$err" if $code;
    return $out =~ /^\s*[\[{]/ ? JSON::PP->new->utf8->decode($out) : $out;
}

# ---- databases ------------------------------------------------------------

# Rows of a statement as the superuser, columns joined by '|'.
sub psql {
    my ($db, $sql) = @_;
    my $psql = ($ENV{TPA_PGBIN} ? "$ENV{TPA_PGBIN}/" : '') . 'psql';

    open my $in, '-|', $psql, qw(-X -q -A -t -v ON_ERROR_STOP=1), '-U',
        $ENV{TPA_PGSUPER}, '-d', $db, '-c', 'SET log_statement = none',
        '-c', $sql or die "$psql: $!\n";
    my @rows = readline $in;
    close $in or die "psql -d $db: $sql\n";
    chomp @rows;
    return wantarray ? @rows : $rows[0];
}

# An empty database of tpa_owner; its name, and what --db wants.
sub fresh_db {
    my $name = sprintf 'tpactl_%d_%d', $$, scalar @made;

    psql('postgres', "CREATE DATABASE $name OWNER tpa_owner");
    push @made, [ $$, $name ];
    return ($name, "host=$ENV{PGHOST} dbname=$name user=tpa_owner");
}

sub drop_dbs {
    for my $made (@made) {
        my ($pid, $name) = @$made;

        psql('postgres', "DROP DATABASE IF EXISTS $name WITH (FORCE)")
            if $pid == $$;
    }
    @made = ();
    return;
}

END {
    local ($?, $@);
    eval { drop_dbs() };
}

# Nothing of the caller's environment may stand in for an option.
delete @ENV{qw(TPA_DB TPA_SECRET_FILE)};

1;
