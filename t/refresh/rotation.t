# refresh_token: a token is the application's own and whole, and what comes in
# its place follows the settings of the moment.
use TPA::Test;
use TPA::User;

my $t = tenant('a');
my $text = 'The refresh token is unknown, expired or revoked';

# ---- it is known by all of its bytes, to its own application ---------------------------

my $s = stage($t, org => 1);
my $family = family_of($s);
my $token = $family->{token};
my $known = { %$s, app => $s->{app} };

for my $length (1 .. length($token) - 1) {
    my $answer = refresh($s, substr $token, 0, $length);

    next if $answer->code == 400 && $answer->error eq 'invalid_grant'
        && $answer->json->{error_description} eq $text;
    fail("the first $length characters of a token");
    diag($answer->body);
}
pass('no beginning of a token is good');

my $public = stage($t, app => { method => 'none' }, user => $s->{user},
                   connection => $s->{connection});
my $second = stage($t, org => $s->{org}, user => user_of($t, $s->{connection}),
                   connection => $s->{connection});

for (
    # name                                    who    what
    [ 'a token that is not', $s, secret_text() ],
    [ 'a token with a character more', $s, "${token}x" ],
    [ 'a token with a blank behind it', $s, "$token " ],
    [ 'a token with a line end behind it', $s, "$token\n" ],
    [ 'a token in another case', $s, $token =~ tr/a-zA-Z/A-Za-z/r ],
    [ 'the hash of a token', $s, Digest::SHA::sha256_hex($token) ],
    [ 'the id of the family', $s, $family->{id} ],
    [ 'a code as a refresh token', $s, code_of($s)->{code} ],
    [ 'the cookie of a session as one', $s, $s->{session}{cookie} ],
    [ 'the secret of the application as one', $s, $s->{app}{secret} ],
    [ 'the token of another application', $second, $token ],
    [ 'the same, sent by a public application', $public, $token ],
    [ 'the token of a public application, sent by another', $s,
      family_of($public)->{token} ],
) {
    my ($name, $who, $what) = @$_;
    my $answer = refresh($who, $what);

    is_refused_grant($who, $answer, 'refresh_known', $name);
    is($answer->json->{error_description}, $text, "$name: the same text");
}
my $access = tokens_of(refresh($s, $token))->{access_token};

is_error(refresh($s, $access), 400, 'invalid_request',
         'an access token as a refresh token');
is_error(refresh($s, undef), 400, 'invalid_request', 'no token');
is_error(refresh($s, ''), 400, 'invalid_request', 'an empty token');
is_error(refresh($s, 'x' x 513), 400, 'invalid_request',
         'a token that is too long');

# ---- who asks -------------------------------------------------------------------------------

my $secretless = { %{ $s->{app} }, method => 'none' };
my $unknown = refresh($s, $token, '-app' => { %$secretless,
                                              id => 'tpc_nobody' });

is_error($unknown, 401, 'invalid_client', 'an unknown application');
for (
    [ 'a confidential application that sends only its id', $secretless ],
    [ 'one with a wrong secret', { %{ $s->{app} }, secret => 'x' x 43 } ],
) {
    my ($name, $app) = @$_;
    my $answer = refresh($s, $token, '-app' => $app);

    is_error($answer, 401, 'invalid_client', $name);
    is($answer->body, $unknown->body, "$name: as if it were unknown");
}
for my $method (qw(client_secret_post client_secret_basic none)) {
    my $one = stage($t, app => { method => $method },
                    connection => $s->{connection});

    is(refresh($one, family_of($one)->{token})->code, 200, $method);
}

# ---- without rotation ---------------------------------------------------------------------------

my @answers = map { refresh($s, $token) } 1 .. 3;

is(scalar(grep { $_->code == 200 } @answers), 3,
   'non-rotating: the same token, again and again');
ok(!exists $_->json->{refresh_token}, 'non-rotating: no new one')
    for @answers;
same_set([ keys %{ $answers[0]->json } ],
         [qw(access_token token_type expires_in scope)], 'the answer');

# ---- with rotation -----------------------------------------------------------------------------

my $r = stage($t, org => 1, app => { refresh_rotation_type => 'rotating' });

$family = family_of($r);
my $now = $family->{token};
my @old;
for my $n (1 .. 5) {
    my $json = tokens_of(refresh($r, $now));

    like($json->{refresh_token}, qr/^[A-Za-z0-9_-]{43}$/,
         "rotating: use $n gives a new token");
    isnt($json->{refresh_token}, $now, "rotating: use $n: another one");
    push @old, $now;
    $now = $json->{refresh_token};
}
is($t->db->value('SELECT generation FROM tpa_data.refresh_families WHERE id = ?',
                 $family->{id}), 6, 'rotating: counted');
is_refused_grant($r, refresh($r, $old[-1]), 'refresh_latest',
                 'rotating: an old token after the leeway');
is_refused_grant($r, refresh($r, $now), 'refresh_alive',
                 'rotating: and so its family is over');

# ---- the settings of the moment --------------------------------------------------------------------

my $w = stage($t);

$now = family_of($w)->{token};
tokens_of(refresh($w, $now)) for 1 .. 2;
$t->update('clients', { client_id => $w->{app}{id} },
           refresh_rotation_type => 'rotating');
my $next = tokens_of(refresh($w, $now))->{refresh_token};

ok($next && $next ne $now,
   'from non-rotating to rotating: the next use gives a rotating one');
is_error(refresh($w, $now), 400, 'invalid_grant',
         'from non-rotating to rotating: the old one is used up');

$w = stage($t, app => { refresh_rotation_type => 'rotating' });
$now = tokens_of(refresh($w, family_of($w)->{token}))->{refresh_token};
$t->update('clients', { client_id => $w->{app}{id} },
           refresh_rotation_type => 'non-rotating');
ok(!exists tokens_of(refresh($w, $now))->{refresh_token},
   'from rotating to non-rotating: the newest stays') for 1 .. 2;

# ---- what the token says, and what is written down ------------------------------------------------

my $c = stage($t, org => 1, app => { refresh_rotation_type => 'rotating' });

$family = family_of($c);
my $json = tokens_of(refresh($c, $family->{token}, scope => 'read:things'));
my $claims = (TPA::JWT::decode($json->{access_token}))[1];

is_deeply($claims, {
    iss => $t->{issuer}, sub => $c->{user}{user_id},
    aud => $c->{app}{api}{identifier}, azp => $c->{app}{id},
    gty => 'refresh_token', org_id => $c->{org}{id}, scope => 'read:things',
    iat => $claims->{iat}, exp => $claims->{iat} + 3600 }, 'claims')
    or diag(explain($claims));
my $event = $t->event(client_id => $c->{app}{id}, type => 'sertft');

is_deeply({ map { $_ => $event->{$_} } qw(user_id organization_id audience scope
                                          connection ref) },
    { user_id => $c->{user}{user_id}, organization_id => $c->{org}{id},
      audience => $c->{app}{api}{identifier}, scope => 'read:things',
      connection => $c->{connection}{name}, ref => undef }, 'the record')
    or diag(explain($event));
like(delete $event->{details}{access_token_jti}, qr/^[A-Za-z0-9]{22}$/,
     'its details: jti');
is_deeply($event->{details}, { familyId => $family->{id}, tokenCounter => 1,
                               requested_scope => 'read:things' },
          'its details: family, generation, scope');
my $rfc = stage($t, app => { api => $t->api(allow_offline_access => 't',
    token_dialect => 'rfc9068_profile') });

ok(!exists((TPA::JWT::decode(tokens_of(refresh($rfc,
    family_of($rfc)->{token}))->{access_token}))[1]{gty}),
   'no gty in the other dialect');

done_testing();
