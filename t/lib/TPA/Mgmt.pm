package TPA::Mgmt;

# The Management API as a test uses it: tokens with the scopes that are
# wanted, calls, and what every answer of it must look like.

use strict;
use warnings FATAL => 'all';

use JSON::PP ();
use Test::More ();

use TPA::HTTP ();
use TPA::Test ();

use Exporter qw(import);
our @EXPORT = qw(mgmt is_done is_refused in_every_style id_like);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my %phrases = (400 => 'Bad Request', 401 => 'Unauthorized', 403 => 'Forbidden',
               404 => 'Not Found', 405 => 'Method Not Allowed',
               409 => 'Conflict', 413 => 'Payload Too Large',
               415 => 'Unsupported Media Type',
               429 => 'Too Many Requests');

my %open;

# mgmt('a'): that of tenant a.
sub mgmt {
    my ($name) = @_;

    return $open{"$$ $name"} ||= bless {
        tenant => TPA::Test::tenant($name), tokens => {} }, __PACKAGE__;
}

sub tenant { return $_[0]{tenant} }

# A token with these scopes; without any: with all there are.
sub token {
    my ($self, @scopes) = @_;
    my $t = $self->{tenant};
    my $audience = "$t->{issuer}api/v2/";

    $self->{client} ||= $t->machine(
        api => { identifier => $audience, scopes => [], id => $t->db->value(
            'SELECT id FROM tpa_data.resource_servers WHERE identifier = ?',
            $audience) },
        grant => { allow_all_scopes => 't' });
    return $self->{tokens}{"@scopes"} ||= do {
        my $answer = $t->token($self->{client},
                               @scopes ? (scope => "@scopes") : ());

        die "no token: $answer->{line} $answer->{body}\n"
            if $answer->code != 200;
        $answer->json->{access_token};
    };
}

# Query parameters: a text as it is, or a list of names and values.
sub query {
    my ($query) = @_;

    return '' unless defined $query;
    return '?' . (ref $query ? TPA::HTTP::form(@$query) : $query);
}

# call('PATCH', "users/$id", body => {...} | 'as it is', query => [...],
#      scopes => [...], token => '...' | undef, headers => [...]): an answer.
# Segments of the path are given as they are sent; see at().
sub call {
    my ($self, $method, $path, %opt) = @_;
    my $t = $self->{tenant};
    my $token = exists $opt{token} ? $opt{token}
        : $self->token(@{ $opt{scopes} || [] });
    my @body = !defined $opt{body} ? ()
        : (body => ref $opt{body} ? $json->encode($opt{body}) : $opt{body});
    my $http = $self->{http} ||= $t->http;

    return $http->request($method, "$t->{path}api/v2/$path"
            . query($opt{query}),
        headers => [
            (defined $token ? (Authorization => "Bearer $token") : ()),
            (@body ? ('Content-Type' => 'application/json') : ()),
            @{ $opt{headers} || [] } ], @body);
}

# A path: at('users', $id, 'roles'), with escapes where they are needed.
sub at {
    my ($self, @segments) = @_;

    return join '/', map { TPA::HTTP::escape($_) } @segments;
}

# Call it, and die unless it worked: what was answered.
sub must {
    my ($self, $method, $path, %opt) = @_;
    my $answer = $self->call($method, $path, %opt);

    die "$method $path: $answer->{line} $answer->{body}\n"
        if $answer->code !~ /^2/;
    return $answer->json;
}

# ---- answers --------------------------------------------------------------

sub id_like {
    my ($id, $pattern, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return Test::More::like($id // '(none)', $pattern, $name);
}

# An answer that is fine: status; with $body what it must say, undef for
# nothing at all. Gives what it says.
sub is_done {
    my ($answer, $status, $name, @body) = @_;
    my @wrong;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    push @wrong, "status $answer->{code}, not $status"
        if $answer->code ne $status;
    push @wrong, 'Cache-Control ' . $answer->header('Cache-Control')
        if $answer->header('Cache-Control') ne 'no-store';
    if (@body && !defined $body[0]) {
        push @wrong, 'a body' if length $answer->body;
    }
    else {
        push @wrong, 'type ' . $answer->header('Content-Type')
            if $answer->header('Content-Type') ne 'application/json';
        push @wrong, 'a member of ours'
            if $answer->body =~ /"(?:version|\@[a-z_]+)":/;
    }
    push @wrong, 'other than ' . $json->encode($body[0])
        if !@wrong && @body && defined $body[0]
        && $json->encode($answer->json) ne $json->encode($body[0]);
    Test::More::ok(!@wrong, $name)
        || Test::More::diag(join '; ', @wrong, $answer->body);
    return $answer->json;
}

# An error to the letter: spec of the body {statusCode, error, message,
# errorCode}. Code undef: there must be none. The message: a text, or a
# pattern.
sub is_refused {
    my ($answer, $status, $code, $message, $name) = @_;
    my $got = $answer->json;
    my @wrong;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    $got = {} unless ref $got eq 'HASH';
    push @wrong, "status $answer->{code}, not $status"
        if $answer->code ne $status;
    push @wrong, 'statusCode' if ($got->{statusCode} // '') ne $status;
    push @wrong, 'error' if ($got->{error} // '') ne $phrases{$status};
    push @wrong, 'errorCode ' . ($got->{errorCode} // '(none)')
        if ($got->{errorCode} // '(none)') ne ($code // '(none)');
    push @wrong, 'message'
        if ref $message ? ($got->{message} // '') !~ $message
                        : ($got->{message} // '') ne $message;
    push @wrong, 'type ' . $answer->header('Content-Type')
        if $answer->header('Content-Type') ne 'application/json';
    push @wrong, 'members' if grep {
        !/^(?:statusCode|error|message|errorCode)$/ } keys %$got;
    push @wrong, 'no WWW-Authenticate' if $status == 401
        && $answer->header('WWW-Authenticate') !~ /^Bearer/;
    return Test::More::ok(!@wrong, $name)
        || Test::More::diag(join '; ', @wrong, $answer->body);
}

# ---- lists ----------------------------------------------------------------

# What the pages of a list hold, one after the other, to the end and past it;
# with tests that they are pages: offset, bare, and checkpoint where it is
# known. $n is how many there are.
sub in_every_style {
    my ($self, $path, $key, $n, %opt) = @_;
    my @query = @{ $opt{query} || [] };
    my (@seen, @bare, @from, $next);
    my ($size, $page) = (2, 0);
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    unless ($opt{checkpoint_only}) {
        for ($page = 0; $page < 100; $page++) {
            my $got = is_done($self->call('GET', $path, query => [ @query,
                page => $page, per_page => $size, include_totals => 'true' ]),
                200, "$path: page $page");

            Test::More::is($got->{start} . ' ' . $got->{limit} . ' '
                           . $got->{total}, $page * $size . " $size $n",
                           "$path: start, limit, total");
            last unless @{ $got->{$key} };
            push @seen, @{ $got->{$key} };
            push @bare, @{ is_done($self->call('GET', $path, query =>
                [ @query, page => $page, per_page => $size ]), 200,
                "$path: bare page $page") };
        }
        Test::More::is(scalar @seen, $n, "$path: all of them");
        Test::More::is($json->encode(\@bare), $json->encode(\@seen),
                       "$path: the same without totals");
        is_done($self->call('GET', $path, query =>
            [ @query, page => 1000, per_page => 100 ]), 200,
            "$path: far past the end", []) unless $opt{no_far_page};
    }
    return @seen unless $opt{checkpoint} || $opt{checkpoint_only};
    for (1 .. 100) {
        my $got = is_done($self->call('GET', $path, query => [ @query,
            take => $size, $next ? (from => $next) : () ]), 200,
            "$path: from " . ($next // 'the start'));

        push @from, @{ $got->{$key} };
        $next = $got->{next} or last;
    }
    Test::More::is(scalar @from, $n, "$path: all of them by from and take");
    return $opt{checkpoint_only} ? @from : @seen;
}

1;
