package TPA::Site;

# A site that serves metadata documents of applications over TLS, with a
# certificate httpd was told to trust: what a test puts there, or misbehaviour.
# And a farm of places that nobody may come to.

use strict;
use warnings FATAL => 'all';

use Digest::SHA qw(sha256_hex);
use IO::Select ();
use IO::Socket::INET ();
use IO::Socket::IP ();
use IO::Socket::SSL ();
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(sleep time);

use TPA::Log ();

my $json = JSON::PP->new->utf8->canonical;
my $n = 0;
my %running;

# start(name => 'app.cimd.test', authority => 'untrusted', tls => 0,
# address => '127.0.0.1'): it serves from now on.
sub start {
    my ($class, %opt) = @_;
    my $dir = "$ENV{TPA_WORK}/tmp/site.$$." . $n++;
    my $listener = IO::Socket::INET->new(
        LocalAddr => $opt{address} || '127.0.0.77', LocalPort => 0,
        Proto => 'tcp', Listen => 64, ReuseAddr => 1) or die "listen: $!";
    my $self = bless {
        name => $opt{name} || 'app.cimd.test', dir => $dir, owner => $$,
        port => $listener->sockport, tls => $opt{tls} // 1,
        authority => $opt{authority} || 'fetch-ca' }, $class;

    mkdir $dir or die "$dir: $!";
    defined($self->{pid} = fork) or die "fork: $!";
    if (!$self->{pid}) {
        alarm 0;
        # Whoever reads what the test says waits for all who could say more.
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', "$dir/errors";
        eval { $self->serve($listener) };
        print STDERR $@ if $@;
        POSIX::_exit(0);
    }
    close $listener;
    $running{ $self->{pid} } = 1;
    return $self;
}

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid};
    local $?;

    return unless $pid && $self->{owner} == $$;
    delete $running{$pid};
    kill 'KILL', $pid;
    waitpid $pid, 0;
    return;
}

my $owner = $$;

END {
    local $?;
    kill 'KILL', keys %running if $$ == $owner;
}

sub DESTROY { $_[0]->stop }

# ---- what is there --------------------------------------------------------

sub url { return "https://$_[0]{name}:$_[0]{port}$_[1]" }

sub file { return "$_[0]{dir}/" . sha256_hex($_[1]) }

# put('/client', $body, type => ..., status => '302 Found', headers => [...],
# as => 'drip'): a body that is no text is written as JSON.
sub put {
    my ($self, $path, $body, %opt) = @_;
    my $text = ref $body ? $json->encode($body) : $body;
    my @headers = ('Content-Type: ' . ($opt{type} // 'application/json'),
                   @{ $opt{headers} || [] });
    my $file = $self->file($path);

    @headers = grep { !/^Content-Type: $/ } @headers;
    push @headers, 'Content-Length: ' . length $text unless $opt{as};
    open my $out, '>:raw', "$file.new" or die "$file: $!";
    print $out join("\n", $opt{as} || 'plain'), "\n", join("\r\n",
        'HTTP/1.1 ' . ($opt{status} // '200 OK'), @headers), "\r\n\r\n", $text;
    close $out;
    rename "$file.new", $file or die "$file: $!";
    return $self->url($path);
}

# A document at its own address, with what else it shall say; undef takes a
# member out.
sub document {
    my ($self, $path, %say) = @_;
    my %opt = %{ delete $say{-opt} || {} };
    my %doc = (client_id => $self->url($path), client_name => 'Document App',
               redirect_uris => [ 'https://app.cimd.test/cb' ], %say);

    delete @doc{ grep { !defined $doc{$_} } keys %doc };
    return $self->put($path, \%doc, %opt);
}

# How often a path was asked for.
sub hits {
    my ($self, $path) = @_;
    my $log = "$self->{dir}/log";

    return 0 unless -e $log;
    return scalar grep { $_ eq "GET $path" } split /\n/, TPA::Log::slurp($log);
}

# ---- the server -----------------------------------------------------------

sub serve {
    my ($self, $listener) = @_;

    my $select = IO::Select->new($listener);
    local $SIG{CHLD} = 'IGNORE';

    # Until the test is gone, however it ended.
    while (getppid == $self->{owner}) {
        my $socket = $select->can_read(1) && $listener->accept or next;
        my $pid = fork;

        if (defined $pid && !$pid) {
            local $SIG{PIPE} = 'IGNORE';
            close $listener;
            alarm 20;
            eval { $self->answer($socket) };
            POSIX::_exit(0);
        }
        close $socket;
    }
}

my %ways = (
    plain => sub { print { $_[0] } $_[1] },
    # The headers come, then a byte now and then.
    drip => sub {
        my ($socket, $text) = @_;
        my ($head, $body) = split /(?<=\r\n\r\n)/, $text, 2;

        print $socket $head;
        for my $byte (split //, $body) {
            print $socket $byte or return;
            sleep 0.2;
        }
    },
    hang => sub { sleep 15 },
    cut => sub { print { $_[0] } substr $_[1], 0, -10 },
    # More than anybody wants, for as long as somebody takes it.
    flood => sub {
        my ($socket, $text) = @_;

        print $socket $text;
        for (1 .. 2000) { print $socket ' ' x 16384 or return }
    },
    headers => sub {
        my ($socket, $text) = @_;

        print $socket "HTTP/1.1 200 OK\r\n";
        for (1 .. 2000) { print $socket "X-$_: " . 'x' x 4000 . "\r\n"
                              or return }
    },
);

sub answer {
    my ($self, $socket) = @_;
    my $request = '';

    if ($self->{tls}) {
        my $site = "$ENV{TPA_WORK}/$self->{authority}-site";

        IO::Socket::SSL->start_SSL($socket, SSL_server => 1,
            SSL_cert_file => "$site.pem", SSL_key_file => "$site.key")
            or return;
    }
    while ($request !~ /\r\n\r\n/) {
        sysread($socket, $request, 4096, length $request) or return;
    }
    my ($method, $path) = $request =~ m{^(\S+) (\S+)} or return;

    open my $log, '>>', "$self->{dir}/log" or die $!;
    print $log "$method $path\n";
    close $log;
    my $file = $self->file($path);
    my ($way, $text) = -e $file ? split /\n/, TPA::Log::slurp($file), 2
        : ('plain', "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");

    $socket->autoflush(1);
    $ways{$way}->($socket, $text);
    close $socket;
    return;
}

# ---- the farm -------------------------------------------------------------

# Listeners on addresses that must stay alone; on the same port all of them.
sub farm {
    my ($class, @addresses) = @_;

    for (1 .. 50) {
        my $port = 20000 + int rand 9000;
        my @places = map { IO::Socket::IP->new(LocalHost => $_,
            LocalPort => $port, Proto => 'tcp', Listen => 16, V6Only => 1,
            ReuseAddr => 1) } @addresses;

        return bless { port => $port, places => \@places,
                       addresses => \@addresses }, "${class}::Farm"
            if @places == @addresses && !grep { !$_ } @places;
    }
    die "no free port for a farm: $@\n";
}

package TPA::Site::Farm;

sub port { return $_[0]{port} }

# The places that somebody came to; nobody waits there.
sub reached {
    my ($self) = @_;
    my $select = IO::Select->new(@{ $self->{places} });

    return map { $_->sockhost } $select->can_read(0);
}

1;
