# Signing keys: what is shown of them, their rotation and revocation.
use TPA::Test;
use TPA::Mgmt;

use Digest::SHA qw(sha1_hex);
use MIME::Base64 qw(decode_base64);

my $m = mgmt('b');
my $t = $m->tenant;
my @gone = (404, undef, 'There is no signing key of that kid.');
my @only = (400, 'operation_not_supported',
            'Only a previous signing key can be revoked: rotate first.');
my $time = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

sub states {
    return { map { my $key = $_;
                   $key->{kid} => join ' ', grep { $key->{$_} }
                       qw(current next previous revoked) }
             @{ $m->must('GET', 'keys/signing') } };
}

sub kid_of {
    my ($state, $states) = @_;

    return (grep { $states->{$_} eq $state } sort keys %$states)[0];
}

# The kids that every child publishes within some seconds.
sub publishes {
    my ($name, @kids) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return ok(within(6, sub {
        my %seen;

        $seen{ join ' ', sort map { $_->{kid} } @{ $t->jwks->{keys} } }++
            for 1 .. 20;
        return "@{[ keys %seen ]}" eq join ' ', sort @kids;
    }), $name);
}

# ---- what is shown ------------------------------------------------------------
my $list = is_done($m->call('GET', 'keys/signing'), 200, 'a bare array');
my $before = states();
my $old = kid_of('current', $before);
my $new = kid_of('next', $before);

is(ref $list, 'ARRAY', 'it is one');
is(join(' ', sort values %$before), 'current next', 'a current and a next one');
for my $key (@$list) {
    my $der = decode_base64($key->{cert} =~ s/-----[^-]+-----//gr);
    my $sum = uc sha1_hex($der);
    my ($public) = grep { $_->{kid} eq $key->{kid} } @{ $t->jwks->{keys} };

    is_done($m->call('GET', $m->at('keys', 'signing', $key->{kid})), 200,
            'the same alone', $key);
    is_deeply([ sort keys %$key ], [ sort 'kid', 'cert', 'fingerprint',
        'thumbprint', 'current', 'next', 'previous', 'revoked',
        $key->{current} ? 'current_since' : () ], 'its members');
    is($key->{thumbprint}, $sum, 'the thumbprint of the certificate');
    is($key->{fingerprint}, $sum =~ s/(..)(?=.)/$1:/gr, 'and its fingerprint');
    like($key->{current_since}, $time, 'since when') if $key->{current};
    is(decode_base64($public->{x5c}[0]), $der, 'the certificate of the JWKS');
    unlike(JSON::PP::encode_json($key), qr/PRIVATE|sealed|"d"/,
           'nothing private');
}

# ---- who may --------------------------------------------------------------------
for (
    # method, path, scopes, status
    [ 'GET', 'keys/signing', [ 'read:signing_keys' ], 200 ],
    [ 'GET', 'keys/signing', [ 'update:signing_keys' ], 403 ],
    [ 'GET', "keys/signing/$old", [ 'create:signing_keys' ], 403 ],
    [ 'POST', 'keys/signing/rotate', [ 'create:signing_keys' ], 403 ],
    [ 'POST', 'keys/signing/rotate', [ 'update:signing_keys' ], 403 ],
    [ 'PUT', "keys/signing/$old/revoke", [ 'create:signing_keys' ], 403 ],
) {
    my ($method, $path, $scopes, $status) = @$_;

    is($m->call($method, $path, scopes => $scopes)->code, $status,
       "$method $path with @$scopes");
}
is_deeply(states(), $before, 'nothing was rotated');

# ---- refusals ---------------------------------------------------------------------
for (
    [ 'GET', 'keys/signing/none', @gone ],
    [ 'PUT', 'keys/signing/none/revoke', @gone ],
    [ 'PUT', "keys/signing/$old/revoke", @only ],
    [ 'PUT', "keys/signing/$new/revoke", @only ],
    [ 'POST', 'keys/signing', 405, 'method_not_allowed', qr/GET, HEAD/ ],
    [ 'DELETE', "keys/signing/$old", 405, 'method_not_allowed', qr/GET/ ],
    [ 'POST', "keys/signing/$old/revoke", 405, 'method_not_allowed', qr/PUT/ ],
    [ 'GET', 'keys/signing/rotate', @gone ],
) {
    my ($method, $path, @expected) = @$_;

    is_refused($m->call($method, $path), @expected, "$method $path");
}
is_deeply(states(), $before, 'nor by any of them');

# ---- rotation -----------------------------------------------------------------------
my $machine = $t->machine;
my $early = $m->token('read:signing_keys');

sub kid_now { return (TPA::JWT::decode(
    $t->token($machine)->json->{access_token}))[0]{kid} }

is(kid_now(), $old, 'the current key signs');
my $made = is_done($m->call('POST', 'keys/signing/rotate', scopes =>
    [ 'create:signing_keys', 'update:signing_keys' ]), 201, 'rotated');

is_deeply([ sort keys %$made ], [ 'cert', 'kid' ], 'kid and cert of the fresh');
is_deeply(states(), { $old => 'previous', $new => 'current',
                      $made->{kid} => 'next' }, 'all moved by one');
like($m->must('GET', "keys/signing/$old")->{current_until}, $time,
     'until when the old one was current');
publishes('all of them are published', $old, $new, $made->{kid});
is(within(6, sub { kid_now() eq $new ? 'yes' : '' }), 'yes',
   'the next one signs now');
is($m->call('GET', 'keys/signing', token => $early)->code, 200,
   'a token by the previous key is still good');
my ($event) = $t->events(type => 'sapi', client_id => $m->{client}{id});

is($event->{description}, 'Rotate the signing keys', 'it is written down');
unlike(JSON::PP::encode_json($event), qr/PRIVATE|sealed|BEGIN/,
       'without any key');

# Several at once: each takes its turn.
my @pids = map {
    my $pid = fork // die "fork: $!\n";

    unless ($pid) {
        my $code = $t->http->request('POST', '/api/v2/keys/signing/rotate',
            headers => [ Authorization => 'Bearer ' . $m->token ])->code;
        POSIX::_exit($code == 201 ? 0 : 1);
    }
    $pid;
} 1 .. 3;
is(scalar(grep { waitpid $_, 0; $? } @pids), 0, 'three at once');
is(join(' ', sort values %{ states() }),
   'current next previous previous previous previous',
   'one current, one next, the rest previous');

# ---- revocation -----------------------------------------------------------------------
my $revoked = is_done($m->call('PUT', "keys/signing/$old/revoke",
    scopes => [ 'update:signing_keys' ]), 200, 'revoked');

is($revoked->{kid}, $old, 'its kid');
is_deeply([ sort keys %$revoked ], [ 'cert', 'kid' ], 'and its certificate');
my $after = $m->must('GET', "keys/signing/$old");

is(join(' ', map { $after->{$_} ? 1 : 0 } qw(current next previous revoked)),
   '0 0 0 1', 'it is revoked');
like($after->{revoked_at}, $time, 'when');
is_done($m->call('PUT', "keys/signing/$old/revoke"), 200, 'again: the same',
        $revoked);
ok(within(6, sub {
    !grep { $m->call('GET', 'keys/signing', token => $early)->code != 401 }
        1 .. 10 }), 'its tokens are refused by every child');
ok(within(6, sub { !grep { $_->{kid} eq $old }
                   map { @{ $t->jwks->{keys} } } 1 .. 10 }),
   'and it is not published any more');
is($t->token($machine)->code, 200, 'tokens are still given');

done_testing();
