package TPA::Orgs;

# What the tests of Organizations share: people and connections to work with,
# and tables of calls that must be refused.

use strict;
use warnings FATAL => 'all';

use JSON::PP ();
use Test::More ();

use TPA::Mgmt ();
use TPA::Tenant ();
use TPA::Test ();

use Exporter qw(import);
our @EXPORT = qw(connection_row user_row role_row org_of refuse guarded
                 keeps_what_it_gave events_of $bad $no_org);

our $bad = 'Payload validation error: ';
our $no_org = 'No organization found by that id or name';

my $json = JSON::PP->new->utf8->canonical;

# ---- things to work with -------------------------------------------------------

sub connection_row {
    my ($t, %row) = @_;

    %row = (id => 'con_' . TPA::Tenant::text_of(16), strategy => 'auth0',
            name => 'db-' . TPA::Tenant::hex_of(12), %row);
    $t->insert('connections', %row);
    return { %row };
}

sub user_row {
    my ($t, $connection, %row) = @_;
    my $n = TPA::Tenant::hex_of(24);

    %row = (user_id => "$connection->{strategy}|$n", connection_user_id => $n,
            connection_id => $connection->{id}, email => "$n\@example.com",
            name => "User $n", %row);
    $t->insert('users', %row);
    return { %row };
}

sub role_row {
    my ($t) = @_;
    my %row = (id => 'rol_' . TPA::Tenant::text_of(16),
               name => 'Role ' . TPA::Tenant::hex_of(12));

    $t->insert('roles', %row);
    return { %row };
}

# An Organization made through the API, as it was answered.
sub org_of {
    my ($m, %members) = @_;

    return $m->must('POST', 'organizations', body => {
        name => 'org-' . TPA::Tenant::hex_of(12), %members });
}

# ---- tables --------------------------------------------------------------------

# Rows: method, path, body, status, errorCode, message.
sub refuse {
    my ($m, @rows) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    for (@rows) {
        my ($method, $path, $body, @expected) = @$_;
        my $shown = ref $body ? $json->encode($body) : $body // '';

        $shown = substr($shown, 0, 100) . '...' if length $shown > 100;
        TPA::Mgmt::is_refused($m->call($method, $path, body => $body),
                              @expected, "$method $path $shown");
    }
    return;
}

# Rows: method, path, the scopes any of which will do. Refused with another
# scope, with the token of another tenant, and without one.
sub guarded {
    my ($m, @rows) = @_;
    my $foreign = TPA::Mgmt::mgmt('b')->token;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    for (@rows) {
        my ($method, $path, @scopes) = @$_;

        TPA::Mgmt::is_refused($m->call($method, $path,
                                       scopes => [ 'read:logs' ]),
            403, 'insufficient_scope', 'Insufficient scope, expected any of: '
            . join(',', @scopes), "$method $path without its scope");
        TPA::Mgmt::is_refused($m->call($method, $path, token => $foreign),
            401, 'invalid_token', 'Invalid token.',
            "$method $path with the token of another tenant");
        TPA::Mgmt::is_refused($m->call($method, $path, token => undef), 401,
            undef, 'Missing authentication', "$method $path without a token");
    }
    return;
}

# A PATCH with all that a GET gave changes nothing.
sub keeps_what_it_gave {
    my ($m, $path) = @_;
    my $now = $m->must('GET', $path);
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    TPA::Mgmt::is_done($m->call('PATCH', $path, body => $now), 200,
                       "$path: a PATCH takes what a GET gave", $now);
    TPA::Mgmt::is_done($m->call('GET', $path), 200, "$path: and all is as it"
                       . ' was', $now);
    return;
}

# What the log says of writes whose path holds a text, oldest first.
sub events_of {
    my ($m, $text) = @_;

    return map { $_->{description} } reverse
        grep { ($_->{details}{request}{path} // '') =~ /\Q$text\E/ }
        $m->tenant->events(type => 'sapi', client_id => $m->{client}{id});
}

1;
