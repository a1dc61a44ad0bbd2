# Rows whose time is over go, those in time stay; some at a time, by one node at
# a time, without waiting for anybody.

use strict;
use warnings FATAL => 'all';

use Test::More;

use TPA::Functions;
use TPA::FlowRows;
use TPA::Plans;

my $db = fresh_schema();
my $N = 4000;
my $sha = "lpad(to_hex(i), 64, '0')";

sub keep {
    my ($what, $keep_s, $most) = @_;

    return value_of('SELECT deleted FROM tpa.housekeep(?, ?, ?)', $what,
                    $keep_s // 0, $most // 100);
}

sub ago { return "now() - interval '$_[0]'" }

fill($db,
    [ 'tenant (issuer, name)', "'https://auth.example.com/', 'x'", 1 ],
    [ 'resource_servers (id, identifier)', "'" . api_of(1) . "', 'urn:1'", 1 ],
    [ 'clients (client_id, name)', "'client', 'x'", 1 ],
    [ 'connections (id, name, strategy)', "'" . con_of(1) . "', 'c', 'auth0'",
      1 ],
    [ 'users (user_id, connection_id, connection_user_id)',
      "'auth0|u', '" . con_of(1) . "', 'u'", 1 ],
    # 100 of each are over: the newest of them for i hours.
    [ 'sessions (session_hash, user_id, connection_id, authenticated_at,
       idle_expires_at, expires_at)', "$sha, 'auth0|u', '" . con_of(1) . "',
       now(), CASE WHEN i <= 50 THEN now() - i * interval '1 h'
                   ELSE now() + interval '1 d' END,
       CASE WHEN i > 50 AND i <= 100 THEN now() - i * interval '1 h'
            ELSE now() + interval '2 d' END", $N ],
    [ 'refresh_families (id, user_id, client_id, resource_server_id,
       connection_id, session_hash, scope, authenticated_at, expires_at,
       idle_expires_at, revoked_at, revoked_reason)',
      "'f' || i, 'auth0|u', 'client', '" . api_of(1) . "', '" . con_of(1)
      . "', $sha, '{}', now(),
      CASE WHEN i <= 30 THEN now() - i * interval '1 h' END,
      CASE WHEN i > 30 AND i <= 60 THEN now() - i * interval '1 h'
           ELSE now() + interval '1 d' END,
      CASE WHEN i > 60 AND i <= 100 THEN now() - i * interval '1 h' END,
      CASE WHEN i > 60 AND i <= 100 THEN 'reuse' END", $N ],
    [ 'refresh_tokens (token_hash, family_id, generation)',
      "'a' || lpad(to_hex(i), 63, '0'), 'f' || i, 1", $N ],
    [ 'refresh_tokens (token_hash, family_id, generation)',
      "'b' || lpad(to_hex(i), 63, '0'), 'f' || i, 2", $N ],
    [ 'authorization_codes (code_hash, client_id, user_id, resource_server_id,
       connection_id, session_hash, scope, redirect_uri, authenticated_at,
       created_at, expires_at)', "$sha, 'client', 'auth0|u', '" . api_of(1)
      . "', '" . con_of(1) . "', lpad(to_hex(i + 200), 64, '0'), '{}', 'x',
      now(), now() - i * interval '1 h', CASE WHEN i <= 100
      THEN now() - i * interval '1 h' ELSE now() - i * interval '1 h'
      + interval '9 m' END", 100 ],
    [ 'authorization_codes (code_hash, client_id, user_id, resource_server_id,
       connection_id, session_hash, scope, redirect_uri, authenticated_at,
       expires_at)', "'c' || lpad(to_hex(i), 63, '0'), 'client', 'auth0|u', '"
      . api_of(1) . "', '" . con_of(1) . "', $sha, '{}', 'x', now(),
      now() + interval '9 m'", $N - 200 ],
    [ 'seen_jti (owner, jti_hash, expires_at)', "'x', $sha,
       CASE WHEN i <= 100 THEN now() - i * interval '1 h'
            ELSE now() + interval '1 h' END", $N ],
    [ 'login_throttle (kind, bucket, full_until, open_at)', "'account', i,
       CASE WHEN i <= 110 THEN now() - i * interval '1 h'
            ELSE now() + interval '1 h' END,
       CASE WHEN i <= 100 THEN now() - i * interval '1 h'
            ELSE now() + interval '1 h' END", $N ],
    [ 'log_events (log_id, date, type)', "lpad(i::text, 20, '0'),
       CASE WHEN i <= 100 THEN now() - i * interval '1 h'
            ELSE now() + interval '1 h' END, 'x'", $N ],
);

# kind, table, and what a row of it that is over looks like.
my @kinds = (
    [ 'jti', 'seen_jti', 'expires_at < now()' ],
    [ 'throttle', 'login_throttle',
      'greatest(full_until, open_at) < now()' ],
    [ 'codes', 'authorization_codes', 'expires_at < now()' ],
    [ 'sessions', 'sessions', 'least(expires_at, idle_expires_at) < now()' ],
    [ 'families', 'refresh_families',
      'least(expires_at, idle_expires_at, revoked_at) < now()' ],
    [ 'events', 'log_events', 'date < now()' ],
);

# ---- plans ------------------------------------------------------------------
my %tiny = map { $_ => 1 } qw(tenant schema_version);

for (@kinds) {
    my ($kind) = @$_;

    is read_much($db, "housekeep('$kind', '0', '5')", %tiny), '',
        "$kind: reads what it takes, not the table";
    is read_much($db, "housekeep('$kind', '999999999', '5')", %tiny), '',
        "$kind: reads nothing when there is nothing";
}

# ---- a row that somebody holds ----------------------------------------------
my $other = TPA::DB->connect_to(value_of('SELECT current_database()'));

for (@kinds) {
    my ($kind, $table, $over) = @$_;

    $other->rows('BEGIN');
    $other->rows("SELECT FROM tpa_data.$table WHERE $over LIMIT 1 FOR UPDATE");
    $db->rows('BEGIN');
    $db->rows("SET LOCAL lock_timeout = '2s'");
    keep($kind, 0, 1000);
    is value_of("SELECT count(*) FROM tpa_data.$table WHERE $over"), 1,
        "$kind: nobody waits for a row that somebody holds";
    $db->rows('ROLLBACK');
    $other->rows('ROLLBACK');
}

# ---- one at a time ----------------------------------------------------------
$other->rows('BEGIN');
for (@kinds) {
    my ($kind, $table, $over) = @$_;

    cmp_ok $other->value("SELECT deleted FROM tpa.housekeep('$kind', '0',
        '7')"), '>=', 7, "$kind: one node works";
    is keep($kind, 0, 7), 0, "$kind: another is told that there is nothing";
}
cmp_ok value_of("SELECT deleted FROM tpa.housekeep('jti', '0', '7')"), '==', 0,
    'as long as that one is not done';
$other->rows('ROLLBACK');
$other->disconnect;

# ---- what goes and what stays -----------------------------------------------
for (@kinds) {
    my ($kind, $table, $over) = @$_;
    my $all = count_of($table);
    my $kept = $over =~ s/now\(\)/now() - interval '50 h'/r;
    my $old = count_of($table, $kept);

    is count_of($table, $over), 100, "$kind: a hundred are over";
    cmp_ok $old, '>=', 50, "$kind: half of them for long";
    my @batches;

    do { push @batches, keep($kind, 50 * 3600, 20) } while $batches[-1] >= 20;
    cmp_ok scalar @batches, '>', 2, "$kind: several batches";
    is_deeply [ grep { $_ > 40 } @batches ], [], "$kind: none is large";
    is count_of($table), $all - $old, "$kind: they went";
    is count_of($table, $kept), 0, "$kind: all of them";
    is count_of($table, $over), 100 - $old,
        "$kind: what ended a short while ago stays";
    1 while keep($kind, 0, 100) >= 100;
    is count_of($table), $all - 100, "$kind: all that is over goes";
    is count_of($table, $over), 0, "$kind: and nothing else";
    is keep($kind), 0, "$kind: then there is nothing to do";
}
is count_of('refresh_tokens', 'NOT EXISTS (SELECT FROM
    tpa_data.refresh_families f WHERE f.id = family_id)'), 0,
    'tokens go with their families';
is count_of('refresh_tokens'), 2 * ($N - 100), 'and no others';

# ---- a family of very many tokens -------------------------------------------
$db->rows("INSERT INTO tpa_data.refresh_tokens
               (token_hash, family_id, generation)
           SELECT 'd' || lpad(to_hex(i), 63, '0'), 'f4000', i + 10
           FROM generate_series(1, 1000) AS i");
$db->rows("UPDATE tpa_data.refresh_families SET revoked_at = now()
           - interval '1 h', revoked_reason = 'reuse' WHERE id = 'f4000'");
is keep('families', 0, 300), 300, 'a large family goes in parts';
is count_of('refresh_families', "id = 'f4000'"), 1, 'itself at last';
is_deeply [ map { keep('families', 0, 300) } 1 .. 4 ], [ 300, 300, 103, 0 ],
    'when none is left';
is count_of('refresh_families', "id = 'f4000'"), 0, 'it goes';

like error_of("SELECT * FROM tpa.housekeep('users', '0', '1')"), qr/CASE|case/,
    'what is no kind of row is a mistake';

done_testing;
