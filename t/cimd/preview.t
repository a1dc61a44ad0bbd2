# Metadata documents at the Management API: what is refused, and why.
use TPA::Test timeout => 300;
use TPA::Mgmt;
use TPA::Site ();

my $m = mgmt('a');
my $site = TPA::Site->start;
my $bad = 'Payload validation error: ';
my $n = 0;

sub preview {
    my ($url, %opt) = @_;

    return $m->call('POST', 'clients/cimd/preview',
                    body => { external_client_id => $url }, %opt);
}

# ---- a document that is fine, to the letter ---------------------------------
my $url = $site->document('/fine', grant_types => [ 'authorization_code',
    'refresh_token' ], client_uri => 'https://app.cimd.test/');

is_done(preview($url), 200, 'a document that is fine', {
    mapped_fields => {
        external_client_id => $url, name => 'Document App',
        app_type => 'regular_web', callbacks => [ 'https://app.cimd.test/cb' ],
        grant_types => [ 'authorization_code', 'refresh_token' ],
        token_endpoint_auth_method => 'none' },
    validation => { valid => JSON::PP::true, violations => [],
                    warnings => [] } });
is($site->hits('/fine'), 1, 'it was fetched once');
is($m->must('GET', 'clients', query => [ external_client_id => $url ])
   ->[0], undef, 'a preview registers nothing');

# ---- addresses ----------------------------------------------------------------
# Part of the address, what is told of it.
my @urls = (
    [ 'http://app.cimd.test/c', qr/https/, 'not https' ],
    [ 'https://localhost/c', qr/public/, 'localhost' ],
    [ 'https://a.localhost/c', qr/public/, 'below localhost' ],
    [ 'https://127.0.0.1/c', qr/a name/, 'an address' ],
    [ 'https://2130706433/c', qr/a name/, 'an address as a number' ],
    [ 'https://[::1]/c', qr/a name/, 'an address of version 6' ],
    [ 'https://app/c', qr/public/, 'a name without a dot' ],
    [ 'https://app.cimd.test', qr/path/, 'no path' ],
    [ 'https://app.cimd.test/', qr/path/, 'a path that is only /' ],
    [ 'https://app.cimd.test/a/../c', qr/\. or \.\./, 'a dot segment' ],
    [ 'https://app.cimd.test/a/%2e%2e/c', qr/\. or \.\./,
      'a dot segment in disguise' ],
    [ 'https://me@app.cimd.test/c', qr/user/, 'credentials' ],
    [ 'https://app.cimd.test/c#f', qr/fragment/, 'a fragment' ],
    [ 'https://app.cimd.test/c?q', qr/query/, 'a query' ],
    [ 'https://app.cimd.test:0/c', qr/port/, 'port 0' ],
);

for (@urls) {
    my ($wrong, $text, $name) = @$_;

    is_refused(preview($wrong), 400, 'invalid_body',
               qr/^${bad}'.*$text.*' on property external_client_id /,
               "an address with $name is refused");
}
is_refused(preview('https://app.cimd.test/' . 'x' x 99), 400, 'invalid_body',
           qr/120/, 'an address of 121 characters is refused');
is($site->put('/' . 'y' x (120 - length $site->url('/')), 'x')
   =~ /^.{120}$/ && preview($site->url('/' . 'y' x (120 - length
   $site->url('/'))))->code, 200, 'one of 120 is not');

# ---- what a document says -----------------------------------------------------
# Members, the violation.
my @documents = (
    [ { client_id => 'https://app.cimd.test/other' }, qr/^client_id: /,
      'client_id is not its address' ],
    [ { client_name => undef }, qr/^client_name: /, 'no client_name' ],
    [ { client_name => "pay\x{202e}lap" }, qr/^client_name: .*direction/,
      'a name that turns round' ],
    [ { redirect_uris => undef }, qr/^redirect_uris: /, 'no redirect_uris' ],
    [ { redirect_uris => [ 'http://app.cimd.test/cb' ] },
      qr/^redirect_uris: .*https/, 'a redirect URI without TLS' ],
    [ { redirect_uris => [ ('https://app.cimd.test/cb') x 2 ] },
      qr/^redirect_uris: .*once/, 'a redirect URI twice' ],
    [ { redirect_uris => [ 'http://127.0.0.1/cb' ] },
      qr/^redirect_uris: .*native/, 'loopback of a web application' ],
    [ { redirect_uris => [ 'javascript:alert(1)' ] }, qr/^redirect_uris: /,
      'a redirect URI that runs' ],
    [ { grant_types => [ 'authorization_code', 'client_credentials' ] },
      qr/^grant_types: /, 'client_credentials' ],
    [ { grant_types => [ 'implicit' ] }, qr/^grant_types: /,
      'a grant type nobody supports' ],
    [ { application_type => 'service' }, qr/^application_type: /,
      'another application_type' ],
    [ { token_endpoint_auth_method => 'client_secret_basic' },
      qr/^token_endpoint_auth_method: /, 'a method with a secret' ],
    [ { token_endpoint_auth_method => 'client_secret_post' },
      qr/^token_endpoint_auth_method: /, 'another method with a secret' ],
    [ { client_secret => 'hush' }, qr/^client_secret: /, 'a secret' ],
    [ { jwks => { keys => [] } }, qr/^jwks: /, 'keys in the document' ],
    [ { token_endpoint_auth_method => 'private_key_jwt' }, qr/^jwks_uri: /,
      'private_key_jwt without jwks_uri' ],
    [ { token_endpoint_auth_method => 'private_key_jwt',
        jwks_uri => 'https://app.cimd.test/keys' }, qr/^jwks_uri: .*origin/,
      'a jwks_uri of another origin' ],
);

for (@documents) {
    my ($say, $text, $name) = @$_;
    my $got = is_done(preview($site->document('/doc' . $n++, %$say)), 200,
                      "a document with $name is looked at");

    is_deeply([ $got->{validation}{valid} ? 1 : 0,
                scalar @{ $got->{validation}{violations} } ], [ 0, 1 ],
              "... and is not valid");
    like($got->{validation}{violations}[0], $text, '... which is told');
}
my $native = is_done(preview($site->document('/native',
    application_type => 'native',
    redirect_uris => [ 'http://127.0.0.1/cb', 'https://app.cimd.test/cb' ])),
    200, 'loopback of a native application');

is($native->{validation}{valid} && $native->{mapped_fields}{app_type},
   'native', '... is fine');
$native = is_done(preview($site->document('/logo',
    logo_uri => 'http://app.cimd.test/l.png')), 200, 'a logo without TLS');
like($native->{validation}{warnings}[0], qr/^logo_uri: /, '... is left out');

# ---- keys -----------------------------------------------------------------------
sub keyed {
    my ($path, @jwks) = @_;
    my $keys = $site->put("$path-keys", @jwks ? @jwks : { keys => [] });

    return is_done(preview($site->document($path, jwks_uri => $keys,
        token_endpoint_auth_method => 'private_key_jwt')), 200,
        "a document with keys at $path");
}

my $key = TPA::JWT::key('rsa', 2048);
my $jwk = TPA::JWT::rsa_jwk($key);
my $got = keyed('/k1', { keys => [ { %$jwk, kid => 'first', use => 'sig' } ] });

is_deeply($got->{mapped_fields}{client_authentication_methods},
    { private_key_jwt => { credentials => [ { credential_type => 'public_key',
        kid => 'first', alg => 'RS256' } ] } }, 'keys are told, not shown');
is($got->{validation}{valid} ? 1 : 0, 1, '... and are fine');
for ([ '/k2', { keys => [] }, 'an empty key set' ],
     [ '/k3', { keys => [ TPA::JWT::rsa_jwk(TPA::JWT::key('rsa', 1024)) ] },
       'a key that is too short' ],
     [ '/k4', { keys => [ { kty => 'oct', k => 'c2VjcmV0' } ] },
       'a key that is a secret' ],
     [ '/k5', 'no JSON', 'no JSON' ],
     [ '/k6', { keys => [ { %$jwk, alg => 'HS256' } ] },
       'an algorithm for secrets' ],
     [ '/k7', { keys => [ { %$jwk, x => 'x' x 13000 } ] },
       'a key set of more than 12 KB' ]) {
    my ($path, $set, $name) = @$_;

    like(keyed($path, $set)->{validation}{violations}[0], qr/^jwks_uri: /,
         "$name is refused");
}
$got = keyed('/k8', { keys => [ { kty => 'oct', k => 'c2VjcmV0' },
                                { %$jwk, x => 'x' x 11000 } ] });
is($got->{validation}{valid} ? 1 : 0, 1, 'a key set of 12 KB is fine');
like($got->{validation}{warnings}[0], qr/^jwks_uri: /,
     'that a key was left out is told');

# ---- who may --------------------------------------------------------------------
is(preview($url, scopes => [ 'read:clients' ])->code, 200, 'a reader may');
is(preview($url, scopes => [ 'create:clients' ])->code, 403,
   'others may not');
is(preview($url, token => undef)->code, 401, 'nobody may not');
is_refused(preview(undef), 400, 'invalid_body', qr/external_client_id/,
           'an address must be sent');

done_testing;
