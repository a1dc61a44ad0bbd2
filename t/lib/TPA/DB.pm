package TPA::DB;

# The database as its owner sees it, and the server that runs it.

use strict;
use warnings FATAL => 'all';

use IPC::Open2 qw(open2);
use JSON::PP ();

my %open;   # database name -> handle
my $json = JSON::PP->new->canonical;

my $FIELD = "\x1f";
my $ROW = "\x1e";
my $NULL = "\x1d";
my $END = 'end-of-answer';

# The handle of a database; one psql each, kept running.
sub open {
    my ($class, $name) = @_;

    return $open{$name} ||= $class->connect_to($name);
}

sub connect_to {
    my ($class, $name) = @_;
    my $self = bless { name => $name }, $class;

    $self->{pid} = open2($self->{out}, $self->{in}, 'sh', '-c',
        'exec "$0" "$@" 2>&1', "$ENV{TPA_PGBIN}/psql", qw(-X -q -A -t), '-F',
        $FIELD, '-R', $ROW, '-P', "null=$NULL", '-U', $ENV{TPA_PGSUPER}, '-d',
        $name);
    binmode $self->{in}, ':utf8';
    binmode $self->{out}, ':utf8';
    $self->{in}->autoflush(1);
    # What the tests store must not stand in the server's log, where
    # zlogs/secrets.t looks for what the module lets out.
    $self->run('SET log_statement = none; SET ROLE tpa_owner');
    return $self;
}

sub quote {
    my ($value) = @_;

    return 'NULL' unless defined $value;
    return quote($json->encode($value)) if ref $value;
    $value =~ s/'/''/g;
    return "'$value'";
}

# Rows of a statement, each an array; '?' stands for the arguments. Dies on
# an error of the server.
sub rows {
    my ($self, $sql, @args) = @_;

    $sql =~ s/\?/quote(shift @args)/ge;
    my $text = $self->run($sql);

    die "$text\nin: $sql\n" if $text =~ /^(?:ERROR|FATAL|psql): /m;
    return map {
        [ map { $_ eq $NULL ? undef : $_ } split /$FIELD/, $_, -1 ]
    } split /$ROW/, $text, -1;
}

# The one value of the first row.
sub value {
    my ($self, $sql, @args) = @_;
    my ($row) = $self->rows($sql, @args);

    return $row ? $row->[0] : undef;
}

sub run {
    my ($self, $sql) = @_;
    my $in = $self->{in};
    my $text = '';

    print $in "$sql;\n\\echo $END\n";
    while (defined(my $line = readline $self->{out})) {
        if ($line =~ s/\Q$END\E\n\z//) {
            $text .= $line;
            $text =~ s/\n\z//;
            return $text;
        }
        $text .= $line;
    }
    delete $open{ $self->{name} };
    waitpid $self->{pid}, 0;
    return "FATAL: psql ended: $text";
}

sub disconnect {
    my ($self) = @_;

    close $self->{in};
    close $self->{out};
    waitpid $self->{pid}, 0;
    return;
}

sub close_all {
    $_->disconnect for values %open;
    %open = ();
    return;
}

# ---- the server -------------------------------------------------------------

sub pg_ctl {
    my (@args) = @_;

    close_all();
    my $rc = system "$ENV{TPA_PGBIN}/pg_ctl -D '$ENV{TPA_PGDATA}' -w -t 60"
        . " -l '$ENV{TPA_PGLOG}' @args >/dev/null 2>&1";

    die "pg_ctl @args: $rc\n" if $rc;
    return;
}

sub running {
    return system("$ENV{TPA_PGBIN}/pg_ctl -D '$ENV{TPA_PGDATA}' status"
                  . ' >/dev/null 2>&1') == 0;
}

my $stopped_by = 0;

sub stop_server {
    $stopped_by = $$;
    pg_ctl('-m', 'fast', 'stop') if running();
    return;
}

sub start_server {
    pg_ctl('start') unless running();
    $stopped_by = 0;
    return;
}

sub restart_server { pg_ctl('-m', 'fast', 'restart'); return }

# Let nothing that was answered be lost by a crash, as in production; the tests
# are run without, for speed. Until the test ends.
my $durable_by = 0;

sub set_durable {
    my ($how) = @_;
    my $db = TPA::DB->connect_to('postgres');

    $db->run('RESET ROLE');
    $db->rows("ALTER SYSTEM $how");
    $db->value('SELECT pg_reload_conf()');
    $db->disconnect;
    select undef, undef, undef, 0.5;   # each session reads it by itself
    return;
}

sub durable {
    $durable_by = $$;
    return set_durable('SET synchronous_commit = on');
}

# End every connection of httpd's role, as a failover would.
sub kill_backends {
    my $db = TPA::DB->connect_to('postgres');
    my $n;

    $db->run('RESET ROLE');
    $n = $db->value('SELECT count(pg_terminate_backend(pid))'
                    . ' FROM pg_stat_activity WHERE usename = ?', 'tpa_httpd');
    $db->disconnect;
    return $n;
}

END {
    local $?;
    close_all();
    # A test that died must not take the others with it.
    start_server() if $stopped_by == $$;
    set_durable('RESET synchronous_commit') if $durable_by == $$;
}

1;
