# Every result of every effect, and what happens when two call at once.

use strict;
use warnings FATAL => 'all';

use JSON::PP ();
use Test::More;

use TPA::Functions;

my $API = 'https://api.example.com/';

fresh_schema();

# ---- before there is a tenant -----------------------------------------------
is value_of('SELECT version FROM tpa.schema_version()'),
    value_of('SELECT version FROM tpa_data.schema_version'), 'schema_version';
is effect(tenant_settings_update => { name => 'x' }), 'not_found -',
    'tenant_settings_update: no tenant';

# ---- the tenant: of several at once, one makes it ---------------------------
my %tenant = (
    issuer => 'https://auth.example.com/', name => 'Example',
    keys => [
        { kid => 'key-1', state => 'current', sealed => 'box-1',
          public_jwk => JSON::PP::encode_json(jwk_of('1')), cert_pem => 'c1' },
        { kid => 'key-2', state => 'next', sealed => 'box-2',
          public_jwk => JSON::PP::encode_json(jwk_of('2')), cert_pem => 'c2' },
    ],
    management_api => {
        id => api_of('a'), identifier => 'https://auth.example.com/api/v2/',
        name => 'Management API', scopes => [
            map { { value => $_, description => "May $_" } }
                'read:clients', 'create:clients', 'delete:clients' ] },
);

my @made = at_once(6, sub {
    my $admin = { client_id => "admin_$_[0]", name => 'Administrator',
                  secret_hash => hash_of('s'), grant_id => grant_of("A$_[0]") };

    return 'SELECT result FROM tpa.tenant_init('
        . TPA::DB::quote({ %tenant, admin => $admin }) . ')';
});
is_deeply [ sort map { $_->[-1] } @made ], [ 'created', ('unchanged') x 5 ],
    'tenant_init: one of six makes it';
is_deeply [ rows_of('SELECT (SELECT count(*) FROM tpa_data.tenant),
                            (SELECT count(*) FROM tpa_data.clients),
                            (SELECT count(*) FROM tpa_data.client_grants),
                            (SELECT count(*) FROM tpa_data.signing_keys)') ],
    [ [ 1, 1, 1, 2 ] ], 'tenant_init: nothing of the others is left';
is effect(tenant_init => { %tenant, issuer => 'https://other/' }),
    'unchanged https://auth.example.com/', 'tenant_init: the issuer there';
is_deeply [ rows_of('SELECT is_system, user_policy, scope_list
                     FROM tpa_data.resource_servers') ],
    [ [ 't', 'deny_all', 'read:clients create:clients delete:clients' ] ],
    'tenant_init: the Management API';
is_deeply [ rows_of('SELECT g.allow_all_scopes, c.grant_types,
                            c.token_endpoint_auth_method, c.is_first_party
                     FROM tpa_data.client_grants g
                     JOIN tpa_data.clients c USING (client_id)') ],
    [ [ 't', '{client_credentials}', 'client_secret_post', 't' ] ],
    'tenant_init: the administrator';

effects_are(
    [ tenant_settings_update => {
          default_audience => $API,
          resource_parameter_profile => 'compatibility',
          allow_organization_name_in_authentication_api => $TRUE,
          flags => { enable_dynamic_client_registration => $TRUE },
          default_token_quota => { clients => { client_credentials =>
              { enforce => $TRUE, per_day => 10, per_hour => 2 } } } },
      'updated https://auth.example.com/', 'nested members' ],
    [ tenant_settings_update => { issuer => 'https://evil/', name => 'New' },
      'updated https://auth.example.com/', 'the issuer stays' ],
);
is_deeply [ rows_of('SELECT name, default_audience, resource_parameter_profile,
        allow_organization_name_in_authentication_api,
        flag_enable_dynamic_client_registration, flag_remove_alg_from_jwks,
        clients_quota_per_day, organizations_quota_per_day
        FROM tpa_data.tenant') ],
    [ [ 'New', $API, 'compatibility', 't', 't', 'f', 10, undef ] ],
    'tenant_settings_update: members that were sent, no others';
effect(tenant_settings_update => { default_audience => '',
    resource_parameter_profile => undef, default_token_quota => undef });
is_deeply [ rows_of('SELECT default_audience, resource_parameter_profile,
                     clients_quota_per_day FROM tpa_data.tenant') ],
    [ [ undef, 'audience', undef ] ], 'tenant_settings_update: taken back';

# ---- APIs, Organizations, applications --------------------------------------
effects_are(
    [ resource_server_create => { id => api_of(1), identifier => $API,
          name => 'Posts', scopes => [
              map { { value => $_ } } qw(read:posts write:posts read:posts) ],
          subject_type_authorization => { user => { policy => 'deny_all' } },
          proof_of_possession => { mechanism => 'dpop', required => $FALSE,
                                   required_for => 'all_clients' } },
      'created ' . api_of(1), 'with scopes' ],
    [ resource_server_create => { id => api_of(9), identifier => $API },
      'conflict ' . api_of(1), 'the identifier is taken' ],
    [ resource_server_create => { id => api_of(1), identifier => 'x' },
      'conflict -', 'the id is taken' ],
    [ resource_server_create => { id => api_of(2), identifier => 'urn:two',
          token_lifetime => 60, token_dialect => 'rfc9068_profile' },
      'created ' . api_of(2), 'without scopes' ],
    [ organization_create => { id => org_of(1), name => 'acme', metadata =>
          { a => 'b' }, branding => { logo_url => 'https://x/y', colors =>
          { primary => '#000000', page_background => '#ffffff' } } },
      'created ' . org_of(1), 'with branding' ],
    [ organization_create => { id => org_of(2), name => 'acme' },
      'conflict ' . org_of(1), 'the name is taken' ],
    [ organization_create => { id => org_of(1), name => 'acme2' },
      'conflict -', 'the id is taken' ],
    [ organization_create => { id => org_of(2), name => 'globex' },
      'created ' . org_of(2), 'another' ],
    [ organization_update => { id => org_of(2), name => 'acme' },
      'conflict ' . org_of(2), 'the name is taken' ],
    [ organization_update => { id => org_of(3), name => 'x' },
      'not_found ' . org_of(3), 'unknown' ],
    [ organization_update => { id => org_of(2), display_name => 'Globex',
          third_party_client_access => 'allow' },
      'updated ' . org_of(2), 'some members' ],
    [ client_create => { client_id => 'machine', name => 'M', app_type =>
          'non_interactive', grant_types => [ 'client_credentials' ],
          secret_hash => hash_of('s'), client_metadata => { a => 'b' },
          default_organization => { organization_id => org_of(1),
                                    flows => [ 'client_credentials' ] },
          jwt_configuration => { lifetime_in_seconds => 60 },
          refresh_token => { rotation_type => 'rotating', leeway => 3,
                             expiration_type => 'expiring' } },
      'created machine', 'nested members' ],
    [ client_create => { client_id => 'machine', name => 'N' },
      'conflict machine', 'the id is taken' ],
    [ client_create => { client_id => 'other', name => 'N',
          default_organization => { organization_id => org_of(8),
                                    flows => [ 'client_credentials' ] } },
      'no_organization other', 'unknown default Organization' ],
    [ client_create => { client_id => 'tpc_1', name => 'T',
          is_first_party => $FALSE, grant_types => [ 'client_credentials' ] },
      'created tpc_1', 'a third party is strict' ],
    [ client_create => { client_id => 'perm', name => 'P', is_first_party =>
          $FALSE, third_party_security_mode => 'permissive' },
      'created perm', 'or permissive' ],
    [ client_create => { client_id => 'jwt', name => 'J',
          client_authentication_methods => { private_key_jwt => { credentials =>
              [ { id => 'cred_1', kid => 'kid-kid-kid-1', pem => 'P1' },
                { id => 'cred_2', kid => 'kid-kid-kid-2', pem => 'P2',
                  alg => 'PS256', expires_at => '2999-01-01T00:00:00Z' } ]
          } } },
      'created jwt', 'with two keys' ],
    [ client_create => { client_id => 'jwt3', name => 'J',
          client_authentication_methods => { private_key_jwt => { credentials =>
              [ map { { id => "cred_3$_", kid => "kid-kid-kid-$_",
                        pem => 'P' } } 1 .. 3 ] } } },
      'limit jwt3', 'with three' ],
    [ client_create => { client_id => 'jwt4', name => 'J',
          client_authentication_methods => { private_key_jwt => { credentials =>
              [ { id => 'cred_1', kid => 'kid-kid-kid-1', pem => 'P' } ] } } },
      'conflict jwt4', 'with the id of a key that is there' ],
);
is_deeply [ rows_of('SELECT client_id FROM tpa_data.clients
                     WHERE client_id ~ \'^jwt.|^other\'') ], [],
    'client_create: all or nothing';
is_deeply [ rows_of('SELECT id, slot, in_use FROM tpa_data.client_credentials
                     ORDER BY id') ],
    [ [ 'cred_1', 1, 't' ], [ 'cred_2', 2, 't' ] ], 'client_create: its keys';
is_deeply [ rows_of("SELECT token_endpoint_auth_method, redirection_policy,
        third_party_security_mode FROM tpa_data.clients
        WHERE client_id IN ('jwt', 'tpc_1', 'perm') ORDER BY client_id") ],
    [ [ 'private_key_jwt', 'allow_always', undef ],
      [ 'client_secret_post', 'allow_always', 'permissive' ],
      [ 'client_secret_post', 'open_redirect_protection', 'strict' ] ],
    'client_create: what was not said';
is_deeply [ rows_of("SELECT jwt_lifetime_in_seconds, refresh_rotation_type,
        refresh_leeway, refresh_token_lifetime, client_metadata->>'a',
        default_organization_id, default_organization_flows
        FROM tpa_data.clients WHERE client_id = 'machine'") ],
    [ [ 60, 'rotating', 3, 31557600, 'b', org_of(1), '{client_credentials}' ] ],
    'client_create: nested members become columns';

effects_are(
    [ client_credential_create => { id => 'cred_5', client_id => 'jwt',
          kid => 'kid-kid-kid-5', pem => 'P' }, 'limit cred_5', 'a third' ],
    [ client_credential_create => { id => 'cred_5', client_id => 'nobody',
          kid => 'kid-kid-kid-5', pem => 'P' }, 'no_client cred_5', 'unknown' ],
    [ client_credential_create => { id => 'cred_5', client_id => 'machine',
          kid => 'kid-kid-kid-5', pem => 'P' }, 'created cred_5', 'the first' ],
    [ client_credential_create => { id => 'cred_6', client_id => 'machine',
          kid => 'kid-kid-kid-5', pem => 'P' }, 'conflict cred_6', 'its kid' ],
    [ client_update => { client_id => 'nobody', name => 'x' },
      'not_found nobody', 'unknown' ],
    [ client_update => { client_id => 'jwt', client_authentication_methods =>
          { private_key_jwt => { credentials => [ { id => 'cred_5' } ] } } },
      'no_credential jwt', 'a key of another application' ],
    [ client_update => { client_id => 'jwt', client_authentication_methods =>
          { private_key_jwt => { credentials => [ { id => 'cred_2' } ] } } },
      'updated jwt', 'names one of its keys' ],
    [ client_update => { client_id => 'machine', default_organization =>
          { organization_id => org_of(8), flows => [] } },
      'no_organization machine', 'unknown default Organization' ],
    [ client_update => { client_id => 'machine', is_first_party => $FALSE,
          third_party_security_mode => 'strict', registered_via => 'dynamic',
          organization_usage => 'allow' },
      'updated machine', 'what it was born as stays' ],
);
is value_of("SELECT is_first_party AND registered_via = 'manual'
             AND organization_usage = 'allow' FROM tpa_data.clients
             WHERE client_id = 'machine'"), 't', 'client_update: stayed';
is_deeply [ rows_of("SELECT id, in_use FROM tpa_data.client_credentials
                     WHERE client_id = 'jwt' ORDER BY id") ],
    [ [ 'cred_1', 'f' ], [ 'cred_2', 't' ] ], 'client_update: keys in use';

# ---- client grants ----------------------------------------------------------
effects_are(
    [ client_grant_create => { id => grant_of(1), client_id => 'machine',
          audience => $API, scope => [ 'read:posts' ],
          organization_usage => 'allow' },
      'created ' . grant_of(1), 'for machines if not told' ],
    [ client_grant_create => { id => grant_of(9), client_id => 'machine',
          audience => $API, scope => [] },
      'conflict ' . grant_of(1), 'one a client, API and subject type' ],
    [ client_grant_create => { id => grant_of(2), client_id => 'machine',
          audience => $API, subject_type => 'user', allow_all_scopes => $TRUE },
      'created ' . grant_of(2), 'for users' ],
    [ client_grant_create => { id => grant_of(3), client_id => 'nobody',
          audience => $API }, 'no_client ' . grant_of(3), 'unknown client' ],
    [ client_grant_create => { id => grant_of(3), client_id => 'machine',
          audience => 'urn:x' }, 'no_api ' . grant_of(3), 'unknown API' ],
    [ client_grant_create => { id => grant_of(3), client_id => 'tpc_1',
          audience => $API, scope => [ 'read:posts', 'fly' ] },
      'no_scope ' . grant_of(3), 'unknown scope' ],
    [ client_grant_create => { id => grant_of(4), audience => $API,
          default_for => 'third_party_clients', scope => [ 'read:posts' ] },
      'created ' . grant_of(4), 'a default' ],
    [ client_grant_create => { id => grant_of(5), audience => $API,
          default_for => 'third_party_clients' },
      'conflict ' . grant_of(4), 'one default an API and subject type' ],
    [ client_grant_update => { id => grant_of(8), scope => [] },
      'not_found ' . grant_of(8), 'unknown' ],
    [ client_grant_update => { id => grant_of(1), scope => [ 'fly' ] },
      'no_scope ' . grant_of(1), 'unknown scope' ],
    [ client_grant_update => { id => grant_of(1), client_id => 'tpc_1',
          subject_type => 'user', scope => [ 'write:posts', 'read:posts' ],
          allow_any_organization => $TRUE },
      'updated ' . grant_of(1), 'whose it is stays' ],
    [ client_grant_update => { id => grant_of(2), scope => [ 'read:posts' ] },
      'updated ' . grant_of(2), 'scopes end allow_all_scopes' ],
);
is_deeply [ rows_of('SELECT client_id, subject_type, scope, allow_all_scopes,
        organization_usage, allow_any_organization FROM tpa_data.client_grants
        WHERE id IN (?, ?) ORDER BY id', grant_of(1), grant_of(2)) ],
    [ [ 'machine', 'client', '{write:posts,read:posts}', 'f', 'allow', 't' ],
      [ 'machine', 'user', '{read:posts}', 'f', undef, 'f' ] ],
    'client_grant_update: the rows';
effect(client_grant_update => { id => grant_of(1), organization_usage => undef,
    allow_any_organization => undef, allow_all_scopes => $TRUE });
is_deeply [ rows_of('SELECT scope, allow_all_scopes, organization_usage,
        allow_any_organization FROM tpa_data.client_grants WHERE id = ?',
        grant_of(1)) ], [ [ '{}', 't', undef, 'f' ] ],
    'client_grant_update: null takes back, allow_all_scopes ends scopes';
effect(client_grant_update => { id => grant_of(1),
    scope => [ 'read:posts', 'write:posts' ] });

effects_are(
    [ organization_client_grant_create => { organization_id => org_of(1),
          grant_id => grant_of(1) }, 'created ' . grant_of(1), 'the first' ],
    [ organization_client_grant_create => { organization_id => org_of(1),
          grant_id => grant_of(1) }, 'conflict ' . grant_of(1), 'twice' ],
    [ organization_client_grant_create => { organization_id => org_of(9),
          grant_id => grant_of(1) }, 'no_organization ' . grant_of(1), 'org' ],
    [ organization_client_grant_create => { organization_id => org_of(1),
          grant_id => grant_of(9) }, 'no_grant ' . grant_of(9), 'grant' ],
    [ organization_client_grant_create => { organization_id => org_of(1),
          grant_id => grant_of(4) }, 'no_grant ' . grant_of(4), 'a default' ],
);

# ---- deletions --------------------------------------------------------------
effects_are(
    [ organization_client_grant_delete => { organization_id => org_of(2),
          grant_id => grant_of(1) }, 'not_found ' . grant_of(1), 'not there' ],
    [ organization_client_grant_delete => { organization_id => org_of(1),
          grant_id => grant_of(1) }, 'deleted ' . grant_of(1), 'there' ],
    [ client_grant_delete => { id => grant_of(1) }, 'deleted ' . grant_of(1),
      'there' ],
    [ client_grant_delete => { id => grant_of(1) }, 'not_found ' . grant_of(1),
      'gone' ],
    [ organization_delete => { id => org_of(1) }, 'deleted ' . org_of(1),
      'there' ],
    [ organization_delete => { id => org_of(1) }, 'not_found ' . org_of(1),
      'gone' ],
    [ resource_server_delete => { identifier => $API }, 'deleted ' . api_of(1),
      'by identifier' ],
    [ resource_server_delete => { id => api_of(2) }, 'deleted ' . api_of(2),
      'by id' ],
    [ resource_server_delete => { id => api_of(2) }, 'not_found -', 'gone' ],
    [ client_delete => { client_id => 'machine' }, 'deleted machine', 'there' ],
    [ client_delete => { client_id => 'machine' }, 'not_found machine',
      'gone' ],
);

# At most 100 grants an Organization, also when several are added at once.
effect(resource_server_create => { id => api_of($_), identifier => "urn:$_" })
    for 100 .. 219;
effect(client_grant_create => { id => grant_of($_), client_id => 'perm',
    audience => "urn:$_" }) for 100 .. 219;
my @added = at_once(4, sub {
    my ($n) = @_;

    return join '; ', map {
        'SELECT result FROM tpa.organization_client_grant_create('
            . TPA::DB::quote({ organization_id => org_of(2),
                               grant_id => grant_of($_) }) . ')'
    } map { 70 + 30 * $n + $_ } 0 .. 29;
});
my %count;
$count{$_}++ for map { @$_ } @added;
delete $count{''};
is_deeply \%count, { created => 100, limit => 20 },
    'organization_client_grant_create: a hundred, not more';

done_testing;
