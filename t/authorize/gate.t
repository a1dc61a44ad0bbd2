# The gate of the authorization endpoint: asked before any login module and
# before Require, and again where that phase can be skipped or overruled.
use TPA::Test;
use TPA::Browser;
use TPA::User;

my $t = tenant('a');
my $connection = connection_of($t);
my $app = app_of($t, redirection_policy => 'allow_always');

# The same at a host with other rules of access.
sub at {
    my ($host) = @_;

    return TPA::Browser->new(tenant($host));
}

# ---- Require all denied ------------------------------------------------------------

my $b = at('deny');

is($b->authorize($app)->code, 403, 'denied: a good request is denied by httpd');
is($b->{page}->header('Set-Cookie'), '', 'denied: it gets nothing of ours');
$b->authorize($app, scope => 'a"b');
is($b->returned->{error}, 'invalid_scope', 'denied: a bad one is told so first');
$b->authorize($app, redirect_uri => 'https://evil.example/');
is($b->at, 'error', 'denied: an unknown redirect URI: our page');
is($b->{page}->code, 400, 'denied: 400');
is($b->post($b->request_of($app))->code, 405, 'denied: a wrong method: 405');

# ---- Satisfy Any ---------------------------------------------------------------------

$b = at('any');
$b->authorize($app);
is($b->at, 'login', 'Satisfy Any: a good request');
for my $case (
    [ 'an odd scope', 'redirect', scope => 'a"b' ],
    [ 'an unknown redirect URI', 'error',
      redirect_uri => 'https://evil.example/' ],
    [ 'no PKCE', 'redirect', code_challenge => undef ],
    [ 'an unknown application', 'error', client_id => 'x' ],
) {
    my ($name, $at, @params) = @$case;
    my $answer = $b->authorize($app, @params);

    is($b->at, $at, "Satisfy Any: $name: one clean answer");
    is($b->code, undef, "Satisfy Any: $name: no code");
    unlike($answer->body, qr/name="password"/,
           "Satisfy Any: $name: no login page with it");
}

# ---- from within the server -----------------------------------------------------------

$b = at('inside');
my $answer = $b->get('/inside/authorize.shtml?' . (split /\?/,
                     $b->request_of($app))[1]);

is($answer->code, 200, 'a page that includes the endpoint');
like($answer->body, qr/^before .* after$/s, 'is whole');
unlike($answer->body, qr/name="ticket"|<form/, 'and holds nothing of ours');

sub rewritten {
    my (%params) = @_;

    return $b->get('/inside/rewritten-authorize?' . (split /\?/,
                   $b->request_of($app, %params))[1]);
}

rewritten();
is($b->at, 'login', 'an internal redirect of a good request');
rewritten(scope => 'a"b');
is($b->returned->{error}, 'invalid_scope', 'of a bad one: refused');
rewritten(redirect_uri => 'https://evil.example/');
is($b->at, 'error', 'of one with an unknown redirect URI: our page');
is($b->{page}->header('Location'), '', 'and no redirect');

# ---- spellings of the path ---------------------------------------------------------------

# Where access is denied no spelling opens it.
my $query = (split /\?/, $b->request_of($app))[1];

for my $path ('/authorize', '/%61uthorize', '//authorize', '/./authorize',
              '/x/../authorize', '/authorize/', '/authorize/.', '/authorize;x',
              '/Authorize', '/authorize%00', '/authorize%20', '/authorize.',
              '/%2e/authorize', '/authorize%2f', '/authorize%3f') {
    my $denied = at('deny')->get("$path?$query");
    my $open = at('a')->get("$path?$query");

    unlike($denied->body, qr/name="password"/, "$path: no page where it is"
           . ' denied');
    is($denied->code, 403, "$path: denied where it would be served")
        if $open->code == 200;
    like($open->code, qr/^(?:200|400|403|404)$/, "$path: $open->{line}");
}

# ---- Host ---------------------------------------------------------------------------------

my $user = TPA::Browser::person($t, $connection);

$b = at('a');
$b->run($app, $user);
for my $case ([ 'X-Forwarded-Host' => 'evil.example' ],
              [ 'X-Forwarded-Proto' => 'http' ], [ 'X-Forwarded-For' => 'x' ]) {
    $b->get($b->request_of($app), headers => $case);
    is($b->returned->{iss}, $t->{issuer}, "$case->[0]: the issuer is that of"
       . ' the configuration');
}
$answer = $b->get($b->request_of($app), host => 'evil.example');
unlike($answer->body . $answer->header('Location'), qr/code=|evil\.example/,
       'another Host is another host');

done_testing();
