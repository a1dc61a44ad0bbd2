# Which application may have a token for which API, with which scopes.
use TPA::Test;

my $t = tenant('a');
my @scopes = ('read:things', 'write:things', 'delete:things');

sub scope_of {
    my ($answer) = @_;

    return $answer->code == 200 ? $answer->json->{scope} // ''
                                : "$answer->{line} $answer->{body}";
}

# ---- client grants -----------------------------------------------------------------

# For each kind of application: what its own grant and the default grant give.
# own and default: undef is no grant, a list its scopes, 'all' all scopes.
my @grants = (
    # party        own              default          scope of the token, or error
    [ 'first',      undef,           undef,           'unauthorized_client' ],
    [ 'first',      [@scopes[0,1]],  undef,           'read:things write:things' ],
    [ 'first',      undef,           [@scopes],       'unauthorized_client' ],
    [ 'first',      [],              undef,           '' ],
    [ 'first',      'all',           undef,           "@scopes" ],
    [ 'first',      [$scopes[0]],    [@scopes],       'read:things' ],
    [ 'third',      undef,           undef,           'unauthorized_client' ],
    [ 'third',      undef,           [$scopes[0]],    'read:things' ],
    [ 'third',      undef,           'all',           "@scopes" ],
    [ 'third',      undef,           [],              '' ],
    [ 'third',      [$scopes[1]],    [@scopes],       'write:things' ],
    [ 'third',      [],              [@scopes],       '' ],
    [ 'third',      [@scopes],       [$scopes[0]],    "@scopes" ],
    [ 'third',      [$scopes[1]],    undef,           'write:things' ],
    [ 'permissive', undef,           [@scopes],       'unauthorized_client' ],
    [ 'permissive', [$scopes[0]],    [@scopes],       'read:things' ],
);

sub columns_of {
    my ($grant) = @_;

    return ref $grant ? (scope => $grant) : (allow_all_scopes => 't');
}

sub shown {
    my ($grant) = @_;

    return !defined $grant ? 'none' : ref $grant ? "(@$grant)" : $grant;
}

for (@grants) {
    my ($party, $own, $default, $expected) = @$_;
    my $api = $t->api(scopes => \@scopes);
    my $client = $t->client(party => $party);

    $t->grant(client => $client, api => $api, columns_of($own))
        if defined $own;
    $t->grant(api => $api, columns_of($default)) if defined $default;
    my $answer = $t->token($client, audience => $api->{identifier});
    my $name = "$party-party, own grant " . shown($own) . ', default '
        . shown($default);

    if ($expected =~ /^unauthorized/) {
        is_error($answer, 400, $expected, $name);
    }
    else {
        is(scope_of($answer), $expected, $name);
        is(exists $answer->json->{scope} ? 1 : 0, length $expected ? 1 : 0,
           "$name: no empty scope member");
    }
}

# ---- scopes -------------------------------------------------------------------------------

my $m = $t->machine(api => $t->api(scopes => \@scopes),
                    grant => { scope => [ @scopes[0, 1] ] });

for (
    [ undef, 'read:things write:things' ],
    [ 'read:things', 'read:things' ],
    [ 'write:things', 'write:things' ],
    [ 'write:things read:things', qr/^(?:read|write):things (?:read|write):things$/ ],
    [ 'read:things read:things', 'read:things' ],
    [ '  read:things  ', 'read:things' ],
) {
    my ($asked, $expected) = @$_;
    my $got = scope_of($t->token($m, scope => $asked));

    ref $expected ? like($got, $expected, "scope '$asked'")
                  : is($got, $expected, 'scope ' . ($asked // '(none)'));
}
for (
    [ 'delete:things', qr/delete:things/ ],
    [ 'read:things delete:things', qr/granted scopes: delete:things/ ],
    [ 'no:such', qr/no:such/ ],
    [ 'READ:things' ], [ 'read:thing' ], [ 'read:things,write:things' ],
    [ "read:things\twrite:things" ], [ 'read:"things"' ], [ 'read:\\things' ],
    [ "read:\x{20ac}" ], [ 'x' x 281 ], [ "read:things\nwrite:things" ],
) {
    my ($asked, $text) = @$_;

    is_error($t->token($m, scope => $asked), 400, 'invalid_scope',
             'scope ' . substr($asked, 0, 40) =~ s/[^ -~]/?/gr, $text);
}
my $nothing = $t->machine(grant => { scope => [] });
is_error($t->token($nothing, scope => 'read:things'), 400, 'invalid_scope',
         'a scope under a grant without scopes');
my $all = $t->machine(grant => { allow_all_scopes => 't' });
is(scope_of($t->token($all, scope => 'write:things')), 'write:things',
   'a scope under a grant of all scopes');
is_error($t->token($all, scope => 'no:such'), 400, 'invalid_scope',
         'a scope that is not one of the API, under a grant of all');

# A scope the API gives up is gone from tokens at once.
my $less = $t->machine;
is(scope_of($t->token($less)), 'read:things write:things', 'before');
$t->db->rows('DELETE FROM tpa_data.resource_server_scopes'
             . ' WHERE resource_server_id = ? AND value = ?',
             $less->{api}{id}, 'write:things');
is(scope_of($t->token($less)), 'read:things', 'a scope the API gave up');
is_error($t->token($less, scope => 'write:things'), 400, 'invalid_scope',
         'asking for it');

# ---- the API --------------------------------------------------------------------------------

my %where = (id => $m->{api}{id});

$t->update('resource_servers', \%where, client_policy => 'deny_all');
is_error($t->token($m), 400, 'unauthorized_client',
         'an API that admits no machines');
$t->update('resource_servers', \%where,
           client_policy => 'require_client_grant', user_policy => 'deny_all');
is($t->token($m)->code, 200, 'the policy for users is another thing');

my $user_grant = $t->client;
my $user_api = $t->api;
$t->grant(client => $user_grant, api => $user_api, subject_type => 'user');
is_error($t->token($user_grant, audience => $user_api->{identifier}), 400,
         'unauthorized_client', 'a grant for users is no grant for machines');
my $guest = $t->client(party => 'third');
$t->grant(api => $user_api, subject_type => 'user');
is_error($t->token($guest, audience => $user_api->{identifier}), 400,
         'unauthorized_client', 'nor is a default grant for users');

for my $party (qw(first third permissive)) {
    my $api = $t->api(is_system => 't');
    my $client = $t->machine(party => $party, api => $api);
    my $answer = $t->token($client);

    $party eq 'first'
        ? is($answer->code, 200, 'a system API for a first-party application')
        : is_error($answer, 400, 'unauthorized_client',
                   "a system API for a $party-party application");
}

my $management = "$t->{issuer}api/v2/";
my $admin = JSON::PP::decode_json(TPA::Log::slurp("$ENV{TPA_WORK}/init-a"));
seen($admin->{client_secret});
my $answer = $t->token({ id => $admin->{client_id}, method => 'client_secret_post',
                         secret => $admin->{client_secret} },
                       audience => $management);
is($answer->code, 200, 'the administrator of init') or diag($answer->body);
like(scope_of($answer), qr/\bcreate:organization_client_grants\b/,
     'with the scopes of the Management API');

# ---- the audience -----------------------------------------------------------------------------

my $id = $m->{api}{identifier};

for (
    [ 'no audience', undef, 'invalid_request' ],
    [ 'an empty audience', '', 'invalid_request' ],
    [ 'an unknown audience', 'https://nowhere.example/', 'invalid_target' ],
    [ 'the audience without its slash', $id =~ s{/$}{}r, 'invalid_target' ],
    [ 'the audience in capitals', uc $id, 'invalid_target' ],
    [ 'the audience and a blank', "$id ", 'invalid_target' ],
    [ 'two audiences', "$id $id", 'invalid_target' ],
    [ 'an audience of the most bytes', 'https://' . 'x' x 592,
      'invalid_target' ],
    [ 'a longer one', 'https://' . 'x' x 593, 'invalid_request' ],
    [ 'quotes in the audience', "' OR '1'='1", 'invalid_target' ],
    [ 'a percent sign in the audience', '%', 'invalid_target' ],
    [ 'the id of the API', $m->{api}{id}, 'invalid_target' ],
) {
    my ($name, $audience, $error) = @$_;

    is_error($t->token($m, audience => $audience), 400, $error, $name);
}

my $other = $t->api;
$t->grant(client => $m, api => $other, scope => [ 'read:things' ]);

sub aud {
    my (%params) = @_;
    my $answer = $t->token($m, %params);

    return $answer->code == 200
        ? (TPA::JWT::decode($answer->json->{access_token}))[1]{aud}
        : $answer->error;
}
is(aud(audience => undef, resource => $id), 'invalid_request',
   'resource counts for nothing under the profile audience');
is(aud(resource => $other->{identifier}), $id,
   'beside an audience it is not read');

$t->settings(resource_parameter_profile => 'compatibility');
is(aud(audience => undef, resource => $id), $id,
   'resource under the profile compatibility');
is(aud(resource => $other->{identifier}), $id, 'audience wins over resource');
is(aud(audience => undef, resource => 'https://nowhere.example/'),
   'invalid_target', 'an unknown resource');
is(aud(audience => undef, resource => ''), 'invalid_request',
   'an empty resource');

$t->settings(default_audience => $other->{identifier});
is(aud(audience => undef), $other->{identifier},
   'the default audience of the tenant');
is(aud(audience => undef, resource => $id), $id,
   'resource wins over the default audience');
is(aud(), $id, 'audience wins over the default audience');
TPA::Tenant::undo();
is(aud(audience => undef), 'invalid_request', 'no default audience any more');

# ---- the application --------------------------------------------------------------------------

for (
    # name                                 party, columns             status, error
    [ 'without the grant type', 'first',
      { grant_types => [qw(authorization_code refresh_token)] } ],
    [ 'without any grant type', 'first', { grant_types => [] } ],
    [ 'a third-party one without the grant type', 'third',
      { grant_types => [qw(authorization_code)] } ],
    [ 'registered dynamically', 'third', { registered_via => 'dynamic' } ],
    [ 'permissive and registered dynamically', 'permissive',
      { registered_via => 'dynamic' } ],
    [ 'registered by its metadata document', 'third',
      { registered_via => 'cimd',
        external_client_id => 'https://app.example/' . TPA::Tenant::hex_of(8) } ],
    [ 'without credentials', 'first', { method => 'none' } ],
    [ 'a third-party one without credentials', 'third', { method => 'none' } ],
) {
    my ($name, $party, $columns) = @$_;
    my $client = $t->machine(party => $party, %$columns);

    $client->{id} = $columns->{external_client_id} // $client->{id};
    delete $client->{secret} if ($columns->{method} || '') eq 'none';
    is_error($t->token($client), 400, 'unauthorized_client',
             "an application $name");
}

my $partner = $t->machine(party => 'third');
is($t->token($partner)->code, 200, 'a third-party application');
$t->settings(third_party_client_credentials => 'f');
is_error($t->token($partner), 400, 'unauthorized_client',
         'with the tenant\'s switch off');
is($t->token($m)->code, 200, 'which first-party ones do not notice');
is($t->token($t->machine(party => 'third', grant_types => []))->code, 400,
   'nor does it let anybody in');
TPA::Tenant::undo();
is($t->token($partner)->code, 200, 'with the switch on again');

# ---- grant types ----------------------------------------------------------------------------------

for my $type (qw(password implicit Client_Credentials x Authorization_code),
              'client_credentials x', 'refresh_token x') {
    my $answer = $t->http->request('POST', '/oauth/token',
        headers => [ 'Content-Type' => 'application/x-www-form-urlencoded' ],
        body => form(grant_type => $type, client_id => $m->{id},
                     client_secret => $m->{secret}, audience => $id));

    is_error($answer, 400, 'unsupported_grant_type', "grant_type $type");
}

done_testing();
