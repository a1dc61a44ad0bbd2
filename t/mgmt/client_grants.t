# Client grants.
use TPA::Test timeout => 300;
use TPA::Mgmt;

my $m = mgmt('a');
my $t = $m->tenant;
my $bad = 'Payload validation error: ';
my @gone = (404, undef, 'The client grant does not exist.');
my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my @scopes = qw(a:x b:x c:x);
my $api = $t->api(scopes => \@scopes);
my $audience = $api->{identifier};
my $first = $t->client->{id};
my $third = $t->client(party => 'third')->{id};
my $permissive = $t->client(party => 'permissive')->{id};
my $system = "$t->{issuer}api/v2/";

sub create {
    return $m->must('POST', 'client-grants', body => {
        audience => $audience, @_ });
}

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

# ---- a grant, to the letter -------------------------------------------------
my $made = is_done($m->call('POST', 'client-grants', body => {
    client_id => $first, audience => $audience, scope => [ 'a:x', 'b:x' ],
    organization_usage => 'allow', allow_any_organization => $true }), 201,
    'created');
my $id = $made->{id};
my $one = "client-grants/$id";

id_like($id, qr/^cgr_[0-9A-Za-z]{16}$/, 'its id');
is_deeply($made, { id => $id, client_id => $first, audience => $audience,
    scope => [ 'a:x', 'b:x' ], subject_type => 'client',
    organization_usage => 'allow', allow_any_organization => $true },
    'what is answered');
is_done($m->call('GET', $one), 200, 'got', $made);
is_done($m->call('PATCH', $one, body => $made), 200,
        'what was got is taken back', $made);

# Each kind of grant, as it is answered, and taken back.
my %least = (audience => $audience, scope => [], subject_type => 'client');
my %own = (%least, allow_any_organization => $false);

for (
    [ 'no scopes', { client_id => $third },
      { %own, client_id => $third } ],
    [ 'all scopes', { client_id => $third, subject_type => 'user',
                      allow_all_scopes => $true },
      { %own, client_id => $third, subject_type => 'user',
        allow_all_scopes => $true } ],
    [ 'a default', { default_for => 'third_party_clients',
                     scope => [ 'a:x' ] },
      { %least, default_for => 'third_party_clients', scope => [ 'a:x' ] } ],
    [ 'a default for users', { default_for => 'third_party_clients',
                               subject_type => 'user' },
      { %least, default_for => 'third_party_clients',
        subject_type => 'user' } ],
    [ 'details', { client_id => $permissive, subject_type => 'user',
                   authorization_details_types => [ 'payment' ] },
      { %own, client_id => $permissive, subject_type => 'user',
        authorization_details_types => [ 'payment' ] } ],
    [ 'for Organizations', { client_id => $permissive,
                             organization_usage => 'require' },
      { %own, client_id => $permissive, organization_usage => 'require' } ],
) {
    my ($name, $body, $expected) = @$_;
    my $got = is_done($m->call('POST', 'client-grants', body => {
        audience => $audience, %$body }), 201, $name);

    is_deeply($got, { %$expected, id => $got->{id} }, "$name: the answer");
    is_done($m->call('PATCH', "client-grants/$got->{id}", body => $got), 200,
            "$name: taken back", $got);
}

# ---- refusals ---------------------------------------------------------------
my %own_one = (client_id => $first, audience => $t->api->{identifier});
my @taken = (409, 'client_grant_conflict',
    'A client grant for this API and subject type already exists.');
my @no_system = (400, 'operation_not_supported', 'Client grants for this API'
    . ' cannot be created for third-party clients.');
my @not_any = (400, 'invalid_body', "${bad}'It is not permitted for"
    . " third-party applications' on property allow_any_organization.");

refuse(
    # method, path, body, status, errorCode, message
    [ 'POST', 'client-grants', {}, 400, 'invalid_body',
      "${bad}'Missing required property: audience'." ],
    [ 'POST', 'client-grants', { audience => $audience }, 400, 'invalid_body',
      "${bad}'Exactly one of client_id and default_for must be given' on"
      . ' property client_id.' ],
    [ 'POST', 'client-grants', { %own_one,
      default_for => 'third_party_clients' }, 400, 'invalid_body',
      qr/Exactly one of client_id and default_for/ ],
    [ 'POST', 'client-grants', { %own_one, client_id => 'nobody' }, 404,
      'inexistent_client', 'Client not found' ],
    [ 'POST', 'client-grants', { %own_one, audience => 'urn:none' }, 404,
      'inexistent_resource_server', 'Resource server not found' ],
    [ 'POST', 'client-grants', { client_id => $first,
      audience => $audience }, @taken ],
    [ 'POST', 'client-grants', { default_for => 'third_party_clients',
      audience => $audience }, @taken ],
    [ 'POST', 'client-grants', { %own_one,
      scope => [ 'read:things', 'fly', 'swim' ] }, 400, 'invalid_body',
      "${bad}'These scopes are not defined by the API $own_one{audience}: fly,"
      . " swim' on property scope." ],
    [ 'POST', 'client-grants', { %own_one, scope => [ 'read:things' ],
      allow_all_scopes => $true }, 400, 'invalid_body',
      "${bad}'It must be empty beside allow_all_scopes' on property scope." ],
    [ 'POST', 'client-grants', { %own_one, subject_type => 'anonymous_user' },
      400, 'invalid_body', qr/No enum match for: anonymous_user/ ],
    [ 'POST', 'client-grants', { %own_one, organization_usage => 'required' },
      400, 'invalid_body', qr/No enum match for: required/ ],
    [ 'POST', 'client-grants', { %own_one, client_id => $third,
      allow_any_organization => $true }, @not_any ],
    [ 'POST', 'client-grants', { %own_one, client_id => $permissive,
      allow_any_organization => $true }, @not_any ],
    [ 'POST', 'client-grants', { audience => $own_one{audience},
      default_for => 'third_party_clients',
      allow_any_organization => $true }, @not_any ],
    [ 'POST', 'client-grants', { audience => $own_one{audience},
      default_for => 'third_party_clients', organization_usage => 'allow' },
      400, 'invalid_body', "${bad}'A default grant has no organization_usage'"
      . ' on property organization_usage.' ],
    [ 'POST', 'client-grants', { %own_one, is_system => $true }, 400,
      'invalid_body', "${bad}'Additional properties not allowed: is_system'." ],
    [ 'POST', 'client-grants', { client_id => $third, audience => $system },
      @no_system ],
    [ 'POST', 'client-grants', { client_id => $third, audience => $system,
      subject_type => 'user' }, @no_system ],
    [ 'POST', 'client-grants', { client_id => $permissive,
      audience => $system }, @no_system ],
    [ 'POST', 'client-grants', { default_for => 'third_party_clients',
      audience => $system }, @no_system ],
    [ 'PATCH', $one, {}, 400, 'invalid_body',
      "${bad}'Too few properties defined (0), minimum 1'." ],
    [ 'PATCH', $one, { audience => $system }, 400, 'invalid_body',
      qr/^${bad}'It cannot be changed' on property audience/ ],
    [ 'PATCH', $one, { client_id => $third }, 400, 'invalid_body',
      qr/^${bad}'It cannot be changed' on property client_id/ ],
    [ 'PATCH', $one, { subject_type => 'user' }, 400, 'invalid_body',
      qr/^${bad}'It cannot be changed' on property subject_type/ ],
    [ 'PATCH', $one, { scope => [ 'fly' ] }, 400, 'invalid_body',
      "${bad}'These scopes are not defined by the API $audience: fly' on"
      . ' property scope.' ],
    [ 'GET', 'client-grants/cgr_none', undef, @gone ],
    [ 'PATCH', 'client-grants/cgr_none', { scope => [] }, @gone ],
    [ 'DELETE', 'client-grants/cgr_none', undef, @gone ],
    [ 'GET', 'client-grants/cgr_none/organizations', undef, @gone ],
);
is($t->db->value('SELECT count(*) FROM tpa_data.client_grants g
                  JOIN tpa_data.resource_servers a
                  ON a.id = g.resource_server_id WHERE a.identifier = ?',
                 $own_one{audience}), 0, 'none of them was made');

# Of third-party applications.
my $theirs = create(client_id => $third, audience => $t->api->{identifier});

is_refused($m->call('PATCH', "client-grants/$theirs->{id}",
                    body => { allow_any_organization => $true }), @not_any,
           'each Organization, later');
is_done($m->call('PATCH', "client-grants/$theirs->{id}",
                 body => { organization_usage => 'require' }), 200,
        'but some', { %$theirs, organization_usage => 'require' });

# ---- changes ----------------------------------------------------------------
for (
    [ { scope => [ 'c:x' ] }, { scope => [ 'c:x' ] } ],
    [ { organization_usage => undef, allow_any_organization => undef },
      { scope => [ 'c:x' ], organization_usage => undef,
        allow_any_organization => $false } ],
    [ { allow_all_scopes => $true }, { scope => [],
                                       allow_all_scopes => $true } ],
    [ { scope => [ 'b:x' ] }, { scope => [ 'b:x' ],
                                allow_all_scopes => undef } ],
    [ { allow_all_scopes => $true }, { allow_all_scopes => $true } ],
    [ { allow_all_scopes => $false }, { scope => [],
                                        allow_all_scopes => undef } ],
    [ { organization_usage => 'require', scope => [ 'a:x' ] },
      { organization_usage => 'require' } ],
) {
    my ($body, $expected) = @$_;
    my $name = JSON::PP->new->canonical->encode($body);
    my $got = is_done($m->call('PATCH', $one, body => $body), 200,
                      "changed: $name");

    is_deeply($got->{$_}, $expected->{$_}, "$name: $_")
        for sort keys %$expected;
}

# The next token knows.
my $machine = $t->client;
my $grant = create(client_id => $machine->{id}, scope => [ 'a:x' ]);

$machine->{api} = $api;
is($t->claims($machine)->{scope}, 'a:x', 'a token before');
$m->must('PATCH', "client-grants/$grant->{id}",
         body => { scope => [ 'b:x', 'c:x' ] });
is($t->claims($machine)->{scope}, 'b:x c:x', 'a token after');
is_done($m->call('DELETE', "client-grants/$grant->{id}"), 204, 'deleted',
        undef);
is_error($t->token($machine), 400, 'unauthorized_client', 'no token then');
is_refused($m->call('GET', "client-grants/$grant->{id}"), @gone, 'it is gone');
is_refused($m->call('DELETE', "client-grants/$grant->{id}"), @gone,
           'once and for all');

# ---- what is built in -------------------------------------------------------
my ($built_in) = grep { $_->{is_system} } @{ $m->must('GET', 'client-grants',
    query => [ audience => $system, take => 100 ])->{client_grants} };
my $there = "client-grants/$built_in->{id}";

is_done($m->call('PATCH', $there, body => $built_in), 200,
        'what was got is taken back', $built_in);
refuse(
    [ 'PATCH', $there, { allow_all_scopes => $false }, 400,
      'operation_not_supported', 'System client grants cannot be patched.' ],
    [ 'DELETE', $there, undef, 400, 'operation_not_supported',
      'System client grants cannot be deleted.' ],
);

# ---- Organizations of a grant -----------------------------------------------
my @orgs = map { $t->org } 1 .. 5;

$t->org_grant($_, $made) for @orgs;
my @named = $m->in_every_style("$one/organizations", 'organizations', 5,
                               checkpoint => 1);

is_deeply([ map { $_->{id} } @named ], [ sort map { $_->{id} } @orgs ],
          'all of them');
is($named[0]{third_party_client_access}, 'block', 'as Organizations look');

# ---- scopes of the caller, other tenants ------------------------------------
for (
    [ 'GET', 'client-grants', undef, 'read:client_grants' ],
    [ 'POST', 'client-grants', { %own_one }, 'create:client_grants' ],
    [ 'GET', $one, undef, 'read:client_grants' ],
    [ 'PATCH', $one, { scope => [] }, 'update:client_grants' ],
    [ 'DELETE', $one, undef, 'delete:client_grants' ],
    [ 'GET', "$one/organizations", undef, 'read:organization_client_grants' ],
) {
    my ($method, $path, $body, $scope) = @$_;

    is_refused($m->call($method, $path, body => $body,
                        scopes => [ 'read:clients' ]), 403,
               'insufficient_scope',
               "Insufficient scope, expected any of: $scope",
               "$method $path without the scope");
}
is_refused(mgmt('b')->call($_, $one, body => $_ eq 'PATCH' ? { scope => [] }
                           : undef), @gone, "$_ at another tenant")
    for qw(GET PATCH DELETE);
is_refused(mgmt('b')->call('GET', "$one/organizations"), @gone,
           'their Organizations');

# ---- lists ------------------------------------------------------------------
my $many = $t->api(scopes => \@scopes);
my @grants = map { $_->{id} } (
    (map { create(client_id => $t->client->{id},
                  audience => $many->{identifier}, @$_) }
     [], [], [ subject_type => 'user' ],
     [ organization_usage => 'allow', allow_any_organization => $true ]),
    create(default_for => 'third_party_clients',
           audience => $many->{identifier}));

for (
    [ [], 5 ],
    [ [ subject_type => 'user' ], 1 ],
    [ [ subject_type => 'client' ], 4 ],
    [ [ default_for => 'third_party_clients' ], 1 ],
    [ [ allow_any_organization => 'true' ], 1 ],
    [ [ allow_any_organization => 'false' ], 4 ],
    [ [ client_id => 'nobody' ], 0 ],
    [ [ client_id => $first ], 0 ],
) {
    my ($query, $n) = @$_;
    my @got = $m->in_every_style('client-grants', 'client_grants', $n,
        query => [ audience => $many->{identifier}, @$query ],
        checkpoint => 1);

    same_set([ map { $_->{id} } @got ], \@grants, 'all of them') unless @$query;
}
is_deeply([ map { $_->{id} } $m->in_every_style('client-grants',
    'client_grants', 1, query => [ client_id => $first ], checkpoint => 1) ],
    [ $id ], 'those of an application');
is_done($m->call('GET', 'client-grants', query => [ audience => 'urn:none' ]),
        200, 'an API that is not there', []);
for (
    [ [ default_for => 'everybody' ], qr/on property default_for/ ],
    [ [ subject_type => 'x' ], qr/on property subject_type/ ],
    [ [ allow_any_organization => '1' ], qr/allow_any_organization/ ],
    [ [ take => 101 ], qr/on property take/ ],
) {
    my ($query, $message) = @$_;

    is_refused($m->call('GET', 'client-grants', query => $query), 400,
               'invalid_query_string', $message, "refused: @$query");
}

# ---- how often the database is asked ----------------------------------------
for (
    [ 'GET', $one, 1 ],
    [ 'GET', 'client-grants?take=50', 1 ],
    [ 'POST', 'client-grants', 1, { %own_one } ],
    [ 'PATCH', $one, 2, { scope => [ 'a:x' ] } ],
    [ 'GET', "$one/organizations", 1 ],
    [ 'DELETE', $one, 1 ],
) {
    my ($method, $path, $calls, $body) = @$_;
    my $log = main_node->access_log;

    $m->call($method, $path, body => $body);
    like($log->wait_for(qr{ "\Q$method /api/v2/$path\E HTTP}),
         qr/ calls=$calls$/, "$method $path: $calls calls");
}
is($t->db->value('SELECT count(*) FROM tpa_data.organization_client_grants
                  WHERE grant_id = ?', $id), 0,
   'the Organizations of a grant are forgotten with it');
my ($event) = $t->events(type => 'sapi', client_id => $m->{client}{id});
is($event->{description}, 'Delete a client grant', 'the last event');

done_testing();
