# Only the paths below the issuer are ours; everything else of a host stays as
# it was, and neither other modules nor odd spellings get around our rules.
use TPA::Test;

my $m = tenant('a')->machine;
my $good = form(grant_type => 'client_credentials', client_id => $m->{id},
                client_secret => $m->{secret},
                audience => $m->{api}{identifier});
my @form = (headers => [ 'Content-Type' =>
                         'application/x-www-form-urlencoded' ]);

sub post {
    my ($host, $path, $body) = @_;
    my $answer = main_node->http($host, keep => 0)
        ->request('POST', $path, @form, body => $body // $good);

    seen($answer->json->{access_token}) if is_token($answer);
    return $answer;
}

sub get {
    my ($host, $path) = @_;

    return main_node->http($host, keep => 0)->request('GET', $path);
}

sub is_token {
    my ($answer) = @_;

    return $answer->body =~ /access_token/ ? 1 : 0;
}

# ---- what is not ours --------------------------------------------------------------

for (
    # host      path                            code   body
    [ 'plain',  '/page.html',                    200, 'plain content' ],
    [ 'plain',  '/oauth/token',                  200, 'own token page' ],
    [ 'plain',  '/.well-known/jwks.json',        200, 'own key page' ],
    [ 'plain',  '/.well-known/oauth-authorization-server', 404 ],
    [ 'a',      '/page.html',                    200, 'plain content' ],
    [ 'a',      '/.well-known/security.txt',     200, 'own security page' ],
    [ 'a',      '/nothing.html',                 404 ],
    [ 'a',      '/oauth/',                       404 ],
    [ 'a',      '/oauth',                        301 ],
    [ 'a',      '/oauth/token2',                 404 ],
    [ 'a',      '/path/oauth/token',             404 ],
    [ 'c',      '/page.html',                    200, 'plain content' ],
    [ 'c',      '/oauth/token',                  200, 'own token page' ],
    [ 'c',      '/.well-known/jwks.json',        200, 'own key page' ],
    [ 'unknown', '/oauth/token',                 200, 'own token page' ],
    [ 'handler', '/page.html',                   200, 'plain content' ],
    [ 'steal',  '/oauth/jwks.json',              200, 'stolen' ],
    [ 'steal',  '/page.html',                    200, 'plain content' ],
) {
    my ($host, $path, $code, $body) = @$_;
    my $answer = get($host, $path);

    is($answer->code, $code, "$host: $path");
    like($answer->body, qr/^\Q$body\E$/m, "$host: $path: its content")
        if defined $body;
    unlike($answer->body, qr/"error"/, "$host: $path: not of ours");
}
is(is_token(post('plain', '/oauth/token')), 0, 'no token from a plain host');
is(is_token(post('c', '/oauth/token')), 0,
   'no token beside the path of the issuer');
is(post('c', '/path/oauth/token')->code, 200, 'a token below it');

# ---- who wants our paths ---------------------------------------------------------------

for (
    [ 'handler', 'SetHandler at the location' ],
    [ 'steal', 'Alias, Redirect and RewriteRule for the path' ],
) {
    my ($host, $name) = @$_;
    my $answer = post($host, '/oauth/token');

    is(is_token($answer), 1, "$name: a token") or diag($answer->body);
    is_error(post($host, '/oauth/token', 'a=%zz'), 400, 'invalid_request',
             "$name: an error");
    like(get($host, '/.well-known/jwks.json')->body, qr/"kty":"RSA"/,
         "$name: the keys");
    like(get($host, '/.well-known/openid-configuration')->body,
         qr{"issuer":"https://$host\.example\.test/"}, "$name: the metadata");
}

# ---- Require and Satisfy -----------------------------------------------------------------

my $answer = post('deny', '/oauth/token');

is($answer->code, 403, 'Require all denied: no token for a good request');
is(is_token($answer), 0, 'Require all denied: really none');
is_error(post('deny', '/oauth/token', 'a=%zz'), 400, 'invalid_request',
         'Require all denied: a bad request is told so first');
is_error(get('deny', '/oauth/token'), 405, 'invalid_request',
         'Require all denied: and so is a wrong method');
is(get('deny', '/.well-known/jwks.json')->code, 200,
   'Require all denied: other paths are served');

is(post('any', '/oauth/token')->code, 200, 'Satisfy Any: a good request');
for my $body ('a=%zz', "$good&audience=x", '') {
    is_error(post('any', '/oauth/token', $body), 400, 'invalid_request',
             "Satisfy Any: one clean error for '" . substr($body, 0, 10) . "'");
}
is_error(get('any', '/oauth/token'), 405, 'invalid_request',
         'Satisfy Any: a wrong method');

# ---- spellings of the path ---------------------------------------------------------------------

# Where access is denied no spelling of the path opens it, and where it is not
# a spelling either is the endpoint or nothing.
for my $path ('/oauth/token', '/oauth/%74oken', '/%6fauth/token',
              '/%6F%61uth/%74%6F%6B%65%6E', '//oauth/token', '/oauth//token',
              '///oauth///token', '/./oauth/token', '/oauth/./token',
              '/oauth/%2e/token', '/x/../oauth/token', '/x/%2e%2e/oauth/token',
              '/x/.%2e/oauth/token', '/oauth/x/../token', '/oauth/token/',
              '/oauth/token/.', '/oauth/token//', '/oauth%2ftoken',
              '/oauth%2Ftoken', '/oauth/token%00', '/oauth/token%0a',
              '/oauth/token%20', '/oauth/token;x=1', '/oauth;x/token',
              '/oauth/token.', '/Oauth/Token', '/OAUTH/TOKEN',
              '/oauth\\token', '/%252e/oauth/token', '/../oauth/token',
              '/oauth/../../oauth/token', '/%2e%2e/oauth/token',
              '/oauth/token?x=1', '/oauth/token#x', '*',
              'http://HOST.example.test/oauth/token') {
    my $denied = post('deny', $path =~ s/HOST/deny/r);
    my $open = post('a', $path =~ s/HOST/a/r);

    is(is_token($denied), 0, "$path: nothing where it is denied")
        or diag($denied->{line}, $denied->body);
    ok($open->code == 200 ? is_token($open) : !is_token($open),
       "$path: a token or none");
    like($open->code, qr/^(?:200|400|403|404|405)$/, "$path: $open->{line}");
    is($denied->code, 403, "$path: denied where it would be served")
        if $open->code == 200;
}

# ---- from within the server ----------------------------------------------------------------------

for my $page ('/inside/token.shtml', '/inside/keys.shtml') {
    my $answer = get('inside', $page);

    is($answer->code, 200, "$page includes one of our paths");
    like($answer->body, qr/^before .* after$/s, "$page: the page is whole");
    unlike($answer->body, qr/"(?:error|keys|access_token)"/,
           "$page: nothing of ours is in it");
}
is_error(get('inside', '/inside/token.asis'), 405, 'invalid_request',
         'an internal redirect of a GET to the token endpoint');
like(get('inside', '/inside/keys.asis')->body, qr/"kty":"RSA"/,
     'an internal redirect to the keys');
like(get('inside', '/inside/rewritten-keys')->body, qr/"kty":"RSA"/,
     'a rewrite to the keys');
is(post('inside', '/inside/rewritten')->code, 200,
   'a rewrite of a good request to the token endpoint');
is_error(post('inside', '/inside/rewritten', 'a=%zz'), 400, 'invalid_request',
         'a rewrite of a bad request: one clean error');
is_error(post('inside', '/inside/rewritten', ''), 400, 'invalid_request',
         'a rewrite of an empty request');
$answer = get('inside', '/no-such-page');
is(is_token($answer), 0, 'an error document at the token endpoint: no token');
is_error($answer, 405, 'invalid_request',
         'an error document at the token endpoint: one clean error');
is(is_token(post('inside', '/no-such-page')), 0,
   'an error document for a POST: no token');

# ---- HTTP itself -------------------------------------------------------------------------------------

my $http = main_node->http('a', keep => 0);

is($http->exchange("POST /oauth/token HTTP/1.0\r\nHost: a.example.test\r\n"
    . "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
    . length($good) . "\r\n\r\n$good", 'POST')->code, 200, 'HTTP/1.0');
is($http->request('POST', '/oauth/token', @form, body => $good,
                  host => undef)->code, 400, 'no Host');
is(is_token($http->request('POST', '/oauth/token', @form, body => $good,
                           host => 'plain.example.test')), 0,
   'the Host of another site');
is(is_token($http->request('POST', '/oauth/token', @form, body => $good,
                           host => 'b.example.test')), 0,
   'the Host of another tenant');
is($http->request('TRACE', '/oauth/token')->code, 405, 'TRACE');

done_testing();
