# Applications that nobody registered: the client id is the address of their
# document, which is fetched when a user comes.
use TPA::Test timeout => 300;
use TPA::Browser;
use TPA::Site ();
use TPA::User;

use Time::HiRes ();

my $t = tenant('a');
my $site = TPA::Site->start;
my $connection = connection_of($t);
my $user = TPA::Browser::person($t, $connection, name => 'Ann Example');
my $api = $t->api(allow_offline_access => 't');
my $back = 'https://app.cimd.test/cb';

$t->grant(api => $api, subject_type => 'user');
$t->settings(client_id_metadata_document_supported => 'f');

# An application as a test sees it: called by the address of its document.
sub app {
    my ($path, %say) = @_;

    return { id => $site->document($path, grant_types => [
                 'authorization_code', 'refresh_token' ], %say),
             method => 'none', api => $api, callback => $back };
}

sub browser { return TPA::Browser->new($t) }

sub exchanged {
    my ($b, $app, %more) = @_;

    return post_form($t, 'oauth/token', $app, grant_type =>
        'authorization_code', code => $b->code, redirect_uri => $back,
        code_verifier => $b->{verifier}, %more);
}

sub stored {
    my ($app) = @_;

    return $t->db->value('SELECT count(*) FROM tpa_data.clients'
        . ' WHERE external_client_id = ?', $app->{id});
}

# ---- behind the flag ----------------------------------------------------------
my $app = app('/client');
my $b = browser();

$b->authorize($app);
is($b->at, 'error', 'the flag is off: nobody knows the application');
is($b->{page}->code, 400, '... 400');
is($site->hits('/client'), 0, '... and nothing is fetched');
$t->settings(client_id_metadata_document_supported => 't');

# ---- the whole way --------------------------------------------------------------
$b->authorize($app, scope => 'read:things offline_access');
is($b->at, 'login', 'the flag is on: the user is asked to log in');
is($site->hits('/client'), 1, 'the document was fetched once');
$b->login($user);
is($b->at, 'consent', 'consent is asked for');
my $text = TPA::Browser::plain($b->{page}->body =~ s/<[^>]*>/ /gr);

like($text, qr/Document App/, 'the page names the application');
like($text, qr/app\.cimd\.test:$site->{port}/, '... and the host it is of');
$b->consent;
my $answer = exchanged($b, $app);
my $json = tokens_of($answer);

seen($json->{access_token}, $json->{refresh_token});
my ($header, $claims) = TPA::JWT::decode($json->{access_token});

is($claims->{azp} // $claims->{client_id}, $app->{id},
   'the token names it by its address');
is($site->hits('/client'), 1, 'the document was not fetched again');
my $fresh = post_form($t, 'oauth/token', $app, grant_type => 'refresh_token',
                      refresh_token => $json->{refresh_token});

is($fresh->code, 200, 'a refresh');
$json = $fresh->json;
seen($json->{access_token}, $json->{refresh_token});
my $id = $t->db->value('SELECT client_id FROM tpa_data.clients WHERE'
    . ' external_client_id = ?', $app->{id});

like($id, qr/^tpc_/, 'it has an id of its own');
ok($t->event(type => 'sapi', description => 'Client ID Metadata Document'),
   'its coming is written down');
$b->authorize({ %$app, id => $id });
is($b->at, 'error', 'which is none for the protocol');
is_error(post_form($t, 'oauth/token', { %$app, id => $id },
    grant_type => 'refresh_token', refresh_token => $json->{refresh_token}),
    401, 'invalid_client', '... nor for the token endpoint');
is_error(post_form($t, 'oauth/token', $app, grant_type => 'client_credentials',
    audience => $api->{identifier}), 400, 'unauthorized_client',
    'it cannot act for itself');

# ---- by a key of its own --------------------------------------------------------
my $key = TPA::JWT::key('rsa', 2048);
my $other = TPA::JWT::key('rsa', 2048);
my $keyed = app('/keyed', token_endpoint_auth_method => 'private_key_jwt',
    jwks_uri => $site->put('/keys', { keys => [
        { %{ TPA::JWT::rsa_jwk($key) }, kid => 'one' } ] }));

# An assertion of an application, as parameters of the token endpoint.
sub assertion {
    my ($id, $private) = @_;
    my $now = int Time::HiRes::time();

    return (client_assertion_type =>
        'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion => seen(TPA::JWT::sign({ alg => 'RS256',
            kid => 'one' }, { iss => $id, sub => $id, aud => $t->{issuer},
            iat => $now, exp => $now + 60,
            jti => TPA::Tenant::text_of(20) }, $private)));
}

$b->authorize($keyed, scope => 'read:things');
is($b->at, 'consent', 'an application with keys came');
is($site->hits('/keys'), 1, '... and its keys were fetched');
$b->consent;
my %proof = (client_id => undef, code => $b->code);
is_error(exchanged($b, $keyed), 401, 'invalid_client',
         'without an assertion it gets nothing');
is_error(exchanged($b, $keyed, %proof, assertion($keyed->{id}, $other)), 401,
         'invalid_client', 'nor with one of another key');
is_error(exchanged($b, $keyed, %proof, assertion($t->db->value(
    'SELECT client_id FROM tpa_data.clients WHERE external_client_id = ?',
    $keyed->{id}), $key)), 401, 'invalid_client', 'nor by its other id');
my $proved = tokens_of(exchanged($b, $keyed, %proof,
                                 assertion($keyed->{id}, $key)));
seen($proved->{access_token});
$claims = (TPA::JWT::decode($proved->{access_token}))[1];
is($claims->{azp} // $claims->{client_id}, $keyed->{id},
   'with its own it gets a token');

# ---- the document changes -------------------------------------------------------
sub outdate {
    $t->update('clients', { external_client_id => $_[0]{id} },
               document_expires_at => $t->db->value(
                   "SELECT now() - interval '1 second'"));
    return;
}

$b->authorize($app);
is($b->at, 'redirect', 'consent is remembered') or diag($b->{page}->body);
outdate($app);
$b->authorize($app);
is($site->hits('/client'), 2, 'an old document is fetched again');
is($b->at, 'redirect', '... and when it is the same, nobody is asked');
$site->document('/client', client_name => 'Renamed', redirect_uris => [ $back,
    "$back/2" ]);
outdate($app);
$b->authorize($app, scope => 'read:things');
is($b->at, 'consent', 'with other redirect URIs users are asked again');
like(TPA::Browser::plain($b->{page}->body =~ s/<[^>]*>/ /gr), qr/Renamed/,
     '... by its new name');
$b->consent;
is($b->at, 'redirect', '... once');
$b->authorize($app, scope => 'read:things');
is($b->at, 'redirect', '... and not again');
$b->authorize($app, scope => 'read:things write:things');
is($b->at, 'consent', 'what they consented to before does not count');
$site->document('/client', redirect_uris => [ "$back/2" ]);
outdate($app);
$b->authorize($app);
is($b->at, 'error', 'a redirect URI that is gone is refused');
$site->document('/client', client_name => undef);
outdate($app);
$b->authorize($app, redirect_uri => "$back/2");
is($b->at, 'error', 'a document that is no longer valid is refused');
like($b->{page}->body, qr/client_name/, '... which is told');

# ---- failures are remembered ----------------------------------------------------
my $gone = { %$app, id => $site->url('/gone') };

$b->authorize($gone);
is($b->at, 'error', 'a document that is not there');
like($b->{page}->body, qr/status 404/, '... which is told');
my $asked = $site->hits('/gone');

$b->authorize($gone) for 1 .. 12;
cmp_ok($site->hits('/gone'), '<=', 8,
       'it is asked for once by each process, not by each user');
is(stored($gone), 0, 'and nothing is kept');

# ---- the shape comes first ------------------------------------------------------
for my $url ('https://127.0.0.1/client', 'https://localhost/client',
             $site->url('/'), $site->url('/client?x'), $site->url('/../x'),
             'https://app.cimd.test:0/client', 'https://') {
    my $before = $site->hits('/') + $site->hits('/client?x')
        + $site->hits('/../x');

    $b->authorize({ %$app, id => $url });
    is($b->at . ' ' . ($site->hits('/') + $site->hits('/client?x')
       + $site->hits('/../x') - $before), 'error 0',
       "$url is no client id, and is not asked for" =~ s/:\d{4,}//r);
}
my $n = browser();

$n = TPA::Browser->new(tenant('nofetch'));
$n->authorize(app('/never'));
is($n->{page}->code, 429, 'beyond the bounds of a process: 429');
is($site->hits('/never'), 0, '... and nothing is fetched');

# ---- who administers it takes it over -----------------------------------------
my $mine = app('/mine');

$b->authorize($mine);
is(stored($mine), 1, 'another application came');
outdate($mine);
$t->db->value('SELECT result FROM tpa.client_update(?)',
    JSON::PP::encode_json({ client_id => $t->db->value('SELECT client_id FROM'
        . ' tpa_data.clients WHERE external_client_id = ?', $mine->{id}),
        organization_usage => 'deny' }));
$b->authorize($mine);
is($site->hits('/mine'), 1, 'an administrator changed it: it is not fetched'
   . ' again');
$t->settings(client_id_metadata_document_supported => 'f');
$b->authorize($mine);
isnt($b->at, 'error', 'the flag is off: it is registered all the same');
$b->authorize($app, redirect_uri => "$back/2");
is($b->at, 'error', '... the others are gone');
is_error(post_form($t, 'oauth/token', $app, grant_type => 'refresh_token',
    refresh_token => $json->{refresh_token}), 401, 'invalid_client',
    '... at the token endpoint as well');

done_testing;
