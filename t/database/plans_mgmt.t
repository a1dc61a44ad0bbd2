# No function of the Management API reads a large table from end to end, or a
# large part of it: lists by their filters and orders, writes, and deletions
# with all that goes with them.

use strict;
use warnings FATAL => 'all';

use Test::More;

use TPA::Functions;
use TPA::Plans;

my $db = fresh_schema();
my $N = 10_000;
my $SOME = 1_000;

# Few rows, for ever: read whole. There are at most 1000 roles.
my %tiny = map { $_ => 1 } qw(schema_version tenant signing_keys roles);

# ---- many rows --------------------------------------------------------------
sub id_of { return "'$_[0]' || lpad(($_[1])::text, $_[2], '0')" }

# Each tenth is of one and the same: an Organization of many, a user of many.
sub one_of {
    my ($prefix, $digits, $n) = @_;

    return id_of($prefix, "CASE WHEN i % 10 = 0 THEN 1 ELSE i % $n + 1 END",
                 $digits);
}

my $org = one_of('org_', 16, $SOME);
my $api = "lpad(to_hex(i % $N + 1), 24, '0')";
my $when = "now() - i * interval '1 s'";
my $user = "'auth0|' || (i % $N + 1)";
my $con = id_of('con_', "i % $SOME + 1", 16);
my $role = id_of('rol_', "i % $SOME + 1", 16);
my $sha = "lpad(to_hex(i), 64, '0')";

fill($db,
    [ 'tenant (issuer, name, flag_enable_dynamic_client_registration)',
      "'https://auth.example.com/', 'x', true", 1 ],
    [ 'organizations (id, name, created_at)',
      id_of('org_', 'i', 16) . ", 'org-' || i, $when", $N ],
    [ 'resource_servers (id, identifier)', "$api, 'urn:' || i % $N + 1", $N ],
    [ 'resource_server_scopes (resource_server_id, value, position)',
      "$api, 'a:x', 1", $N ],
    [ 'clients (client_id, name, default_organization_id, app_type)',
      "'client' || i, 'x', @{[ id_of('org_', 'i', 16) ]}, CASE WHEN i % $SOME"
      . " = 0 THEN 'spa' ELSE 'native' END", $N ],
    [ 'client_credentials (id, client_id, slot, kid, pem)',
      "'cred_' || i, 'client' || i, 1, 'kid-kid-kid-' || i, 'P'", $N ],
    [ 'client_grants (id, client_id, resource_server_id, organization_usage,
       allow_any_organization)',
      id_of('cgr_', 'i', 16) . ", 'client' || i, $api, 'allow', i % $SOME = 0",
      $N ],
    [ 'organization_client_grants (organization_id, grant_id)',
      id_of('org_', "i % $SOME + 1", 16) . ", @{[ id_of('cgr_', 'i', 16) ]}",
      $N ],
    [ 'connections (id, name, strategy)', id_of('con_', 'i', 16)
      . ", 'con-' || i, CASE WHEN i % 10 = 0 THEN 'samlp' ELSE 'auth0' END",
      $SOME ],
    [ 'client_connections (client_id, connection_id)',
      "'client' || i, $con", $N ],
    [ 'organization_connections (organization_id, connection_id)',
      id_of('org_', 'i', 16) . ", $con", $N ],
    [ 'organization_clients (organization_id, client_id,
       use_for_member_access)', id_of('org_', 'i', 16)
      . ", 'client' || i, true", $N ],
    [ 'organization_domains (id, organization_id, domain, verification_txt,
       verification_host)', id_of('ord_', 'i', 22) . ", @{[ id_of('org_', 'i',
      16) ]}, 'd' || i || '.example.com', repeat('0', 32), 'h'", $N ],
    [ 'users (user_id, connection_id, connection_user_id, email,
       created_at)', "'auth0|' || i, $con, i::text,
      'u' || i || '\@example.com', $when", $N ],
    [ 'roles (id, name)', id_of('rol_', 'i', 16) . ", 'role-' || i", $SOME ],
    [ 'role_permissions (role_id, resource_server_id, permission)',
      "$role, $api, 'a:x'", $N ],
    [ 'user_roles (user_id, role_id)', "$user, $role", $N ],
    [ 'organization_members (organization_id, user_id)', "$org, $user", $N ],
    [ 'organization_member_roles (organization_id, user_id, role_id)',
      "$org, $user, $role", $N ],
    [ 'invitations (id, organization_id, client_id, ticket_hash, inviter_name,
       invitee_email, created_at, expires_at)', id_of('uinv_', 'i', 16)
      . ", $org, 'client' || i, $sha, 'n', 'e' || i, $when, now()", $N ],
    [ 'user_grants (id, user_id, client_id, resource_server_id)',
      "'g' || i, $user, 'client' || i, $api", $N ],
    [ 'sessions (session_hash, user_id, connection_id, authenticated_at,
       idle_expires_at, expires_at)', "$sha, $user, $con, now(), now(), now()",
      $N ],
    [ 'refresh_families (id, user_grant_id, user_id, client_id,
       resource_server_id, connection_id, scope, authenticated_at)',
      "'f' || i, 'g' || i, $user, 'client' || i, $api, $con, '{a}', now()",
      $N ],
    [ 'refresh_tokens (token_hash, family_id, generation)',
      "$sha, 'f' || i, 1", $N ],
    [ 'log_events (log_id, date, type, client_id, user_id, organization_id)',
      id_of('', 'i', 20) . ", now(), CASE WHEN i % 100 = 0 THEN 'sapi' ELSE 'x'
      END, 'client' || i % $SOME, $user, $org", $N ],
);

# ---- the functions ------------------------------------------------------------
my %org = (organization_id => 'org_000000000000000#');
my %big = (organization_id => org_of(1));   # it has a thousand of each
my %user = (id => 'auth0|#');
my %page = (page => 0, per_page => 5);
my %keys = (take => 5);
my @lists = (
    # function, argument without pages
    [ client_list => {} ], [ client_list => { is_first_party => $TRUE } ],
    [ client_list => { app_type => [ 'spa' ] } ],
    [ client_list => { external_client_id => 'https://x.example/#' } ],
    [ client_list => { organization_id => 'org_000000000000000#' } ],
    [ client_list => { any_organization => $TRUE } ],
    [ client_connections_list => { client_id => 'client#' } ],
    [ client_grant_list => {} ],
    [ client_grant_list => { client_id => 'client#' } ],
    [ client_grant_list => { audience => 'urn:#' } ],
    [ client_grant_list => { audience => 'urn:#', subject_type => 'user' } ],
    [ client_grant_list => { default_for => 'third_party_clients' } ],
    [ client_grant_list => { allow_any_organization => $TRUE } ],
    [ client_grant_organizations_list => { id => 'cgr_000000000000000#' } ],
    [ connection_list => {} ], [ connection_list => { name => 'con-#' } ],
    [ connection_list => { strategy => [ 'samlp' ] } ],
    [ connection_clients_list => { id => 'con_000000000000000#' } ],
    [ organization_list => {} ],
    [ organization_list => { sort => 'name:-1' } ],
    [ organization_list => { sort => 'created_at:1' } ],
    [ organization_list => { sort => 'created_at:-1' } ],
    [ organization_client_list => { %org } ],
    [ organization_connection_list => { %org, older => $TRUE } ],
    [ organization_connection_list => { %org, is_enabled => $TRUE } ],
    [ organization_domain_list => { %org } ],
    [ organization_client_grant_list => { %org } ],
    [ organization_client_grant_list => { %org, client_id => 'client#' } ],
    [ organization_client_grant_list => { %org, audience => 'urn:#' } ],
    [ organization_member_list => { %big } ],
    [ organization_member_list => { %big, roles => $TRUE } ],
    [ organization_member_role_list => { %big, user_id => 'auth0|10#' } ],
    [ invitation_list => { %org } ],
    [ invitation_list => { %org, sort => 'created_at:-1' } ],
    [ resource_server_list => {} ],
    [ resource_server_list => { identifiers => [ 'urn:#' ] } ],
    [ role_list => { name_filter => 'role-#' } ],
    [ role_permission_list => { id => 'rol_000000000000000#' } ],
    [ user_list => {} ], [ user_list => { email => 'u#@example.com' } ],
    [ user_list => { user_id => 'auth0|#' } ],
    [ user_list => { connection => 'con-#' } ],
    [ user_list => { sort => 'created_at:-1' } ],
    [ user_list => { sort => 'email:1' } ],
    [ user_role_list => { %user } ], [ user_organization_list => { %user } ],
    [ grant_list => {} ], [ grant_list => { user_id => 'auth0|#' } ],
    [ grant_list => { client_id => 'client#' } ],
    [ grant_list => { audience => 'urn:#' } ],
    [ refresh_token_list => { user_id => 'auth0|#' } ],
    [ refresh_token_list => { user_id => 'auth0|#', client_id => 'client#' } ],
    [ log_list => {} ], [ log_list => { type => 'sapi' } ],
    [ log_list => { client_id => 'client#' } ],
    [ log_list => { user_id => 'auth0|#' } ],
    [ log_list => { organization_id => 'org_000000000000000#' } ],
    [ log_list => { log_id => '0000000000000000000#' } ],
);
my %no_offset = map { $_ => 1 } qw(client_connections_list refresh_token_list
    client_grant_organizations_list connection_clients_list
    organization_domain_list organization_client_list);
my %no_keys = map { $_ => 1 } qw(organization_client_grant_list grant_list
    organization_member_role_list resource_server_list role_list user_list
    role_permission_list user_role_list user_organization_list invitation_list);
my @others = (
    [ client_get => { client_id => 'client#' } ],
    [ client_credential_list => { client_id => 'client#' } ],
    [ client_credential_get => { client_id => 'client#',
                                 credential_id => 'cred_#' } ],
    [ client_create => { client_id => 'new#', name => 'x' } ],
    [ client_update => { client_id => 'client#', name => 'y' } ],
    [ client_secret_rotate => { client_id => 'client#',
                                secret_hash => hash_of('x') } ],
    [ client_credential_create => { client_id => 'client#', pem => 'P',
                                    id => 'cred_new#', kid => 'kid-kid-new#' } ],
    [ client_credential_update => { client_id => 'client#',
        credential_id => 'cred_#', patch => { expires_at => undef } } ],
    [ client_credential_delete => { client_id => 'client#',
                                    credential_id => 'cred_#' } ],
    [ client_delete => { client_id => 'client#' } ],
    [ client_register => { strict => { client => {
        client_id => 'tpc_000000000000000000new#', name => 'x',
        is_first_party => $FALSE, third_party_security_mode => 'strict',
        registered_via => 'dynamic' } } } ],
    [ resource_server_get => { id => 'urn:#' } ],
    [ resource_server_create => { id => '0000000000000000000f000#',
        identifier => 'urn:new:#', scopes => [ { value => 'a' } ] } ],
    [ resource_server_update => { id => 'urn:#', name => 'x' } ],
    [ resource_server_delete => { id => 'urn:#' } ],
    [ client_grant_get => { id => 'cgr_000000000000000#' } ],
    [ client_grant_create => { id => 'cgr_000000000000new#', client_id =>
        'client#', audience => 'urn:500', subject_type => 'user' } ],
    [ client_grant_update => { id => 'cgr_000000000000000#', scope => [] } ],
    [ client_grant_delete => { id => 'cgr_000000000000000#' } ],
    [ organization_get => { id => 'org_000000000000000#' } ],
    [ organization_get_by_name => { name => 'org-#' } ],
    [ organization_update => { id => 'org_000000000000000#',
                               display_name => 'x' } ],
    [ organization_delete => { id => 'org_000000000000900#' } ],
    [ organization_client_get => { %org, client_id => 'client#' } ],
    [ organization_client_add => { %org, most => 100, clients => [
        { client_id => 'client9#', use_for_member_access => $TRUE } ] } ],
    [ organization_client_update => { %org, client_id => 'client#',
        patch => { use_for_member_access => $FALSE } } ],
    [ organization_client_remove => { %org, clients => [ 'client#' ] } ],
    [ organization_connection_get => { %org, connection_id =>
        'con_000000000000000#' } ],
    [ organization_connection_create => { %org, most => 10, connection_id =>
        'con_00000000000009#0' } ],
    [ organization_connection_update => { %org, connection_id =>
        'con_000000000000000#', patch => { show_as_button => $FALSE } } ],
    [ organization_connection_delete => { %org, connection_id =>
        'con_000000000000000#' } ],
    [ organization_domain_get => { %org, id => 'ord_' . '0' x 21 . '#' } ],
    [ organization_domain_get_by_name => { %org,
                                           domain => 'd#.example.com' } ],
    [ organization_domain_create => { %org, id => 'ord_' . '0' x 17 . 'new#x',
        domain => 'new#.example.com', most => 100,
        verification_txt => '0' x 32, verification_host => 'h' } ],
    [ organization_domain_update => { %org, id => 'ord_' . '0' x 21 . '#',
        patch => { status => 'verified' } } ],
    [ organization_domain_delete => { %org, id => 'ord_' . '0' x 21 . '#' } ],
    [ organization_client_grant_create => { %org, most => 100,
        grant_id => 'cgr_000000000000900#' } ],
    [ organization_client_grant_delete => { %org,
        grant_id => 'cgr_000000000000000#' } ],
    [ organization_member_remove => { %big, members => [ 'auth0|10#' ] } ],
    [ organization_member_role_add => { %big, user_id => 'auth0|11', most => 50,
        roles => [ 'rol_000000000000000#' ] } ],
    [ organization_member_role_remove => { %big, user_id => 'auth0|11',
        roles => [ 'rol_0000000000000011' ] } ],
    [ invitation_get => { %org, id => 'uinv_000000000000000#' } ],
    [ invitation_create => { %org, id => 'uinv_new#', client_id => 'client#',
        ticket_hash => '@' , inviter => { name => 'n' },
        invitee => { email => 'e' }, ttl_sec => 60, usages => [ 'allow' ] } ],
    [ invitation_delete => { %org, id => 'uinv_000000000000000#' } ],
    [ connection_get => { id => 'con_000000000000000#' } ],
    [ connection_create => { id => 'con_000000000000new#', name => 'new-#',
                             strategy => 'auth0' } ],
    [ connection_update => { id => 'con_000000000000000#',
        patch => { show_as_button => $FALSE } } ],
    [ connection_clients_update => { id => 'con_000000000000000#',
        clients => [ { client_id => 'client#', status => $TRUE } ] } ],
    [ connection_delete => { id => 'con_000000000000090#', most => 2000 } ],
    [ user_get => { %user } ],
    [ user_by_email => { email => 'u#@example.com' } ],
    [ user_create => { connection => 'con-10', connection_user_id => 'new#',
                       email => 'new#@example.com' } ],
    [ user_update => { %user, patch => { name => 'x' } } ],
    [ user_update => { %user, patch => { password_hash =>
        '$2b$10$' . 'x' x 53 } } ],
    [ user_delete => { %user } ],
    [ user_role_add => { %user, roles => [ 'rol_000000000000090#' ] } ],
    [ user_role_remove => { %user, roles => [ 'rol_000000000000000#' ] } ],
    [ role_get => { id => 'rol_000000000000000#' } ],
    [ role_create => { id => 'rol_000000000000new#', name => 'new-#' } ],
    [ role_update => { id => 'rol_000000000000000#',
                       patch => { description => 'x' } } ],
    [ role_delete => { id => 'rol_000000000000000#' } ],
    [ role_permission_add => { id => 'rol_000000000000000#', permissions => [
        { resource_server_identifier => 'urn:#',
          permission_name => 'a:x' } ] } ],
    [ role_permission_remove => { id => 'rol_000000000000000#', permissions =>
        [ { resource_server_identifier => 'urn:#',
            permission_name => 'a:x' } ] } ],
    [ grant_delete => { id => 'g#' } ],
    [ grant_delete_by_user => { user_id => 'auth0|#' } ],
    [ refresh_token_get => { id => 'f#' } ],
    [ refresh_token_delete => { id => 'f#' } ],
    [ refresh_token_revoke => { ids => [ 'f#' ] } ],
    [ refresh_token_revoke => { user_id => 'auth0|#' } ],
    [ refresh_token_revoke => { client_id => 'client#', audience => 'urn:1' } ],
    [ cimd_find => { external_client_id => 'https://a.example/#' } ],
    [ cimd_put => { lifetime_s => 300, client => { client_id => 'tpc_#',
        name => 'A', registered_via => 'cimd', is_first_party => $FALSE,
        third_party_security_mode => 'strict', external_client_id => 'https://a.example/#' } } ],
    [ log_get => { id => '0000000000000000000#' } ],
);
my @calls = ((map { my ($name, $arg) = @$_;
                    ($no_offset{$name} ? () : [ $name, { %$arg, %page } ],
                     $no_keys{$name} ? () : [ $name, { %$arg, %keys } ]) }
              @lists), @others);
# Where an Organization may have only so many, its own are counted.
my @counting = (
    [ organization_create => { id => 'org_000000000000new#', name => 'new#',
                               most => 100_000 }, 0 ],
    [ organization_member_add => { %big, most => 100_000,
                                   members => [ 'auth0|99#' ] }, 1 ],
);

sub call_of {
    my ($call) = @_;
    my $arg = json_of($call->[1]);

    $arg =~ s/"\@"/'"' . 'a' x 63 . '#"'/e;
    return "$call->[0]($arg)";
}

for my $call (@calls) {
    my $sql = call_of($call);

    is read_much($db, $sql, %tiny), '', $sql =~ s/#/N/gr;
}
for my $call (@counting) {
    my ($much) = read_much($db, call_of($call), %tiny);

    like $much, $call->[2] ? qr/^organization_members \(0 scans, \d+ rows\)$/
        : qr/^$/, "$call->[0]: no table is scanned for a limit";
}

# ---- none was forgotten ---------------------------------------------------------
my %looked_at = map { $_->[0] => 1 } @calls, @counting;

$looked_at{$_} = 1 for qw(tenant_settings_get tenant_settings_update
    signing_key_list signing_key_get signing_key_rotate signing_key_revoke);
my @names = map {
    open my $in, '<', $_ or die "$_: $!\n";
    my $text = do { local $/; readline $in };

    $text =~ /FUNCTION tpa\.(\w+)\(\s*p text, p_event text/g;
} grep { !m{/flow_} } glob "$ENV{TPA_SQLDIR}/functions/*.sql";

cmp_ok scalar @names, '>', 80, 'there are many';
is_deeply [ grep { !$looked_at{$_} } @names ], [],
    'each function of the Management API was looked at';

# Would a missing index be noticed?
$db->rows('DROP INDEX tpa_data.users_email');
like read_much($db, call_of([ user_by_email => { email => 'u#@x.example' } ])),
    qr/^users \(8 scans/, 'a missing index is noticed';

done_testing;
