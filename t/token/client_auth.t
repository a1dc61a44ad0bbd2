# How applications prove who they are: every method, every check of a client
# assertion, and one answer for whatever is wrong.
use TPA::Test;

my $t = tenant('a');
my $http = $t->http;
my $api = $t->api;
my $rsa = TPA::JWT::key('rsa', 2048);
my $other_rsa = TPA::JWT::key('rsa', 2048);

my %client = map { $_ => $t->machine(api => $api, method => $_) }
    qw(client_secret_basic client_secret_post);
my $jwt = $t->machine(api => $api, method => 'private_key_jwt',
                      keys => [ { pem => TPA::JWT::public_pem($rsa) } ]);
my @target = (audience => $api->{identifier});

sub post {
    my ($body, @headers) = @_;

    return $http->request('POST', '/oauth/token', body => $body,
        headers => [ 'Content-Type' => 'application/x-www-form-urlencoded',
                     @headers ]);
}

sub grant { return form(grant_type => 'client_credentials', @target, @_) }

# Every way to fail must look like this one.
my $unknown = post(grant(client_id => 'nobody', client_secret => 'x' x 43));

is_error($unknown, 401, 'invalid_client', 'an unknown client');
is($unknown->header('WWW-Authenticate'), '',
   'no challenge to a request without Authorization');

sub is_refused {
    my ($answer, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return is_error($answer, 401, 'invalid_client', $name)
        && is($answer->body, $unknown->body, "$name: the same body");
}

# ---- secrets -------------------------------------------------------------------

my $by_basic = $client{client_secret_basic};
my $by_post = $client{client_secret_post};

sub all_escaped { return join '', map { sprintf '%%%02X', ord } split //, $_[0] }
sub sdk_escaped { return $_[0] =~ s/([^A-Za-z0-9])/sprintf '%%%02x', ord $1/ger }

for (
    # name                              id                        secret
    [ 'Basic as it stands',             $by_basic->{id},                 $by_basic->{secret} ],
    [ 'Basic in percent escapes',       sdk_escaped($by_basic->{id}),    sdk_escaped($by_basic->{secret}) ],
    [ 'Basic with every byte escaped',  all_escaped($by_basic->{id}),    all_escaped($by_basic->{secret}) ],
    [ 'Basic escaped like a form',      escape($by_basic->{id}),         escape($by_basic->{secret}) ],
) {
    my ($name, $id, $secret) = @$_;
    my $answer = post(grant(), Authorization => basic($id, $secret));

    is($answer->code, 200, $name) or diag($answer->body);
    seen($answer->json->{access_token});
}

my $answer = post(grant(client_id => $by_basic->{id}),
                  Authorization => basic($by_basic->{id}, $by_basic->{secret}));
is($answer->code, 200, 'Basic with the same client_id in the body');
$answer = post(grant(), Authorization =>
               basic($by_basic->{id}, $by_basic->{secret}) =~ s/^Basic/bAsIC/r);
is($answer->code, 200, 'the name of the scheme in any case');
$answer = post(grant(client_id => $by_post->{id}, client_secret => $by_post->{secret}));
is($answer->code, 200, 'client_secret_post');

my $near = $by_post->{secret} =~ s/.$/$& eq 'A' ? 'B' : 'A'/er;

for (
    [ 'a wrong secret',
      grant(client_id => $by_post->{id}, client_secret => 'x' x 43) ],
    [ 'a secret one character off',
      grant(client_id => $by_post->{id}, client_secret => $near) ],
    [ 'a secret cut short',
      grant(client_id => $by_post->{id},
            client_secret => substr $by_post->{secret}, 0, -1) ],
    [ 'a secret with more behind it',
      grant(client_id => $by_post->{id}, client_secret => "$by_post->{secret}x") ],
    [ 'an empty secret', grant(client_id => $by_post->{id}, client_secret => '') ],
    [ 'the hash of the secret for the secret',
      grant(client_id => $by_post->{id},
            client_secret => Digest::SHA::sha256_hex($by_post->{secret})) ],
    [ 'no secret at all', grant(client_id => $by_post->{id}) ],
    [ 'no client at all', grant() ],
    [ 'an empty client_id', grant(client_id => '', client_secret => 'x') ],
    [ 'the secret of another client',
      grant(client_id => $by_post->{id}, client_secret => $by_basic->{secret}) ],
    [ 'a client_id in another case',
      grant(client_id => $by_post->{id} =~ tr/a-zA-Z/A-Za-z/r,
            client_secret => $by_post->{secret}) ],
    [ 'client_secret_post by a client_secret_basic client',
      grant(client_id => $by_basic->{id}, client_secret => $by_basic->{secret}) ],
    [ 'client_secret_basic by a client_secret_post client',
      grant(), Authorization => basic($by_post->{id}, $by_post->{secret}) ],
    [ 'a secret by a private_key_jwt client',
      grant(client_id => $jwt->{id}, client_secret => 'x' x 43) ],
    [ 'Basic and a secret in the body, both right',
      grant(client_id => $by_basic->{id}, client_secret => $by_basic->{secret}),
      Authorization => basic($by_basic->{id}, $by_basic->{secret}) ],
    [ 'the same for a client_secret_post client',
      grant(client_id => $by_post->{id}, client_secret => $by_post->{secret}),
      Authorization => basic($by_post->{id}, $by_post->{secret}) ],
    [ 'Basic of one client, client_id of another',
      grant(client_id => $by_post->{id}),
      Authorization => basic($by_basic->{id}, $by_basic->{secret}) ],
    [ 'Basic without a colon', grant(), Authorization => 'Basic bm9jb2xvbg==' ],
    [ 'Basic that is not base64', grant(), Authorization => 'Basic !!!' ],
    [ 'Basic with a bad escape', grant(),
      Authorization => basic($by_basic->{id}, "%zz$by_basic->{secret}") ],
    [ 'Basic with an escaped NUL', grant(),
      Authorization => basic($by_basic->{id}, "$by_basic->{secret}%00") ],
    [ 'Basic with a NUL byte', grant(),
      Authorization => basic($by_basic->{id}, "$by_basic->{secret}\0") ],
    [ 'Basic with bytes that are not UTF-8', grant(),
      Authorization => basic("\xff\xfe$by_basic->{id}", 'x') ],
    [ 'Basic with escapes that are not UTF-8', grant(),
      Authorization => basic("%ff%c0%80", 'x') ],
    [ 'empty Basic', grant(), Authorization => 'Basic ' ],
    [ 'a very long Basic', grant(), Authorization => basic('x' x 3000, 'y') ],
    [ 'another scheme', grant(), Authorization => 'Bearer abc' ],
    [ 'another scheme beside a good secret',
      grant(client_id => $by_post->{id}, client_secret => $by_post->{secret}),
      Authorization => 'Bearer abc' ],
) {
    my ($name, $body, @headers) = @$_;
    my $answer = post($body, @headers);

    is_refused($answer, $name);
    like($answer->header('WWW-Authenticate'), qr/^Basic realm=/,
         "$name: a challenge") if @headers;
}

# ---- none --------------------------------------------------------------------------

my $public = $t->machine(api => $api, method => 'none');

$answer = post(grant(client_id => $public->{id}));
is_error($answer, 400, 'unauthorized_client',
         'a public client gets no token for itself');
is_refused(post(grant(client_id => $public->{id}, client_secret => 'x' x 43)),
           'a public client with a secret');

# ---- assertions ------------------------------------------------------------------------

my $type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
my $n = 0;

sub claims {
    my ($client, %change) = @_;
    my $now = time;
    my %claims = (iss => $client->{id}, sub => $client->{id},
                  aud => $t->{issuer}, iat => $now, exp => $now + 120,
                  jti => "jti-$$-" . ++$n, %change);

    delete @claims{ grep { !defined $claims{$_} } keys %claims };
    return \%claims;
}

sub send_jws {
    my ($client, $jws, %params) = @_;

    seen($jws);
    %params = (client_id => $client->{id}, client_assertion_type => $type,
               client_assertion => $jws, %params);
    return post(grant(map { $_ => $params{$_} } sort keys %params));
}

sub assertion {
    my ($change, $header, $key) = @_;

    return TPA::JWT::sign({ alg => 'RS256', %{ $header || {} } },
                          claims($jwt, %{ $change || {} }), $key || $rsa);
}

my $kid = $jwt->{keys}[0]{kid};
my $now = time;

for (
    # name                            claims                        header
    [ 'the issuer as audience',       {} ],
    [ 'the token endpoint as audience', { aud => "$t->{issuer}oauth/token" } ],
    [ 'a list with the issuer as audience',
      { aud => [ 'https://other.example/', $t->{issuer} ] } ],
    [ 'the kid of its key',           {},                           { kid => $kid } ],
    [ 'with typ',                     {},                           { typ => 'JWT' } ],
    [ 'without iat',                  { iat => undef } ],
    [ 'iat a little in the future',   { iat => $now + 8 } ],
    [ 'nbf a little in the future',   { nbf => $now + 8 } ],
    [ 'five minutes long',            { iat => $now, exp => $now + 300 } ],
    [ 'a jti of 64 bytes',            { jti => sprintf '%064d', $$ } ],
    [ 'more claims than needed',      { scope => 'x', extra => { a => [1] } } ],
) {
    my ($name, $change, $header) = @$_;
    my $answer = send_jws($jwt, assertion($change, $header));

    is($answer->code, 200, "assertion, $name") or diag($answer->body);
}
$answer = send_jws($jwt, assertion(), client_id => undef);
is($answer->code, 200, 'assertion that alone names the client');

my $good = assertion();
my ($h64, $p64, $s64) = split /\./, $good;
my $public_pem = TPA::JWT::public_pem($rsa);
my @wrong = (
    [ 'alg none', {}, { alg => 'none' } ],
    [ 'HS256 with the public key as secret', {}, { alg => 'HS256' },
      $public_pem ],
    [ 'an algorithm nobody registered', {}, { alg => 'RS512' } ],
    [ 'RS384 where RS256 is registered', {}, { alg => 'RS384' } ],
    [ 'PS256 where RS256 is registered', {}, { alg => 'PS256' } ],
    [ 'a made-up alg', {}, { alg => 'XX256' } ],
    [ 'a very long alg', {}, { alg => 'RS256' x 20 } ],
    [ 'a key that is not its own', {}, {}, $other_rsa ],
    [ 'an unknown kid', {}, { kid => 'unknown-kid-0' } ],
    [ 'crit in the header', {}, { crit => [ 'exp' ] } ],
    [ 'a key in the header', {},
      { jwk => { kty => 'RSA', n => 'AQAB', e => 'AQAB' } }, $other_rsa ],
    [ 'an URL of a key in the header', {},
      { jku => 'https://127.0.0.1:1/' } ],
    [ 'iss of another client', { iss => $by_post->{id} } ],
    [ 'sub of another client', { sub => $by_post->{id} } ],
    [ 'no iss', { iss => undef } ],
    [ 'no sub', { sub => undef } ],
    [ 'iss that is no text', { iss => 12345 } ],
    [ 'no aud', { aud => undef } ],
    [ 'aud of another server', { aud => 'https://b.example.test/' } ],
    [ 'aud without the slash', { aud => $t->{issuer} =~ s{/$}{}r } ],
    [ 'an empty list as aud', { aud => [] } ],
    [ 'aud in another case', { aud => uc $t->{issuer} } ],
    [ 'no exp', { exp => undef } ],
    [ 'exp in the past', { iat => $now - 100, exp => $now - 1 } ],
    [ 'exp that is no number', { exp => "soon" } ],
    [ 'longer than five minutes', { iat => $now, exp => $now + 301 } ],
    [ 'no iat and an exp far away', { iat => undef, exp => $now + 3600 } ],
    [ 'iat in the future', { iat => $now + 60, exp => $now + 120 } ],
    [ 'nbf in the future', { nbf => $now + 60 } ],
    [ 'no jti', { jti => undef } ],
    [ 'an empty jti', { jti => '' } ],
    [ 'a jti over 64 bytes', { jti => 'j' x 65 } ],
    [ 'a jti that is no text', { jti => 7 } ],
);

is_refused(send_jws($jwt, assertion(@$_[1 .. 3])), "assertion with $$_[0]")
    for @wrong;

for (
    [ 'a changed payload', join '.', $h64,
      MIME::Base64::encode_base64url(JSON::PP::encode_json(claims($jwt))),
      $s64 ],
    [ 'no signature', "$h64.$p64." ],
    [ 'two parts', "$h64.$p64" ],
    [ 'five parts', "$good.x.y" ],
    [ 'no JSON in it', TPA::JWT::sign('{"alg":"RS256"', 'x', $rsa) ],
    [ 'text that is no token', 'garbage' ],
    [ 'padding', "$good==" ],
    [ 'an empty assertion', '' ],
) {
    my ($name, $jws) = @$_;

    is_refused(send_jws($jwt, $jws), "assertion with $name");
}

# Such a one cannot be anybody's, so it is told apart.
is_error(send_jws($jwt, assertion({ extra => 'x' x 2000 })), 400,
         'invalid_request', 'assertion with more than 2048 bytes');

my $jti = (TPA::JWT::decode($good))[1]{jti};

is(send_jws($jwt, $good)->code, 200, 'the assertion behind these is good');
is_refused(send_jws($jwt, $good), 'the same assertion again');
is_refused(send_jws($jwt, assertion({ jti => $jti })),
           'another assertion with its jti');
is_refused(post(grant(client_id => $jwt->{id}, client_assertion => assertion())),
           'an assertion without its type');
is_refused(post(grant(client_id => $jwt->{id},
                      client_assertion_type => $type)),
           'the type without an assertion');
is_refused(post(grant(client_id => $jwt->{id}, client_assertion => assertion(),
                      client_assertion_type => 'urn:example:other')),
           'another type of assertion');
is_refused(send_jws($jwt, assertion(), client_secret => 'x' x 43),
           'an assertion beside a secret');
is_refused(post(grant(client_assertion => assertion(),
                      client_assertion_type => $type),
                Authorization => basic($by_basic->{id}, $by_basic->{secret})),
           'an assertion beside Basic');
is_refused(send_jws($by_post, assertion()),
           'an assertion of one client for another');
is_refused(send_jws($by_post, TPA::JWT::sign({ alg => 'RS256' }, claims($by_post), $rsa)),
           'an assertion by a client that has a secret');
is_refused(send_jws({ id => 'nobody' },
                    TPA::JWT::sign({ alg => 'RS256' },
                                   claims({ id => 'nobody' }), $rsa)),
           'an assertion of a client that does not exist');
is_refused(tenant('b')->http->request('POST', '/oauth/token',
    body => grant(client_id => $jwt->{id}, client_assertion_type => $type,
                  client_assertion => assertion()),
    headers => [ 'Content-Type' => 'application/x-www-form-urlencoded' ]),
    'an assertion at another tenant');

# A jti is the client's own: another client may use the same text.
my $jwt2 = $t->machine(api => $api, method => 'private_key_jwt',
                       keys => [ { pem => $public_pem } ]);
is(send_jws($jwt2, TPA::JWT::sign({ alg => 'RS256' },
                                  claims($jwt2, jti => $jti),
                                  $rsa))->code, 200,
   'the jti of another client');

# ---- the keys of a client -----------------------------------------------------------------

for my $alg (qw(RS256 RS384 PS256)) {
    my $client = $t->machine(api => $api, method => 'private_key_jwt',
        keys => [ { pem => $public_pem, alg => $alg } ]);
    my $sign = sub {
        return send_jws($client, TPA::JWT::sign({ alg => $_[0] },
                                                claims($client), $rsa));
    };

    is($sign->($alg)->code, 200, "a key registered for $alg");
    is_refused($sign->($_), "$_ with a key registered for $alg")
        for grep { $_ ne $alg } qw(RS256 RS384 PS256 RS512);
}

# Two keys, as while one replaces the other; each alone stands for the client.
my $two = $t->machine(api => $api, method => 'private_key_jwt', keys => [
    { pem => $public_pem },
    { pem => TPA::JWT::public_pem($other_rsa) },
]);
my @kids = map { $_->{kid} } @{ $two->{keys} };

for (
    [ 'the first key', $rsa, 200 ],
    [ 'the second key', $other_rsa, 200 ],
    [ 'the first key with its kid', $rsa, 200, $kids[0] ],
    [ 'the second key with its kid', $other_rsa, 200, $kids[1] ],
    [ 'the first key with the kid of the second', $rsa, 401, $kids[1] ],
) {
    my ($name, $key, $status, $kid) = @$_;
    my $header = { alg => 'RS256', $kid ? (kid => $kid) : () };

    is(send_jws($two, TPA::JWT::sign($header, claims($two), $key))->code,
       $status, "of two keys, $name");
}

# Keys with an end.
for (
    [ 'a key that ends tomorrow', '1 day', 200 ],
    [ 'a key that ended', '-1 second', 401 ],
) {
    my ($name, $end, $status) = @$_;
    my $client = $t->machine(api => $api, method => 'private_key_jwt',
        keys => [ { pem => $public_pem, expires => $end } ]);

    is(send_jws($client, TPA::JWT::sign({ alg => 'RS256' }, claims($client),
                                        $rsa))->code, $status, $name);
}

# ---- the same time --------------------------------------------------------------------------

# Loose on purpose: on a busy machine only gross differences show.
sub median {
    my @sorted = sort { $a <=> $b } @_;

    return $sorted[@sorted / 2];
}

my %time;
my %body = (
    unknown => grant(client_id => 'A' x length $by_post->{id},
                     client_secret => 'x' x 43),
    wrong   => grant(client_id => $by_post->{id}, client_secret => 'x' x 43),
);

for my $round (1 .. 300) {
    for my $case (sort keys %body) {
        my $start = Time::HiRes::time();

        post($body{$case});
        push @{ $time{$case} }, Time::HiRes::time() - $start;
    }
}
my $ratio = median(@{ $time{wrong} }) / median(@{ $time{unknown} });

ok($ratio > 0.5 && $ratio < 2,
   'a wrong secret takes as long as an unknown client')
    or diag("ratio $ratio");

done_testing();
