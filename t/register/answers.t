# Every row of the specification of POST /oidc/register: who may, what is
# registered, what is answered, and what is kept.
use TPA::Test;
use TPA::Mgmt;
use TPA::Register;

my $t = tenant('b');
my $uri = 'https://app.example.com/callback';
my $loopback = 'http://127.0.0.1:33418/callback';

# ---- the door ----------------------------------------------------------------

is($t->db->value('SELECT flag_enable_dynamic_client_registration FROM'
                 . ' tpa_data.tenant'), 'f', 'the door is closed by default');
for my $body ({ redirect_uris => [ $uri ] }, { redirect_uris => 1 }, '{', '') {
    is_error(register($t, $body), 403, 'access_denied',
             'closed: ' . (ref $body ? 'an application' : "'$body'"),
             qr/enable_dynamic_client_registration/);
}
is($t->db->value("SELECT count(*) FROM tpa_data.clients WHERE registered_via"
                 . " = 'dynamic'"), 0, 'closed: nothing was registered');
door($t, 1);

my $open = registered($t);

ok($open->{id}, 'open: no token and no login are needed');

# ---- what is answered -----------------------------------------------------------

my @fixed = (response_types => [ 'code' ]);
my %secret = (client_secret => qr/^[A-Za-z0-9_-]{43,}$/,
              client_secret_expires_at => 0);

# name, what is sent, what is answered besides client_id and
# client_id_issued_at
my @cases = (
    [ 'redirect_uris alone', { redirect_uris => [ $uri ] },
      { client_name => 'My App', redirect_uris => [ $uri ],
        grant_types => [ 'authorization_code' ], application_type => 'web',
        token_endpoint_auth_method => 'client_secret_post', %secret } ],
    [ 'client_secret_basic', { redirect_uris => [ $uri ],
        token_endpoint_auth_method => 'client_secret_basic' },
      { client_name => 'My App', redirect_uris => [ $uri ],
        grant_types => [ 'authorization_code' ], application_type => 'web',
        token_endpoint_auth_method => 'client_secret_basic', %secret } ],
    [ 'none: no secret', { redirect_uris => [ $uri ],
        token_endpoint_auth_method => 'none' },
      { client_name => 'My App', redirect_uris => [ $uri ],
        grant_types => [ 'authorization_code' ], application_type => 'web',
        token_endpoint_auth_method => 'none' } ],
    [ 'what an MCP client says', { client_name => 'MCP CLI',
        redirect_uris => [ $loopback ], response_types => [ 'code' ],
        grant_types => [ 'authorization_code', 'refresh_token' ],
        token_endpoint_auth_method => 'none', scope => 'read:posts',
        client_uri => 'https://example.com', software_id => 'x' },
      { client_name => 'MCP CLI', redirect_uris => [ $loopback ],
        grant_types => [ 'authorization_code', 'refresh_token' ],
        application_type => 'native', token_endpoint_auth_method => 'none' } ],
    [ 'several redirect URIs, as they came',
      { redirect_uris => [ "$uri?x=%41", 'https://APP.example.com/', $uri ] },
      { client_name => 'My App', grant_types => [ 'authorization_code' ],
        redirect_uris => [ "$uri?x=%41", 'https://APP.example.com/', $uri ],
        application_type => 'web',
        token_endpoint_auth_method => 'client_secret_post', %secret } ],
    [ 'client_credentials is left out', { redirect_uris => [ $uri ],
        grant_types => [ 'client_credentials', 'authorization_code',
                         'implicit' ] },
      { client_name => 'My App', redirect_uris => [ $uri ],
        grant_types => [ 'authorization_code' ], application_type => 'web',
        token_endpoint_auth_method => 'client_secret_post', %secret } ],
    [ 'nulls are as good as absent', { redirect_uris => [ $uri ],
        map { $_ => undef } qw(client_name grant_types response_types logo_uri
                               token_endpoint_auth_method application_type) },
      { client_name => 'My App', redirect_uris => [ $uri ],
        grant_types => [ 'authorization_code' ], application_type => 'web',
        token_endpoint_auth_method => 'client_secret_post', %secret } ],
    [ 'a scheme of its own', { redirect_uris => [ 'cursor://app/callback' ],
        application_type => 'native', client_name => "Gr\x{f6}\x{df}e" },
      { client_name => "Gr\x{f6}\x{df}e",
        redirect_uris => [ 'cursor://app/callback' ],
        grant_types => [ 'authorization_code' ], application_type => 'native',
        token_endpoint_auth_method => 'client_secret_post', %secret } ],
    [ 'bound tokens', { redirect_uris => [ $uri ],
        dpop_bound_access_tokens => JSON::PP::true() },
      { client_name => 'My App', redirect_uris => [ $uri ],
        dpop_bound_access_tokens => JSON::PP::true(),
        grant_types => [ 'authorization_code' ], application_type => 'web',
        token_endpoint_auth_method => 'client_secret_post', %secret } ],
    [ 'no bound tokens', { redirect_uris => [ $uri ],
        dpop_bound_access_tokens => JSON::PP::false() },
      { client_name => 'My App', redirect_uris => [ $uri ],
        grant_types => [ 'authorization_code' ], application_type => 'web',
        token_endpoint_auth_method => 'client_secret_post', %secret } ],
    [ 'a logo', { redirect_uris => [ $uri ],
        logo_uri => 'https://app.example.com/l.png' },
      { client_name => 'My App', redirect_uris => [ $uri ],
        logo_uri => 'https://app.example.com/l.png',
        grant_types => [ 'authorization_code' ], application_type => 'web',
        token_endpoint_auth_method => 'client_secret_post', %secret } ],
);
my $wide = JSON::PP->new->utf8;

for (@cases) {
    my ($name, $sent, $expected) = @$_;
    my $answer = register($t, $sent);
    my $said = $answer->json || {};
    my %rest = (%$expected, @fixed);

    is($answer->code, 201, "$name: 201") or diag($answer->body);
    is($answer->header('Content-Type'), 'application/json', "$name: JSON");
    is($answer->header('Cache-Control'), 'no-store', "$name: no cache keeps it");
    like($said->{client_id}, qr/^tpc_[0-9A-Za-z]{22}$/, "$name: an id of tpc_");
    cmp_ok(abs($said->{client_id_issued_at} - time), '<', 60,
           "$name: when it was issued");
    unlike($answer->body, qr/null/, "$name: no nulls");
    like($said->{client_secret}, delete $rest{client_secret},
         "$name: a secret") if $rest{client_secret};
    delete @$said{ qw(client_id client_id_issued_at),
                   $expected->{client_secret} ? 'client_secret' : () };
    is_deeply($said, \%rest, "$name: the rest") or diag($answer->body);
}

my $first = registered($t);

isnt($first->{id}, registered($t)->{id}, 'the same again is another one');
is(register($t, { redirect_uris => [ $uri ], registration_access_token => 'x',
                  client_id => 'mine', client_secret => 'mine' x 4 })
   ->json->{client_id} =~ /^tpc_/, 1, 'nobody chooses an id');
ok(!exists $first->{said}{registration_access_token}
   && !exists $first->{said}{registration_client_uri},
   'there is no way to manage a registration');

# ---- what is kept ----------------------------------------------------------------

my $row = mgmt('b')->call(GET => "clients/$first->{id}")->json;

is_deeply({ map { $_ => $row->{$_} } qw(is_first_party registered_via name
            third_party_security_mode oidc_conformant organization_usage
            redirection_policy app_type grant_types callbacks) },
    { is_first_party => JSON::PP::false(), registered_via => 'dynamic',
      name => 'My App', third_party_security_mode => 'strict',
      oidc_conformant => JSON::PP::true(), organization_usage => undef,
      redirection_policy => 'open_redirect_protection',
      app_type => 'regular_web', grant_types => [ 'authorization_code' ],
      callbacks => [ $uri ] }, 'a strict third-party application');
is($t->db->value('SELECT secret_hash FROM tpa_data.clients WHERE client_id = ?',
                 $first->{id}), Digest::SHA::sha256_hex($first->{secret}),
   'of the secret only its hash');
is($t->db->value('SELECT count(*) FROM tpa_data.client_grants WHERE client_id'
                 . ' = ?', $first->{id}), 0, 'and no permission');
is(mgmt('b')->call(PATCH => "clients/$first->{id}", body => {
       grant_types => [ 'authorization_code', 'client_credentials' ] })->code,
   400, 'nor will it ever act for itself');

# ---- permissive mode ----------------------------------------------------------------

for (
    # available, mode          id
    [ 't', 'permissive',       qr/^[0-9A-Za-z]{32}$/, 'permissive' ],
    [ 'f', 'permissive',       qr/^tpc_/,             'strict' ],
    [ 't', 'strict',           qr/^tpc_/,             'strict' ],
    [ 't', undef,              qr/^tpc_/,             'strict' ],
) {
    my ($available, $mode, $id, $expected) = @$_;
    my $name = 'mode ' . ($mode // '(none)') . ", available $available";

    $t->settings(permissive_mode_available => $available,
                 dynamic_client_registration_security_mode => $mode);
    my $app = registered($t);

    like($app->{id}, $id, "$name: the id");
    is($t->db->value('SELECT third_party_security_mode FROM tpa_data.clients'
                     . ' WHERE client_id = ?', $app->{id}), $expected,
       "$name: $expected");
    TPA::Tenant::undo();
    door($t, 1);
}

# ---- the record ----------------------------------------------------------------------

my $event = $t->event(client_id => $first->{id}, type => 'sapi');

is($event->{description}, 'Dynamic client registration', 'the event');
is($event->{ip}, '127.0.0.1', 'from where');
is($event->{client_name}, 'My App', 'who');
is($event->{details}{request}{path}, '/oidc/register', 'what was asked');
is($event->{details}{response}{statusCode}, 201, 'what was answered');
is($event->{details}{response}{body}{client_secret}, '*****',
   'the secret is masked');
is_deeply($event->{details}{response}{body}{redirect_uris}, [ $uri ],
          'the redirect URIs are told');

# ---- how often the database is asked --------------------------------------------------

like(register($t, { redirect_uris => [ $uri ] },
              headers => [ 'Content-Type' => 'application/json; charset=UTF-8'
                         ])->code, qr/^201$/, 'a charset is fine');

done_testing();
