# Registering an application by its metadata document, and refreshing it.
use TPA::Test timeout => 300;
use TPA::Mgmt;
use TPA::Site ();

my $m = mgmt('a');
my $t = $m->tenant;
my $site = TPA::Site->start;
my $bad = 'Payload validation error: ';
my $key = TPA::JWT::key('rsa', 2048);
my $jwk = { %{ TPA::JWT::rsa_jwk($key) }, kid => 'first' };

sub register {
    my ($url, %opt) = @_;

    return $m->call('POST', 'clients/cimd/register',
                    body => { external_client_id => $url }, %opt);
}

# ---- the first time, to the letter ------------------------------------------
my $keys = $site->put('/keys', { keys => [ $jwk ] });
my $url = $site->document('/app', jwks_uri => $keys,
    client_name => "Caf\x{e9}", logo_uri => 'https://app.cimd.test/l.png',
    token_endpoint_auth_method => 'private_key_jwt',
    grant_types => [ 'authorization_code', 'refresh_token' ]);
my $made = is_done(register($url), 201, 'registered');
my $id = $made->{client_id};
my $mapped = {
    external_client_id => $url, name => "Caf\x{e9}", jwks_uri => $keys,
    app_type => 'regular_web', callbacks => [ 'https://app.cimd.test/cb' ],
    logo_uri => 'https://app.cimd.test/l.png',
    grant_types => [ 'authorization_code', 'refresh_token' ],
    token_endpoint_auth_method => 'private_key_jwt',
    client_authentication_methods => { private_key_jwt => { credentials => [
        { credential_type => 'public_key', kid => 'first',
          alg => 'RS256' } ] } } };

id_like($id, qr/^tpc_[0-9A-Za-z]{22}$/, 'its own id');
is_deeply($made, { client_id => $id, mapped_fields => $mapped,
    validation => { valid => JSON::PP::true, violations => [],
                    warnings => [] } }, 'what is answered');

my $client = $m->must('GET', "clients/$id");
is_deeply({ map { $_ => $client->{$_} } qw(is_first_party name callbacks
              third_party_security_mode registered_via external_client_id
              jwks_uri app_type grant_types oidc_conformant) },
    { is_first_party => JSON::PP::false, name => "Caf\x{e9}",
      third_party_security_mode => 'strict', registered_via => 'cimd',
      callbacks => [ 'https://app.cimd.test/cb' ], jwks_uri => $keys,
      external_client_id => $url, app_type => 'regular_web',
      oidc_conformant => JSON::PP::true,
      grant_types => [ 'authorization_code', 'refresh_token' ] },
    'a strict third-party application');
ok(!exists $client->{client_secret}, 'it has no secret');
is($t->db->value('SELECT secret_hash FROM tpa_data.clients WHERE client_id ='
                 . ' ?', $id), undef, 'nor one that is stored');
is_deeply([ map { $_->{client_id} } @{ $m->must('GET', 'clients',
    query => [ external_client_id => $url ]) } ], [ $id ],
    'it is found by its address');
my $event = $t->event(type => 'sapi', description =>
    'Register an application by its metadata document, or refresh it');
ok($event, 'it is written down');

# ---- again is a refresh ------------------------------------------------------
my $again = is_done(register($url), 200, 'registered again', $made);
is($m->must('POST', 'clients/cimd/preview',
            body => { external_client_id => $url })->{client_id}, $id,
   'a preview tells its id');

my $org = { organization_usage => 'allow',
            organization_require_behavior => 'pre_login_prompt' };
is($m->call('PATCH', "clients/$id", body => $org)->code, 200,
   'an administrator may set what the document does not say');
$site->document('/app', client_name => 'Renamed', application_type => 'native',
                redirect_uris => [ 'http://127.0.0.1/cb' ]);
$again = is_done(register($url), 200, 'refreshed');
is($again->{client_id}, $id, 'it keeps its id');
$client = $m->must('GET', "clients/$id");
is_deeply({ map { $_ => $client->{$_} } qw(name callbacks app_type grant_types
              token_endpoint_auth_method jwks_uri logo_uri
              organization_usage organization_require_behavior) },
    { name => 'Renamed', callbacks => [ 'http://127.0.0.1/cb' ],
      app_type => 'native', grant_types => [ 'authorization_code' ],
      token_endpoint_auth_method => 'none', jwks_uri => undef,
      logo_uri => undef, %$org },
    'the document is followed, the administrator, too');

# ---- two at once -------------------------------------------------------------
my $both = $site->document('/both');
my @pids = map {
    my $pid = fork;

    if (!$pid) {
        alarm 60;
        delete $m->{http};
        POSIX::_exit(register($both)->code =~ /^20[01]$/ ? 0 : 1);
    }
    $pid;
} 1 .. 4;
my $failed = grep { waitpid $_, 0; $? } @pids;
is($failed, 0, 'all who register it at once are answered');
is($t->db->value('SELECT count(*) FROM tpa_data.clients'
    . ' WHERE external_client_id = ?', $both), 1, '... and it is there once');

# ---- what only the document may change ----------------------------------------
for ([ name => 'Mine' ], [ callbacks => [ 'https://evil.example/cb' ] ],
     [ logo_uri => 'https://evil.example/l.png' ], [ description => 'D' ],
     [ token_endpoint_auth_method => 'client_secret_post' ],
     [ client_authentication_methods => { private_key_jwt =>
         { credentials => [] } } ]) {
    my ($name, $value) = @$_;

    is_refused($m->call('PATCH', "clients/$id", body => { $name => $value }),
        400, 'invalid_body', qr/^${bad}'.*metadata document.*' on property $name/,
        "$name comes from the document alone");
}
is($m->call('PATCH', "clients/$id", body => { name => 'Renamed',
    callbacks => [ 'http://127.0.0.1/cb' ], description => '' })->code, 200,
   '... and may be repeated');
for ([ app_type => 'spa' ], [ grant_types => [ 'authorization_code',
       'refresh_token' ] ], [ oidc_conformant => JSON::PP::true ],
     [ organization_usage => 'require' ],
     [ organization_discovery_methods => [ 'email' ] ]) {
    my ($name, $value) = @$_;

    is($m->call('PATCH', "clients/$id", body => { $name => $value })->code,
       200, "$name may be changed");
}
is_refused($m->call('PATCH', "clients/$id", body => { grant_types => [
    'client_credentials' ] }), 400, 'invalid_body', qr/client_credentials/,
    'client_credentials may not be given');
is_refused($m->call('POST', "clients/$id/rotate-secret"), 400,
    'operation_not_supported', qr/metadata document/, 'nor a secret');
for my $name (qw(external_client_id jwks_uri)) {
    is($m->call('PATCH', "clients/$id", body => { $name => 'https://x.y/z' })
       ->code, 400, "$name cannot be set by hand");
    is($m->call('POST', 'clients', body => { name => 'A',
        is_first_party => JSON::PP::false, $name => 'https://x.y/z' })->code,
       400, '... nor of a new application');
}

# ---- refusals -----------------------------------------------------------------
is_refused(register($site->url('/nowhere')), 400, 'invalid_body',
    "${bad}'The document cannot be fetched: Its host answers with status 404'"
    . ' on property external_client_id.', 'what cannot be fetched');
is_refused(register($site->document('/wrong', client_name => undef,
    grant_types => [ 'password' ])), 400, 'invalid_body',
    qr/'client_name: .*; grant_types: .*' on property external_client_id\.$/,
    'all violations are told');
is_refused(register('https://localhost/x'), 400, 'invalid_body',
    qr/localhost/, 'an address that cannot be one');
is_refused(register($site->document('/other'), scopes => [ 'read:clients' ]),
    403, 'insufficient_scope', qr/create:clients/, 'a reader may not');
is($site->hits('/other'), 0, 'and nothing was fetched');
is(register($site->url('/other'), scopes => [ 'create:clients' ])->code, 201,
   'who may create may');
is(register($site->url('/other'), scopes => [ 'update:clients' ])->code, 200,
   'who may update may');
is($m->call('DELETE', "clients/$id")->code, 204, 'it can be deleted');
is(register($url)->code, 201, 'and registered again');

done_testing;
