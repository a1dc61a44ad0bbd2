# No function reads a large table from end to end, or a large part of it.
# Counted, not guessed: the server tells for each table what a transaction read
# of it, so the plans looked at are those the functions really use.

use strict;
use warnings FATAL => 'all';

use Test::More;

use TPA::Functions;
use TPA::Plans;

my $db = fresh_schema();
my $N = 20_000;
my $SOME = 2_000;

# Few rows, for ever: read whole.
my %tiny = map { $_ => 1 } qw(schema_version tenant signing_keys);

# ---- many rows --------------------------------------------------------------
sub id_of { return "'$_[0]' || lpad($_[1]::text, $_[2], '0')" }

my $org = id_of('org_', "(i % $SOME + 1)", 16);
my $api = "lpad(to_hex(i % $SOME), 24, '0')";
my $grant = id_of('cgr_', 'i', 16);

fill($db,
    [ 'tenant (issuer, name, clients_quota_per_day,
       organizations_quota_per_hour)',
      "'https://auth.example.com/', 'x', 100, 100", 1 ],
    [ 'organizations (id, name)', "$org, 'org-' || i", $SOME ],
    [ 'resource_servers (id, identifier)', "$api, 'urn:' || i", $SOME ],
    [ 'resource_server_scopes (resource_server_id, value, position)',
      "$api, 'read:things', 1", $SOME ],
    [ 'resource_server_scopes (resource_server_id, value, position)',
      "$api, 'write:things', 2", $SOME ],
    [ 'clients (client_id, name, default_organization_id,
       default_organization_flows, token_endpoint_auth_method)',
      "'client' || i, 'x', $org, '{client_credentials}', 'private_key_jwt'",
      $N ],
    [ 'clients (client_id, name, is_first_party, third_party_security_mode,
       registered_via, created_at, updated_at)', "'tpc_' || lpad(i::text, 22,
       '0'), 'x', false, 'strict', 'dynamic', now() - interval '1 d',
       now() - interval '1 d'", $N ],
    [ 'client_credentials (id, client_id, slot, kid, pem)',
      "'cred_' || i, 'client' || i, 1, 'kid-kid-kid-' || i, 'P'", $N ],
    [ 'client_grants (id, client_id, resource_server_id, scope)',
      "$grant, 'client' || i, $api, '{read:things}'", $N ],
    # One API that every application may use.
    [ 'client_grants (id, client_id, resource_server_id, subject_type)',
      "@{[ id_of('cgr_H', 'i', 15) ]}, 'client' || i, lpad('', 24, '0'),
       CASE WHEN i % $SOME = 0 THEN 'user' ELSE 'client' END", $N ],
    [ 'client_grants (id, default_for, resource_server_id, scope)',
      "@{[ id_of('cgr_D', 'i', 15) ]}, 'third_party_clients', $api,
       '{read:things}'", $SOME ],
    [ 'organization_client_grants (organization_id, grant_id)',
      "$org, $grant", $N ],
    [ 'organization_clients (organization_id, client_id,
       use_for_member_access)', "$org, 'client' || i, true", $N ],
    [ 'quota_uses (client_id, bucket, starts_at)',
      "'client' || i, 'per_day', date_trunc('day', now(), 'UTC')
       - i % 2 * interval '24 hours'", $N ],
    [ 'quota_uses (organization_id, bucket, starts_at)',
      "$org, 'per_hour', date_trunc('hour', now(), 'UTC')", $SOME ],
    [ 'seen_jti (owner, jti_hash, expires_at)', "'client' || i,
      lpad(to_hex(i), 64, '0'), now() + i * interval '1 s'", $N ],
    [ 'log_events (log_id, date, type, ref, client_id)',
      "lpad(i::text, 20, '0'), now(), 'x', CASE WHEN i % 10 = 0
       THEN 'ref' || i END, 'client' || i % $SOME", $N ],
);

# ---- the functions ----------------------------------------------------------
my $four = 'NULL, NULL, NULL, NULL';
my @calls = (
    (map { "m2m_facts($_)" }
        "'client#', 'urn:#', NULL, '" . org_of('') . "', $four",
        "'client#', 'urn:#', NULL, 'org-#', $four",
        "'client#', 'urn:$SOME', NULL, NULL, $four",
        "'nobody#', NULL, 'urn:#', 'nothing', $four",
        "'client#', 'urn:#', NULL, NULL, 'x y', 'key#',"
        . " repeat('b', 63) || '#', '4000000000'"),
    "quota_take('client#', '" . org_of('') . "')",
    "quota_take('client#', NULL)",
    "quota_give('client#', '" . org_of('') . "', '" . time . "')",
    "jti_use('client#', repeat('a', 63) || '#', '4000000000')",
    "jti_use('client#', lpad(to_hex(#), 64, '0'), '4000000000')",
    "events_add('[{\"log_id\": \"n#\", \"date\": 1, \"type\": \"x\"}]')",
    "event_by_ref('ref#')",
    "event_latest_refusal(NULL)",
    "event_latest_refusal('client#')",
    'signing_keys()',
    'open_doors()',
    "registrations_reap('1000', '10')",
    (map { "$_->[0](" . json_of($_->[1]) . ')' } (
        [ client_create => { client_id => 'new#', name => 'x',
              default_organization => { organization_id => org_of(1),
                                        flows => [] } } ],
        [ client_credential_create => { id => 'cred_new#', pem => 'P',
              client_id => 'client#', kid => 'kid-kid-new#' } ],
        [ client_update => { client_id => 'client#', name => 'y' } ],
        [ resource_server_create => { id => '00000000000000000f00000#',
              identifier => 'urn:new:#', scopes => [ { value => 'a' } ] } ],
        [ client_grant_create => { id => 'cgr_000000000000new#',
              client_id => 'client#', audience => 'urn:1', subject_type =>
              'user', scope => [ 'read:things' ] } ],
        [ client_grant_update => { id => 'cgr_000000000000000#',
              scope => [ 'write:things' ] } ],
        [ organization_create => { id => 'org_000000000000new#',
              name => 'new#' } ],
        [ organization_update => { id => 'org_000000000000000#',
              display_name => 'x' } ],
        [ organization_client_grant_create => { organization_id => org_of(1),
              grant_id => 'cgr_000000000000001#' } ],
        [ organization_client_grant_delete => { grant_id =>
              'cgr_000000000000000#', organization_id =>
              'org_000000000000000#' } ],
        [ client_grant_delete => { id => 'cgr_000000000000000#' } ],
        [ organization_delete => { id => 'org_000000000000000#' } ],
        [ resource_server_delete => { id => '00000000000000000000000#' } ],
        [ resource_server_delete => { identifier => 'urn:#' } ],
        [ client_delete => { client_id => 'client#' } ],
    )),
);
for my $call (@calls) {
    my ($name) = $call =~ /^(\w+)/;

    is read_much($db, $call, %tiny), '', $call =~ s/#/N/gr;
}

# Each function was looked at, but those that only a new tenant meets. Those of
# the Management API, which take p_event, are looked at by plans_mgmt.t.
my %looked_at = map { /^(\w+)/ => 1 } @calls;
$looked_at{$_} = 1 for qw(schema_version tenant_init tenant_settings_get
    tenant_settings_update signing_key_list signing_key_get signing_key_rotate
    signing_key_revoke);
$looked_at{housekeep} = 1;   # by house.t
is_deeply [ grep { !$looked_at{$_} } map { $_->[0] } rows_of(
    "SELECT proname FROM pg_proc WHERE pronamespace = 'tpa'::regnamespace
     AND NOT coalesce('p_event' = ANY (proargnames), false)") ],
    [], 'no function is forgotten here';

# Would a missing index be noticed?
rows_of('ALTER TABLE tpa_data.organizations DROP CONSTRAINT'
        . ' organizations_name_key');
like read_much($db, "m2m_facts('client#', 'urn:#', NULL, 'org-#', $four)"),
    qr/^organizations \(8 scans/, 'a missing index is noticed';
rows_of('DROP INDEX tpa_data.client_grants_default');
like read_much($db, "m2m_facts('client#', 'urn:$SOME', NULL, NULL,
               $four)"),
    qr/^client_grants \(/, 'one whose work another does badly too';

done_testing;
