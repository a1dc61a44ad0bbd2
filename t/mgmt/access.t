# Who may use the Management API at all: the bearer's token, verified here.
use TPA::Test;
use TPA::Mgmt;

use Time::HiRes qw(sleep);

my $m = mgmt('a');
my $t = $m->tenant;
my $audience = "$t->{issuer}api/v2/";
my $good = $m->token;
my ($header, $claims) = TPA::JWT::decode($good);
my ($jwk) = grep { $_->{kid} eq $header->{kid} } @{ $t->jwks->{keys} };

sub get { return $m->call('GET', 'roles', @_) }

is_done(get(), 200, 'a good token');
is($claims->{aud}, $audience, 'for the audience of this API');

# ---- tokens -----------------------------------------------------------------
# A token of this server with another lifetime, at another API, from another
# tenant: a machine for it, asked at a host.
sub token_of {
    my ($at, $api, %grant) = @_;
    my $answer = $at->token($t->machine(api => $api, grant => {
        allow_all_scopes => 't', %grant }));

    die "no token: $answer->{line}\n" if $answer->code != 200;
    return $answer->json->{access_token};
}

my %system = (id => $t->db->value('SELECT id FROM tpa_data.resource_servers
                                   WHERE identifier = ?', $audience),
              identifier => $audience, scopes => []);

$t->update('resource_servers', { id => $system{id} }, token_lifetime => 1);
my $expired = token_of($t, \%system);
$t->update('resource_servers', { id => $system{id} }, token_lifetime => 86400);
sleep 2.1;

my $sub_audience = $t->api(identifier => "${audience}roles");
my ($head, $body, $signature) = split /\./, $good;
my $rsa = TPA::JWT::key('rsa', 2048);
my $pem = TPA::JWT::jwk_to_pem($jwk);
my %more = (%$claims, scope => "$claims->{scope} more:scopes");

sub signed {
    my ($head_of, $claims_of, $key) = @_;

    return TPA::JWT::sign({ %$header, %$head_of }, { %$claims, %$claims_of },
                          $key);
}

sub coded { return MIME::Base64::encode_base64url(JSON::PP::encode_json($_[0])) }

my @bad = (
    # name, token
    [ 'expired', $expired ],
    [ 'of another tenant', mgmt('b')->token ],
    [ 'for another API', token_of($t, $t->api) ],
    [ 'for an audience that begins with it', token_of($t, $sub_audience) ],
    [ 'of another issuer, by the same key',
      token_of(tenant('c'), \%system) ],
    [ 'by another key, of the same kid', signed({}, {}, $rsa) ],
    [ 'of an unknown kid', signed({ kid => 'none' }, {}, $rsa) ],
    [ 'of no kid', TPA::JWT::sign({ alg => 'RS256', typ => 'JWT' }, $claims,
                                  $rsa) ],
    [ 'alg none', signed({ alg => 'none' }, {}, '') ],
    [ 'alg none, with its signature', coded({ %$header, alg => 'none' })
      . ".$body.$signature" ],
    [ 'HS256 by the public key in PEM', signed({ alg => 'HS256' }, {}, $pem) ],
    [ 'HS256 by the modulus', signed({ alg => 'HS256' }, {}, $jwk->{n}) ],
    [ 'RS512', signed({ alg => 'RS512' }, {}, $rsa) ],
    [ 'a key of its own in the header', signed({ jwk => $jwk }, {}, $rsa) ],
    [ 'other claims', "$head." . coded(\%more) . ".$signature" ],
    [ 'no signature', "$head.$body." ],
    [ 'two parts', "$head.$body" ],
    [ 'four parts', "$good.x" ],
    [ 'a blank in it', "$head .$body.$signature" ],
    [ 'cut short', substr($good, 0, -4) ],
    [ 'not base64url', "$head.$body." . ($signature =~ s/..$/+=/r) ],
    [ 'a claim that is no JSON', "$head.e30x.$signature" ],
    [ 'nothing of a JWT', 'opaque' ],
    [ 'empty', '' ],
    [ 'very long', 'x' x 8000 ],
);

for (@bad) {
    my ($name, $token) = @$_;
    my $answer = get(token => $token);

    seen($token) if length $token > 60;
    is_refused($answer, 401, 'invalid_token', 'Invalid token.', $name);
    is($answer->header('WWW-Authenticate'), 'Bearer error="invalid_token"',
       "$name: the header");
}

# ---- where it stands ----------------------------------------------------------
for (
    # name, headers, query, status
    [ 'no header', [], '', 401 ],
    [ 'lower case', [ Authorization => "bearer $good" ], '', 200 ],
    [ 'several blanks', [ Authorization => "Bearer   $good" ], '', 200 ],
    [ 'no blank', [ Authorization => "Bearer$good" ], '', 401 ],
    [ 'another scheme', [ Authorization => "DPoP $good" ], '', 401 ],
    [ 'six other letters', [ Authorization => "Digest $good" ], '', 401 ],
    [ 'Basic', [ Authorization => basic('a', $good) ], '', 401 ],
    [ 'no scheme', [ Authorization => $good ], '', 401 ],
    [ 'twice', [ (Authorization => "Bearer $good") x 2 ], '', 401 ],
    [ 'in the query', [], '?access_token=opaque', 401 ],
) {
    my ($name, $headers, $query, $status) = @$_;
    my $answer = $t->http->request('GET', "/api/v2/roles$query",
                                   headers => $headers);

    is($answer->code, $status, $name);
    like($answer->header('WWW-Authenticate'), $status == 200 ? qr/^$/
         : @$headers ? qr/^Bearer error="invalid_token"$/ : qr/^Bearer$/,
         "$name: what the header says");
    is(($answer->json // {})->{message}, @$headers ? 'Invalid token.'
       : 'Missing authentication', "$name: and the body") if $status == 401;
}
is($t->http->request('POST', '/api/v2/roles', headers => [
       'Content-Type' => 'application/x-www-form-urlencoded' ],
       body => "access_token=$good&name=x")->code, 415, 'in a form');

# ---- scopes of a token ----------------------------------------------------------
# A client grant that shrinks counts for the next token.
my $machine = $t->machine(api => \%system, grant => {
    scope => [ 'read:roles', 'read:users' ] });
my $roles = $t->token($machine)->json->{access_token};

is(get(token => $roles)->code, 200, 'a token with the scope');
$t->update('client_grants', { id => $machine->{grant}{id} },
           scope => [ 'read:users' ]);
is_refused(get(token => $t->token($machine)->json->{access_token}), 403,
           'insufficient_scope',
           'Insufficient scope, expected any of: read:roles',
           'the next one is without');
is_error($t->token($machine, scope => 'read:roles'), 400, 'invalid_scope',
         'nor does it come when asked for');

# Nobody learns from a refusal what there is.
is(get(token => $expired)->body,
   $m->call('GET', 'roles/rol_none', token => $expired)->body,
   'what is there and what is not look the same');
is_refused($m->call('GET', 'no/such/path', token => undef), 404, undef,
           'Not Found', 'but a path is no secret');

done_testing();
