# Which pages may read an answer: any one those of the documents, and those that
# are on an application's lists what is made for that application.
use TPA::Test;
use TPA::User;

my $t = tenant('a');
my $http = $t->http;
my $origin = 'https://app.example.com';

sub options {
    my ($path, @headers) = @_;

    return $http->request('OPTIONS', $path, headers => [ @headers,
        'Access-Control-Request-Method' => 'POST',
        'Access-Control-Request-Headers' =>
            'auth0-client,authorization,content-type,dpop' ]);
}

# ---- asked beforehand ------------------------------------------------------------

for my $path (qw(/oauth/token /oauth/revoke)) {
    for my $asks ($origin, 'http://localhost:3000', 'http://127.0.0.1:8080',
                  'https://[::1]:1', 'capacitor://localhost') {
        my $answer = options($path, Origin => $asks);

        is($answer->code, 204, "$path: preflight of $asks");
        is($answer->header('Access-Control-Allow-Origin'), $asks,
           "$path: $asks may ask");
        like($answer->header('Access-Control-Allow-Methods'), qr/\bPOST\b/,
             "$path: $asks: methods");
        like($answer->header('Access-Control-Allow-Headers'), qr/\b$_\b/i,
             "$path: $asks: $_")
            for qw(Authorization Content-Type Auth0-Client DPoP);
        is($answer->header('Access-Control-Allow-Credentials'), '',
           "$path: $asks: without cookies");
        like($answer->header('Vary'), qr/\bOrigin\b/, "$path: $asks: Vary");
    }
    for my $asks ('null', '*', "$origin/", "$origin/path", "$origin?x",
                  "$origin,$origin", "$origin $origin", 'app.example.com',
                  'https://u@app.example.com', "https://app.example.com\\x",
                  'javascript:alert(1)', 'https://') {
        my $answer = options($path, Origin => $asks);

        is($answer->code, 204, "$path: preflight of '$asks'");
        is($answer->header("Access-Control-Allow-$_"), '',
           "$path: '$asks' is no origin: $_") for qw(Origin Methods Headers);
    }
    my $answer = options($path);

    is($answer->header('Access-Control-Allow-Origin'), '',
       "$path: no origin, no answer for one");
    like($answer->header('Vary'), qr/\bOrigin\b/, "$path: Vary all the same");
}

# ---- machines serve no pages -------------------------------------------------------

my $m = $t->machine(web_origins => [ $origin ],
                    allowed_origins => [ $origin ]);
my $answer = $http->request('POST', '/oauth/token',
    headers => [ Origin => $origin, 'Content-Type' =>
                 'application/x-www-form-urlencoded' ],
    body => form(grant_type => 'client_credentials', client_id => $m->{id},
                 client_secret => $m->{secret},
                 audience => $m->{api}{identifier}));

is($answer->code, 200, 'a machine that says Origin');
is($answer->header('Access-Control-Allow-Origin'), '', 'is no page');
like($answer->header('Vary'), qr/\bOrigin\b/, 'Vary');
seen($answer->json->{access_token});

# ---- applications with pages ---------------------------------------------------------

my $s = stage($t, app => { method => 'none', app_type => 'spa',
    refresh_rotation_type => 'rotating', refresh_leeway => 60,
    allowed_origins => [ $origin, 'http://localhost:3000' ],
    web_origins => [ 'https://web.example.com' ] });
my $foreign = stage($t, app => { method => 'none',
                                 web_origins => [ 'https://foreign.example' ] });
my $family = family_of($s);
my $code = code_of($s);
my @asks = (
    # name                          code  what is asked
    [ 'a refresh', 200, sub { refresh($s, $family->{token}, @_) } ],
    [ 'a refused refresh', 400, sub { refresh($s, 'x' x 43, @_) } ],
    [ 'a refused code', 400, sub { exchange($s, $code, code_verifier =>
                                            'x' x 43, @_) } ],
    [ 'a refused scope', 400, sub { refresh($s, $family->{token},
                                            scope => 'no:such', @_) } ],
    [ 'a failed authentication', 401, sub { refresh($s, $family->{token},
        '-app' => { %{ $s->{app} }, method => 'client_secret_basic' }, @_) } ],
    [ 'a revocation of nothing', 200, sub { revoke($s, 'x' x 43, @_) } ],
    [ 'a refused revocation', 401, sub { revoke($s, 'x' x 43,
        '-app' => { %{ $s->{app} }, method => 'client_secret_post' }, @_) } ],
);

for (@asks) {
    my ($name, $status, $ask) = @$_;

    for my $from ($origin, 'http://localhost:3000', 'https://web.example.com') {
        my $answer = $ask->('-headers' => [ Origin => $from ]);

        is($answer->code, $status, "$name: from $from") or diag($answer->body);
        is($answer->header('Access-Control-Allow-Origin'), $from,
           "$name: $from may read it");
        like($answer->header('Access-Control-Expose-Headers'), qr/\b$_\b/,
             "$name: $from sees $_") for qw(DPoP-Nonce Retry-After);
        is($answer->header('Access-Control-Allow-Credentials'), '',
           "$name: $from: without cookies");
        like($answer->header('Vary'), qr/\bOrigin\b/, "$name: $from: Vary");
    }
    for my $from (undef, 'null', '*', 'https://foreign.example', "$origin:443",
                  "$origin/", uc $origin, "${origin}x", 'https://example.com',
                  'http://app.example.com', "$origin, https://web.example.com") {
        my $answer = $ask->('-headers' => [ defined $from ? (Origin => $from)
                                                          : () ]);
        my $shown = $from // '(no Origin)';

        is($answer->code, $status, "$name: from $shown");
        is($answer->header('Access-Control-Allow-Origin'), '',
           "$name: $shown may not read it");
        like($answer->header('Vary'), qr/\bOrigin\b/, "$name: $shown: Vary");
    }
}

# Nobody's page reads what is for no application.
for (
    [ 'an unknown application', sub { refresh($s, 'x' x 43,
        '-app' => { %{ $s->{app} }, id => 'tpc_nobody' }, @_) } ],
    [ 'no application', sub { post_form($t, 'oauth/token', undef, @_,
        grant_type => 'refresh_token', refresh_token => 'x') } ],
    [ 'an unknown grant type', sub { post_form($t, 'oauth/token', $s->{app}, @_,
                                               grant_type => 'x') } ],
    [ 'the application of others', sub { refresh($foreign, 'x' x 43, @_) } ],
) {
    my ($name, $ask) = @$_;
    my $answer = $ask->('-headers' => [ Origin => $origin ]);

    is($answer->header('Access-Control-Allow-Origin'), '',
       "$name: not for pages");
    like($answer->header('Vary'), qr/\bOrigin\b/, "$name: Vary");
}

# The Management API is not for pages.
is(options('/api/v2/clients', Origin => $origin)
   ->header('Access-Control-Allow-Origin'), '', 'the Management API');

done_testing();
