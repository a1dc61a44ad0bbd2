# The facts of the user flow, at its three points.

use strict;
use warnings FATAL => 'all';

use Test::More;

use TPA::Functions;
use TPA::FlowRows;

flow_world();

my ($acme, $globex) = map { org_of($_) } 1, 2;
my ($users, $corp, $own) = map { con_of($_) } 1 .. 3;

# ---- what is asked and what is answered -------------------------------------
sub facts {
    my ($fn, %o) = @_;
    my $got = call_of($fn => { client_id => 'tpc_1', %o });

    die "$fn: $got->{result}\n" if $got->{result} ne 'found';
    return $got->{body};
}

# Some members of the facts.
sub are {
    my ($facts, $expected, $what) = @_;

    is_deeply { map { $_ => $facts->{$_} } keys %$expected }, $expected, $what;
    return;
}

sub at_authorize { return facts('authorize_facts', audience => $API, @_) }

# Does it hold for a change that is taken back?
sub changed {
    my ($sql, $check) = @_;

    rows_of('BEGIN');
    rows_of($_) for ref $sql ? @$sql : $sql;
    $check->();
    rows_of('ROLLBACK');
    return;
}

# ---- the authorization endpoint: before anybody logged in -------------------
my %tenant = (tenant_default_audience => undef, tenant_org_names => $FALSE,
    tenant_resource_compat => $FALSE, tenant_third_party_m2m => $TRUE,
    tenant_name => 'A', tenant_error_page_url => undef,
    tenant_default_directory => undef, tenant_session => 604800,
    tenant_idle_session => 259200, tenant_scope_descriptions => $FALSE,
    tenant_skips_confirmation => $FALSE, tenant_reads_documents => $FALSE,
    tenant_revoke_takes_consent => $FALSE);
my %client = (client_id => 'tpc_1', client_external_id => undef,
    client_document_expires_at => undef, client_document_hash => undef,
    client_name => 'Third',
    client_auth_method => 'none', client_secret_hash => undef,
    client_grant_types => [ 'authorization_code', 'refresh_token' ],
    client_first_party => $FALSE, client_strict => $TRUE,
    client_requires_pop => $FALSE, client_via => 'manual',
    client_callbacks => [ 'https://app.example/cb' ],
    client_web_origins => [], client_allowed_origins => [],
    client_app_type => 'spa', client_logo_uri => undef,
    client_redirects_errors => $FALSE, client_org_usage => undef,
    client_org_prompt => undef, client_org_discovery => undef,
    client_skips_confirmation => $FALSE, client_token_lifetime => 3600,
    client_refresh_rotates => $FALSE, client_refresh_leeway => 0,
    client_refresh_lifetime => 0, client_refresh_idle => 2592000);
my %api = (api_id => api_of(1), api_audience => $API, api_name => 'Posts',
    api_scopes => [ qw(read:posts write:posts drop:posts) ],
    api_system => $FALSE, api_token_lifetime => 86400,
    api_dialect => 'access_token', api_user_policy => 'allow_all',
    api_allows_offline => $TRUE, api_enforces_policies => $FALSE,
    api_skips_consent => $FALSE, api_takes_dpop => $FALSE,
    api_user_needs_pop => $FALSE);
my %grants = (
    own_grant_id => grant_of(1),
    own_grant_scopes => [ 'read:posts', 'write:posts' ],
    own_grant_all_scopes => $FALSE, own_grant_org_usage => undef,
    own_grant_any_org => $FALSE, default_grant_id => grant_of(3),
    default_grant_scopes => [ 'read:posts' ],
    default_grant_all_scopes => $FALSE, default_grant_org_usage => undef,
    default_grant_any_org => $FALSE);
my %users = (id => $users, name => 'users', strategy => 'auth0',
    display_name => undef, domain_level => $TRUE, for_client => $FALSE,
    for_org => $FALSE, joins => $FALSE, show_as_button => $TRUE);
my %corp = (%users, id => $corp, name => 'corp', strategy => 'ldap');
my %own = (%users, id => $own, name => 'own', domain_level => $FALSE,
           for_client => $TRUE);

my $facts = at_authorize();
my $created = delete $facts->{client_created_at};
is_deeply $facts, { %tenant, %client, %api, %grants,
                    connections => [ \%corp, \%users ] },
    'authorize_facts: all of them';
cmp_ok abs($created - now_us()), '<', 300_000_000, 'times are microseconds';
are(at_authorize(client_id => 'none'), { tenant_name => 'A',
    client_id => undef, client_via => undef, api_id => api_of(1),
    own_grant_id => undef, default_grant_id => grant_of(3) },
    'no such application');
are(at_authorize(audience => 'urn:none', session_hash => hash_of('none'),
                 organization => 'none', scopes => [ 'a' ]),
    { api_id => undef, own_grant_id => undef, default_grant_id => undef,
      org_id => undef, user_id => undef, orgs => undef, scope_texts => undef },
    'nothing of it is there');
are(at_authorize(audience => undef, resource => $API), { api_id => undef },
    'resource does not count');
changed([ "UPDATE tpa_data.tenant SET default_audience = 'urn:two',
    resource_parameter_profile = 'compatibility', name = 'B',
    error_page_url = 'https://e.example/', default_directory = 'own',
    session_lifetime = 1, idle_session_lifetime = 0.5,
    flag_use_scope_descriptions_for_consent = true,
    skip_non_verifiable_callback_uri_confirmation_prompt = true,
    flag_revoke_refresh_token_grant = true,
    allow_organization_name_in_authentication_api = true,
    third_party_client_credentials = false" ], sub {
    are(at_authorize(audience => undef, resource => $API),
        { api_id => api_of(1), tenant_resource_compat => $TRUE,
          tenant_name => 'B', tenant_error_page_url => 'https://e.example/',
          tenant_default_directory => 'own', tenant_session => 3600,
          tenant_idle_session => 1800, tenant_scope_descriptions => $TRUE,
          tenant_skips_confirmation => $TRUE,
          tenant_revoke_takes_consent => $TRUE, tenant_org_names => $TRUE,
          tenant_third_party_m2m => $FALSE,
          connections => [ \%corp, { %own, for_client => $FALSE }, \%users ],
        }, 'resource counts; the default connection is there');
    are(at_authorize(audience => 'urn:x', resource => $API),
        { api_id => undef }, 'audience wins');
    are(at_authorize(audience => undef), { api_id => api_of(2) },
        'the default audience');
});
for (
    [ "refresh_rotation_type = 'rotating', refresh_leeway = 30,
       refresh_token_lifetime = 100, refresh_infinite_token_lifetime = false,
       refresh_idle_token_lifetime = 10", { client_refresh_rotates => $TRUE,
          client_refresh_leeway => 30, client_refresh_lifetime => 100,
          client_refresh_idle => 10 }, 'refresh tokens that end' ],
    [ "refresh_infinite_token_lifetime = false, refresh_expiration_type =
       'non-expiring'", { client_refresh_lifetime => 0,
          client_refresh_idle => 0 }, 'refresh tokens that never end' ],
    [ "refresh_infinite_idle_token_lifetime = true",
      { client_refresh_idle => 0 }, 'nor idle' ],
    [ "organization_usage = 'require', organization_require_behavior =
       'post_login_prompt', organization_discovery_methods = '{email}',
       redirection_policy = 'allow_always', logo_uri = 'https://l.example/',
       skip_non_verifiable_callback_uri_confirmation_prompt = true,
       jwt_lifetime_in_seconds = 60, web_origins = '{https://w.example}',
       allowed_origins = '{https://o.example}', registered_via = 'dynamic',
       require_proof_of_possession = true, secret_hash = repeat('0', 64)",
      { client_org_usage => 'require', client_org_prompt =>
        'post_login_prompt', client_org_discovery => [ 'email' ],
        client_redirects_errors => $TRUE, client_via => 'dynamic',
        client_logo_uri => 'https://l.example/', client_requires_pop => $TRUE,
        client_skips_confirmation => $TRUE, client_token_lifetime => 60,
        client_web_origins => [ 'https://w.example' ],
        client_allowed_origins => [ 'https://o.example' ],
        client_secret_hash => undef }, 'an application; its secret stays' ],
) {
    my ($change, $expected, $what) = @$_;

    changed("UPDATE tpa_data.clients SET $change WHERE client_id = 'tpc_1'",
            sub { are(at_authorize(), $expected, $what) });
}
changed("UPDATE tpa_data.resource_servers SET user_policy = 'deny_all',
    is_system = true, enforce_policies = true, token_lifetime = 5,
    token_dialect = 'rfc9068_profile', allow_offline_access = false,
    skip_consent_for_verifiable_first_party_clients = true", sub {
    are(at_authorize(), { api_user_policy => 'deny_all', api_system => $TRUE,
        api_enforces_policies => $TRUE, api_token_lifetime => 5,
        api_dialect => 'rfc9068_profile', api_allows_offline => $FALSE,
        api_skips_consent => $TRUE }, 'an API');
});
for ([ 'f', 'all_clients', $FALSE, $FALSE ], [ 't', 'all_clients', $TRUE,
     $TRUE ], [ 't', 'public_clients', $TRUE, $FALSE ]) {
    my ($required, $for, $of_public, $of_other) = @$_;

    changed("UPDATE tpa_data.resource_servers SET pop_mechanism = 'dpop',
             pop_required = '$required', pop_required_for = '$for'", sub {
        are(at_authorize(), { api_user_needs_pop => $of_public },
            "a proof: $required for $for, of a public application");
        are(at_authorize(client_id => 'first'),
            { api_user_needs_pop => $of_other, api_takes_dpop => $TRUE },
            'of another');
    });
}
changed("UPDATE tpa_data.resource_servers SET pop_mechanism = 'mtls',
         pop_required = 'f'", sub {
    are(at_authorize(), { api_takes_dpop => $FALSE },
        'keys by certificate are not those of DPoP');
});
is_deeply at_authorize(scopes => [ qw(write:posts read:posts x drop:posts) ])
    ->{scope_texts}, [ { value => 'read:posts', description =>
        'Read your posts' }, { value => 'drop:posts', description =>
        'Delete your posts' } ], 'descriptions of scopes';

# ---- Organizations ----------------------------------------------------------
my %acme = (org_id => $acme, org_name => 'acme', org_display_name => 'Acme',
    org_logo_url => undef, org_primary_color => undef,
    org_page_background => undef, org_by_name => $FALSE,
    org_admits_third_party => $TRUE, org_lists_clients => $FALSE,
    org_listed => $FALSE, org_listed_for_members => $FALSE,
    org_member => $FALSE, org_uses_connection => $FALSE, org_joins => $FALSE);
are(at_authorize(organization => $acme), \%acme, 'an Organization by its id');
are(at_authorize(organization => 'acme'), { %acme, org_by_name => $TRUE },
    'by its name');
are(at_authorize(organization => 'globex', org_id => $acme), \%acme,
    'the one that was chosen wins');
are(at_authorize(org_id => 'acme'), { org_id => undef },
    'which is no name');
are(at_authorize(organization => $globex), { org_id => $globex,
    org_admits_third_party => $FALSE, org_display_name => undef },
    'one that admits nobody');
is_deeply at_authorize(organization => $acme)->{connections},
    [ { %users, for_org => $TRUE }, \%corp ], 'its connections come first';
changed([ "UPDATE tpa_data.organizations SET branding_logo_url =
    'https://l.example/', branding_primary = '#111111',
    branding_page_background = '#222222', is_app_entitlement_active = true
    WHERE id = '$acme'",
    "INSERT INTO tpa_data.organization_clients VALUES ('$acme', 'tpc_1', true),
     ('$globex', 'tpc_1', false)",
    "UPDATE tpa_data.organization_connections SET assign_membership_on_login =
     true, show_as_button = false",
    "INSERT INTO tpa_data.organization_connections (organization_id,
     connection_id, is_enabled) VALUES ('$acme', '$own', false)" ], sub {
    are(at_authorize(organization => $acme), { org_listed => $TRUE,
        org_logo_url => 'https://l.example/', org_primary_color => '#111111',
        org_page_background => '#222222', org_lists_clients => $TRUE,
        org_listed_for_members => $TRUE, connections => [ { %users, for_org =>
            $TRUE, joins => $TRUE, show_as_button => $FALSE }, \%corp ] },
        'one with everything; a connection that is off is none');
    are(at_authorize(organization => $acme, client_id => 'first'),
        { org_listed => $FALSE, org_listed_for_members => $FALSE },
        'as it stands to another application');
    are(at_authorize(organization => $globex), { org_listed => $TRUE,
        org_listed_for_members => $FALSE }, 'an entry that says no');
});

# ---- users ------------------------------------------------------------------
my $session = start_session();
my %ann = (user_id => 'auth0|ann', user_name => 'Ann',
    user_email => 'Ann@example.com', user_picture => undef,
    user_blocked => $FALSE, user_connection_id => $users,
    user_permissions => undef, user_consent_id => undef,
    user_consented => undef);
my %member = (id => $acme, name => 'acme', display_name => 'Acme',
    logo_url => undef, admits_third_party => $TRUE, lists_clients => $FALSE,
    listed => $FALSE, listed_for_members => $FALSE, member => $TRUE,
    uses_connection => $TRUE, joins => $FALSE);

sub as_ann { return at_authorize(session_hash => $session, @_) }

are(as_ann(), { %ann, orgs => [ \%member ],
                connections => [ \%users, \%corp ] }, 'a user with a session');
cmp_ok abs(as_ann()->{user_authenticated_at} - now_us()), '<', 300_000_000,
    'when she logged in';
are(as_ann(organization => $acme), { %acme, org_member => $TRUE,
    org_uses_connection => $TRUE, orgs => undef }, 'in an Organization');
are(as_ann(organization => $globex), { org_member => $FALSE,
    org_uses_connection => $FALSE, orgs => undef }, 'in another');
are(as_ann(organization => 'none'), { org_id => undef, orgs => undef },
    'in one that is not there');
for (
    [ 'sessions', 'expires_at = now()', undef, 'a session over' ],
    [ 'sessions', 'idle_expires_at = now()', undef, 'a session that idled' ],
    [ 'users', 'blocked = true', 'auth0|ann', 'a user who is blocked' ],
) {
    my ($table, $change, $who, $what) = @$_;

    changed("UPDATE tpa_data.$table SET $change", sub {
        are(as_ann(), { user_id => $who,
                        user_blocked => $who && $TRUE }, $what);
    });
}
is value_of("SELECT idle_expires_at - created_at FROM tpa_data.sessions"),
    '00:10:00', 'reading prolongs nothing';
changed([ "UPDATE tpa_data.users SET name = NULL, nickname = NULL,
           picture = 'https://p.example/'" ], sub {
    are(as_ann(), { user_name => 'ann', user_picture => 'https://p.example/' },
        'a user without a name');
});
changed("UPDATE tpa_data.sessions SET connection_id = '$own'", sub {
    are(as_ann(org_id => $acme), { user_connection_id => $own,
        org_uses_connection => $FALSE, connections => [
            { %own, for_client => $FALSE }, { %users, for_org => $TRUE },
            \%corp ] }, 'who came by a connection that is not offered');
});

# Organizations to pick from.
sub orgs_are {
    my ($expected, $what) = @_;

    is_deeply as_ann()->{orgs}, $expected, $what;
    return;
}
my %joins = (%member, id => $globex, name => 'globex', display_name => undef,
    admits_third_party => $FALSE, member => $FALSE, joins => $TRUE);
changed("DELETE FROM tpa_data.organization_members",
        sub { orgs_are(undef, 'a member of nothing') });
changed([ "INSERT INTO tpa_data.organization_connections (organization_id,
     connection_id, assign_membership_on_login) VALUES ('$globex', '$users',
     true)", "INSERT INTO tpa_data.organization_clients VALUES
     ('$globex', 'tpc_1', true)" ], sub {
    orgs_are([ \%member, { %joins, listed => $TRUE, listed_for_members =>
               $TRUE } ], 'one to join by login');
    rows_of("UPDATE tpa_data.organization_connections SET is_enabled = false
             WHERE organization_id = '$globex'");
    orgs_are([ \%member ], 'not if the connection is off');
    rows_of("UPDATE tpa_data.organization_connections SET is_enabled = true,
             assign_membership_on_login = true");
    rows_of("INSERT INTO tpa_data.organizations (id, name)
             SELECT 'org_J' || lpad(i::text, 15, '0'), 'joins' || i
             FROM generate_series(1, 5) AS i");
    rows_of("INSERT INTO tpa_data.organization_connections (organization_id,
             connection_id, assign_membership_on_login)
             SELECT id, '$users', true FROM tpa_data.organizations
             WHERE name LIKE 'joins%'");
    is join(' ', map { "$_->{name}:$_->{joins}" } @{ as_ann()->{orgs} }),
        'acme:1 globex:1 joins1:1', 'two of many to join';
});
changed([ "INSERT INTO tpa_data.organizations (id, name)
     SELECT 'org_' || lpad(i::text, 16, '0'), 'n' || i
     FROM generate_series(100, 299) AS i",
    "INSERT INTO tpa_data.organization_members (organization_id, user_id)
     SELECT id, 'auth0|ann' FROM tpa_data.organizations WHERE name LIKE 'n%'",
    "INSERT INTO tpa_data.organization_connections (organization_id,
     connection_id) VALUES ('" . org_of(299) . "', '$users')" ], sub {
    my @got = map { $_->{name} } @{ as_ann()->{orgs} };

    is scalar(@got), 100, 'a hundred at most';
    is "@got[0 .. 2]", 'acme n299 n100', 'those that use the connection first';
});
changed([ "INSERT INTO tpa_data.connections (id, name, strategy,
     is_domain_connection) SELECT 'con_' || lpad(i::text, 16, '0'), 'n' || i,
     's', true FROM generate_series(100, 399) AS i",
     "INSERT INTO tpa_data.organization_connections (organization_id,
      connection_id) VALUES ('$acme', '" . con_of(399) . "')" ], sub {
    my @got = map { $_->{name} } @{ as_ann(org_id => $acme)->{connections} };

    is scalar(@got), 200, 'two hundred connections at most';
    is "@got[0 .. 2]", 'users n399 corp', 'those that matter first';
});

# Consent and permissions.
rows_of("INSERT INTO tpa_data.user_grants (id, user_id, client_id,
    resource_server_id, organization_id, scope) VALUES
    ('g1', 'auth0|ann', 'tpc_1', ?, NULL, '{read:posts}'),
    ('g2', 'auth0|ann', 'tpc_1', ?, ?, '{}'),
    ('g3', 'auth0|ann', 'first', ?, NULL, '{a}'),
    ('g4', 'auth0|bob', 'tpc_1', ?, NULL, '{b}')",
    api_of(1), api_of(1), $acme, api_of(1), api_of(1));
are(as_ann(), { user_consent_id => 'g1', user_consented => [ 'read:posts' ] },
    'consent');
are(as_ann(organization => $acme), { user_consent_id => 'g2',
    user_consented => [] }, 'consent in an Organization');
are(as_ann(organization => $globex), { user_consent_id => undef,
    user_consented => undef }, 'none in another');
are(as_ann(client_id => 'first'), { user_consent_id => 'g3' },
    'to another application');
are(as_ann(audience => 'urn:two'), { user_consent_id => undef },
    'none for another API');
rows_of($_) for split /;\n/, <<"END";
INSERT INTO tpa_data.roles (id, name) VALUES ('rol_1', 'a'), ('rol_2', 'b');
INSERT INTO tpa_data.role_permissions VALUES
    ('rol_1', '@{[ api_of(1) ]}', 'write:posts'),
    ('rol_1', '@{[ api_of(1) ]}', 'read:posts'),
    ('rol_2', '@{[ api_of(1) ]}', 'read:posts');
INSERT INTO tpa_data.user_roles VALUES ('auth0|ann', 'rol_1'),
    ('auth0|ann', 'rol_2');
INSERT INTO tpa_data.organization_member_roles VALUES
    ('$acme', 'auth0|ann', 'rol_2')
END
are(as_ann(), { user_permissions => undef }, 'permissions that nobody asks');
rows_of('UPDATE tpa_data.resource_servers SET enforce_policies = true');
are(as_ann(), { user_permissions => [ 'read:posts', 'write:posts' ] },
    'permissions');
are(as_ann(organization => $acme), { user_permissions => [ 'read:posts' ] },
    'in an Organization: those of roles there');
are(as_ann(organization => $globex), { user_permissions => [] },
    'in another: none');
are(as_ann(audience => 'urn:two'), { user_permissions => [] },
    'for another API: none');

# ---- codes ------------------------------------------------------------------
my $code = issue(session_hash => $session, org_id => $acme, nonce => 'n',
    dpop_jkt => 'j', authenticated_at => 1790000000123456, consent => undef);
sub at_exchange { return facts('code_facts', code_hash => $code, @_) }

my %held = (held_redirect_uri => 'https://app.example/cb',
    held_code_challenge => 'x' x 43, held_dpop_jkt => 'j',
    held_scopes => [ 'read:posts' ], held_org_id => $acme,
    held_session_hash => $session, held_used => $FALSE,
    held_family_id => undef);
$facts = at_exchange();
my $ends = delete $facts->{held_expires_at};
delete $facts->{client_created_at};
is_deeply $facts, { %tenant, %client, %api, %grants, %acme, %ann, %held,
    api_enforces_policies => $TRUE, org_member => $TRUE,
    org_uses_connection => $TRUE, user_permissions => [ 'read:posts' ],
    user_authenticated_at => 1790000000123456, user_consent_id => 'g2',
    user_consented => [], connections => [ { %users, for_org => $TRUE } ] },
    'code_facts: all of them';
cmp_ok abs($ends - now_us() - 60_000_000), '<', 30_000_000,
    'code_facts: its end';
for ([ { client_id => 'first' }, 'first', 'of another application' ],
     [ { code_hash => hash_of('none') }, 'tpc_1', 'that is not there' ]) {
    my ($o, $who, $what) = @$_;

    are(at_exchange(%$o), { client_id => $who, held_redirect_uri => undef,
        held_used => undef, api_id => undef, user_id => undef,
        org_id => undef, connections => undef }, "code_facts: one $what");
}
changed("UPDATE tpa_data.clients SET secret_hash = repeat('0', 64)", sub {
    are(at_exchange(), { client_secret_hash => '0' x 64 },
        'code_facts: what the application is authenticated by');
});
changed([ "UPDATE tpa_data.clients SET token_endpoint_auth_method =
     'private_key_jwt'", "INSERT INTO tpa_data.client_credentials (id,
     client_id, slot, kid, pem, in_use, expires_at) VALUES
     ('cred_1', 'tpc_1', 1, 'kid-kid-kid-1', 'P', true, '2999-01-01 00:00Z'),
     ('cred_2', 'tpc_1', 2, 'kid-kid-kid-2', 'Q', true, now())" ], sub {
    is_deeply JSON::PP::decode_json(at_exchange()->{client_credentials}),
        [ { id => 'cred_1', kid => 'kid-kid-kid-1', alg => 'RS256',
            pem => 'P', expires_at => 32472144000 } ], 'or by its keys';
    is at_authorize()->{client_credentials}, undef, 'which nobody else gets';
    rows_of('UPDATE tpa_data.client_credentials SET in_use = false');
    is at_exchange()->{client_credentials}, undef, 'those in use';
});
for (
    [ 'UPDATE tpa_data.users SET blocked = true', { user_blocked => $TRUE },
      'the user was blocked' ],
    [ 'DELETE FROM tpa_data.organization_members', { org_member => $FALSE,
      user_permissions => [] }, 'is no member any more' ],
    [ "UPDATE tpa_data.organizations SET third_party_client_access = 'block'",
      { org_admits_third_party => $FALSE }, 'the switch' ],
    [ 'DELETE FROM tpa_data.organization_connections',
      { org_uses_connection => $FALSE, connections => [ \%users ] },
      'the connection' ],
    [ 'DELETE FROM tpa_data.client_grants', { own_grant_id => undef,
      default_grant_id => undef }, 'the grants' ],
    [ 'UPDATE tpa_data.authorization_codes SET used_at = now()',
      { held_used => $TRUE }, 'it was used' ],
) {
    my ($change, $expected, $what) = @$_;

    changed($change, sub { are(at_exchange(), $expected,
                               "code_facts: $what") });
}
is redeem($code, family => 'one', jkt => 'j')->{result}, 'updated', 'it gives a token';
are(at_exchange(), { held_used => $TRUE, held_family_id => 'one' },
    'code_facts: which it then knows');

# ---- refresh tokens ---------------------------------------------------------
my $token = hash_of('one');
sub at_refresh { return facts('refresh_facts', token_hash => $token, @_) }

%held = (held_family_id => 'one', held_generation => 1, held_latest => 1,
    held_exchanged_at => undef, held_successor => undef,
    held_scopes => [ 'read:posts' ], held_dpop_jkt => 'j',
    held_org_id => $acme, held_session_hash => $session,
    held_ended => $FALSE);
$facts = at_refresh();
delete $facts->{client_created_at};
is_deeply $facts, { %tenant, %client, %api, %grants, %acme, %ann, %held,
    api_enforces_policies => $TRUE, org_member => $TRUE,
    org_uses_connection => $TRUE, user_permissions => [ 'read:posts' ],
    user_authenticated_at => 1790000000123456, user_consent_id => 'g2',
    user_consented => [], connections => [ { %users, for_org => $TRUE } ] },
    'refresh_facts: all of them';
for ([ { client_id => 'first' }, 'of another application' ],
     [ { token_hash => hash_of('none') }, 'that is not there' ]) {
    my ($o, $what) = @$_;

    are(at_refresh(%$o), { held_family_id => undef, held_ended => undef,
        api_id => undef, user_id => undef }, "refresh_facts: one $what");
}
for ([ 'expires_at = now()', 'its time is over' ],
     [ 'idle_expires_at = now()', 'it idled' ],
     [ "revoked_at = now(), revoked_reason = 'revoked'", 'it was revoked' ]) {
    changed("UPDATE tpa_data.refresh_families SET $_->[0]", sub {
        are(at_refresh(), { held_ended => $TRUE }, "refresh_facts: $_->[1]");
    });
}
changed('UPDATE tpa_data.refresh_families SET expires_at = NULL,
         idle_expires_at = NULL', sub {
    are(at_refresh(), { held_ended => $FALSE }, 'refresh_facts: for ever');
});
changed('DELETE FROM tpa_data.sessions', sub {
    are(at_refresh(), { held_session_hash => undef, user_id => 'auth0|ann' },
        'refresh_facts: it outlives the session');
});
refresh($token, 'two');
$facts = at_refresh();
are($facts, { held_generation => 1, held_latest => 2,
    held_successor => 'sealed two' }, 'refresh_facts: it was exchanged');
cmp_ok abs($facts->{held_exchanged_at} - now_us()), '<', 30_000_000, 'when';
are(at_refresh(token_hash => hash_of('two')), { held_generation => 2,
    held_latest => 2, held_exchanged_at => undef, held_successor => undef },
    'refresh_facts: the newest');

done_testing;
