# Public keys of applications.
use TPA::Test timeout => 300;
use TPA::Mgmt;

my $m = mgmt('a');
my $t = $m->tenant;
my $bad = 'Payload validation error: ';
my @no_client = (404, 'inexistent_client', 'The client does not exist');
my @gone = (404, undef, 'The credential does not exist');
my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my @rsa = map { TPA::JWT::key('rsa', 2048) } 1 .. 3;
my @pem = map { TPA::JWT::public_pem($_) } @rsa;
my $far = '2099-01-31T12:00:00.000Z';

sub create {
    my $made = $m->must('POST', 'clients', body => { name => 'App', @_ });

    seen(delete $made->{client_secret});
    return $made;
}

sub refuse {
    for (@_) {
        my ($method, $path, $body, @expected) = @$_;
        my $shown = defined $body
            ? substr(JSON::PP->new->canonical->encode($body), 0, 60) : '';

        is_refused($m->call($method, $path, body => $body), @expected,
                   "$method $path $shown");
    }
    return;
}

my $app = create(app_type => 'non_interactive');
my $id = $app->{client_id};
my $path = "clients/$id/credentials";

# ---- a key, to the letter ---------------------------------------------------
is_done($m->call('GET', $path), 200, 'there is none', []);
my $key = is_done($m->call('POST', $path, body => {
    credential_type => 'public_key', name => 'first', pem => $pem[0] }), 201,
    'created');

id_like($key->{id}, qr/^cred_[0-9A-Za-z]{22}$/, 'its id');
id_like($key->{kid}, qr/^[0-9A-Za-z_-]{43}$/, 'its kid is a thumbprint');
id_like($key->{created_at}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
        'when it was made');
is_deeply($key, { id => $key->{id}, credential_type => 'public_key',
    name => 'first', kid => $key->{kid}, alg => 'RS256',
    created_at => $key->{created_at}, updated_at => $key->{created_at} },
    'what is answered: never the key');
is_done($m->call('GET', "$path/$key->{id}"), 200, 'got', $key);
is_done($m->call('GET', $path), 200, 'listed', [ $key ]);
is_done($m->call('PATCH', "$path/$key->{id}", body => { expires_at => $far }),
        200, 'its end');
$key = $m->must('GET', "$path/$key->{id}");
is($key->{expires_at}, $far, 'its end is told');
my $again = is_done($m->call('PATCH', "$path/$key->{id}", body => $key), 200,
                    'what was got is taken back');
is_deeply({ %$again, updated_at => 0 }, { %$key, updated_at => 0 },
          'and changes nothing');
is(is_done($m->call('PATCH', "$path/$key->{id}",
                    body => { expires_at => undef }), 200,
           'no end')->{expires_at}, undef, 'its end is taken back');

# ---- refusals ---------------------------------------------------------------
my $small = TPA::JWT::public_pem(TPA::JWT::key('rsa', 1024));
my $curve = TPA::JWT::public_pem(TPA::JWT::key('ec', 'P-256'));

refuse(
    # method, path, body, status, errorCode, message
    [ 'POST', $path, {}, 400, 'invalid_body',
      "${bad}'Missing required property: pem'." ],
    [ 'POST', $path, { pem => 'x' }, 400, 'invalid_body',
      qr/^${bad}'.+' on property pem\.$/ ],
    [ 'POST', $path, { pem => $small }, 400, 'invalid_body',
      qr/^${bad}'.+' on property pem\.$/ ],
    [ 'POST', $path, { pem => $curve }, 400, 'invalid_body',
      "${bad}'The key must be an RSA key' on property pem." ],
    [ 'POST', $path, { pem => $rsa[0] }, 400, 'invalid_body',
      qr/^${bad}'.+' on property pem\.$/ ],
    [ 'POST', $path, { pem => $pem[1], alg => 'HS256' }, 400, 'invalid_body',
      qr/No enum match for: HS256/ ],
    [ 'POST', $path, { pem => $pem[1], kid => 'short' }, 400, 'invalid_body',
      qr/on property kid/ ],
    [ 'POST', $path, { pem => $pem[1], id => 'cred_mine' }, 400,
      'invalid_body', "${bad}'Additional properties not allowed: id'." ],
    [ 'POST', $path, { pem => $pem[1], name => 'x' x 129 }, 400,
      'invalid_body', qr/on property name/ ],
    [ 'POST', $path, { pem => $pem[1], expires_at => '2020-01-01T00:00:00Z' },
      400, 'invalid_body',
      "${bad}'Its end must be in the future' on property expires_at." ],
    [ 'POST', $path, { pem => $pem[1], expires_at => 'soon' }, 400,
      'invalid_body', qr/on property expires_at/ ],
    [ 'POST', $path, { pem => $pem[1], parse_expiry_from_cert => $true }, 400,
      'invalid_body', "${bad}'pem is no certificate' on property"
      . ' parse_expiry_from_cert.' ],
    [ 'POST', $path, { pem => $pem[1], parse_expiry_from_cert => $true,
      expires_at => $far }, 400, 'invalid_body', "${bad}'It cannot be used"
      . " beside expires_at' on property parse_expiry_from_cert." ],
    [ 'POST', $path, { pem => $pem[0] }, 409, 'credential_conflict',
      'The application has a credential with the same kid already.' ],
    [ 'PATCH', "$path/$key->{id}", { name => 'new' }, 400, 'invalid_body',
      qr/It cannot be changed' on property name/ ],
    [ 'PATCH', "$path/$key->{id}", { pem => $pem[1] }, 400, 'invalid_body',
      "${bad}'Additional properties not allowed: pem'." ],
    [ 'PATCH', "$path/$key->{id}", { expires_at => '2020-01-01T00:00:00Z' },
      400, 'invalid_body',
      "${bad}'Its end must be in the future' on property expires_at." ],
    [ 'PATCH', "$path/$key->{id}", {}, 400, 'invalid_body',
      qr/Too few properties/ ],
    [ 'GET', 'clients/nobody/credentials', undef, @no_client ],
    [ 'POST', 'clients/nobody/credentials', { pem => $pem[1] }, @no_client ],
    [ 'GET', "$path/cred_none", undef, @gone ],
    [ 'PATCH', "$path/cred_none", { expires_at => $far }, @gone ],
    [ 'DELETE', "$path/cred_none", undef, @gone ],
);

# ---- two keys, no more ------------------------------------------------------
my $cert = TPA::JWT::certificate($rsa[1], 20);
my $second = is_done($m->call('POST', $path, body => { pem => $cert,
    parse_expiry_from_cert => $true, alg => 'PS256',
    kid => 'second-key' }), 201, 'a certificate');

is_deeply([ @$second{qw(alg kid)} ], [ 'PS256', 'second-key' ],
          'as it was told');
id_like($second->{expires_at}, qr/^20\d\d-\d\d-\d\dT[\d:]+\.000Z$/,
        'it ends with its certificate');
is_refused($m->call('POST', $path, body => { pem => $pem[2] }), 409,
           'credential_limit', 'An application has at most 2 credentials.',
           'a third key');
is_deeply([ map { $_->{id} } @{ $m->must('GET', $path) } ],
          [ $key->{id}, $second->{id} ], 'the list');

# ---- what keys are good for -------------------------------------------------
my $api = $t->api;

$t->grant(client => { id => $id }, api => $api);

# The status of a token request with an assertion by a key.
sub asks {
    my ($private, $alg) = @_;
    my $now = time;
    my $jwt = TPA::JWT::sign({ alg => $alg || 'RS256' }, {
        iss => $id, sub => $id, aud => $t->{issuer}, iat => $now,
        exp => $now + 60, jti => TPA::Tenant::text_of(20) }, $private);

    return $t->http->request('POST', '/oauth/token', headers =>
        [ 'Content-Type' => 'application/x-www-form-urlencoded' ],
        body => form(grant_type => 'client_credentials', client_id => $id,
            audience => $api->{identifier}, client_assertion => $jwt,
            client_assertion_type =>
                'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'))
        ->code;
}

sub methods {
    my (@ids) = @_;

    return { private_key_jwt => { credentials => [ map { +{ id => $_ } } @ids ]
                                } };
}

is(asks($rsa[0]), 401, 'a stored key is good for nothing');
my $named = is_done($m->call('PATCH', "clients/$id", body => {
    client_authentication_methods => methods($key->{id}),
    token_endpoint_auth_method => undef }), 200, 'it is named');
is_deeply($named->{client_authentication_methods}, methods($key->{id}),
          'the application says so');
ok(!exists $named->{token_endpoint_auth_method}, 'and has no other method');
is(asks($rsa[0]), 200, 'now it is good');
is(asks($rsa[1], 'PS256'), 401, 'the other is not');
is_done($m->call('PATCH', "clients/$id", body => $named), 200,
        'what was got is taken back', $named);
is_done($m->call('PATCH', "clients/$id", body => {
    client_authentication_methods => methods($key->{id}, $second->{id}) }),
    200, 'both are named');
is(asks($_->[0], $_->[1]), 200, 'each of them is good')
    for [ $rsa[0] ], [ $rsa[1], 'PS256' ];
is_refused($m->call('PATCH', "clients/$id", body => {
    token_endpoint_auth_method => 'client_secret_post' }), 400, 'invalid_body',
    "${bad}'It must be null when client_authentication_methods is set' on"
    . ' property token_endpoint_auth_method.', 'a secret beside keys');
is_done($m->call('DELETE', "$path/$key->{id}"), 204, 'deleted', undef);
is(asks($rsa[0]), 401, 'a deleted key is good for nothing');
is_done($m->call('DELETE', "$path/$second->{id}"), 204, 'the other', undef);
$named = $m->must('GET', "clients/$id");
is_deeply($named->{client_authentication_methods}, methods(),
          'an application without keys');
is_done($m->call('PATCH', "clients/$id", body => $named), 200,
        'what was got is taken back', $named);
$named = is_done($m->call('PATCH', "clients/$id", body => {
    client_authentication_methods => undef }), 200, 'back to a secret');
is_deeply([ @$named{qw(token_endpoint_auth_method
                       client_authentication_methods)} ],
          [ 'client_secret_post', undef ], 'which it was born with');

# ---- an application born with keys ------------------------------------------
my $born = create(app_type => 'non_interactive', is_first_party => $false,
    grant_types => [ 'client_credentials' ],
    client_authentication_methods => { private_key_jwt => { credentials => [
        { credential_type => 'public_key', pem => $pem[0], name => 'a' },
        { credential_type => 'public_key', pem => $pem[1], alg => 'RS384' },
    ] } });

($id, $path) = ($born->{client_id}, "clients/$born->{client_id}/credentials");
$t->grant(client => { id => $id }, api => $api);
my $stored = $m->must('GET', $path);

is_deeply($born->{client_authentication_methods},
          methods(map { $_->{id} } @$stored), 'its keys by their ids');
is_deeply([ map { $_->{alg} } @$stored ], [ 'RS256', 'RS384' ], 'in order');
is(asks($_->[0], $_->[1]), 200, 'each of them is good')
    for [ $rsa[0] ], [ $rsa[1], 'RS384' ];

for (
    [ [], qr/needs at least one credential/ ],
    [ [ { pem => 'x' } ], qr/credentials\[0\]\.pem\.$/ ],
    [ [ { pem => $pem[0] }, { pem => $curve } ], qr/credentials\[1\]\.pem\.$/ ],
    [ [ { pem => $pem[0] }, { pem => $pem[0] } ], qr/the same kid twice/ ],
    [ [ map { +{ pem => $_ } } @pem ], qr/Array is too long \(3\), maximum 2/ ],
    [ [ { id => 'cred_1' } ], qr/Additional properties not allowed: id/ ],
) {
    my ($credentials, $message) = @$_;

    is_refused($m->call('POST', 'clients', body => { name => 'x',
        client_authentication_methods => { private_key_jwt => {
            credentials => $credentials } } }), 400, 'invalid_body', $message,
        "refused: $message");
}

# ---- scopes, other applications, other tenants ------------------------------
my $one = "$path/$stored->[0]{id}";

for (
    [ 'GET', $path, 'read' ], [ 'POST', $path, 'create' ],
    [ 'GET', $one, 'read' ], [ 'PATCH', $one, 'update' ],
    [ 'DELETE', $one, 'delete' ],
) {
    my ($method, $where, $verb) = @$_;

    is_refused($m->call($method, $where, body => $method =~ /^P/ ? {} : undef,
                        scopes => [ 'read:clients' ]), 403,
               'insufficient_scope', 'Insufficient scope, expected any of:'
               . " $verb:client_credentials", "$method without the scope");
}
my $mine = "clients/$app->{client_id}/credentials/$stored->[0]{id}";

is_refused($m->call($_, $mine, body => $_ eq 'PATCH'
                    ? { expires_at => $far } : undef), @gone,
           "$_: a key of another application") for qw(GET PATCH DELETE);
is_refused(mgmt('b')->call('GET', $one), @gone, 'at another tenant');
is_refused(mgmt('b')->call('GET', $path), @no_client, 'and its list');
is_done($m->call('GET', $one), 200, 'it is still here', $stored->[0]);

done_testing();
