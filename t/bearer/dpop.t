# Tokens that are bound to a key, at APIs behind AuthType TPABearer: they come
# with a new proof of that key, for this request, or not at all (RFC 9449 7).
use TPA::Test;

use MIME::Base64 qw(encode_base64url);

use TPA::DPoP;
use TPA::JWT ();
use TPA::Log ();

my $t = tenant('a');
my $aud = 'https://api.example.test/t/';
my $pem = TPA::Log::slurp("$ENV{TPA_WORK}/remote.pem");
my $key = dpop_key();
my $other = dpop_key();
my $at = 'https://api.example.test/at/remote';

# Bound to a key, or not.
sub token_of {
    my ($bound_to) = @_;

    return seen(TPA::JWT::sign({ alg => 'RS256', typ => 'at+jwt', kid => 'r1' },
        { iss => 'https://remote.example.test/', sub => 'user-1', aud => $aud,
          exp => time + 600, iat => time, client_id => 'c1',
          scope => 'read:things',
          $bound_to ? (cnf => { jkt => $bound_to->{jkt} }) : () }, $pem));
}

sub ath { return encode_base64url(Digest::SHA::sha256($_[0])) }

my $bound = token_of($key);
my $plain = token_of();

# A proof for a GET of the place, with this token.
sub proof_of {
    my ($token, %claims) = @_;
    my $by = delete $claims{'-by'} || $key;

    return proof($t, $by, htm => 'GET', htu => $at, ath => ath($token),
                 %claims);
}

sub ask {
    my ($method, $path, @headers) = @_;

    return main_node->http('api', keep => 0)->request($method, $path,
                                                      headers => \@headers);
}

sub get { return ask('GET', '/at/remote', @_) }

my $good = proof_of($bound);

for (
    # name, headers, status, challenge
    [ 'with its proof', [ Authorization => "DPoP $bound", DPoP => $good ],
      200 ],
    [ 'the same proof again', [ Authorization => "DPoP $bound",
                                DPoP => $good ], 401, 'invalid_dpop_proof' ],
    [ 'a lower-case scheme', [ Authorization => "dpop $bound",
                               DPoP => proof_of($bound) ], 200 ],
    [ 'without a proof', [ Authorization => "DPoP $bound" ], 401,
      'invalid_dpop_proof' ],
    [ 'as a plain token', [ Authorization => "Bearer $bound" ], 401,
      'invalid_token' ],
    [ 'as a plain token with a proof', [ Authorization => "Bearer $bound",
      DPoP => proof_of($bound) ], 401, 'invalid_token' ],
    [ 'two proofs', [ Authorization => "DPoP $bound",
      DPoP => proof_of($bound), DPoP => proof_of($bound) ], 401,
      'invalid_dpop_proof' ],
    [ 'an empty proof', [ Authorization => "DPoP $bound", DPoP => '' ], 401,
      'invalid_dpop_proof' ],
    [ 'a cut proof', [ Authorization => "DPoP $bound",
      DPoP => substr proof_of($bound), 0, -4 ], 401, 'invalid_dpop_proof' ],
    [ 'two tokens', [ (Authorization => "DPoP $bound") x 2,
      DPoP => proof_of($bound) ], 400, 'invalid_request' ],
    [ 'in the query of its address', [ Authorization => "DPoP $bound",
      DPoP => proof_of($bound, htu => "$at?a=b#c") ], 200 ],
    (map { [ $_->[0], [ Authorization => "DPoP $bound",
             DPoP => proof_of($bound, @{ $_->[1] }) ], 401,
             'invalid_dpop_proof' ] }
       [ 'of another key', [ '-by' => $other ] ],
       [ 'for another method', [ htm => 'POST' ] ],
       [ 'for another path', [ htu => "${at}2" ] ],
       [ 'for another host', [ htu => 'https://a.example.test/at/remote' ] ],
       [ 'for another scheme', [ htu => 'http://api.example.test/at/remote' ] ],
       [ 'for the token endpoint', [ htu => "$t->{issuer}oauth/token" ] ],
       [ 'with another token', [ ath => ath($plain) ] ],
       [ 'with no token', [ ath => undef ] ],
       [ 'too old', [ iat => time - 400 ] ],
       [ 'of the future', [ iat => time + 400 ] ],
       [ 'without jti', [ jti => undef ] ],
       [ 'of another type', [ '-header' => { typ => 'JWT' } ] ]),
) {
    my ($name, $headers, $status, $error) = @$_;
    my $answer = get(@$headers);
    my $scheme = $status == 400 ? 'Bearer' : 'DPoP';

    is($answer->code, $status, $name);
    is($answer->header('X-User'), $status == 200 ? 'user-1' : '',
       "$name: the user");
    like($answer->header('WWW-Authenticate'), $error
         ? qr/^$scheme error="$error".*resource_metadata=/ : qr/^$/,
         "$name: the challenge");
}

# One that is bound to no key proves nothing.
my $unbound = get(Authorization => "DPoP $plain", DPoP => proof_of($plain));

is($unbound->code, 401, 'a plain token as a bound one');
like($unbound->header('WWW-Authenticate'), qr/^Bearer error="invalid_token"/,
     'the challenge');
is(get(Authorization => "Bearer $plain", DPoP => 'x')->code, 200,
   'a proof with a plain token does not count');

# The method is that of the request; so is the path, whatever it is led to.
my $head = proof_of($bound, htm => 'HEAD');

is(ask('HEAD', '/at/remote', Authorization => "DPoP $bound", DPoP => $head)
   ->code, 200, 'HEAD');
is(ask('HEAD', '/at/remote', Authorization => "DPoP $bound",
       DPoP => proof_of($bound))->code, 401, 'HEAD with a proof for GET');
for (
    # path asked for    path of the proof   status
    [ '/at/remote',     '/at/%72emote',     200 ],
    [ '/at/remote?x=1', '/at/remote',       200 ],
    [ '/at/remote/',    '/at/remote',       401 ],
    [ '/at//remote',    '/at/remote',       401 ],
    [ '/at//remote',    '/at//remote',      200 ],
) {
    my ($path, $proof, $status) = @$_;

    is(ask('GET', $path, Authorization => "DPoP $bound", DPoP => proof_of(
           $bound, htu => "https://api.example.test$proof"))->code, $status,
       "$path by a proof for $proof");
}

# Every process knows what any of them has seen, also after a graceful restart.
my $once = proof_of($bound);
my @codes = map { get(Authorization => "DPoP $bound", DPoP => $once)->code }
    1 .. 20;

is("@codes", join(' ', 200, (401) x 19), 'once, over all processes');
ok(main_node->graceful, 'a graceful restart');
is(get(Authorization => "DPoP $bound", DPoP => $once)->code, 401,
   'is no second chance');
is(get(Authorization => "DPoP $bound", DPoP => proof_of($bound))->code, 200,
   'and a new proof is taken');

# Tokens of our own, as the token endpoint binds them.
my $api = $t->db->value('SELECT id FROM tpa_data.resource_servers
                         WHERE identifier = ?', $aud);
my $machine = $t->machine(api => $api
    ? { id => $api, identifier => $aud, scopes => [ 'read:things' ] }
    : $t->api(identifier => $aud));

$t->update('resource_servers', { identifier => $aud }, pop_mechanism => 'dpop',
           pop_required => 'f', pop_required_for => 'all_clients');
my $own = with_nonce($t, $key, sub { $t->token($machine, @_) });

is($own->json->{token_type}, 'DPoP', 'the tenant binds a token');
$own = $own->json->{access_token};
is(ask('GET', '/t/user', Authorization => "DPoP $own", DPoP => proof_of($own,
       htu => 'https://api.example.test/t/user'))->code, 200,
   'which is good with a proof');
is(ask('GET', '/t/user', Authorization => "Bearer $own")->code, 401,
   'and with none is not');

# A page that includes a guarded one: the proof of the request counts once.
my $page = ask('GET', '/inside/api.shtml', Authorization => "DPoP $own",
    DPoP => proof_of($own, htu => 'https://api.example.test/inside/api.shtml'));

like($page->body, qr/^plain content/m, 'a proof is for the page asked for');

done_testing();
