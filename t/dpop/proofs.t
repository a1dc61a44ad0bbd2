# What a proof must be: each claim and member missing or wrong once; nothing is
# used up by a request that is refused for its proof.
use TPA::Test;
use TPA::DPoP;
use TPA::User;

my $t = tenant('a');
my $m = $t->machine(api => $t->api(pop_mechanism => 'dpop',
    pop_required => 't', pop_required_for => 'all_clients'));
my $key = dpop_key();
my $other = dpop_key();
my $wide = dpop_key('P-384');
my $rsa = TPA::JWT::key('rsa', 2048);
my $url = "$t->{issuer}oauth/token";

sub header { return '-header' => { @_ } }

sub of_key {
    my ($pem, %header) = @_;

    return proof($t, { pem => $pem }, header(jwk => $key->{jwk}, %header));
}

for (
    # name                          what is wrong with it    the proof
    [ 'no typ', qr/typ must be/, proof($t, $key, header(typ => undef)) ],
    [ 'another typ', qr/typ must be/, proof($t, $key, header(typ => 'JWT')) ],
    [ 'no alg', qr/alg is no text/,
      of_key($key->{pem}, alg => undef) =~ s/\.[^.]*$/.AAAA/r ],
    [ 'alg none', qr/three parts/, proof($t, $key, header(alg => 'none')) ],
    [ 'alg none with a signature', qr/alg must be/,
      proof($t, $key, header(alg => 'none')) . 'AAAA' ],
    [ 'HS256 by its own public key', qr/alg must be/,
      of_key(TPA::JWT::public_pem($key->{pem}), alg => 'HS256') ],
    [ 'RS256', qr/alg must be/, of_key($rsa, alg => 'RS256') ],
    [ 'RS256 that says ES256', qr/does not fit/,
      of_key($rsa, alg => 'RS256') =~ s/^[^.]+/
          (split m{\.}, proof($t, $key))[0]/er ],
    [ 'ES384', qr/curve of an EC key must be P-256/,
      proof($t, $wide, header(alg => 'ES384')) ],
    [ 'ES256 by a key on P-384', qr/curve of an EC key must be P-256/,
      proof($t, $wide) ],
    [ 'no jwk', qr/no jwk/, proof($t, $key, header(jwk => undef)) ],
    [ 'the private key in jwk', qr/private members/, proof($t, $key,
        header(jwk => seen_jwk(TPA::JWT::ec_private_jwk($key->{pem},
                                                        'P-256')))) ],
    [ 'the jwk of another key', qr/does not fit/,
      proof($t, $key, header(jwk => $other->{jwk})) ],
    [ 'a symmetric jwk', qr/private members/,
      proof($t, $key, header(jwk => { kty => 'oct', k => 'AAAA' })) ],
    [ 'a jwk that is none', qr/not valid/,
      proof($t, $key, header(jwk => 'key')) ],
    [ 'a key elsewhere', qr/jku/,
      proof($t, $key, header(jku => 'https://app.example.com/jwks')) ],
    [ 'crit', qr/crit/, proof($t, $key, header(crit => [ 'exp' ])) ],
    [ 'no htm', qr/htm is not/, proof($t, $key, htm => undef) ],
    [ 'another htm', qr/htm is not/, proof($t, $key, htm => 'GET') ],
    [ 'no htu', qr/htu is not/, proof($t, $key, htu => undef) ],
    [ 'the URL of another endpoint', qr/htu is not/,
      proof($t, $key, htu => "$t->{issuer}oauth/revoke") ],
    [ 'the issuer', qr/htu is not/, proof($t, $key, htu => $t->{issuer}) ],
    [ 'the endpoint of another tenant', qr/htu is not/,
      proof($t, $key, htu => tenant('b')->{issuer} . 'oauth/token') ],
    [ 'http', qr/htu is not/,
      proof($t, $key, htu => $url =~ s/^https/http/r) ],
    [ 'no iat', qr/iat must be/, proof($t, $key, iat => undef) ],
    [ 'an iat that is text', qr/iat must be/,
      proof($t, $key, iat => 'now') ],
    [ 'an old one', qr/too old/, proof($t, $key, iat => time - 310) ],
    [ 'one of tomorrow', qr/in the future/,
      proof($t, $key, iat => time + 90) ],
    [ 'no jti', qr/jti must be/, proof($t, $key, jti => undef) ],
    [ 'an empty jti', qr/jti must be/, proof($t, $key, jti => '') ],
    [ 'a long jti', qr/jti must be/, proof($t, $key, jti => 'x' x 129) ],
    [ 'a long proof', qr/too long/, proof($t, $key, x => 'x' x 4000) ],
    [ 'an empty header', qr/three parts/, '' ],
    [ 'text', qr/three parts/, 'proof' ],
    [ 'an access token', qr/no jwk/,
      $t->token($t->machine)->json->{access_token} ],
    [ 'two proofs in one header', qr/one DPoP header/,
      proof($t, $key) . ', ' . proof($t, $key) ],
) {
    my ($name, $text, $proof) = @$_;
    my $answer = $t->token($m, '-headers' => [ DPoP => $proof ]);

    is_error($answer, 400, 'invalid_dpop_proof', $name, $text);
    is($answer->header('DPoP-Nonce'), '', "$name: no nonce is asked for");
}

sub seen_jwk {
    my ($jwk) = @_;

    seen($jwk->{d});
    return $jwk;
}

is_error($t->token($m, '-headers' => [ DPoP => proof($t, $key),
                                       DPoP => proof($t, $key) ]),
         400, 'invalid_dpop_proof', 'two headers', qr/one DPoP header/);
is_error($t->token({ %$m, secret => 'x' x 43 }, '-headers' => [ DPoP => '' ]),
         401, 'invalid_client', 'who does not prove who it is learns no more');

# ---- what is fine -------------------------------------------------------------------

for (
    [ 'as it should be', proof($t, $key) ],
    [ 'a query and a fragment', proof($t, $key, htu => "$url?a=b#c") ],
    [ 'another way to write the URL',
      proof($t, $key, htu => 'HTTPS://A.EXAMPLE.test:443/oauth/x/../%74oken') ],
    [ 'a clock that is behind', proof($t, $key, iat => time - 200) ],
    [ 'a clock that is ahead', proof($t, $key, iat => time + 30) ],
    [ 'a nonce nobody asked for', proof($t, $key, nonce => 'x') ],
    [ 'claims of its own', proof($t, $key, exp => 1, aud => 'x') ],
    [ 'a jwk that says more', proof($t, $key, header(
        jwk => { %{ $key->{jwk} }, kid => 'k', use => 'sig',
                 alg => 'ES256', key_ops => [ 'verify' ] })) ],
) {
    my ($name, $proof) = @$_;
    my $answer = $t->token($m, '-headers' => [ DPoP => $proof ]);

    is($answer->code, 200, $name) or diag($answer->body);
    is($answer->json->{token_type}, 'DPoP', "$name: token_type");
    is(bound_to($answer), $key->{jkt}, "$name: cnf.jkt");
}

# ---- nothing is used up by a bad proof -------------------------------------------------

my $s = stage($t, app => { refresh_rotation_type => 'rotating' });
my $code = code_of($s);
my $bad = '-headers';

is_error(exchange($s, $code, $bad => [ DPoP => 'x' ]), 400,
         'invalid_dpop_proof', 'a code with a bad proof');
my $refresh = tokens_of(exchange($s, $code))->{refresh_token};

is_error(refresh($s, $refresh, $bad => [ DPoP => 'x' ]), 400,
         'invalid_dpop_proof', 'a refresh token with a bad proof');
is(refresh($s, $refresh)->code, 200, 'both are good afterwards');

# ---- announced ---------------------------------------------------------------------------

for my $path (qw(oauth-authorization-server openid-configuration)) {
    is_deeply($t->http->request('GET', "/.well-known/$path")->json
                  ->{dpop_signing_alg_values_supported}, [ 'ES256' ], $path);
}

done_testing();
