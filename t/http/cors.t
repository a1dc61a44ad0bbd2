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

for my $path (qw(/oauth/token)) {
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

# The Management API is not for pages.
is(options('/api/v2/clients', Origin => $origin)
   ->header('Access-Control-Allow-Origin'), '', 'the Management API');

done_testing();
