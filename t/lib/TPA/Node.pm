package TPA::Node;

# An httpd: the one Apache::Test started, or one more that a test starts from
# the same configuration with another port and other logs.

use strict;
use warnings FATAL => 'all';

use IO::Socket::INET ();
use Time::HiRes qw(sleep time);

use TPA::HTTP ();
use TPA::Log ();

sub main_node {
    my ($class) = @_;
    my $logs = "$ENV{TPA_T}/logs";

    return bless { name => 'main', port => $ENV{TPA_PORT}, logs => $logs,
                   pidfile => "$logs/httpd.pid" }, $class;
}

sub free_port {
    for (1 .. 200) {
        my $port = 30000 + int rand 2000;

        return $port if IO::Socket::INET->new(
            LocalAddr => '127.0.0.1', LocalPort => $port, Proto => 'tcp',
            Listen => 1, ReuseAddr => 1);
    }
    die "no free port\n";
}

# A node that does not run yet; with these names defined.
sub new {
    my ($class, $name, @defined) = @_;
    my $dir = "$ENV{TPA_WORK}/nodes/$name";
    my $self = bless { name => $name, port => free_port(), dir => $dir,
                       logs => "$dir/logs", conf => "$dir/httpd.conf",
                       pidfile => "$dir/httpd.pid" }, $class;

    mkdir $_ for $dir, $self->{logs};
    open my $out, '>', $self->{conf} or die "$self->{conf}: $!";
    print $out <<"END";
Include       "$ENV{TPA_T}/conf/modules.conf"
ServerName    localhost
Listen        127.0.0.1:$self->{port}
ServerRoot    "$dir"
DocumentRoot  "$ENV{TPA_T}/htdocs"
PidFile       "$self->{pidfile}"
Define        TPA_NODE_PORT $self->{port}
Define        TPA_NODE_LOGS "$self->{logs}"
@{[ map { "Define $_\n" } @defined ]}
Include       "$ENV{TPA_T}/conf/extra.conf"
END
    close $out;
    return $self;
}

sub start {
    my ($self) = @_;
    my $log = $self->error_log;
    my $rc = system "$ENV{TPA_HTTPD} -d '$self->{dir}' -f '$self->{conf}'"
        . " -k start > '$self->{logs}/start' 2>&1";

    die "$self->{name} did not start: ", TPA::Log::slurp("$self->{logs}/start")
        if $rc;
    for (1 .. 800) {
        my $http = $self->http('plain');

        return $self if $self->pid && $http->connect_now
            && $http->request('GET', '/page.html')->code == 200
            && $log->lines(qr/resuming normal operations/);
        sleep 0.05;
    }
    die "$self->{name} does not answer: ",
        TPA::Log::slurp("$self->{logs}/error_log");
}

sub pid {
    my ($self) = @_;

    return -s $self->{pidfile} ? TPA::Log::slurp($self->{pidfile}) =~ s/\s//gr
                               : undef;
}

sub stop {
    my ($self) = @_;
    my $pid = $self->pid or return;

    kill 'TERM', $pid;
    for (1 .. 200) {
        last unless kill 0, $pid;
        sleep 0.05;
    }
    return;
}

# Restart gracefully, and wait until the parent says it is done.
sub graceful {
    my ($self) = @_;
    my $log = $self->error_log;

    kill 'USR1', $self->pid;
    return $log->wait_for(qr/resuming normal operations/, 20);
}

# After the database was away: children whose connections are all new. An effect
# that meets a lost one answers 503, which the next test does not expect.
sub renew {
    my ($self) = @_;
    my @old = $self->children;

    return unless $self->graceful;
    return TPA::Test::within(20, sub {
        my %now = map { $_ => 1 } $self->children;

        return %now && !grep { $now{$_} } @old;
    });
}

# Process ids of its children.
sub children {
    my ($self) = @_;
    my $parent = $self->pid or return;
    my @children;

    for my $stat (glob '/proc/[0-9]*/stat') {
        my $text = TPA::Log::slurp($stat);

        push @children, $1 if $text =~ /^(\d+) \(.*\) \S (\d+)/
            && $2 == $parent;
    }
    @children = sort { $a <=> $b } @children;
    return @children;
}

# Resident memory of each child, in KiB, by process id.
sub memory {
    my ($self) = @_;

    return map {
        TPA::Log::slurp("/proc/$_/status") =~ /^VmRSS:\s+(\d+)/m ? ($_ => $1)
                                                                : ()
    } $self->children;
}

# A connection to one of its hosts: http('a'), http('a', keep => 0).
sub http {
    my ($self, $host, %opt) = @_;

    return TPA::HTTP->new(port => $self->{port},
                          host => "$host.example.test", %opt);
}

sub error_log {
    my ($self) = @_;

    return TPA::Log->new("$self->{logs}/error_log");
}

sub access_log {
    my ($self) = @_;

    return TPA::Log->new("$self->{logs}/access_log");
}

1;
