# The parameters of the authorization endpoint: who may send which, and what is
# wrong with one is told before anybody is asked for a password.
use TPA::Test;
use TPA::Browser;
use TPA::User;

my $t = tenant('a');
my $connection = connection_of($t);
my $api = $t->api;
my $strict = app_of($t, api => $api);
my $permissive = app_of($t, api => $api, party => 'permissive',
                        organization_usage => undef);
my $b = TPA::Browser->new($t);

# ---- those that may be sent ------------------------------------------------------

my $jkt = 'x' x 43;

for (
    [ acr_values => 'urn:x' ], [ correlation_id => 'a.b*c~@+/:1' ],
    [ display => 'page' ], [ dpop_jkt => $jkt ], [ 'ext-anything' => 'x' ],
    [ login_hint => 'ann@example.com' ], [ max_age => 0 ],
    [ max_age => 3600 ], [ nonce => 'n' ], [ prompt => 'login' ],
    [ prompt => 'consent' ], [ prompt => 'select_account' ],
    [ prompt => 'login consent' ], [ response_mode => 'query' ],
    [ response_mode => 'form_post' ], [ state => '' ], [ state => 's' x 500 ],
    [ ui_locales => 'de en' ], [ scope => undef ],
    [ scope => 'openid profile email read:things' ],
    [ auth0Client => 'eyJuYW1lIjoieCJ9' ], [ connection => $connection->{name} ],
    [ organization => '' ],
) {
    my ($name, $value) = @$_;

    $b->authorize($strict, $name => $value);
    is($b->at, 'login', "$name=" . substr($value // '(none)', 0, 40)
       . ': the login page') or diag($b->{page}->body);
}

# ---- those that may not ------------------------------------------------------------

for (
    [ claims => '{}' ], [ id_token_hint => 'x' ], [ invitation => 'x' ],
    [ login_ticket => 'x' ], [ request => 'x' ],
    [ request_uri => 'https://evil.example/' ], [ screen_hint => 'signup' ],
    [ anything => 'x' ], [ 'client-id' => 'x' ], [ ext_x => 'x' ],
    [ access_type => 'offline' ], [ 'Prompt' => 'none' ], [ registration => 1 ],
) {
    my ($name, $value) = @$_;

    $b->authorize($strict, $name => $value);
    my ($error, $text) = $b->told;

    is($error, 'invalid_request', "$name: invalid_request")
        or diag($b->{page}->body);
    like($text, qr/\b\Q$name\E\b/, "$name: it is named");
    is($b->{page}->code, 400, "$name: 400");
}
for my $name (qw(claims id_token_hint screen_hint anything)) {
    $b->authorize($permissive, $name => 'x');
    is($b->at, 'login', "$name: a permissive application may send it");
}

# ---- values ------------------------------------------------------------------------

for (
    # what                            error, text
    [ { response_type => undef },     'invalid_request', qr/response_type/ ],
    [ { response_type => 'token' },   'unsupported_response_type' ],
    [ { response_type => 'id_token' }, 'unsupported_response_type' ],
    [ { response_type => 'code token' }, 'unsupported_response_type' ],
    [ { response_type => 'Code' },    'unsupported_response_type' ],
    [ { response_mode => 'fragment' }, 'invalid_request', qr/response_mode/ ],
    [ { response_mode => 'jwt' },     'invalid_request', qr/response_mode/ ],
    [ { response_mode => 'web_message' }, 'invalid_request',
      qr/response_mode/ ],
    [ { code_challenge => undef },    'invalid_request', qr/code_challenge/ ],
    [ { code_challenge => '' },       'invalid_request', qr/code_challenge/ ],
    [ { code_challenge => 'x' x 42 }, 'invalid_request', qr/code_challenge/ ],
    [ { code_challenge => 'x' x 44 }, 'invalid_request', qr/code_challenge/ ],
    [ { code_challenge => 'x' x 42 . '=' }, 'invalid_request',
      qr/code_challenge/ ],
    [ { code_challenge => 'x' x 42 . '.' }, 'invalid_request',
      qr/code_challenge/ ],
    [ { code_challenge_method => undef }, 'invalid_request',
      qr/code_challenge_method/ ],
    [ { code_challenge_method => 'plain' }, 'invalid_request',
      qr/code_challenge_method/ ],
    [ { code_challenge_method => 's256' }, 'invalid_request',
      qr/code_challenge_method/ ],
    [ { prompt => 'create' },         'invalid_request', qr/prompt/ ],
    [ { prompt => 'none login' },     'invalid_request', qr/prompt/ ],
    [ { max_age => -1 },              'invalid_request', qr/max_age/ ],
    [ { max_age => 'x' },             'invalid_request', qr/max_age/ ],
    [ { correlation_id => 'a b' },    'invalid_request', qr/correlation_id/ ],
    [ { correlation_id => 'x' x 65 }, 'invalid_request', qr/correlation_id/ ],
    [ { state => 's' x 5000 },        'invalid_request', qr/state/ ],
    [ { dpop_jkt => 'x' },            'invalid_request', qr/dpop_jkt/ ],
    [ { scope => 'read:"things"' },   'invalid_scope' ],
    [ { scope => "read:things\x01" }, 'invalid_request', qr/scope/ ],
    [ { scope => 'x' x 300 },         'invalid_scope' ],
    [ { audience => 'https://no.such.api/' }, qr/^invalid_(?:target|request)$/ ],
    [ { audience => "$api->{identifier}x" }, qr/^invalid_(?:target|request)$/ ],
    [ { audience => undef },          'invalid_request', qr/audience/ ],
    [ { organization => 'org_' . 'x' x 16 }, 'invalid_request',
      qr/parameter organization is invalid/ ],
    [ { connection => 'no-such-connection' }, 'invalid_request' ],
) {
    my ($params, $error, $text) = @$_;
    my ($name) = %$params;
    my $shown = "$name=" . substr($params->{$name} // '(none)', 0, 40);

    $b->authorize($strict, %$params);
    my @told = $b->told;

    ref $error ? like($told[0], $error, "$shown: its error")
               : is($told[0], $error, "$shown: $error");
    like($told[1], $text, "$shown: its text") if $text;
    like($told[2], qr/^ref_/, "$shown: its reference");
    is($b->{page}->code, 400, "$shown: 400");
}

# PKCE is for every strict application; for others where a challenge is sent.
$b->authorize($permissive, code_challenge => undef,
              code_challenge_method => undef);
is($b->at, 'login', 'a permissive application may do without PKCE');
$b->authorize($permissive, code_challenge_method => 'plain');
is(($b->told)[0], 'invalid_request', 'but not with plain');

# resource is another name of audience, where the tenant says so.
$b->authorize($strict, audience => undef, resource => $api->{identifier});
is(($b->told)[0], 'invalid_request', 'resource is not read by itself');
$t->settings(resource_parameter_profile => 'compatibility');
$b->authorize($strict, audience => undef, resource => $api->{identifier});
is($b->at, 'login', 'under the compatibility profile it is');
TPA::Tenant::undo();

# ---- once each ------------------------------------------------------------------------

for my $name (qw(client_id redirect_uri scope state resource audience)) {
    my $url = $b->request_of($strict, resource => 'x') . "&$name=x";

    $b->get($url);
    is($b->{page}->code, 400, "$name twice: 400");
    is($b->at, 'error', "$name twice: our page");
    like(($b->told)[1], qr/\b$name\b/, "$name twice: it is named");
}
my $evil = $b->request_of($strict);

for my $bad ('&x=%zz', '&state=%00', '&state=%ff', '&=x') {
    $b->get($evil . $bad);
    is($b->{page}->code, 400, "$bad: 400");
    is($b->at, 'error', "$bad: our page");
}

# ---- other ways to ask ------------------------------------------------------------------

is($b->post($b->request_of($strict))->code, 405, 'POST is not answered');
is($b->ask('HEAD', $b->request_of($strict))->code, 405, 'nor is HEAD');
$b->get('/authorize');
is(($b->told)[0], 'invalid_request', 'nothing sent');
like(($b->told)[1], qr/client_id/, 'client_id is named');

done_testing();
