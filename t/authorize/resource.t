# A client that names the API by resource alone (RFC 8707), as MCP clients do: at
# every step, to the letter, and one at a time.
use TPA::Test;
use TPA::Browser;
use TPA::User;

my $t = tenant('a');
my $url = 'https://mcp-' . TPA::Tenant::text_of(10) . '.example/mcp';
my $api = $t->api(identifier => $url, allow_offline_access => 't');
my $slashed = $t->api(identifier => "$url/");
my $connection = connection_of($t);
my $app = app_of($t, api => $api, method => 'none', app_type => 'native',
                 refresh_rotation_type => 'rotating');
my $user = TPA::Browser::person($t, $connection);
my $b = TPA::Browser->new($t);
my $s = { t => $t, app => $app };

$t->settings(resource_parameter_profile => 'compatibility');

sub ask {
    my (%params) = @_;

    return $b->authorize($app, audience => undef, resource => $url,
                         scope => 'read:things offline_access', %params);
}

sub code { return { code => $b->code, verifier => $b->{verifier} } }

sub aud { return (TPA::JWT::decode($_[0]->json->{access_token}))[1]{aud} }

# ---- the whole way -----------------------------------------------------------------

ask();
is($b->at, 'login', 'the login page');
$b->login($user);
is($b->at, 'consent', 'the consent page');
$b->consent;
my $answer = exchange($s, code(), resource => $url);

is($answer->code, 200, 'the code gives tokens') or diag($answer->body);
is(aud($answer), $url, 'for that API');
my $token = $answer->json->{refresh_token};

for my $name ('a refresh', 'one more') {
    $answer = refresh($s, $token, resource => $url);
    is($answer->code, 200, $name) or diag($answer->body);
    is(aud($answer), $url, "$name: for that API");
    $token = $answer->json->{refresh_token} if $answer->code == 200;
}

# ---- which one ---------------------------------------------------------------------

for (
    [ 'an unknown one',             { resource => 'https://no.such.example/' } ],
    [ 'another case',               { resource => uc $url } ],
    [ 'one character less',         { resource => substr $url, 0, -1 } ],
    [ 'with a query',               { resource => "$url?a" } ],
    [ 'with a fragment',            { resource => "$url#a" } ],
    [ 'with a port',                { resource => $url =~ s{/mcp}{:443/mcp}r } ],
    [ 'two in one',                 { resource => "$url $url" } ],
    [ 'not a URI',                  { resource => 'mcp' } ],
    [ 'an unknown audience with it',
      { audience => 'https://no.such.example/' } ],
) {
    my ($name, $params) = @$_;

    ask(%$params);
    is($b->{page}->code, 400, "$name: 400");
    is(($b->told)[0], 'invalid_target', "$name: invalid_target");
}
ask(resource => "$url/");
is(($b->told)[0], 'unauthorized_client',
   'with a slash it is another API, which is not granted');
ask(audience => $url, resource => 'https://no.such.example/');
is($b->at, 'redirect', 'audience wins');
$answer = exchange($s, code(), audience => $url,
                   resource => 'https://no.such.example/');
is($answer->code, 200, 'when the code is exchanged too');
$answer = refresh($s, $answer->json->{refresh_token}, audience => $url,
                  resource => 'https://no.such.example/');
is($answer->code, 200, 'and when it is refreshed');

# ---- several ------------------------------------------------------------------------

for ($url, "$url/", 'https://no.such.example/', '') {
    $b->get($b->request_of($app, audience => undef, resource => $url)
            . '&' . TPA::HTTP::form(resource => $_));
    my ($error, $text) = $b->told;

    is($error, 'invalid_target', "resource twice, '$_': invalid_target");
    like($text, qr/^Parameter resource is sent more than once: a token is for/,
         "resource twice, '$_': why");
}

my $token_http = $t->http;

sub twice {
    my ($path, @pairs) = @_;

    return $token_http->request('POST', "$t->{path}$path",
        headers => [ 'Content-Type' => 'application/x-www-form-urlencoded' ],
        body => TPA::HTTP::form(client_id => $app->{id}, @pairs));
}

ask();
my $code = code();

for (
    [ 'the code', 'oauth/token', grant_type => 'authorization_code',
      code => $code->{code}, redirect_uri => $TPA::User::callback,
      code_verifier => $code->{verifier} ],
    [ 'a refresh', 'oauth/token', grant_type => 'refresh_token',
      refresh_token => $token ],
    [ 'one of them in the URL', "oauth/token?"
        . TPA::HTTP::form(resource => $url), grant_type => 'refresh_token',
      refresh_token => $token ],
    [ 'client_credentials', 'oauth/token',
      grant_type => 'client_credentials' ],
) {
    my ($name, $path, @pairs) = @$_;

    push @pairs, resource => $url if $path !~ /\?/;
    is_error(twice($path, @pairs, resource => "$url/"), 400, 'invalid_target',
             "two for $name");
}
is(exchange($s, $code, resource => $url)->code, 200,
   'the code is still good after it');
is(refresh($s, $token, resource => $url)->code, 200, 'and so is the token');

# ---- not where the tenant does not read it -------------------------------------------

TPA::Tenant::undo();
ask();
is(($b->told)[0], 'invalid_request', 'under the profile audience: not read');

done_testing();
