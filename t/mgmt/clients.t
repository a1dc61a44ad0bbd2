# Applications.
use TPA::Test timeout => 300;
use TPA::Mgmt;

my $m = mgmt('a');
my $t = $m->tenant;
my $mark = TPA::Tenant::hex_of(8);
my $bad = 'Payload validation error: ';
my @gone = (404, 'inexistent_client', 'The client does not exist');
my ($true, $false) = (JSON::PP::true, JSON::PP::false);

sub create { return $m->must('POST', 'clients', body => { name => 'App', @_ }) }

sub third { return create(is_first_party => $false, @_) }

sub refuse {
    for (@_) {
        my ($method, $path, $body, @expected) = @$_;
        my $shown = defined $body ? JSON::PP->new->canonical->encode($body)
                                  : '';

        is_refused($m->call($method, $path, body => $body), @expected,
                   "$method $path $shown");
    }
    return;
}

# ---- a strict application, to the letter ------------------------------------
my %sent = (name => "Partner $mark", app_type => 'regular_web',
            callbacks => [ 'https://partner.example/cb' ],
            is_first_party => $false,
            token_endpoint_auth_method => 'client_secret_post',
            third_party_security_mode => 'strict',
            redirection_policy => 'open_redirect_protection');
my $made = is_done($m->call('POST', 'clients', body => \%sent), 201, 'created');
my $id = $made->{client_id};
my $secret = seen(delete $made->{client_secret});

id_like($id, qr/^tpc_[0-9A-Za-z]{22}$/, 'its id');
id_like($secret, qr/^[0-9A-Za-z_-]{43}$/, 'its secret');
id_like($made->{signing_keys}[0]{cert}, qr/^-----BEGIN CERTIFICATE-----\n/,
        'the certificate of the tenant');
is_deeply($made, {
    %sent, client_id => $id, description => '', allowed_origins => [],
    web_origins => [], grant_types => [ 'authorization_code' ],
    oidc_conformant => $true, require_proof_of_possession => $false,
    jwt_configuration => { secret_encoded => $false, alg => 'RS256',
                           lifetime_in_seconds => 3600 },
    refresh_token => { rotation_type => 'non-rotating', leeway => 0,
        expiration_type => 'expiring', token_lifetime => 31557600,
        infinite_token_lifetime => $true, idle_token_lifetime => 2592000,
        infinite_idle_token_lifetime => $false },
    sso_disabled => $false, cross_origin_authentication => $false,
    custom_login_page_on => $true,
    is_token_endpoint_ip_header_trusted => $false,
    signing_keys => $made->{signing_keys} }, 'what is answered');
is_done($m->call('GET', "clients/$id"), 200, 'got', $made);
is_done($m->call('PATCH', "clients/$id", body => $made), 200,
        'what was got is taken back', $made);
is_done($m->call('PATCH', "clients/$id", body => {
    is_first_party => $false, third_party_security_mode => 'strict' }), 200,
    'what cannot change may be repeated', $made);

# ---- others -----------------------------------------------------------------
# What is given back of each kind is accepted, and nothing is changed by it.
my $everything = {
    name => "All $mark", description => "\x{dc}ber alles \x{1f600}",
    logo_uri => 'https://a.example/logo.png', app_type => 'native',
    grant_types => [ 'authorization_code', 'refresh_token' ],
    callbacks => [ 'https://a.example/cb', 'com.example.app:/cb',
                   'http://127.0.0.1/cb' ],
    allowed_origins => [ 'https://a.example' ],
    web_origins => [ 'https://b.example:8443' ],
    client_metadata => { a => 'b', c => "\x{e4}" },
    jwt_configuration => { lifetime_in_seconds => 60, alg => 'RS256',
                           secret_encoded => $false },
    refresh_token => { rotation_type => 'rotating', leeway => 3,
        expiration_type => 'expiring', token_lifetime => 1000,
        infinite_token_lifetime => $false, idle_token_lifetime => 100,
        infinite_idle_token_lifetime => $false,
        policies => [ { audience => 'https://x/', scope => [ 'a' ] } ] },
    require_proof_of_possession => $true,
    organization_usage => 'require',
    organization_require_behavior => 'pre_login_prompt',
    organization_discovery_methods => [ 'organization_name', 'email' ],
    default_organization => { organization_id => $t->org->{id},
                              flows => [ 'client_credentials' ] },
    oidc_conformant => $true,
    token_quota => { client_credentials => { enforce => $true, per_day => 10,
                                             per_hour => 5 } },
    skip_non_verifiable_callback_uri_confirmation_prompt => $true,
    identity_assertion_authorization_grant => { active => $false },
    token_endpoint_auth_method => 'none',
};

$t->settings(permissive_mode_available => 't');
for (
    [ 'the least', {} ],
    [ 'a machine', { app_type => 'non_interactive' } ],
    [ 'a page', { app_type => 'spa' } ],
    [ 'of a third party', { is_first_party => $false } ],
    [ 'permissive', { is_first_party => $false,
                      third_party_security_mode => 'permissive' } ],
    [ 'everything', $everything ],
    [ 'everything of a third party', { %$everything,
        is_first_party => $false, redirection_policy => 'allow_always' } ],
    [ 'what is kept only', { sso => $true, addons => { samlp => { a => 1 } },
        allowed_logout_urls => [ 'https://a.example' ], sso_disabled => $true,
        custom_login_page_on => $false, initiate_login_uri => 'https://a/',
        oidc_logout => { backchannel_logout_urls => [] } } ],
) {
    my ($name, $body) = @$_;
    my $first = create(%$body);
    my $got;

    id_like($first->{client_id}, $body->{is_first_party} // 1
            || ($body->{third_party_security_mode} // '') eq 'permissive'
            ? qr/^[0-9A-Za-z]{32}$/ : qr/^tpc_[0-9A-Za-z]{22}$/,
            "$name: its id");
    delete $first->{client_secret};
    $got = is_done($m->call('GET', "clients/$first->{client_id}"), 200,
                   "$name: got", $first);
    is_deeply({ map { $_ => $got->{$_} } keys %$body }, $body,
              "$name: as it was sent");
    is_done($m->call('PATCH', "clients/$first->{client_id}", body => $got),
            200, "$name: taken back", $first);
}

# ---- refusals ---------------------------------------------------------------
my $none = 'tpc_0000000000000000000000';
my $app = create()->{client_id};
my $own = "own_$mark";

is(create(client_id => $own)->{client_id}, $own, 'an id of its own');
$t->settings(permissive_mode_available => 'f');
refuse(
    # method, path, body, status, errorCode, message
    [ 'POST', 'clients', {}, 400, 'invalid_body',
      "${bad}'Missing required property: name'." ],
    [ 'POST', 'clients', undef, 400, 'invalid_body',
      "${bad}'Missing required property: name'." ],
    [ 'POST', 'clients', [], 400, 'invalid_body',
      "${bad}'Expected type object but found type array'." ],
    [ 'POST', 'clients', '{"name": "a", "name": "b"}', 400, 'invalid_body',
      qr/a member that comes twice/ ],
    [ 'POST', 'clients', '{"name": "a\u0000b"}', 400, 'invalid_body',
      qr/a NUL character/ ],
    [ 'POST', 'clients', { name => 'x', no_such => 1 }, 400, 'invalid_body',
      "${bad}'Additional properties not allowed: no_such'." ],
    [ 'POST', 'clients', { name => 'x', client_id => $own }, 409,
      'client_conflict', 'A client with this client_id already exists.' ],
    [ 'POST', 'clients', { name => 'x', client_id => 'tpc_x' }, 400,
      'invalid_body', "${bad}'Ids that start with tpc_ are those of third-party"
      . " applications' on property client_id." ],
    [ 'POST', 'clients', { name => 'x', client_secret => 'y' }, 400,
      'invalid_body', "${bad}'Additional properties not allowed:"
      . " client_secret'." ],
    [ 'POST', 'clients', { name => 'x', is_first_party => $false,
      third_party_security_mode => 'permissive' }, 400, 'invalid_body',
      "${bad}'This tenant has no permissive mode' on property"
      . ' third_party_security_mode.' ],
    [ 'POST', 'clients', { name => 'x', default_organization => {
      organization_id => 'org_' . 'x' x 16,
      flows => [ 'client_credentials' ] } }, 400, 'invalid_body',
      "${bad}'There is no such Organization' on property"
      . ' default_organization.organization_id.' ],
    [ 'POST', 'clients', { name => 'x', app_type => 'non_interactive',
      token_endpoint_auth_method => 'none' }, 400, 'invalid_body',
      "${bad}'token_endpoint_auth_method must not be none when the"
      . " client_credentials grant is enabled' on property grant_types." ],
    [ 'PATCH', "clients/$id", {}, 400, 'invalid_body',
      "${bad}'Too few properties defined (0), minimum 1'." ],
    [ 'PATCH', "clients/$id", { is_first_party => $true }, 400,
      'invalid_body', qr/^${bad}'It cannot be changed' on property is_first_/ ],
    [ 'PATCH', "clients/$id", { third_party_security_mode => 'permissive' },
      400, 'invalid_body', qr/^${bad}'It cannot be changed' on property thi/ ],
    [ 'PATCH', "clients/$id", { client_id => $app }, 400, 'invalid_body',
      qr/^${bad}'It cannot be changed' on property client_id/ ],
    [ 'PATCH', "clients/$app", { is_first_party => $false }, 400,
      'invalid_body', qr/^${bad}'It cannot be changed' on property is_first_/ ],
    [ 'PATCH', "clients/$id", { sso => $false }, 400, 'invalid_body',
      "${bad}'Additional properties not allowed: sso'." ],
    [ 'PATCH', "clients/$id", { default_organization => {
      organization_id => 'org_' . 'x' x 16,
      flows => [ 'client_credentials' ] } }, 400, 'invalid_body',
      qr/There is no such Organization/ ],
    [ 'PATCH', "clients/$id", { client_authentication_methods => {
      private_key_jwt => { credentials => [ { id => 'cred_x' } ] } } }, 400,
      'invalid_body', "${bad}'The application has no such credential' on"
      . ' property client_authentication_methods.private_key_jwt'
      . '.credentials.' ],
    [ 'GET', "clients/$none", undef, @gone ],
    [ 'PATCH', "clients/$none", { name => 'x' }, @gone ],
    [ 'POST', "clients/$none/rotate-secret", undef, @gone ],
    [ 'GET', "clients/$none/connections", undef, @gone ],
    [ 'GET', 'clients/' . 'x' x 300, undef, @gone ],
    [ 'GET', 'clients/%00', undef, 400, 'invalid_uri', qr/^Path validation/ ],
    [ 'PUT', "clients/$id", {}, 405, 'method_not_allowed', qr/GET, PATCH/ ],
);

# Strict applications: what was refused changed nothing.
my $before = $m->must('GET', "clients/$id");

for (
    { jwt_configuration => { alg => 'HS256' } },
    { callbacks => [ 'https://*.partner.example/cb' ] },
    { callbacks => [ 'https://partner.example/cb#x' ] },
    { callbacks => [ 'https://user@partner.example/cb' ] },
    { callbacks => [ 'https://partner.example\\@evil.example/' ] },
    { callbacks => [ "https://partner.example/\x01" ] },
    { callbacks => [ 'http://partner.example/cb' ] },
    { callbacks => [ 'com.example:/cb' ] },
    { callbacks => [ 'javascript:alert(1)' ] },
    { grant_types => [ 'implicit' ] },
    { grant_types => [ 'password' ] },
    { client_authentication_methods => { tls_client_auth => {} } },
    { refresh_token => { expiration_type => 'non-expiring' } },
    { refresh_token => { infinite_idle_token_lifetime => $true } },
    { allowed_logout_urls => [] },
    { oidc_conformant => $false },
    { name => 'New', description => 'x' x 141 },
) {
    is_refused($m->call('PATCH', "clients/$id", body => $_), 400,
               'invalid_body', qr/^${bad}/,
               'refused: ' . JSON::PP->new->canonical->encode($_));
}
is_done($m->call('GET', "clients/$id"), 200, 'nothing was changed', $before);

# ---- changes ----------------------------------------------------------------
my $default = { organization_id => $t->org->{id},
                flows => [ 'client_credentials' ] };

for (
    [ { description => 'new' }, description => 'new' ],
    [ { client_metadata => { a => '1', b => '2' } },
      client_metadata => { a => '1', b => '2' } ],
    [ { client_metadata => { a => undef, c => '3' } },
      client_metadata => { b => '2', c => '3' } ],
    [ { client_metadata => undef }, client_metadata => undef ],
    [ { jwt_configuration => { lifetime_in_seconds => 7 } },
      jwt_configuration => { alg => 'RS256', lifetime_in_seconds => 7,
                             secret_encoded => $false } ],
    [ { organization_usage => 'require' }, organization_usage => 'require' ],
    [ { organization_usage => undef }, organization_usage => undef ],
    [ { token_quota => { client_credentials => { per_day => 3 } } },
      token_quota => { client_credentials => { per_day => 3 } } ],
    [ { token_quota => { client_credentials => { enforce => $false } } },
      token_quota => { client_credentials => { enforce => $false } } ],
    [ { token_quota => undef }, token_quota => undef ],
    [ { grant_types => [] }, grant_types => [] ],
    [ { default_organization => $default }, default_organization => $default ],
    [ { default_organization => undef }, default_organization => undef ],
) {
    my ($body, $member, $value) = @$_;
    my $got = is_done($m->call('PATCH', "clients/$id", body => $body), 200,
                      'changed: ' . JSON::PP->new->canonical->encode($body));

    is_deeply($got->{$member}, $value, 'as it was told');
    is(exists $got->{$member}, defined $value, 'or it is gone');
}

# Eight at once, each one member: none is lost.
my @pids = map {
    my $n = $_;
    my $pid = fork // die "fork: $!\n";

    unless ($pid) {
        my $ok = $t->http->request('PATCH', "/api/v2/clients/$id",
            headers => [ Authorization => 'Bearer ' . $m->token,
                         'Content-Type' => 'application/json' ],
            body => qq({"client_metadata": {"key$n": "$n"}}))->code == 200;
        POSIX::_exit($ok ? 0 : 1);
    }
    $pid;
} 1 .. 8;
my $failed = grep { waitpid $_, 0; $? } @pids;

is($failed, 0, 'eight changes at once');
is_deeply($m->must('GET', "clients/$id")->{client_metadata},
          { map { ("key$_" => "$_") } 1 .. 8 }, 'none of them is lost');

# ---- secrets ----------------------------------------------------------------
my $machine = create(app_type => 'non_interactive');
my $api = $t->api;

seen($machine->{client_secret});
$t->grant(client => { id => $machine->{client_id} }, api => $api);

sub token_with {
    my ($secret) = @_;

    return $t->token({ id => $machine->{client_id}, secret => $secret,
                       method => 'client_secret_post', api => $api })->code;
}

is(token_with($machine->{client_secret}), 200, 'its secret is good');
my $rotated = is_done($m->call('POST',
    "clients/$machine->{client_id}/rotate-secret"), 200, 'rotated');
my $fresh = seen(delete $rotated->{client_secret});

is_done($m->call('GET', "clients/$machine->{client_id}"), 200,
        'what is answered then, but for the secret', $rotated);
is(token_with($machine->{client_secret}), 401, 'the old secret is not');
is(token_with($fresh), 200, 'the new one is');
is_done($m->call('PATCH', "clients/$machine->{client_id}",
                 body => { grant_types => [] }), 200, 'no grant type');
is(token_with($fresh), 400, 'the next request knows it');

# Whatever is written down, no secret is in it.
my @events = $t->events(type => 'sapi', client_id => $m->{client}{id});
my $said = join "\n", map { JSON::PP::encode_json($_) } @events;

ok(scalar @events > 20, 'writes are recorded');
unlike($said, qr/\Q$_\E/, 'without the secret')
    for $secret, $fresh, $machine->{client_secret};
is($events[0]{description}, 'Update an application', 'what the last one was');
is_deeply($events[0]{details}{request}{body}, { grant_types => [] },
          'and what it said');
unlike($m->call('GET', 'clients', query => [ take => 100 ])->body,
       qr/client_secret"/, 'lists show none');

# ---- scopes -----------------------------------------------------------------
my $readers = 'read:clients,read:client_keys,read:client_credentials,'
    . 'read:client_summary';
my $changers = 'update:clients,update:client_keys,update:client_credentials';

for (
    [ 'GET', 'clients', undef, $readers ],
    [ 'GET', "clients/$id", undef, $readers ],
    [ 'POST', 'clients', { name => 'x' }, 'create:clients' ],
    [ 'PATCH', "clients/$id", { name => 'x' }, $changers ],
    [ 'DELETE', "clients/$id", undef, 'delete:clients' ],
    [ 'POST', "clients/$id/rotate-secret", undef, 'update:client_keys' ],
    [ 'GET', "clients/$id/connections", undef,
      'read:connections+read:clients,read:connections+read:client_summary' ],
) {
    my ($method, $path, $body, $scopes) = @$_;

    is_refused($m->call($method, $path, body => $body,
                        scopes => [ 'read:users' ]), 403, 'insufficient_scope',
               "Insufficient scope, expected any of: $scopes",
               "$method $path without the scope");
}
for my $scope (split /,/, $readers) {
    my $got = is_done($m->call('GET', "clients/$id", scopes => [ $scope ]),
                      200, "with $scope");

    is(exists $got->{callbacks}, $scope ne 'read:client_summary',
       "$scope: what it shows");
}
is_done($m->call('GET', "clients/$id", scopes => [ 'read:client_summary' ],
                 query => [ fields => 'name,callbacks' ]), 200,
        'a summary shows no more when asked', { name => "Partner $mark" });
is_done($m->call('GET', "clients/$id", scopes => [ 'read:client_summary' ],
                 query => [ fields => 'callbacks' ]), 200, 'nothing then', {});
is_done($m->call('GET', "clients/$id", scopes => [ 'read:client_summary' ],
    query => [ fields => 'name,description', include_fields => 'false' ]), 200,
    'nor when other things are left out', {
        client_id => $id, is_first_party => $false, app_type => 'regular_web',
        third_party_security_mode => 'strict' });
for (
    [ 'update:client_keys', { name => 'y' }, 403 ],
    [ 'update:client_credentials', { name => 'y' }, 403 ],
    [ 'update:client_keys', { token_endpoint_auth_method =>
                              'client_secret_basic' }, 403 ],
    [ 'update:client_credentials', { token_endpoint_auth_method =>
                                     'client_secret_basic' }, 200 ],
    [ 'update:client_keys', { is_first_party => $false }, 200 ],
    [ 'update:clients', { name => 'y' }, 200 ],
) {
    my ($scope, $body, $status) = @$_;

    is($m->call('PATCH', "clients/$id", body => $body,
                scopes => [ $scope ])->code, $status,
       "$scope and " . JSON::PP::encode_json($body));
}

# ---- another tenant ---------------------------------------------------------
my $b = mgmt('b');

is_refused($b->call($_->[0], "clients/$id$_->[1]", body => $_->[2]), @gone,
           "$_->[0] at another tenant")
    for [ 'GET', '' ], [ 'PATCH', '', { name => 'x' } ],
        [ 'POST', '/rotate-secret' ];
is_done($b->call('DELETE', "clients/$id"), 204, 'nothing to delete there',
        undef);
is_done($m->call('GET', "clients/$id"), 200, 'it is still here');

# ---- how often the database is asked ----------------------------------------
for (
    [ 'GET', "clients/$id", 1 ],
    [ 'GET', 'clients?include_totals=true', 1 ],
    [ 'GET', 'clients?take=50', 1 ],
    [ 'POST', 'clients', 1, { name => 'x' } ],
    [ 'PATCH', "clients/$id", 2, { name => 'x' } ],
    [ 'POST', "clients/$id/rotate-secret", 1 ],
    [ 'DELETE', "clients/$app", 1 ],
) {
    my ($method, $path, $calls, $body) = @$_;
    my $log = main_node->access_log;

    $m->call($method, $path, body => $body);
    like($log->wait_for(qr{ "\Q$method /api/v2/$path\E HTTP}),
         qr/ calls=$calls$/, "$method $path: $calls calls");
}

# ---- its end ----------------------------------------------------------------
is_done($m->call('DELETE', "clients/$machine->{client_id}"), 204, 'deleted',
        undef);
is_refused($m->call('GET', "clients/$machine->{client_id}"), @gone,
           'it is gone');
is_done($m->call('DELETE', "clients/$machine->{client_id}"), 204,
        'nothing is left to do', undef);
is(token_with($fresh), 401, 'its secret is good for nothing');
is($t->db->value('SELECT count(*) FROM tpa_data.client_grants
                  WHERE client_id = ?', $machine->{client_id}), 0,
   'its grants went with it');

done_testing();
