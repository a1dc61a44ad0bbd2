# What strangers try: nothing of it is registered, and each is told which member
# it is, in a text that holds nothing of theirs.
use TPA::Test;
use TPA::Register;

my $t = tenant('b');
my $uri = 'https://app.example.com/callback';
my $http = $t->http;

door($t, 1);
registered($t);

sub rows {
    return $t->db->value("SELECT count(*) FROM tpa_data.clients WHERE"
                         . " registered_via = 'dynamic'");
}

my $before = rows();

sub refused {
    my ($sent, $error, $member, $name, %opt) = @_;

    is_error(register($t, $sent, http => $http, %opt), 400, $error, $name,
             qr/^\Q$member\E/);
    return;
}

# ---- redirect URIs -----------------------------------------------------------

for my $bad (
    'javascript:alert(1)', 'JavaScript://app.example.com/%0aalert(1)',
    'data:text/html,<script>alert(1)</script>', 'vbscript:x',
    'file:///etc/passwd', 'blob:https://app.example.com/x', 'about:blank',
    'view-source:https://app.example.com/', 'intent://x#Intent;end',
    'ms-msdt:/id', 'search-ms:query=x', 'shell:x', 'ssh://a.example',
    'http://app.example.com/cb', 'http://127.0.0.1.evil.example/cb',
    'http://localhost.evil.example/cb', 'http://10.0.0.1/cb', 'http://0/cb',
    'http://127.1/cb', 'http://2130706433/cb', 'http://[::ffff:127.0.0.1]/cb',
    'https://*.example.com/cb', 'https://app.example.com/*',
    'https://app.example.com/cb#fragment', 'https://user@app.example.com/cb',
    'https://app.example.com:pw@evil.example/', 'https:///cb', 'https:/cb',
    'https://app.example.com\\@evil.example/', 'https:\\\\app.example.com/',
    "https://app.example.com/\r\nLocation: https://evil.example/",
    "https://app.example.com/\t", ' https://app.example.com/',
    "https://app.example.com/\x{202e}gpj", "https://\x{430}pp.example.com/",
    "https://app\x{3002}example.com/", "https://app.example.com/\x{0}",
    '//app.example.com/cb', '/cb', 'app.example.com/cb', 'localhost:3000/cb',
    '', 'https://app.example.com/%zz', 'https://app.example.com:99999/',
    'https://app.example.com/' . 'x' x 3000,
) {
    my $shown = $bad =~ s/([^ -~])/sprintf '{%x}', ord $1/ger;

    $shown = substr $shown, 0, 60;
    # A zero byte is refused before anybody reads a member.
    refused({ redirect_uris => [ $uri, $bad ] },
            $bad =~ /\0/ ? 'invalid_client_metadata' : 'invalid_redirect_uri',
            $bad =~ /\0/ ? 'The body' : 'redirect_uris[1]: ',
            "redirect URI '$shown'");
}
for (
    [ 'none at all', {} ],
    [ 'null', { redirect_uris => undef } ],
    [ 'an empty list', { redirect_uris => [] } ],
    [ 'a string', { redirect_uris => $uri } ],
    [ 'an object', { redirect_uris => { a => $uri } } ],
    [ 'a number', { redirect_uris => [ 1 ] } ],
    [ 'a list in a list', { redirect_uris => [ [ $uri ] ] } ],
    [ 'too many', { redirect_uris => [ ($uri) x 21 ] } ],
) {
    refused($_->[1], 'invalid_redirect_uri', 'redirect_uris',
            "redirect_uris: $_->[0]");
}
refused({ redirect_uris => [ 'cursor://app/cb' ], application_type => 'web' },
        'invalid_redirect_uri', 'redirect_uris[0]: ',
        'a scheme of its own for an application of the web');

# ---- names ----------------------------------------------------------------------

for my $name (
    '<b>Bank</b>', 'Bank<script>', "Bank\nAdmin", "Bank\r", "Bank\t",
    "Bank\x{1b}[31m", "Bank\x{7f}", "Bank\x{85}", "knaB\x{202e}", "\x{202a}Bank",
    "\x{2066}Bank\x{2069}", "\x{200e}Bank", "\x{200f}Bank", "\x{61c}Bank",
    "Ba\x{200b}nk", "Ba\x{feff}nk", "Ba\x{ad}nk", "Ba\x{2060}nk",
    "Bank\x{2028}Admin", "Bank\x{e0041}", "Bank\x{f8ff}", "Bank\x{3164}",
    ' ', "\x{a0}\x{3000}", 'x' x 256, 1, [ 'Bank' ], { a => 1 },
) {
    my $shown = ref $name ? ref $name
        : substr $name =~ s/([^ -~])/sprintf '{%x}', ord $1/ger, 0, 40;

    refused({ redirect_uris => [ $uri ], client_name => $name },
            'invalid_client_metadata', 'client_name: ', "name '$shown'");
}

# ---- other members ------------------------------------------------------------------

for (
    [ grant_types => [ 'client_credentials' ], 'client_credentials alone' ],
    [ grant_types => [ 'implicit' ], 'implicit' ],
    [ grant_types => [ 'refresh_token' ], 'nothing to begin with' ],
    [ grant_types => 'authorization_code', 'a string' ],
    [ grant_types => [ { a => 1 } ], 'an object in the list' ],
    [ response_types => [ 'token' ], 'token' ],
    [ response_types => 'code', 'a string' ],
    [ token_endpoint_auth_method => 'private_key_jwt', 'private_key_jwt' ],
    [ token_endpoint_auth_method => 'tls_client_auth', 'mTLS' ],
    [ token_endpoint_auth_method => '', 'empty' ],
    [ token_endpoint_auth_method => [ 'none' ], 'a list' ],
    [ application_type => 'service', 'of no kind' ],
    [ application_type => JSON::PP::true(), 'true' ],
    [ logo_uri => 'javascript:alert(1)', 'a script' ],
    [ logo_uri => 'http://169.254.169.254/latest', 'not https' ],
    [ logo_uri => 'https://a.example/"onerror=', 'a quote' ],
    [ logo_uri => 1, 'a number' ],
) {
    my ($member, $value, $name) = @$_;

    refused({ redirect_uris => [ $uri ], $member => $value },
            'invalid_client_metadata', "$member: ", "$member: $name");
}

# Nothing of these is taken, fetched or granted.
my $id = registered($t, scope => 'openid admin:everything', is_first_party =>
    JSON::PP::true(), jwks_uri => 'http://169.254.169.254/', jwks => {},
    sector_identifier_uri => 'http://10.0.0.1/', client_id => 'admin',
    request_uris => [ 'http://10.0.0.1/' ], software_statement => 'x.y.z',
    organization_usage => 'allow', third_party_security_mode => 'permissive',
    web_origins => [ 'https://evil.example' ], token_quota => {},
    'client_name#de' => "\x{202e}")->{id};

is($t->db->value('SELECT concat_ws(\' \', is_first_party,'
    . ' third_party_security_mode, jwks_uri, organization_usage,'
    . ' web_origins, allowed_origins) FROM tpa_data.clients WHERE client_id = ?',
    $id), 'f strict {} {}', 'members nobody may register are ignored');
$before++;

# ---- bodies -------------------------------------------------------------------------

for (
    [ 'nothing', '' ], [ 'a form', 'redirect_uris=x' ], [ 'a list', '[]' ],
    [ 'a string', '"x"' ], [ 'cut short', '{"redirect_uris":["' ],
    [ 'something behind', '{} {}' ], [ 'no UTF-8', "{\"client_name\":\"\xff\"}" ],
    [ 'a member twice', "{\"redirect_uris\":[\"$uri\"],\"redirect_uris\":[]}" ],
    [ 'too deep', '[' x 100 . ']' x 100 ],
    [ 'an escaped zero', '{"client_name":"\u0000"}' ],
) {
    refused($_->[1], 'invalid_client_metadata', 'The body', "body: $_->[0]");
}
for (
    [ 'a form', 'application/x-www-form-urlencoded' ], [ 'text', 'text/plain' ],
    [ 'JSON of another kind', 'application/json-patch+json' ],
) {
    is_error(register($t, { redirect_uris => [ $uri ] }, http => $http,
                      headers => [ 'Content-Type' => $_->[1] ]), 415,
             'invalid_request', "said to be $_->[0]", qr{application/json});
}
is_error(register($t, { redirect_uris => [ $uri ] }, http => $http,
                  headers => []), 415, 'invalid_request', 'of no type');
is_error(register($t, { redirect_uris => [ $uri ], x => 'x' x 70_000 },
                  http => $http), 413, 'invalid_request', 'too long');
for my $method (qw(GET PUT DELETE PATCH)) {
    my $answer = $http->request($method, '/oidc/register');

    is($answer->code, 405, "$method: 405");
    is($answer->header('Allow'), 'POST, OPTIONS', "$method: Allow");
}
is(rows(), $before, 'nothing of all that was registered');

done_testing();
