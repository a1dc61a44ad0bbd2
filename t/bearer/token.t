# Which tokens AuthType TPABearer takes, and where they may stand.
use TPA::Test;

use TPA::JWT ();
use TPA::Log ();

my $t = tenant('a');
my $aud = 'https://api.example.test/t/';
my $api = $t->api(identifier => $aud . TPA::Tenant::hex_of(8));
my $http = main_node->http('api');
my $pem = TPA::Log::slurp("$ENV{TPA_WORK}/remote.pem");

sub get {
    my ($path, @headers) = @_;

    return $http->request('GET', $path, headers => \@headers);
}

# ---- an issuer with a file of its keys ---------------------------------------------
my %header = (alg => 'RS256', typ => 'at+jwt', kid => 'r1');
my %claims = (iss => 'https://remote.example.test/', sub => 'user-1',
              aud => $aud, exp => time + 600, iat => time, client_id => 'c1',
              scope => 'read:things');
my $other = TPA::JWT::key('rsa', 2048);
my $public = TPA::JWT::public_pem($pem);

sub signed {
    my ($header, $claims, $key) = @_;
    my %of = (%claims, %$claims);

    delete $of{$_} for grep { !defined $of{$_} } keys %of;
    return seen(TPA::JWT::sign({ %header, %$header }, \%of, $key // $pem));
}

my $good = signed({}, {});
my ($head, $body, $signature) = split /\./, $good;

for (
    # name, token, status
    [ 'a good one', $good, 200 ],
    [ 'the same again', $good, 200 ],
    [ 'JWT as its type', signed({ typ => 'JWT' }, {}), 200 ],
    [ 'several audiences', signed({}, { aud => [ 'urn:x', $aud ] }), 200 ],
    [ 'expired', signed({}, { exp => time - 1 }), 401 ],
    [ 'of no end', signed({}, { exp => undef }), 401 ],
    [ 'not valid yet', signed({}, { nbf => time + 300 }), 401 ],
    [ 'another issuer', signed({}, { iss => 'https://a.example.test/' }),
      401 ],
    [ 'an issuer without the slash',
      signed({}, { iss => 'https://remote.example.test' }), 401 ],
    [ 'another audience', signed({}, { aud => 'https://api.example.test/' }),
      401 ],
    [ 'an audience that begins with it', signed({}, { aud => "${aud}user" }),
      401 ],
    [ 'no audience', signed({}, { aud => undef }), 401 ],
    [ 'no subject', signed({}, { sub => undef }), 401 ],
    [ 'a subject of two lines', signed({}, { sub => "a\r\nTPA-Org-Id: x" }),
      401 ],
    [ 'an Organization that is a list', signed({}, { org_id => [ 'a' ] }),
      401 ],
    [ 'bound to a key', signed({}, { cnf => { jkt => 'x' x 43 } }), 401 ],
    [ 'bound to a certificate', signed({}, { cnf => { 'x5t#S256' => 'x' } }),
      401 ],
    [ 'another type', signed({ typ => 'dpop+jwt' }, {}), 401 ],
    [ 'no type', signed({ typ => '' }, {}), 401 ],
    [ 'another key of the same kid', signed({}, {}, $other), 401 ],
    [ 'an unknown kid', signed({ kid => 'r2' }, {}), 401 ],
    [ 'no algorithm', signed({ alg => 'none' }, {}), 401 ],
    [ 'HS256 by the public key', signed({ alg => 'HS256' }, {}, $public),
      401 ],
    [ 'another algorithm of the key', signed({ alg => 'PS256' }, {}), 401 ],
    [ 'critical extensions', signed({ crit => [ 'x' ] }, {}), 401 ],
    [ 'other claims', "$head." . MIME::Base64::encode_base64url(
        JSON::PP::encode_json({ %claims, scope => 'all' })) . ".$signature",
      401 ],
    [ 'no signature', "$head.$body.", 401 ],
    [ 'two parts', "$head.$body", 401 ],
    [ 'cut short', substr($good, 0, -4), 401 ],
    [ 'opaque', 'opaque', 401 ],
    [ 'very long', 'x' x 8000, 401 ],
) {
    my ($name, $token, $status) = @$_;
    my $answer = get('/at/remote', Authorization => "Bearer $token");

    is($answer->code, $status, $name);
    is($answer->header('X-User'), $status == 200 ? 'user-1' : '',
       "$name: the user");
    like($answer->header('WWW-Authenticate'),
         $status == 200 ? qr/^$/ : $name eq 'bound to a key'
         ? qr/^DPoP error="invalid_token"/ : qr/^Bearer error="invalid_token"/,
         "$name: the challenge");
}
is(get('/t/user', Authorization => "Bearer $good")->code, 401,
   'what one place has verified is nothing elsewhere');

# The access log of these tests holds the query, and no log may hold a token.
my $encoded = $good =~ s/(.)/sprintf '%%%02X', ord $1/ger;

# ---- where it stands -----------------------------------------------------------------
for (
    # name, headers, query, status, challenge
    [ 'lower case', [ Authorization => "bearer $good" ], '', 200 ],
    [ 'several blanks', [ Authorization => "Bearer   $good" ], '', 200 ],
    [ 'no header', [], '', 401, qr/^Bearer resource_metadata=/ ],
    [ 'no blank', [ Authorization => "Bearer$good" ], '', 401,
      qr/^Bearer resource_metadata=/ ],
    [ 'nothing behind it', [ Authorization => 'Bearer' ], '', 401,
      qr/^Bearer error="invalid_token"/ ],
    [ 'Basic', [ Authorization => basic('user', 'password') ], '', 401,
      qr/^Bearer resource_metadata=/ ],
    [ 'another header', [ 'X-Authorization' => "Bearer $good" ], '', 401,
      qr/^Bearer resource_metadata=/ ],
    [ 'in the query', [], "?access_token=$encoded", 401,
      qr/^Bearer resource_metadata=/ ],
    [ 'twice', [ (Authorization => "Bearer $good") x 2 ], '', 400,
      qr/^Bearer error="invalid_request"/ ],
    [ 'beside another scheme', [ Authorization => basic('user', 'password'),
                                 Authorization => "Bearer $good" ], '', 400,
      qr/^Bearer error="invalid_request"/ ],
    [ 'before a comma', [ Authorization => "Bearer $good," ], '', 400,
      qr/^Bearer error="invalid_request"/ ],
) {
    my ($name, $headers, $query, $status, $challenge) = @$_;
    my $answer = get("/at/remote$query", @$headers);

    is($answer->code, $status, $name);
    like($answer->header('WWW-Authenticate'), $challenge, "$name: challenge")
        if $challenge;
}
is($http->request('POST', '/at/remote', body => "access_token=$good",
       headers => [ 'Content-Type' => 'application/x-www-form-urlencoded' ])
   ->code, 401, 'in a form');

# ---- what is remembered ----------------------------------------------------------------
my $log = main_node->error_log;

sub signatures {
    my ($host, $path, $token) = @_;
    my $one = main_node->http($host);
    my $before = () = $log->lines(qr/TPA0014/);

    for (1 .. 5) {
        is($one->request('GET', $path, headers => [
               Authorization => "Bearer $token" ])->code, 200, "$host: $_");
    }
    return (() = $log->lines(qr/TPA0014/)) - $before;
}

# Five requests of one connection are served by one process.
is(signatures('api', '/at/remote', signed({}, { sub => 'user-2' })), 1,
   'the signature of a token is verified once');

my $whole = $t->machine(api => api_of('https://whole.example.test/'));

sub api_of {
    my ($identifier) = @_;
    my $id = $t->db->value('SELECT id FROM tpa_data.resource_servers
                            WHERE identifier = ?', $identifier);

    return $id ? { id => $id, identifier => $identifier,
                   scopes => [ 'read:things' ] }
               : $t->api(identifier => $identifier,
                         scopes => [ 'read:things' ]);
}

is(signatures('whole', '/page.html', tenant('whole')->token($whole)
              ->json->{access_token}), 5, 'or each time, without a cache');

# A token that has been remembered ends when it says so.
my $short = signed({}, { exp => time + 3 });

is(get('/at/remote', Authorization => "Bearer $short")->code, 200,
   'a token with seconds to live');
is(within(10, sub { get('/at/remote', Authorization => "Bearer $short")
                    ->code == 401 }), 1, 'ends with them');

done_testing();
