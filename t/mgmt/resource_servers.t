# APIs.
use TPA::Test timeout => 300;
use TPA::Mgmt;

my $m = mgmt('a');
my $t = $m->tenant;
my $mark = TPA::Tenant::hex_of(8);
my $bad = 'Payload validation error: ';
my @gone = (404, 'inexistent_resource_server',
            'The resource server does not exist');
my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my $n = 0;

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

# ---- an API, to the letter --------------------------------------------------
my $audience = "https://api-$mark.example.com/v1?x=y&z";
my $made = is_done($m->call('POST', 'resource-servers',
                            body => { identifier => $audience }), 201,
                   'created');
my $id = $made->{id};
my $one = "resource-servers/$id";

id_like($id, qr/^[0-9a-f]{24}$/, 'its id');
is_deeply($made, {
    id => $id, identifier => $audience, name => '', scopes => [],
    signing_alg => 'RS256', allow_offline_access => $false,
    token_lifetime => 86400, token_lifetime_for_web => 7200,
    token_dialect => 'access_token', enforce_policies => $false,
    skip_consent_for_verifiable_first_party_clients => $false,
    subject_type_authorization => {
        user => { policy => 'allow_all' },
        client => { policy => 'require_client_grant' } },
}, 'what is answered');
is_done($m->call('GET', $one), 200, 'got by its id', $made);
is_done($m->call('GET', $m->at('resource-servers', $audience)), 200,
        'got by its identifier', $made);
is_done($m->call('PATCH', $one, body => $made), 200,
        'what was got is taken back', $made);

my $everything = {
    name => "All \x{e4}", scopes => [
        { value => 'read:x', description => "Read \x{e4}" },
        { value => 'write:x' } ],
    signing_alg => 'RS256', allow_offline_access => $true,
    token_lifetime => 100, token_lifetime_for_web => 50,
    token_dialect => 'rfc9068_profile_authz', enforce_policies => $true,
    skip_consent_for_verifiable_first_party_clients => $true,
    consent_policy => 'transactional-authorization-with-mfa',
    authorization_details => [ { type => 'b' }, { type => 'a' } ],
    proof_of_possession => { mechanism => 'dpop', required => $true,
                             required_for => 'public_clients' },
    subject_type_authorization => {
        user => { policy => 'require_client_grant' },
        client => { policy => 'deny_all' } },
    allow_online_access => $true,
};
my $all = is_done($m->call('POST', 'resource-servers', body => {
    %$everything, identifier => "urn:all:$mark" }), 201, 'with everything');

is_deeply($all, { %$everything, id => $all->{id},
                  identifier => "urn:all:$mark" }, 'as it was sent');
is_done($m->call('PATCH', "resource-servers/$all->{id}", body => $all), 200,
        'what was got is taken back', $all);
is_done($m->call('PATCH', $m->at('resource-servers', "urn:all:$mark"), body => {
    consent_policy => undef, authorization_details => undef,
    proof_of_possession => undef, token_encryption => undef,
    allow_online_access => $false }), 200, 'things are taken back', {
        (map { $_ => $all->{$_} } grep {
            !/^(?:consent_policy|authorization_details|proof_of_possession)$/ }
            keys %$all), allow_online_access => $false });

# ---- refusals ---------------------------------------------------------------
my $reserved = 'The selected identifier is reserved.';

refuse(
    # method, path, body, status, errorCode, message
    [ 'POST', 'resource-servers', {}, 400, 'invalid_body',
      "${bad}'Missing required property: identifier'." ],
    [ 'POST', 'resource-servers', { identifier => '' }, 400, 'invalid_body',
      qr/String is too short \(0 chars\), minimum 1' on property identifier/ ],
    [ 'POST', 'resource-servers', { identifier => 'x' x 601 }, 400,
      'invalid_body', qr/String is too long \(601 chars\), maximum 600/ ],
    [ 'POST', 'resource-servers', { identifier => $audience }, 409,
      'resource_server_conflict',
      'A resource server with the same identifier already exists.' ],
    [ 'POST', 'resource-servers', { identifier => "$t->{issuer}api/v2/" },
      400, 'invalid_body', $reserved ],
    [ 'POST', 'resource-servers', { identifier => "$t->{issuer}me/" },
      400, 'invalid_body', $reserved ],
    [ 'POST', 'resource-servers', { identifier => 'x', signing_alg => 'HS256' },
      400, 'invalid_body', qr/No enum match for: HS256/ ],
    [ 'POST', 'resource-servers', { identifier => 'x', signing_secret => 'y' },
      400, 'invalid_body',
      "${bad}'Additional properties not allowed: signing_secret'." ],
    [ 'POST', 'resource-servers', { identifier => 'x', is_system => $true },
      400, 'invalid_body',
      "${bad}'Additional properties not allowed: is_system'." ],
    [ 'POST', 'resource-servers', { identifier => 'x', token_lifetime => 60,
      token_lifetime_for_web => 61 }, 400, 'invalid_body', "${bad}'It must not"
      . " be more than token_lifetime' on property token_lifetime_for_web." ],
    [ 'POST', 'resource-servers', { identifier => 'x', scopes => [
      { value => 'a' }, { value => 'a' } ] }, 400, 'invalid_body',
      "${bad}'The scope is listed twice' on property scopes[1]." ],
    [ 'POST', 'resource-servers', { identifier => 'x', token_encryption => {
      format => 'x' } }, 400, 'invalid_body', "${bad}'Encrypted"
      . " tokens are not supported: it must be null' on property"
      . ' token_encryption.' ],
    [ 'PATCH', $one, {}, 400, 'invalid_body',
      "${bad}'Too few properties defined (0), minimum 1'." ],
    [ 'PATCH', $one, { identifier => 'x' }, 400, 'invalid_body',
      qr/^${bad}'It cannot be changed' on property identifier/ ],
    [ 'PATCH', $one, { id => '0' x 24 }, 400, 'invalid_body',
      qr/^${bad}'It cannot be changed' on property id/ ],
    [ 'PATCH', $one, { is_system => $true }, 400, 'invalid_body',
      qr/^${bad}'It cannot be changed' on property is_system/ ],
    [ 'GET', 'resource-servers/' . '0' x 24, undef, @gone ],
    [ 'GET', $m->at('resource-servers', 'https://none.example.com/'), undef,
      @gone ],
    [ 'PATCH', 'resource-servers/' . '0' x 24, { name => 'x' }, @gone ],
    [ 'DELETE', 'resource-servers/' . '0' x 24, undef, @gone ],
);

# ---- scopes come and go -----------------------------------------------------
sub scopes { return [ map { +{ value => $_ } } @_ ] }

my $role = 'rol_' . TPA::Tenant::text_of(16);

$t->insert('roles', id => $role, name => "R $mark");
$m->must('PATCH', $one, body => { scopes => scopes(qw(a b c)) });
my $grant = $t->grant(client => $t->client,
                      api => { id => $id, scopes => [ qw(a b c) ] });
$t->insert('role_permissions', role_id => $role, resource_server_id => $id,
           permission => 'c');
is_deeply(is_done($m->call('PATCH', $one, body => {
    scopes => [ { value => 'd' }, { value => 'c', description => 'C' } ] }),
    200, 'other scopes')->{scopes},
    [ { value => 'd' }, { value => 'c', description => 'C' } ],
    'in their new order');
is($t->db->value('SELECT scope FROM tpa_data.client_grants WHERE id = ?',
                 $grant->{id}), '{c}', 'those that are gone leave grants');
is($t->db->value('SELECT count(*) FROM tpa_data.role_permissions
                  WHERE role_id = ?', $role), 1, 'those that stay stay');

# The next token knows.
my $machine = $t->machine(api => { %$made, scopes => [ 'c' ] });

is($t->claims($machine)->{scope}, 'c', 'a token before');
$m->must('PATCH', $one, body => { token_lifetime => 77,
                                  scopes => scopes('d') });
my $claims = $t->claims($machine);
is($claims->{exp} - $claims->{iat}, 77, 'a token after: lifetime');
is($claims->{scope}, undef, 'and scopes');
is($m->must('GET', $one)->{token_lifetime_for_web}, 77,
   'the other lifetime is not more');
$m->must('PATCH', $one, body => { subject_type_authorization =>
    { client => { policy => 'deny_all' } } });
is($t->token($machine)->code, 400, 'a policy against it');
is_deeply($m->must('GET', $one)->{subject_type_authorization},
    { user => { policy => 'allow_all' }, client => { policy => 'deny_all' } },
    'what was not said stays');

# ---- what is built in -------------------------------------------------------
my $system = $m->must('GET', $m->at('resource-servers',
                                    "$t->{issuer}api/v2/"));
my $there = $m->at('resource-servers', $system->{identifier});

is($system->{is_system}, $true, 'the Management API is built in');
ok(scalar @{ $system->{scopes} } > 50, 'with its scopes');
is_done($m->call('PATCH', $there, body => $system), 200,
        'what was got is taken back', $system);
refuse(
    [ 'PATCH', $there, { name => 'New' }, 400, 'operation_not_supported',
      'System resource servers cannot be patched.' ],
    [ 'PATCH', $there, { scopes => [] }, 400, 'operation_not_supported',
      'System resource servers cannot be patched.' ],
    [ 'DELETE', $there, undef, 400, 'operation_not_supported',
      'System resource servers cannot be deleted.' ],
    [ 'DELETE', "resource-servers/$system->{id}", undef, 400,
      'operation_not_supported',
      'System resource servers cannot be deleted.' ],
);
is_done($m->call('GET', $there), 200, 'it is as it was', $system);

# ---- scopes of the caller, other tenants ------------------------------------
for (
    [ 'GET', 'resource-servers', undef, 'read' ],
    [ 'POST', 'resource-servers', { identifier => 'x' }, 'create' ],
    [ 'GET', $one, undef, 'read' ],
    [ 'PATCH', $one, { name => 'x' }, 'update' ],
    [ 'DELETE', $one, undef, 'delete' ],
) {
    my ($method, $path, $body, $verb) = @$_;

    is_refused($m->call($method, $path, body => $body,
                        scopes => [ 'read:clients' ]), 403,
               'insufficient_scope', 'Insufficient scope, expected any of:'
               . " $verb:resource_servers", "$method $path without the scope");
}
is_refused(mgmt('b')->call($_, $one, body => $_ eq 'PATCH' ? { name => 'x' }
                           : undef), @gone, "$_ at another tenant")
    for qw(GET PATCH DELETE);

# ---- lists ------------------------------------------------------------------
my @ids = map { "urn:list:$mark:$_" } 1 .. 5;

$m->must('POST', 'resource-servers', body => { identifier => $_ }) for @ids;
my @listed = $m->in_every_style('resource-servers', 'resource_servers', 5,
    query => [ map { (identifiers => $_) } @ids ]);

same_set([ map { $_->{identifier} } @listed ], \@ids, 'some by identifier');
is_deeply($m->must('GET', 'resource-servers', query => [
    identifiers => join(',', @ids[0, 1]), fields => 'name' ]),
    [ { name => '' }, { name => '' } ], 'with commas, and some fields');
my ($page, @seen) = 0;

while (1) {
    my $got = $m->must('GET', 'resource-servers', query => [
        page => $page++, per_page => 100, include_totals => 'true' ]);

    last unless @{ $got->{resource_servers} };
    push @seen, map { $_->{id} } @{ $got->{resource_servers} };
    $n = $got->{total};
}
same_set(\@seen, [ map { $_->[0] } $t->db->rows(
    'SELECT id FROM tpa_data.resource_servers') ], 'all, each once');
is($n, scalar @seen, 'as many as it says');
is_refused($m->call('GET', 'resource-servers', query => [ per_page => 101 ]),
           400, 'invalid_query_string', qr/per_page/, 'a page that is too big');

# ---- how often the database is asked ----------------------------------------
for (
    [ 'GET', $one, 1 ],
    [ 'GET', 'resource-servers?include_totals=true', 1 ],
    [ 'POST', 'resource-servers', 1, { identifier => "urn:$mark" } ],
    [ 'PATCH', $one, 2, { name => 'x' } ],
    [ 'DELETE', $m->at('resource-servers', "urn:$mark"), 1 ],
) {
    my ($method, $path, $calls, $body) = @$_;
    my $log = main_node->access_log;

    $m->call($method, $path, body => $body);
    like($log->wait_for(qr{ "\Q$method /api/v2/$path\E HTTP}),
         qr/ calls=$calls$/, "$method $path: $calls calls");
}

# ---- its end ----------------------------------------------------------------
is_done($m->call('DELETE', $m->at('resource-servers', $audience)), 204,
        'deleted', undef);
is_refused($m->call('GET', $one), @gone, 'it is gone');
is_refused($m->call('DELETE', $one), @gone, 'once and for all');
is($t->db->value('SELECT count(*) FROM tpa_data.client_grants
                  WHERE resource_server_id = ?', $id), 0,
   'its grants went with it');
my ($event) = $t->events(type => 'sapi', client_id => $m->{client}{id});
is($event->{description}, 'Delete an API', 'the last event');

done_testing();
