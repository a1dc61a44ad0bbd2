# What the tables themselves keep right: words, ids, rules of uniqueness,
# deletions; and that every way of access has its index.

use strict;
use warnings FATAL => 'all';

use Test::More;

use TPA::Functions;

fresh_schema();

# ---- built for what is asked of it ------------------------------------------
my $keys = "SELECT c.conrelid::regclass || ' (' ||
        (SELECT string_agg(a.attname, ', ' ORDER BY k.n)
         FROM unnest(c.conkey) WITH ORDINALITY AS k(num, n)
         JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num)
        || ')'
    FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
    WHERE n.nspname = 'tpa_data'";

cmp_ok value_of("SELECT count(*) FROM ($keys AND c.contype = 'f') AS f"), '>=',
    40, 'there are foreign keys to look at';
is_deeply [ map { $_->[0] } rows_of("$keys AND c.contype = 'f'
    AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.conrelid
        AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey
        AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid)
             ~ 'IS NOT NULL'))") ], [],
    'each foreign key has an index';
is_deeply [ map { $_->[0] } rows_of("$keys AND c.contype = 'f'
    AND c.confdeltype NOT IN ('c', 'n')") ], [],
    'no deletion is refused because of what hangs on the row';
is_deeply [ map { $_->[0] } rows_of(
    "SELECT c.relname FROM pg_class c
     WHERE c.relnamespace = 'tpa_data'::regnamespace AND c.relkind = 'r'
     AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid
                     AND i.indisunique AND i.indpred IS NULL)") ], [],
    'each table has a key';
is_deeply [ map { "@$_" } rows_of(
    "SELECT a.indexrelid::regclass, b.indexrelid::regclass
     FROM pg_index a JOIN pg_index b ON a.indrelid = b.indrelid
      AND a.indexrelid <> b.indexrelid
      AND (b.indkey::int2[])[0:a.indnatts - 1] = a.indkey::int2[]
      AND a.indexprs IS NULL AND b.indexprs IS NULL
      AND a.indpred IS NULL AND b.indpred IS NULL AND NOT a.indisunique
     WHERE a.indrelid::regclass::text LIKE 'tpa_data.%'") ], [],
    'no index that another covers';
is value_of('SELECT version FROM tpa_data.schema_version'),
    scalar(my @files = glob "$ENV{TPA_SQLDIR}/migrations/*.sql"),
    'the version is the number of the newest migration';

# ---- rows to start from -----------------------------------------------------
my $user = "INSERT INTO tpa_data.users (user_id, connection_id,
                connection_user_id, email, password_hash) VALUES";
my $hash = '$2y$12$' . 'a' x 53;

rows_of($_) for split /;\n/, <<"END";
INSERT INTO tpa_data.tenant (issuer, name) VALUES ('https://a.example/', 'A');
INSERT INTO tpa_data.organizations (id, name) VALUES
    ('@{[ org_of(1) ]}', 'acme'), ('@{[ org_of(2) ]}', 'globex');
INSERT INTO tpa_data.clients (client_id, name, default_organization_id,
    default_organization_flows) VALUES
    ('c1', 'C', '@{[ org_of(1) ]}', '{client_credentials}'),
    ('c2', 'C', NULL, '{}');
INSERT INTO tpa_data.client_credentials (id, client_id, slot, kid, pem)
    VALUES ('cred_1', 'c1', 1, 'kid-kid-kid', 'P');
INSERT INTO tpa_data.resource_servers (id, identifier) VALUES
    ('@{[ api_of(1) ]}', 'urn:1'), ('@{[ api_of(2) ]}', 'urn:2');
INSERT INTO tpa_data.resource_server_scopes (resource_server_id, value,
    position) VALUES ('@{[ api_of(1) ]}', 'b', 1), ('@{[ api_of(1) ]}', 'a', 2);
INSERT INTO tpa_data.client_grants (id, client_id, default_for,
    resource_server_id, scope) VALUES
    ('@{[ grant_of(1) ]}', 'c1', NULL, '@{[ api_of(1) ]}', '{a,b}'),
    ('@{[ grant_of(2) ]}', NULL, 'third_party_clients', '@{[ api_of(1) ]}',
     '{b}');
INSERT INTO tpa_data.organization_client_grants (organization_id, grant_id)
    VALUES ('@{[ org_of(1) ]}', '@{[ grant_of(1) ]}');
INSERT INTO tpa_data.connections (id, name, strategy)
    VALUES ('con_0000000000000001', 'db', 'database');
$user ('db|1', 'con_0000000000000001', '1', 'Ann\@example.com', '$hash');
INSERT INTO tpa_data.organization_members (organization_id, user_id)
    VALUES ('@{[ org_of(1) ]}', 'db|1');
INSERT INTO tpa_data.roles (id, name) VALUES ('rol_1', 'admin');
INSERT INTO tpa_data.organization_member_roles (organization_id, user_id,
    role_id) VALUES ('@{[ org_of(1) ]}', 'db|1', 'rol_1');
INSERT INTO tpa_data.role_permissions (role_id, resource_server_id, permission)
    VALUES ('rol_1', '@{[ api_of(1) ]}', 'a');
INSERT INTO tpa_data.user_grants (id, user_id, client_id, resource_server_id,
    organization_id) VALUES
    ('g1', 'db|1', 'c1', '@{[ api_of(1) ]}', '@{[ org_of(1) ]}'),
    ('g0', 'db|1', 'c1', '@{[ api_of(1) ]}', NULL);
INSERT INTO tpa_data.refresh_families (id, user_grant_id, user_id, client_id,
    resource_server_id, connection_id, scope, authenticated_at) VALUES ('f1',
    'g1', 'db|1', 'c1', '@{[ api_of(1) ]}', 'con_0000000000000001', '{a}',
    now());
INSERT INTO tpa_data.refresh_tokens (token_hash, family_id, generation)
    VALUES ('@{[ hash_of(1) ]}', 'f1', 1);
INSERT INTO tpa_data.signing_keys (kid, state, sealed, public_jwk, cert_pem)
    VALUES ('k1', 'current', 's', '{}', 'c'), ('k2', 'next', 's', '{}', 'c'),
    ('k3', 'previous', 's', '{}', 'c'), ('k4', 'previous', 's', '{}', 'c')
END

# ---- what is refused --------------------------------------------------------
# INSERT into a table: columns, values; what makes it wrong, '' for nothing.
my @inserts = (
    [ 'tenant (issuer, name)', "'https://b.example/', 'B'", 'a second tenant' ],
    [ 'schema_version (version)', '9', 'a second version' ],
    [ 'organizations (id, name)', "'org_000000000000003', 'x'", 'a short id' ],
    [ 'organizations (id, name)', "'@{[ org_of(3) ]}', 'Acme'", 'upper case' ],
    [ 'organizations (id, name)', "'@{[ org_of(3) ]}', '-x'", 'first letter' ],
    [ 'organizations (id, name)', "'@{[ org_of(3) ]}', 'acme'", 'name again' ],
    [ 'organizations (id, name)', "'@{[ org_of(3) ]}', repeat('x', 51)", '51' ],
    [ 'organizations (id, name)', "'@{[ org_of(3) ]}', repeat('x', 50)", '' ],
    [ 'organizations (id, name, third_party_client_access)',
      "'@{[ org_of(3) ]}', 'x', 'deny'", 'deny, where block is meant' ],
    [ 'organizations (id, name, branding_primary)',
      "'@{[ org_of(3) ]}', 'x', '#000000'", 'one colour' ],
    [ 'clients (client_id, name)', "'c1', 'X'", 'id again' ],
    [ 'clients (client_id, name)', "'c 3', 'X'", 'a blank in the id' ],
    [ 'clients (client_id, name)', "'c3', ''", 'no name' ],
    [ 'clients (client_id, name)', "'c3', 'a<b'", 'name with <' ],
    [ 'clients (client_id, name)', "'tpc_3', 'X'", 'prefix of a third party' ],
    [ 'clients (client_id, name, is_first_party)', "'c3', 'X', false",
      'a third party without mode' ],
    [ 'clients (client_id, name, is_first_party, third_party_security_mode)',
      "'c3', 'X', false, 'strict'", 'a strict third party without prefix' ],
    [ 'clients (client_id, name, is_first_party, third_party_security_mode)',
      "'tpc_3', 'X', false, 'strict'", '' ],
    [ 'clients (client_id, name, is_first_party, third_party_security_mode)',
      "'c3', 'X', false, 'permissive'", '' ],
    [ 'clients (client_id, name, third_party_security_mode)',
      "'c3', 'X', 'permissive'", 'a first party with mode' ],
    [ 'clients (client_id, name, registered_via)', "'c3', 'X', 'dynamic'",
      'a first party that registered itself' ],
    [ 'clients (client_id, name, secret_hash)', "'c3', 'X', 'secret'",
      'a secret in the clear' ],
    [ 'clients (client_id, name, token_endpoint_auth_method)',
      "'c3', 'X', 'tls_client_auth'", 'a method we do not have' ],
    [ 'clients (client_id, name, jwt_alg)', "'c3', 'X', 'HS256'", 'HS256' ],
    [ 'clients (client_id, name, organization_usage)', "'c3', 'X', 'required'",
      'required, where require is meant' ],
    [ 'clients (client_id, name, refresh_rotation_type,
       refresh_expiration_type)', "'c3', 'X', 'rotating', 'non-expiring'",
      'rotating without end' ],
    [ 'clients (client_id, name, default_organization_id)',
      "'c3', 'X', '@{[ org_of(9) ]}'", 'unknown default Organization' ],
    [ 'client_credentials (id, client_id, slot, kid, pem)',
      "'cred_2', 'c1', 1, 'kid-kid-kid2', 'P'", 'slot again' ],
    [ 'client_credentials (id, client_id, slot, kid, pem)',
      "'cred_2', 'c1', 3, 'kid-kid-kid2', 'P'", 'a third slot' ],
    [ 'client_credentials (id, client_id, slot, kid, pem)',
      "'cred_2', 'c1', 2, 'kid-kid-kid', 'P'", 'kid again' ],
    [ 'client_credentials (id, client_id, slot, kid, pem)',
      "'cred_2', 'c1', 2, 'short', 'P'", 'a short kid' ],
    [ 'client_credentials (id, client_id, slot, kid, pem, alg)',
      "'cred_2', 'c1', 2, 'kid-kid-kid2', 'P', 'HS256'", 'HS256' ],
    [ 'resource_servers (id, identifier)', "'xyz', 'urn:3'", 'a bad id' ],
    [ 'resource_servers (id, identifier)', "'@{[ api_of(3) ]}', 'urn:1'",
      'identifier again' ],
    [ 'resource_servers (id, identifier, signing_alg)',
      "'@{[ api_of(3) ]}', 'urn:3', 'HS256'", 'HS256' ],
    [ 'resource_servers (id, identifier, client_policy)',
      "'@{[ api_of(3) ]}', 'urn:3', 'allow_all'", 'allow_all for machines' ],
    [ 'resource_servers (id, identifier, token_lifetime)',
      "'@{[ api_of(3) ]}', 'urn:3', 2592001", 'more than thirty days' ],
    [ 'resource_server_scopes (resource_server_id, value, position)',
      "'@{[ api_of(2) ]}', 'a b', 1", 'a scope with a blank' ],
    [ 'resource_server_scopes (resource_server_id, value, position)',
      "'@{[ api_of(2) ]}', 'a\"b', 1", 'a scope with a quote' ],
    [ 'resource_server_scopes (resource_server_id, value, position)',
      "'@{[ api_of(2) ]}', repeat('x', 281), 1", 'a scope of 281' ],
    [ 'resource_server_scopes (resource_server_id, value, position)',
      "'@{[ api_of(2) ]}', repeat('x', 280), 1", '' ],
    ( map { [ "client_grants (id, resource_server_id, $_->[0])",
              "'@{[ grant_of(3) ]}', '@{[ api_of(1) ]}', $_->[1]", $_->[2] ] }
      [ 'client_id', "'c1'", 'a second of an application' ],
      [ 'client_id, subject_type', "'c1', 'user'", '' ],
      [ 'client_id, subject_type', "'c2', 'machine'", 'a bad subject' ],
      [ 'default_for', "'third_party_clients'", 'a second default' ],
      [ 'default_for, subject_type', "'third_party_clients', 'user'", '' ],
      [ 'default_for, subject_type', "'everybody', 'user'", 'a bad class' ],
      [ 'client_id, default_for', "'c2', 'third_party_clients'", 'both' ],
      [ 'subject_type', "'user'", 'neither' ],
      [ 'default_for, subject_type, organization_usage',
        "'third_party_clients', 'user', 'deny'", 'a default with usage' ],
      [ 'default_for, subject_type, allow_any_organization',
        "'third_party_clients', 'user', true", 'a default for any' ],
      [ 'client_id, allow_all_scopes, scope', "'c2', true, '{a}'", 'both' ],
      [ 'client_id, organization_usage', "'c2', 'always'", 'a bad usage' ] ),
    [ 'organization_client_grants (organization_id, grant_id)',
      "'@{[ org_of(1) ]}', '@{[ grant_of(1) ]}'", 'the same again' ],
    [ 'organization_domains (id, organization_id, domain, verification_txt,
       verification_host)', "'ord_' || repeat('x', 22), '@{[ org_of(1) ]}',
       'Example.com', repeat('0', 32), 'h'", 'a domain in upper case' ],
    [ 'connections (id, name, strategy)',
      "'con_0000000000000002', 'a--b', 's'", 'two hyphens in a name' ],
    [ 'organization_connections (organization_id, connection_id,
       is_signup_enabled)', "'@{[ org_of(1) ]}', 'con_0000000000000001', true",
      'sign-up without membership' ],
    [ 'users (user_id, connection_id, connection_user_id)',
      "'ann', 'con_0000000000000001', '2'", 'a user id without strategy' ],
    [ 'users (user_id, connection_id, connection_user_id, email,
       password_hash)', "'db|2', 'con_0000000000000001', '2',
       'ann\@EXAMPLE.com', '$hash'", 'the e-mail again, in other letters' ],
    [ 'users (user_id, connection_id, connection_user_id, password_hash)',
      "'db|2', 'con_0000000000000001', '2', 'password'", 'a plain password' ],
    [ 'user_grants (id, user_id, client_id, resource_server_id)',
      "'g3', 'db|1', 'c1', '@{[ api_of(1) ]}'", 'the same without Org.' ],
    [ 'user_grants (id, user_id, client_id, resource_server_id,
       organization_id)', "'g3', 'db|1', 'c1', '@{[ api_of(1) ]}',
       '@{[ org_of(2) ]}'", '' ],
    [ 'refresh_tokens (token_hash, family_id, generation)',
      "'@{[ hash_of(2) ]}', 'f1', 1", 'a generation again' ],
    [ 'seen_jti (owner, jti_hash, expires_at)', "'c1', 'jti', now()",
      'a jti in the clear' ],
    [ 'signing_keys (kid, state, sealed, public_jwk, cert_pem)',
      "'k5', 'current', 's', '{}', 'c'", 'two that sign' ],
    [ 'signing_keys (kid, state, sealed, public_jwk, cert_pem)',
      "'k5', 'next', 's', '{}', 'c'", 'two that are next' ],
    [ 'signing_keys (kid, state, sealed, public_jwk, cert_pem)',
      "'k5', 'previous', 's', '{\"d\": 1}', 'c'", 'a private part' ],
);
for (@inserts) {
    my ($columns, $values, $wrong) = @$_;
    my $error = error_of("INSERT INTO tpa_data.$columns VALUES ($values)");
    my ($table) = $columns =~ /(\w+)/;

    if ($wrong eq '') { is $error, '', "$table: @{[ split ' ', $values ]}" }
    else { like $error, qr/^ERROR:  .*violates/, "$table: $wrong" }
}

# ---- what goes with what ----------------------------------------------------
# The tables, of those that are asked for, that lose rows by a deletion.
my @watched = qw(client_credentials client_grants organization_client_grants
    organization_members organization_member_roles role_permissions
    user_grants refresh_families refresh_tokens resource_server_scopes);

sub counts {
    return map { $_ => value_of("SELECT count(*) FROM tpa_data.$_") } @watched;
}

for (
    [ 'clients', "client_id = 'c1'", qw(client_credentials client_grants
      organization_client_grants refresh_families refresh_tokens
      user_grants) ],
    [ 'resource_servers', "identifier = 'urn:1'", qw(client_grants
      organization_client_grants refresh_families refresh_tokens
      resource_server_scopes role_permissions user_grants) ],
    [ 'client_grants', "client_id = 'c1'", qw(client_grants
      organization_client_grants) ],
    [ 'organizations', "name = 'acme'", qw(organization_client_grants
      organization_member_roles organization_members refresh_families
      refresh_tokens user_grants) ],
    [ 'user_grants', "organization_id IS NOT NULL", qw(refresh_families
      refresh_tokens user_grants) ],
    [ 'users', "user_id = 'db|1'", qw(organization_member_roles
      organization_members refresh_families refresh_tokens user_grants) ],
    [ 'organization_members', "user_id = 'db|1'", qw(organization_member_roles
      organization_members) ],
    [ 'roles', "id = 'rol_1'", qw(organization_member_roles
      role_permissions) ],
    [ 'resource_server_scopes', "value = 'a'", qw(resource_server_scopes
      role_permissions) ],
) {
    my ($table, $which, @lose) = @$_;

    rows_of('BEGIN');
    my %before = counts();
    rows_of("DELETE FROM tpa_data.$table WHERE $which");
    my %after = counts();
    is_deeply [ sort grep { $before{$_} != $after{$_} } @watched ],
        [ sort @lose ], "what goes with $table";
    rows_of('ROLLBACK');
}
rows_of('BEGIN');
rows_of("DELETE FROM tpa_data.organizations WHERE name = 'acme'");
is value_of("SELECT default_organization_id FROM tpa_data.clients
             WHERE client_id = 'c1'"), undef,
    'an application outlives its default Organization';
rows_of('ROLLBACK');

# ---- scopes -----------------------------------------------------------------
sub lists {
    return join '; ', map { join ' ', @$_ } rows_of(
        'SELECT a.scope_list, (SELECT string_agg(g.scope::text, \' \'
             ORDER BY g.id) FROM tpa_data.client_grants g
             WHERE g.resource_server_id = a.id)
         FROM tpa_data.resource_servers a WHERE a.id = ?', api_of(1));
}

is lists(), 'b a {a,b} {b}', 'the list is in the order of positions';
rows_of("INSERT INTO tpa_data.resource_server_scopes (resource_server_id, value,
         position) VALUES ('@{[ api_of(1) ]}', 'c', 0)");
is lists(), 'c b a {a,b} {b}', 'a scope more';
rows_of("UPDATE tpa_data.resource_server_scopes SET position = 9
         WHERE value = 'c'");
is lists(), 'b a c {a,b} {b}', 'another order';
rows_of("UPDATE tpa_data.resource_server_scopes SET value = 'z'
         WHERE value = 'b'");
is lists(), 'z a c {a} {}', 'another name: it leaves the grants';
rows_of("DELETE FROM tpa_data.resource_server_scopes WHERE value = 'a'");
is lists(), 'z c {} {}', 'a scope less: it leaves the grants';

done_testing;
