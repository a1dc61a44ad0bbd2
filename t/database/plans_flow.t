# No function of the user flow reads a large table from end to end, or a large
# part of it.

use strict;
use warnings FATAL => 'all';

use Test::More;

use TPA::Functions;
use TPA::FlowRows;
use TPA::Plans;

my $db = fresh_schema();
my $N = 10_000;

# Few rows, for ever: read whole.
my %tiny = map { $_ => 1 } qw(schema_version tenant signing_keys);

# ---- many rows --------------------------------------------------------------
# One connection that all have, and that all Organizations use.
sub id_of { return "'$_[0]' || lpad(i::text, $_[1], '0')" }

my $org = id_of('org_', 16);
my $con = con_of(1);
my $api = "lpad(to_hex(i), 24, '0')";
my $sha = "lpad(to_hex(i), 64, '0')";
my $soon = "now() + interval '1 d'";
my $hash = '$2y$12$' . 'a' x 53;
my $flow_columns = 'client_id, user_id, resource_server_id, organization_id,
    connection_id, session_hash, user_grant_id, scope, authenticated_at';
my $flow_values = "'client' || i, 'auth0|' || i, $api, $org, '$con', $sha,
    'g' || i, '{}', now()";

fill($db,
    [ 'tenant (issuer, name)', "'https://auth.example.com/', 'x'", 1 ],
    [ 'organizations (id, name)', "$org, 'org-' || i", $N ],
    [ 'resource_servers (id, identifier, enforce_policies)',
      "$api, 'urn:' || i, true", $N ],
    [ 'resource_server_scopes (resource_server_id, value, position,
       description)', "$api, 'a:x', 1, 'x'", $N ],
    [ 'clients (client_id, name)', "'client' || i, 'x'", $N ],
    [ 'client_grants (id, client_id, resource_server_id, subject_type)',
      id_of('cgr_', 16) . ", 'client' || i, $api, 'user'", $N ],
    [ 'connections (id, name, strategy, is_domain_connection)',
      id_of('con_', 16) . ", 'con-' || i, CASE WHEN i = 2 THEN 'ldap'
      ELSE 'auth0' END, i = 1", $N ],
    [ 'client_connections (client_id, connection_id)',
      "'client' || i, " . id_of('con_', 16), $N ],
    [ 'organization_connections (organization_id, connection_id,
       assign_membership_on_login)', "$org, '$con', i = 1", $N ],
    [ 'organization_clients (organization_id, client_id,
       use_for_member_access)', "$org, 'client' || i, true", $N ],
    [ 'organization_domains (id, organization_id, domain, status,
       verification_txt, verification_host)', id_of('ord_', 22) . ", $org,
       'd' || i || '.example.com', 'verified', repeat('0', 32), 'h'", $N ],
    [ 'users (user_id, connection_id, connection_user_id, email, username,
       password_hash)', "'auth0|' || i, '$con', i::text,
      'u' || i || '\@example.com', 'u' || i, '$hash'", $N ],
    [ 'roles (id, name)', id_of('rol_', 16) . ", 'role-' || i", $N ],
    [ 'role_permissions (role_id, resource_server_id, permission)',
      id_of('rol_', 16) . ", $api, 'a:x'", $N ],
    [ 'user_roles (user_id, role_id)',
      "'auth0|' || i, " . id_of('rol_', 16), $N ],
    [ 'organization_members (organization_id, user_id)',
      "$org, 'auth0|' || i", $N ],
    [ 'organization_member_roles (organization_id, user_id, role_id)',
      "$org, 'auth0|' || i, " . id_of('rol_', 16), $N ],
    [ 'user_grants (id, client_id, user_id, resource_server_id,
       organization_id)', "'g' || i, 'client' || i, 'auth0|' || i, $api, $org",
      $N ],
    [ 'sessions (session_hash, user_id, connection_id, authenticated_at,
       idle_expires_at, expires_at)', "$sha, 'auth0|' || i, '$con', now(),
       $soon, $soon", $N ],
    [ "refresh_families (id, $flow_columns)", "'f' || i, $flow_values", $N ],
    [ 'refresh_tokens (token_hash, family_id, generation)',
      "$sha, 'f' || i, 1", $N ],
    [ "authorization_codes (code_hash, $flow_columns, redirect_uri,
       expires_at)", "$sha, $flow_values, 'x', now() + interval '9 m'", $N ],
    [ 'seen_jti (owner, jti_hash, expires_at)', "'ticket', $sha, $soon", $N ],
    [ 'login_throttle (kind, bucket, full_until, open_at)',
      "CASE WHEN i % 2 = 0 THEN 'account' ELSE 'address' END, i, now(), now()",
      $N ],
    [ 'log_events (log_id, date, type)', "lpad(i::text, 20, '0'), now(), 'x'",
      $N ],
);

# ---- the functions ----------------------------------------------------------
my $of = '0' x 63 . '#';
my $new = 'f' x 63 . '#';
my %app = (client_id => 'client#');
my %user = (user_id => 'auth0|#', connection_id => $con);
my %in_org = (org_id => 'org_' . '0' x 15 . '#');
my %login = (account_key => 2, address_key => 3);
my %session = (session_hash => $new, old_session_hash => $of, lifetime_s => 9,
               idle_s => 9);
my %code = (%app, %user, code_hash => $new, session_hash => $of,
    api_id => '0' x 23 . '#', redirect_uri => 'x', scope => [ 'a' ],
    authenticated_at => 1, ttl_s => 60, ticket_hash => $new,
    ticket_expires => 4_000_000_000_000_000);
my %family = (id => 'new#', token_hash => 'e' x 63 . '#',
    lifetime_s => 9, idle_s => 9);
my @calls = (
    [ authorize_facts => { %app, audience => 'urn:#', organization => 'org-#',
          session_hash => $of, scopes => [ 'a:x' ] } ],
    [ authorize_facts => { %app, audience => 'urn:#', session_hash => $of } ],
    [ authorize_facts => { %app, %in_org, session_hash => $of } ],
    [ authorize_facts => { client_id => 'none', audience => 'none',
          organization => 'none', session_hash => $new } ],
    [ code_facts => { %app, code_hash => $of } ],
    [ refresh_facts => { %app, token_hash => $of } ],
    [ login_lookup => { %login, connection_id => $con, ip => '::1',
          identifier => 'u#@example.com' } ],
    [ login_lookup => { %login, connection_id => $con,
          identifier => 'U#' } ],
    [ login_failed => \%login ],
    [ session_start => { %session, %user, %login } ],
    [ session_external => { %session, connection => 'con-2', subject =>
          's#' } ],
    [ session_end => { session_hash => $of } ],
    [ organization_find => { %app, name => 'org-#' } ],
    [ organization_find => { %app, domain => 'd#.example.com' } ],
    [ code_issue => { %code, %in_org, joins => $TRUE,
          consent => { id => 'c#', scope => [ 'a' ] } } ],
    [ code_issue => \%code ],
    [ code_redeem => { %app, code_hash => $of, family => \%family } ],
    [ refresh_use => { %app, token_hash => $of, rotates => $TRUE, new_hash =>
          $new, successor => 's', idle_s => 9 } ],
    [ refresh_end => { %app, token_hash => $of } ],
    [ refresh_end => { %app, token_hash => $of, takes_consent => $TRUE } ],
    [ user_update => { id => 'auth0|#', version => 'x', patch => {} } ],
    [ organization_member_remove => { organization_id => org_of(1),
          members => [ 'auth0|#' ] } ],
    [ grant_delete => { id => 'g#' } ],
    [ user_delete => { id => 'auth0|#' } ],
);

sub sql_of { return "$_[0][0](" . json_of($_[0][1]) . ')' }

for my $call (@calls) {
    my $sql = sql_of($call);

    is read_much($db, $sql, %tiny), '', $sql =~ s/#/N/gr;
}
$db->rows('BEGIN');
is_deeply [ map { "$_->[0]: " . call_of($_->[0], $_->[1])->{result} }
            grep { $_->[0] =~ /^(?:code_|refresh_|session_|login_)/ }
            map { [ $_->[0], JSON::PP::decode_json(
                JSON::PP::encode_json($_->[1]) =~ s/#/9/gr) ] }
            grep { $_->[0] !~ /end$/ && !exists $_->[1]{old_session_hash}
                   && $_->[1] != \%code } @calls ],
    [ 'code_facts: found', 'refresh_facts: found', 'login_lookup: found',
      'login_lookup: found', 'login_failed: updated', 'code_issue: created',
      'code_redeem: updated', 'refresh_use: updated' ],
    'they did what they are there for';
$db->rows('ROLLBACK');

# ---- none was forgotten -----------------------------------------------------
my %looked_at = map { $_->[0] => 1 } @calls;
my @names = map {
    open my $in, '<', $_ or die "$_: $!\n";
    my $text = do { local $/; readline $in };

    $text =~ /FUNCTION tpa\.(\w+)\(\s*p text, p_event text/g;
} glob "$ENV{TPA_SQLDIR}/functions/flow_*.sql";

cmp_ok scalar @names, '>', 10, 'there are many';
is_deeply [ grep { !$looked_at{$_} } @names ], [],
    'each function of the user flow was looked at';

# Would a missing index be noticed?
$db->rows('DROP INDEX tpa_data.organization_connections_joins');
like read_much($db, sql_of($calls[1]), %tiny),
    qr/^organization_connections \(/, 'a missing index is noticed';

done_testing;
