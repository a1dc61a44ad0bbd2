package TPA::Load;

# Requests that go on in the background while a test does something.

use strict;
use warnings FATAL => 'all';

use IO::Handle ();
use POSIX ();
use Time::HiRes qw(sleep time);

use TPA::Log ();

my $count = 0;

# start(workers, make): in each worker, make->(number) gives a function that is
# called until stop; each call returns one line of text about what it saw.
sub start {
    my ($class, $workers, $make) = @_;
    my $self = bless { workers => [], parent => $$ }, $class;

    for my $number (1 .. $workers) {
        my $file = "$ENV{TPA_WORK}/tmp/load.$$." . ++$count;
        my $pid = fork;

        die "fork: $!" unless defined $pid;
        unless ($pid) {
            work($make, $number, $file);
            POSIX::_exit(0);
        }
        push @{ $self->{workers} }, { pid => $pid, file => $file };
    }
    return $self;
}

sub work {
    my ($make, $number, $file) = @_;
    my $over = 0;

    $SIG{TERM} = sub { $over = 1 };
    $SIG{ALRM} = 'DEFAULT';
    alarm 300;
    open my $out, '>', $file or POSIX::_exit(1);
    $out->autoflush(1);
    my $one = $make->($number);

    while (!$over && getppid != 1) {
        my $line = eval { $one->() };

        $line = "died: $@" =~ s/\n/ /gr unless defined $line;
        print $out "$line\n";
    }
    close $out;
    return;
}

# End it; all lines.
sub stop {
    my ($self) = @_;
    my @lines;

    kill 'TERM', map { $_->{pid} } @{ $self->{workers} };
    for my $worker (splice @{ $self->{workers} }) {
        waitpid $worker->{pid}, 0;
        push @lines, split /\n/, TPA::Log::slurp($worker->{file});
        unlink $worker->{file};
    }
    return @lines;
}

# How often each line came.
sub tally {
    my %n;

    $n{$_}++ for @_;
    return \%n;
}

sub DESTROY {
    my ($self) = @_;
    local $?;

    $self->stop if $$ == $self->{parent} && @{ $self->{workers} };
    return;
}

1;
