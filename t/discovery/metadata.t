# The metadata documents: the same at every path, saying only what works.
use TPA::Test;
use TPA::User;

my $openid = '/.well-known/openid-configuration';
my $oauth = '/.well-known/oauth-authorization-server';

# host, then every path its document is to be had at, and those it is not.
my @hosts = (
    [ 'a', [ $openid, $oauth ],
      [ "$oauth/x", "$oauth/path", "${oauth}x", '/path/.well-known/jwks.json' ] ],
    [ 'b', [ $openid, $oauth ], [] ],
    [ 'c', [ "/path$openid", "/path$oauth", "$oauth/path", "$openid/path",
             "$oauth/path/" ],
      [ $openid, $oauth, "$oauth/", "$oauth/pat", "$oauth/pathx",
        "$oauth/path/x", '/.well-known/jwks.json',
        '/oauth/token', '/path/path/oauth/token' ] ],
);

for (@hosts) {
    my ($host, $paths, $not) = @$_;
    my $t = tenant($host);
    my $http = $t->http;
    my $issuer = $t->{issuer};
    my $first;

    for my $path (@$paths) {
        my $answer = $http->request('GET', $path);

        is($answer->code, 200, "$host: $path");
        $first = $answer->body unless defined $first;
        is($answer->body, $first, "$host: $path says the same");
        is($answer->header('Content-Type'), 'application/json',
           "$host: $path: content type");
        like($answer->header('Cache-Control'), qr/^public, max-age=300$/,
             "$host: $path: may be cached");
        is($answer->header('Access-Control-Allow-Origin'), '*',
           "$host: $path: any page may read it");
    }
    for my $path (@$not) {
        unlike($http->request('GET', $path)->body, qr/"(?:issuer|keys|error)"/,
               "$host: not $path");
    }

    my $doc = JSON::PP::decode_json($first);

    # Other tests have APIs; t/rar/announced.t looks at it.
    delete $doc->{authorization_details_types_supported};
    is_deeply($doc, { (
        issuer => $issuer,
        token_endpoint => "${issuer}oauth/token",
        jwks_uri => "${issuer}.well-known/jwks.json",
        authorization_endpoint => "${issuer}authorize",
        response_types_supported => [ 'code' ],
        response_modes_supported => [qw(query form_post web_message)],
        code_challenge_methods_supported => [ 'S256' ],
        ui_locales_supported => [qw(en de fr es pt ja ar)],
        authorization_response_iss_parameter_supported => JSON::PP::true(),
        grant_types_supported =>
            [qw(authorization_code refresh_token client_credentials)],
        scopes_supported => [ 'offline_access' ],
        revocation_endpoint => "${issuer}oauth/revoke",
        map {
            ("${_}_endpoint_auth_methods_supported" =>
                [qw(client_secret_basic client_secret_post private_key_jwt
                    none)],
             "${_}_endpoint_auth_signing_alg_values_supported" =>
                [qw(RS256 RS384 PS256)])
        } qw(token revocation)), (
        subject_types_supported => [ 'public' ],
        id_token_signing_alg_values_supported => [ 'RS256' ],
        dpop_signing_alg_values_supported => [ 'ES256' ],
    ) }, "$host: the document, and nothing that does not work")
        or diag($first);

    # What is announced works: each endpoint is where it is said to be.
    my %code = (jwks_uri => 200, authorization_endpoint => 400);

    for my $member (qw(authorization_endpoint token_endpoint
                       revocation_endpoint jwks_uri)) {
        my ($path) = $doc->{$member} =~ m{^https://[^/]+(/.*)$};
        my $code = $http->request('GET', $path)->code;

        is($code, $code{$member} || 405,
           "$host: $member is served");
    }
}

# ---- each announced method works, and no other endpoint answers ---------------------

my $t = tenant('a');
my $http = $t->http;

for my $path (qw(/authorize/ /authorizex /u/ /u /u/logout /oauth/revoke/ /userinfo /oidc/ /oidc/registerx /api/v2/
                 /api/v2/nothing /oauth/device/code /v2/logout /oauth/par
                 /.well-known/openid-configuration/
                 /.well-known/jwks.json/ /oauth/token/ /oauth/tokenx
                 /oauth/token.json /OAUTH/TOKEN)) {
    is($http->request('GET', $path)->code, 404, "$path is not there");
}
my $api = $t->api;
my $rsa = TPA::JWT::key('rsa', 2048);
my $doc = $http->request('GET', $oauth)->json;

for my $method (@{ $doc->{token_endpoint_auth_methods_supported} }) {
    next if $method eq 'private_key_jwt';
    my $s = stage($t, app => { method => $method });

    is(exchange($s, code_of($s))->code, 200,
       "$method is announced and works for users");
    next if $method eq 'none';
    is($t->token($t->machine(api => $api, method => $method))->code, 200,
       "$method is announced and works");
}
for my $alg (@{ $doc->{token_endpoint_auth_signing_alg_values_supported} }) {
    my $m = $t->machine(api => $api, method => 'private_key_jwt',
        keys => [ { pem => TPA::JWT::public_pem($rsa), alg => $alg } ]);
    my $now = time;
    my $jws = TPA::JWT::sign({ alg => $alg }, {
        iss => $m->{id}, sub => $m->{id}, aud => $doc->{issuer}, iat => $now,
        exp => $now + 60, jti => "discovery-$alg-$$" }, $rsa);

    is($t->token({ %$m, secret => undef }, client_assertion => seen($jws),
        client_assertion_type =>
            'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')->code,
       200, "$alg is announced and works");
}

# ---- methods --------------------------------------------------------------------------

for my $path ($openid, $oauth, '/.well-known/jwks.json') {
    my $get = $http->request('GET', $path);
    my $head = $http->request('HEAD', $path);

    is($head->code, 200, "HEAD $path");
    is($head->header($_), $get->header($_), "HEAD $path: $_")
        for qw(Content-Type Content-Length Cache-Control ETag
               Access-Control-Allow-Origin);
    is($http->request('GET', "$path?x=1&x=2&%zz")->code, 200,
       "a query does not matter to $path");
    for my $method (qw(POST PUT DELETE PATCH)) {
        my $answer = $http->request($method, $path, body => 'x');

        is_error($answer, 405, 'invalid_request', "$method $path");
        same_set([ split /,\s*/, $answer->header('Allow') ],
                 [qw(GET HEAD OPTIONS)], "$method $path: Allow");
    }

    # Preflight of a browser: what it wants to send is allowed.
    my $answer = $http->request('OPTIONS', $path, headers => [
        Origin => 'https://app.example',
        'Access-Control-Request-Method' => 'GET',
        'Access-Control-Request-Headers' => 'mcp-protocol-version' ]);

    is($answer->code, 204, "OPTIONS $path");
    is($answer->header('Access-Control-Allow-Origin'), '*',
       "OPTIONS $path: origin");
    like($answer->header('Access-Control-Allow-Methods'), qr/\bGET\b/,
         "OPTIONS $path: methods");
    like($answer->header('Access-Control-Allow-Headers'),
         qr/\bMCP-Protocol-Version\b/i, "OPTIONS $path: headers");
    is($answer->header('Access-Control-Allow-Credentials'), '',
       "OPTIONS $path: no cookies");
}

# Their age is the operator's to say.
is(tenant('small')->http->request('GET', $oauth)->header('Cache-Control'),
   'public, max-age=60', 'TPAMetadataMaxAge');

done_testing();
