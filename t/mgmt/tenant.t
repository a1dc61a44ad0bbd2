# Settings of the tenant, and the actions there are not.
use TPA::Test;
use TPA::Mgmt;
use TPA::Orgs;

my $m = mgmt('b');
my $t = $m->tenant;
my $path = 'tenants/settings';
my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $start = $m->must('GET', $path);
my $owner = $$;
my ($row) = map { $_->[0] } $t->db->rows(
    'SELECT row_to_json(t) FROM tpa_data.tenant t');

# Other tests share the tenant: it is put back as it was, whatever happens.
END {
    local $?;
    $t->db->rows('DELETE FROM tpa_data.tenant; INSERT INTO tpa_data.tenant
        SELECT * FROM json_populate_record(NULL::tpa_data.tenant, ?::json)',
        $row) if $row && $$ == $owner;
}

# ---- as it begins ---------------------------------------------------------------
is_deeply($start, {
    friendly_name => $start->{friendly_name}, default_audience => '',
    default_directory => '', session_lifetime => 168,
    idle_session_lifetime => 72, resource_parameter_profile => 'audience',
    flags => { enable_dynamic_client_registration => $false,
               use_scope_descriptions_for_consent => $false,
               revoke_refresh_token_grant => $false,
               remove_alg_from_jwks => $false },
    allow_organization_name_in_authentication_api => $false,
    authorization_response_iss_parameter_supported =>
        $start->{authorization_response_iss_parameter_supported},
    client_id_metadata_document_supported => $false }, 'as a new tenant is');
keeps_what_it_gave($m, $path);
is_done($m->call('GET', $path, query => [
    fields => 'default_audience,idle_session_lifetime' ]), 200, 'some of them',
    { default_audience => '', idle_session_lifetime => 72 });

# ---- every property ---------------------------------------------------------------
my $quota = { client_credentials => { enforce => $true, per_day => 100,
                                      per_hour => 10 } };
my %nullable = map { $_ => 1 } qw(picture_url support_email support_url
    enabled_locales default_audience default_directory error_page
    default_token_quota dynamic_client_registration_security_mode
    skip_non_verifiable_callback_uri_confirmation_prompt);
my %values = (
    # property => values that are taken; values that are not
    friendly_name => [ [ "T\x{e4}nt" ], [ '', 'x' x 256, undef ] ],
    picture_url => [ [ 'https://a.example/p.png' ], [ 1, 'x' x 2049 ] ],
    support_email => [ [ 'help@a.example' ], [ [] ] ],
    support_url => [ [ 'https://a.example/help' ], [ {} ] ],
    enabled_locales => [ [ [ 'en', 'de' ] ], [ [], 'en', [ 1 ] ] ],
    default_audience => [ [ 'https://a.example/' ], [ 'x' x 601 ] ],
    default_directory => [ [ 'users' ], [ 'x' x 129 ] ],
    error_page => [ [ { html => '<p>no</p>', show_log_link => $true },
                      { url => 'https://a.example/error' } ],
                    [ { html => 1 }, { colour => 'red' }, 'x' ] ],
    session_lifetime => [ [ 1, 8760 ], [ 0, 8761, 1.5, '1', undef ] ],
    idle_session_lifetime => [ [ 1, 100 ], [ 0, 8761, -1 ] ],
    flags => [ [ { enable_dynamic_client_registration => $true },
                 { use_scope_descriptions_for_consent => $true },
                 { revoke_refresh_token_grant => $true },
                 { remove_alg_from_jwks => $true } ],
               [ { no_such => $true }, { remove_alg_from_jwks => 'true' },
                 undef, [] ] ],
    allow_organization_name_in_authentication_api => [ [ $true, $false ],
                                                       [ 1, undef ] ],
    authorization_response_iss_parameter_supported => [ [ $true, $false ],
                                                        [ 'no' ] ],
    resource_parameter_profile => [ [ 'compatibility', 'audience' ],
                                    [ 'both', undef ] ],
    client_id_metadata_document_supported => [ [ $true, $false ], [ 0 ] ],
    dynamic_client_registration_security_mode => [ [ 'strict' ],
        [ 'permissive', 'lax' ] ],
    default_token_quota => [ [ { clients => $quota },
        { clients => $quota, organizations => { client_credentials =>
            { enforce => $false, per_hour => 1 } } } ],
        [ { clients => {} }, { clients => { client_credentials =>
            { per_day => 0 } } }, { users => $quota } ] ],
    skip_non_verifiable_callback_uri_confirmation_prompt =>
        [ [ $true, $false ], [ 'yes' ] ],
);
my $doc = $m->must('GET', 'openapi.json', token => undef);
my $described = $doc->{paths}{"/$path"}{patch}{requestBody}{content}
    {'application/json'}{schema}{properties};

same_set([ keys %values ], [ keys %$described ], 'each property is tried');
for my $name (sort keys %values) {
    my ($good, $bad) = @{ $values{$name} };
    my $before;

    for my $value (@$good) {
        my $got = is_done($m->call('PATCH', $path, body => { $name => $value }),
                          200, "$name: " . $json->encode($value));
        my $is = ref $value eq 'HASH'   # what was not named stays
            ? { map { $_ => $got->{$name}{$_} } keys %$value } : $got->{$name};

        is($json->encode($is), $json->encode($value), "$name is so now");
        $before = $got;
    }
    is_done($m->call('GET', $path), 200, "$name: got", $before);
    for my $value (@$bad) {
        is_refused($m->call('PATCH', $path, body => { $name => $value }), 400,
                   'invalid_body', qr/^Payload validation error: /,
                   "$name is not " . substr $json->encode($value), 0, 40);
    }
    is_done($m->call('GET', $path), 200, "$name: as it was", $before);
    if ($nullable{$name}) {
        my $got = is_done($m->call('PATCH', $path, body => { $name => undef }),
                          200, "$name is taken back");

        is($got->{$name}, $start->{$name}, "$name is as it began");
    }
}
keeps_what_it_gave($m, $path);
$t->update('tenant', {}, permissive_mode_available => 't');
is($m->must('PATCH', $path, body => {
    dynamic_client_registration_security_mode => 'permissive' })
   ->{dynamic_client_registration_security_mode}, 'permissive',
   'permissive, where that mode is available');

# ---- refusals -----------------------------------------------------------------------
refuse($m,
    [ 'PATCH', $path, {}, 400, 'invalid_body',
      "${bad}'Too few properties defined (0), minimum 1'." ],
    [ 'PATCH', $path, { issuer => 'https://x/' }, 400, 'invalid_body',
      "${bad}'Additional properties not allowed: issuer'." ],
    [ 'PATCH', $path, { permissive_mode_available => $true }, 400,
      'invalid_body', qr/not allowed: permissive_mode_available/ ],
    [ 'PATCH', $path, { '@permissive_mode_available' => $true }, 400,
      'invalid_body', qr/not allowed: \@permissive_mode_available/ ],
    [ 'POST', $path, {}, 405, 'method_not_allowed', qr/GET, PATCH/ ],
    [ 'DELETE', $path, undef, 405, 'method_not_allowed', qr/GET, PATCH/ ],
);
for ([ 'GET', 'read' ], [ 'PATCH', 'update' ]) {
    my ($method, $verb) = @$_;
    my ($other) = grep { $_ ne $verb } qw(read update);

    is_refused($m->call($method, $path, body => $method eq 'PATCH'
                        ? { friendly_name => 'x' } : undef,
                        scopes => [ "$other:tenant_settings" ]), 403,
               'insufficient_scope', 'Insufficient scope, expected any of:'
               . " $verb:tenant_settings", "$method without its scope");
}

# ---- what counts at once --------------------------------------------------------------
$m->must('PATCH', $path, body => { flags => { remove_alg_from_jwks => $true } });
my $machine = $t->machine(grant => { organization_usage => 'allow',
                                     allow_any_organization => 't' });
my $org = $t->org;

$m->must('PATCH', $path,
         body => { allow_organization_name_in_authentication_api => $true });
is($t->claims($machine, organization => $org->{name})->{org_name}, $org->{name},
   'names of Organizations, from the next token on');
$m->must('PATCH', $path,
         body => { allow_organization_name_in_authentication_api => $false });
is($t->token($machine, organization => $org->{name})->code, 400,
   'and not, from the next on');

# Several at once: each keeps what the others set.
my @names = qw(enable_dynamic_client_registration
    use_scope_descriptions_for_consent revoke_refresh_token_grant
    remove_alg_from_jwks);

$m->must('PATCH', $path, body => { flags => { map { $_ => $false } @names } });
my @pids = map {
    my $name = $_;
    my $pid = fork // die "fork: $!\n";

    unless ($pid) {
        my $code = $t->http->request('PATCH', "/api/v2/$path",
            headers => [ Authorization => 'Bearer ' . $m->token,
                         'Content-Type' => 'application/json' ],
            body => qq({"flags": {"$name": true}}))->code;
        POSIX::_exit($code == 200 ? 0 : 1);
    }
    $pid;
} @names;
is(scalar(grep { waitpid $_, 0; $? } @pids), 0, 'four changes at once');
is_deeply($m->must('GET', $path)->{flags}, { map { $_ => $true } @names },
          'none is lost');
is((events_of($m, $path))[-1], 'Update the settings of the tenant',
   'it is written down');

# ---- actions --------------------------------------------------------------------------
for (
    [ [], { actions => [], total => 0, page => 0, per_page => 50 } ],
    [ [ page => 3, per_page => 100 ],
      { actions => [], total => 0, page => 3, per_page => 100 } ],
) {
    is_done($m->call('GET', 'actions/actions', query => $_->[0],
                     scopes => [ 'read:actions' ]), 200,
            "no actions: @{ $_->[0] }", $_->[1]);
}
refuse($m, [ 'POST', 'actions/actions', { name => 'x' }, 405,
             'method_not_allowed', qr/GET/ ]);
is($m->call('GET', 'actions/actions', scopes => [ 'read:users' ])->code, 403,
   'nor anybody to hear so without its scope');

done_testing();
