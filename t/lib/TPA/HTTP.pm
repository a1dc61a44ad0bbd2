package TPA::HTTP;

# A small HTTP client that sends exactly what a test says, right or wrong, and
# keeps everything that comes back.

use strict;
use warnings FATAL => 'all';

use IO::Socket::INET ();
use MIME::Base64 qw(encode_base64);

use constant TIMEOUT => 20;

# TPA::HTTP->new(port => N, host => 'a.example.test')
sub new {
    my ($class, %self) = @_;

    return bless { keep => 1, %self }, $class;
}

sub connect_now {
    my ($self) = @_;

    $self->{buffer} = '';
    $self->{socket} = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $self->{port},
        Proto => 'tcp', Timeout => TIMEOUT);
    return $self->{socket};
}

sub close_now {
    my ($self) = @_;

    close delete $self->{socket} if $self->{socket};
    return;
}

# request('POST', '/oauth/token', headers => [ Name => value, ... ],
#         body => '...', chunked => 1, length => 'a lie', host => undef)
# A body gets its Content-Length unless chunked, or length says otherwise.
sub request {
    my ($self, $method, $path, %opt) = @_;
    my @headers = @{ $opt{headers} || [] };
    my $host = exists $opt{host} ? $opt{host} : $self->{host};
    my $body = defined $opt{body} ? $opt{body} : '';

    unshift @headers, Host => $host if defined $host;
    if ($opt{chunked}) {
        my $size = $opt{chunk} || 1000;

        push @headers, 'Transfer-Encoding' => 'chunked';
        $body = join '', (map { sprintf "%x\r\n%s\r\n", length, $_ }
                          grep { length } unpack "(a$size)*", $body),
                         "0\r\n\r\n";
    }
    elsif (exists $opt{length} ? defined $opt{length}
                               : defined $opt{body}) {
        push @headers, 'Content-Length' =>
            exists $opt{length} ? $opt{length} : length $body;
    }
    push @headers, Connection => 'close' if $opt{close} || !$self->{keep};
    my $head = "$method $path HTTP/1.1\r\n";
    while (my ($name, $value) = splice @headers, 0, 2) {
        $head .= "$name: $value\r\n";
    }
    return $self->exchange("$head\r\n$body", $method);
}

# Send bytes, read one answer. A connection that the server closed while it was
# idle is opened again, once.
sub exchange {
    my ($self, $bytes, $method) = @_;
    my $was_open = $self->{socket};

    for my $try (1, 2) {
        unless ($self->{socket} || $self->connect_now) {
            return TPA::HTTP::Answer->lost("connect: $!");
        }
        local $SIG{PIPE} = 'IGNORE';
        syswrite $self->{socket}, $bytes;
        my $answer = $self->answer($method || '');

        return $answer unless $answer->{lost} && $was_open && $try == 1
            && $answer->{bytes} == 0;
        $self->close_now;
    }
    return TPA::HTTP::Answer->lost('closed twice');
}

sub fill {
    my ($self) = @_;
    my $bits = '';

    vec($bits, fileno $self->{socket}, 1) = 1;
    return 0 unless select $bits, undef, undef, TIMEOUT;
    my $n = sysread $self->{socket}, $self->{buffer}, 65536,
        length $self->{buffer};

    return $n;
}

sub take_to {
    my ($self, $mark) = @_;

    while (index($self->{buffer}, $mark) < 0) {
        return unless $self->fill;
    }
    my $at = index $self->{buffer}, $mark;
    my $text = substr $self->{buffer}, 0, $at;

    substr $self->{buffer}, 0, $at + length $mark, '';
    return $text;
}

sub take {
    my ($self, $n) = @_;

    while (length $self->{buffer} < $n) {
        return unless $self->fill;
    }
    return substr $self->{buffer}, 0, $n, '';
}

sub answer {
    my ($self, $method) = @_;
    my $head = $self->take_to("\r\n\r\n");

    unless (defined $head) {
        my $got = length $self->{buffer};

        $self->close_now;
        return TPA::HTTP::Answer->lost('no answer', $got);
    }
    my ($line, @lines) = split /\r\n/, $head;
    my $answer = TPA::HTTP::Answer->new($line, @lines);

    return $self->answer($method)
        if $answer->{code} >= 100 && $answer->{code} < 200;
    $answer->{body} = $self->body($answer, $method);
    unless (defined $answer->{body}) {
        $self->close_now;
        return TPA::HTTP::Answer->lost('cut short', length $head);
    }
    $self->close_now if lc($answer->header('Connection')) eq 'close';
    return $answer;
}

sub body {
    my ($self, $answer, $method) = @_;

    return '' if $method eq 'HEAD' || $answer->{code} =~ /^(?:204|304)$/;
    if (lc($answer->header('Transfer-Encoding')) eq 'chunked') {
        my $body = '';

        while (1) {
            my $size = $self->take_to("\r\n");

            return unless defined $size && $size =~ /^([0-9a-fA-F]+)/;
            my $n = hex $1;
            my $part = $self->take($n + 2);

            return unless defined $part;
            return $body unless $n;
            $body .= substr $part, 0, $n;
        }
    }
    my $length = $answer->header('Content-Length');

    return $self->take($length) if $length =~ /^\d+$/;
    1 while $self->fill;
    return substr $self->{buffer}, 0, length $self->{buffer}, '';
}

# ---- small things tests need ------------------------------------------------

# Bytes that stand for themselves in a form; all others are escaped.
sub escape {
    my ($text) = @_;

    utf8::encode($text) if utf8::is_utf8($text);
    $text =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
    return $text;
}

# form(a => 1, b => 2): pairs in their order, undefined values left out.
sub form {
    my @pairs;

    while (my ($name, $value) = splice @_, 0, 2) {
        push @pairs, escape($name) . '=' . escape($value) if defined $value;
    }
    return join '&', @pairs;
}

sub basic {
    my ($id, $secret) = @_;

    return 'Basic ' . encode_base64("$id:$secret", '');
}

package TPA::HTTP::Answer;

use strict;
use warnings FATAL => 'all';

use JSON::PP ();

sub new {
    my ($class, $line, @lines) = @_;
    my ($code) = $line =~ m{^HTTP/1\.[01] (\d{3})};
    my $self = bless { line => $line, code => $code || 0, headers => {},
                       body => '' }, $class;

    for (@lines) {
        my ($name, $value) = /^([^:]+):[ \t]*(.*?)[ \t]*$/ or next;

        push @{ $self->{headers}{lc $name} }, $value;
    }
    return $self;
}

sub lost {
    my ($class, $why, $bytes) = @_;

    return bless { lost => $why, code => 0, headers => {}, body => '',
                   bytes => $bytes || 0, line => "($why)" }, $class;
}

sub code { return $_[0]{code} }
sub body { return $_[0]{body} }

# All values of a header joined, "" when it did not come.
sub header {
    my ($self, $name) = @_;

    return join ', ', @{ $self->{headers}{lc $name} || [] };
}

# The body as JSON, undef when it is none.
sub json {
    my ($self) = @_;

    return eval { JSON::PP->new->utf8->decode($self->{body}) };
}

sub error {
    my ($self) = @_;
    my $json = $self->json;

    return ref $json eq 'HASH' && defined $json->{error} ? $json->{error} : '';
}

1;
