# POST /oauth/revoke: ends a family, tells nobody more than that, and never says
# so when it did not.
use TPA::Test;
use TPA::User;

my $t = tenant('a');
my $connection = connection_of($t);

sub family_lives {
    my ($family) = @_;

    return $t->db->value('SELECT count(*) FROM tpa_data.refresh_families'
        . ' WHERE id = ? AND revoked_at IS NULL', $family->{id});
}

sub is_done {
    my ($answer, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is($answer->code, 200, $name) or diag($answer->body);
    is($answer->body, '{}', "$name: {}");
    is($answer->header('Content-Type'), 'application/json', "$name: JSON");
    return is($answer->header('Cache-Control'), 'no-store', "$name: no-store");
}

# ---- it ends the family ------------------------------------------------------------

for my $method (qw(client_secret_post client_secret_basic none)) {
    for my $rotation (qw(rotating non-rotating)) {
        my $s = stage($t, org => 1, connection => $connection,
            app => { method => $method, refresh_rotation_type => $rotation });
        my $family = family_of($s);
        my $first = $family->{token};
        my $now = tokens_of(refresh($s, $first))->{refresh_token} || $first;

        is_done(revoke($s, $now), "$method, $rotation");
        is_error(refresh($s, $_), 400, 'invalid_grant',
                 "$method, $rotation: is over") for $now, $first;
        is_done(revoke($s, $now), "$method, $rotation: once more");
        is($t->db->value('SELECT revoked_reason FROM tpa_data.refresh_families'
            . ' WHERE id = ?', $family->{id}), 'revoked',
           "$method, $rotation: the reason");
        my $event = $t->event(client_id => $s->{app}{id}, type => 'srrt');

        is_deeply($event->{details}, {
            audience => $s->{app}{api}{identifier}, grant_id => $s->{consent},
            credential_id => $family->{id}, organization_id => $s->{org}{id} },
            "$method, $rotation: the record") or diag(explain($event));
        is($event->{user_id}, $s->{user}{user_id},
           "$method, $rotation: of whom");
        is($t->db->value('SELECT count(*) FROM tpa_data.user_grants WHERE id = ?',
                         $s->{consent}), 1, "$method, $rotation: consent stays");
    }
}

# ---- by an assertion ----------------------------------------------------------------

my $rsa = TPA::JWT::key('rsa', 2048);
my $jwt = stage($t, connection => $connection, app => {
    method => 'private_key_jwt',
    keys => [ { pem => TPA::JWT::public_pem($rsa) } ] });

sub assertion {
    my ($name, %change) = @_;
    my $now = time;
    my $id = $jwt->{app}{id};

    return (client_id => $id, client_assertion_type =>
                'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
            client_assertion => seen(TPA::JWT::sign({ alg => 'RS256' },
                { iss => $id, sub => $id, aud => $t->{issuer}, iat => $now,
                  exp => $now + 60, jti => "revoke-$$-$name", %change },
                $rsa)));
}

sub revoke_by {
    my ($token, %params) = @_;

    return post_form($t, 'oauth/revoke', undef, token => $token, %params);
}

my $by_jwt = family_of($jwt);
my %once = assertion('once');

is_error(revoke_by($by_jwt->{token}, assertion('other', aud =>
    'https://other.example/')), 401, 'invalid_client',
    'an assertion for somebody else');
is_error(revoke_by($by_jwt->{token}, assertion('old', exp => time - 600)), 401,
         'invalid_client', 'an old assertion');
ok(family_lives($by_jwt), 'end nothing');
is_done(revoke_by($by_jwt->{token}, %once), 'private_key_jwt');
ok(!family_lives($by_jwt), 'private_key_jwt: is over');
is_error(revoke_by($by_jwt->{token}, %once), 401, 'invalid_client',
         'the same assertion again');

my $s = stage($t, org => 1, connection => $connection,
              app => { refresh_rotation_type => 'rotating' });
my $family = family_of($s);
my $old = $family->{token};
my $new = tokens_of(refresh($s, $old))->{refresh_token};

is_done(revoke($s, $old), 'an old token of a family');
is_error(refresh($s, $new), 400, 'invalid_grant', 'takes the newest with it');

for (
    [ 'a hint', token_type_hint => 'refresh_token' ],
    [ 'a wrong hint', token_type_hint => 'access_token' ],
    [ 'a strange hint', token_type_hint => 'x' ],
    [ 'a parameter nobody knows', foo => 'bar' ],
) {
    my ($name, @more) = @$_;
    my $family = family_of($s);

    is_done(revoke($s, $family->{token}, @more), $name);
    is(family_lives($family), 0, "$name: is over");
}

# As JSON, like some clients send it.
$family = family_of($s);
is_done($t->http->request('POST', '/oauth/revoke',
    headers => [ 'Content-Type' => 'application/json' ],
    body => JSON::PP::encode_json({ client_id => $s->{app}{id},
        client_secret => $s->{app}{secret}, token => $family->{token} })),
    'as JSON');
is(family_lives($family), 0, 'as JSON: is over');

# ---- with the consent --------------------------------------------------------------

$t->settings(flag_revoke_refresh_token_grant => 't');
my @families = map { family_of($s) } 1, 2;
my $abroad = stage($t, org => 1, connection => $connection,
                   user => $s->{user}, app => $s->{app});
my $elsewhere = family_of($abroad);

is_done(revoke($s, $families[0]{token}), 'revoke_refresh_token_grant');
is($t->db->value('SELECT count(*) FROM tpa_data.user_grants WHERE id = ?',
                 $s->{consent}), 0, 'the consent goes too');
is_error(refresh($s, $families[1]{token}), 400, 'invalid_grant',
         'and all that rests on it');
is(refresh($abroad, $elsewhere->{token})->code, 200,
   'not that in another Organization');
$t->undo;

# ---- it ends nothing else ---------------------------------------------------------------

$s = stage($t, org => 1, connection => $connection);
my $second = stage($t, connection => $connection);
my $public = stage($t, connection => $connection, app => { method => 'none' });
$family = family_of($s);
my $token = $family->{token};
my $access = tokens_of(refresh($s, $token))->{access_token};

for (
    # name                                    who      what
    [ 'a token that is not', $s, secret_text() ],
    [ 'the token of another application', $second, $token ],
    [ 'the same, sent by a public one', $public, $token ],
    [ 'a token cut short', $s, substr $token, 0, 42 ],
    [ 'a token with a character more', $s, "${token}x" ],
    [ 'the id of the family', $s, $family->{id} ],
    [ 'the hash of the token', $s, Digest::SHA::sha256_hex($token) ],
    [ 'an access token', $s, $access ],
    [ 'a code', $s, code_of($s)->{code} ],
    [ 'the cookie of a session', $s, $s->{session}{cookie} ],
    [ 'the secret of the application', $s, $s->{app}{secret} ],
    [ 'text', $s, "'; DROP TABLE users; --" ],
) {
    my ($name, $who, $what) = @$_;

    is_done(revoke($who, $what), $name);
    is(family_lives($family), 1, "$name: ends nothing");
}
is(refresh($s, $token)->code, 200, 'the token works');
is($t->db->value('SELECT count(*) FROM tpa_data.log_events WHERE type = ?'
    . ' AND client_id IN (?, ?, ?)', 'srrt',
    map { $_->{app}{id} } $s, $second, $public), 0, 'and nothing is recorded');

# A code is not ended by this endpoint, nor a session.
my $code = code_of($s);
revoke($s, $code->{code});
revoke($s, $s->{session}{cookie});
is(exchange($s, $code)->code, 200, 'a code stays good');

# ---- who asks ----------------------------------------------------------------------------

my $secretless = { %{ $s->{app} }, method => 'none' };
my $unknown = revoke($s, $token, '-app' => { %$secretless,
                                             id => 'tpc_nobody' });

is_error($unknown, 401, 'invalid_client', 'an unknown application');
for (
    [ 'a confidential application that sends only its id', $secretless ],
    [ 'a wrong secret', { %{ $s->{app} }, secret => 'x' x 43 } ],
    [ 'the other method', { %{ $s->{app} }, method => 'client_secret_basic' } ],
    [ 'a public application with a secret',
      { %{ $public->{app} }, method => 'client_secret_post' } ],
) {
    my ($name, $app) = @$_;
    my $answer = revoke($s, $token, '-app' => $app);

    is_error($answer, 401, 'invalid_client', $name);
    is($answer->body, $unknown->body, "$name: as if it were unknown");
    is($answer->header('WWW-Authenticate') ? 1 : 0,
       $app->{method} eq 'client_secret_basic' ? 1 : 0, "$name: a challenge");
}
is(family_lives($family), 1, 'none of them ended it');
is_error(post_form($t, 'oauth/revoke', undef, token => $token), 401,
         'invalid_client', 'nobody');

# ---- what is sent ------------------------------------------------------------------------

for (
    [ 'no token', 400, token => undef ],
    [ 'an empty token', 400, token => '' ],
    [ 'a token over 8192 bytes', 400, token => 'x' x 8193 ],
    [ 'a hint over 128 bytes', 400, token_type_hint => 'x' x 129 ],
) {
    my ($name, $code, @change) = @$_;

    is_error(revoke($s, $token, @change), $code, 'invalid_request', $name);
}
is_error($t->http->request('POST', "/oauth/revoke?token=x",
    headers => [ 'Content-Type' => 'application/x-www-form-urlencoded' ],
    body => form(client_id => $public->{app}{id})), 400, 'invalid_request',
    'the token in the URL');
is_error($t->http->request('POST', '/oauth/revoke',
    headers => [ 'Content-Type' => 'text/plain' ], body => "token=$token"),
    415, 'invalid_request', 'another media type');
is_error($t->http->request('GET', '/oauth/revoke'), 405, 'invalid_request',
         'GET');
is(family_lives($family), 1, 'none of these ended it');

done_testing();
