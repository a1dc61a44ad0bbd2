# /.well-known/oauth-protected-resource: what clients learn of an API from its
# directives, whoever else would like to have the path or guard it.
use TPA::Test;

my $at = '/.well-known/oauth-protected-resource';

sub ask {
    my ($host, $method, $path, @headers) = @_;

    return main_node->http($host, keep => 0)
        ->request($method, $path, headers => \@headers);
}

my %t = (
    resource => 'https://api.example.test/t/',
    authorization_servers => [ 'https://a.example.test/' ],
    bearer_methods_supported => [ 'header' ],
    dpop_signing_alg_values_supported => [ 'ES256' ],
);
my %whole = (
    resource => 'https://whole.example.test/',
    authorization_servers => [ 'https://whole.example.test/' ],
    scopes_supported => [ 'read:things' ],
    bearer_methods_supported => [ 'header' ],
    dpop_signing_alg_values_supported => [ 'ES256' ],
);

my %told = (%t, resource => 'https://api.example.test/told',
            scopes_supported => [ 'offline_access', 'read:things' ]);

for (
    # host    path              status  document
    [ 'api',   "$at/t/",         200, \%t ],
    [ 'api',   "$at/t",          200, \%t ],
    [ 'api',   "$at/t?a=b",      200, \%t ],
    [ 'api',   "$at/told",       200, \%told ],
    [ 'whole', $at,              200, \%whole ],
    [ 'whole', "$at/",           200, \%whole ],
    [ 'whole', "$at/other",      401 ],
    [ 'api',   $at,              404 ],
    [ 'api',   "$at/t/user",     404 ],
    [ 'api',   "$at/T",          404 ],
    [ 'a',     $at,              404 ],
    [ 'plain', $at,              404 ],
) {
    my ($host, $path, $status, $document) = @$_;
    my $answer = ask($host, 'GET', $path);

    is($answer->code, $status, "$host: $path");
    next unless $document;
    is_deeply($answer->json, $document, "$host: $path: the document");
    is($answer->header('Content-Type'), 'application/json', 'its type');
    is($answer->header('Access-Control-Allow-Origin'), '*', 'for every page');
    is($answer->header('Cache-Control'), 'public, max-age=300', 'to be kept');
}

my $get = ask('api', 'GET', "$at/t");
my $head = ask('api', 'HEAD', "$at/t");

is($head->code, 200, 'HEAD');
is($head->header('Content-Length'), length $get->body, 'HEAD: the length');
is($head->body, '', 'HEAD: no body');

my $options = ask('api', 'OPTIONS', "$at/t", Origin => 'https://x.example',
                  'Access-Control-Request-Method' => 'GET');

is($options->code, 204, 'a preflight');
is($options->header('Access-Control-Allow-Origin'), '*', 'is told yes');
like($options->header('Access-Control-Allow-Headers'),
     qr/MCP-Protocol-Version/, 'with the header of MCP clients');
for my $method (qw(POST PUT DELETE)) {
    my $answer = ask('api', $method, "$at/t");

    is($answer->code, 405, $method);
    is($answer->header('Allow'), 'GET, HEAD, OPTIONS', "$method: what may be");
}

# The place that a challenge names is the place where they are.
my ($url) = ask('api', 'GET', '/t/user')->header('WWW-Authenticate')
    =~ /resource_metadata="([^"]+)"/;
is($url, "https://api.example.test$at/t/", 'the address in a challenge');
is_deeply(ask('api', 'GET', $url =~ s{^https://[^/]+}{}r)->json, \%t,
          'leads there');

# Behind a login that a client without a token could not pass.
my $whole = ask('whole', 'GET', '/page.html');
is($whole->code, 401, 'a whole host is guarded');
is_deeply($whole->{headers}{'www-authenticate'}, [
       'Bearer scope="read:things",'
       . " resource_metadata=\"https://whole.example.test$at\"",
       'DPoP algs="ES256",'
       . " resource_metadata=\"https://whole.example.test$at\"" ],
   'and says which scope to ask for, and where to learn more');
is(ask('whole', 'GET', '/.well-known/oauth-authorization-server')->code, 401,
   'unlike everything else there');

# Scopes that clients are told of, though nobody needs to have all of them.
is_deeply(ask('api', 'GET', '/told')->{headers}{'www-authenticate'}, [ map {
       "$_, resource_metadata=\"https://api.example.test$at/told\"" }
       'Bearer scope="offline_access read:things"', 'DPoP algs="ES256"' ],
   'scopes of TPABearerScopes stand in the challenge');

# Pages do not include them.
unlike(ask('api', 'GET', '/inside/metadata.shtml')->body, qr/"resource"/,
       'not in a page');

done_testing();
