# Codes: made as a whole or not at all, exchanged once.

use strict;
use warnings FATAL => 'all';

use Test::More;

use TPA::Functions;
use TPA::FlowRows;

flow_world();

my $acme = org_of(1);
my $code_row = 'SELECT to_jsonb(x)::text FROM tpa_data.authorization_codes x'
    . ' WHERE code_hash = ?';

sub result { return $_[0]{result} }

# What a call leaves behind: [ codes, consents, members, tickets, events ].
sub all_there {
    return [ map { count_of($_) } qw(authorization_codes user_grants
        organization_members seen_jti log_events) ];
}

# ---- issued -----------------------------------------------------------------
my $session = start_session();
my ($code, $got) = issue(session_hash => $session, org_id => $acme,
    nonce => 'n', dpop_jkt => 'j', authenticated_at => 1790000000123456,
    scope => [ 'read:posts', 'offline_access' ], ticket_hash => hash_of('t1'),
    ticket_expires => now_us() + 60_000_000, event => event_of('s', 'issued'));
is result($got), 'created', 'code_issue';
like $got->{id}, qr/^consent-/, 'code_issue: the id of the consent';
my $row = JSON::PP::decode_json(value_of($code_row, $code));
is_deeply { map { $_ => $row->{$_} } qw(client_id user_id resource_server_id
    organization_id connection_id session_hash user_grant_id redirect_uri
    code_challenge scope nonce dpop_jkt used_at family_id) }, {
    client_id => 'tpc_1', user_id => 'auth0|ann',
    resource_server_id => api_of(1), organization_id => $acme,
    connection_id => con_of(1), session_hash => $session,
    user_grant_id => $got->{id}, redirect_uri => 'https://app.example/cb',
    code_challenge => 'x' x 43, scope => [ 'read:posts', 'offline_access' ],
    nonce => 'n', dpop_jkt => 'j', used_at => undef, family_id => undef },
    'code_issue: all that was said is bound to it';
is value_of('SELECT extract(epoch FROM authenticated_at) * 1000000
             FROM tpa_data.authorization_codes WHERE code_hash = ?', $code),
    '1790000000123456.000000', 'code_issue: to the microsecond';
is value_of('SELECT expires_at - created_at FROM tpa_data.authorization_codes
             WHERE code_hash = ?', $code), '00:01:00', 'code_issue: its end';
is events_of('issued'), 's', 'code_issue: the event';

# ---- refused, and nothing is left of it -------------------------------------
my $bob_session = start_session(user_id => 'auth0|bob');
my %wrong = (
    'no session' => { session_hash => hash_of('none') },
    'the session of another' => { session_hash => $bob_session },
    'another connection' => { connection_id => con_of(2) },
    'no user' => { user_id => 'auth0|none' },
    'no application' => { client_id => 'tpc_none' },
    'no API' => { api_id => api_of(9) },
    'no Organization' => { org_id => org_of(9) },
);
my $before = all_there();
for my $what (sort keys %wrong) {
    is result((issue(session_hash => $session, org_id => $acme,
        joins => $TRUE, ticket_hash => hash_of("t $what"),
        ticket_expires => now_us() + 60_000_000,
        event => event_of('s', 'wrong'), %{ $wrong{$what} }))[1]),
        'not_found', "code_issue: $what";
}
for (
    [ 'sessions', "expires_at = now() - interval '1 s'", 'a session over' ],
    [ 'sessions', "idle_expires_at = now()", 'a session that idled' ],
    [ 'users', 'blocked = true', 'a user who is blocked' ],
) {
    my ($table, $change, $what) = @$_;

    rows_of('BEGIN');
    rows_of("UPDATE tpa_data.$table SET $change");
    is result((issue(session_hash => $session,
                     event => event_of('s', 'wrong')))[1]), 'not_found',
        "code_issue: $what";
    rows_of('ROLLBACK');
}
is result((issue(session_hash => $session, ticket_hash => hash_of('t1'),
    ticket_expires => now_us() + 60_000_000,
    event => event_of('s', 'wrong')))[1]), 'repeated',
    'code_issue: a ticket counts once';
is_deeply all_there(), $before, 'code_issue: nothing is left of a refusal';

my @issued = at_once(8, sub {
    my $o = JSON::PP::encode_json({ code_hash => hash_of("race $_[0]"),
        client_id => 'tpc_1', user_id => 'auth0|ann', api_id => api_of(1),
        connection_id => con_of(1), session_hash => $session,
        redirect_uri => 'https://app.example/cb', scope => [],
        authenticated_at => now_us(), ttl_s => 60,
        ticket_hash => hash_of('race'),
        ticket_expires => now_us() + 60_000_000 });
    return "SELECT result FROM tpa.code_issue('$o')";
});
is join(' ', sort map { $_->[-1] } @issued), 'created' . ' repeated' x 7,
    'code_issue: eight at once with one ticket';

# ---- the session ------------------------------------------------------------
rows_of("UPDATE tpa_data.sessions SET idle_expires_at = now() + interval '9 s',
         last_used_at = now() - interval '1 h'");
issue(session_hash => $session);
is value_of("SELECT idle_expires_at - now() > interval '71 h'
             AND last_used_at > now() - interval '9 s'
             FROM tpa_data.sessions WHERE session_hash = ?", $session), 't',
    'code_issue keeps the session alive';

# ---- consent ----------------------------------------------------------------
sub consent {
    my (%o) = @_;

    return join ' ', map { defined $_ ? $_ : '-' } map { @$_ } rows_of(
        "SELECT id, array_to_string(scope, ',') FROM tpa_data.user_grants
         WHERE user_id = 'auth0|bob' AND organization_id IS NOT DISTINCT FROM ?
         ORDER BY id", $o{org_id});
}

sub consent_to {
    my ($id, $scopes, %o) = @_;

    return (issue(session_hash => $bob_session, user_id => 'auth0|bob', %o,
        $id ? (consent => { id => $id, scope => $scopes })
            : (consent => undef)))[1]{id};
}
is consent_to(undef), undef, 'no consent is needed: none is made';
is consent(), '', 'and none is there';
is consent_to('c1', [ 'b', 'a' ]), 'c1', 'consent';
is consent_to('c2', [ 'a', 'd', 'c' ]), 'c1', 'consent to more';
is consent(), 'c1 b,a,d,c', 'is one with the first';
is consent_to('c3', [], org_id => $acme), 'c3', 'consent in an Organization';
is consent_to('c4', [ 'z' ], org_id => $acme), 'c3', 'and to more there';
is consent(org_id => $acme), 'c3 z', 'is one there';
is consent(), 'c1 b,a,d,c', 'and nothing to the other';
is consent_to(undef), 'c1', 'a code rests on what is there';
is consent_to(undef, undef, org_id => $acme), 'c3', 'there too';
rows_of("DELETE FROM tpa_data.user_grants WHERE id = 'c3'");
is count_of('authorization_codes', "user_id = 'auth0|bob'
            AND organization_id IS NOT NULL"), 0,
    'codes go with the consent they rest on';

# ---- becoming a member ------------------------------------------------------
sub member {
    return count_of('organization_members', "user_id = 'auth0|bob'");
}
issue(session_hash => $bob_session, user_id => 'auth0|bob', org_id => $acme,
      event => event_of('s', 'stranger'));
is member(), 0, 'no member without joins';
issue(session_hash => $bob_session, user_id => 'auth0|bob', joins => $TRUE);
is member(), 0, 'no member of no Organization';
for (1, 2) {
    issue(session_hash => $bob_session, user_id => 'auth0|bob',
          org_id => $acme, joins => $TRUE, event => event_of('s', "joined$_"));
    is member(), 1, 'a member by login';
}
is events_of('joined1'), 's organization_member_added', 'which is an event';
is events_of('joined2'), 's', 'once';
is value_of("SELECT details FROM tpa_data.log_events
             WHERE type = 'organization_member_added'"), undef,
    'with nothing of the login in it';

# ---- exchanged --------------------------------------------------------------
my %both = (event => event_of('seacft', 'plain'),
            reuse_event => event_of('feacft', 'plain'));
$code = issue();
is result(redeem($code, client_id => 'first', %both)), 'not_found',
    'code_redeem: the code of another application';
is result(redeem(hash_of('none'), %both)), 'not_found', 'code_redeem: no code';
is events_of('plain'), '', 'code_redeem: no event of a refusal';
is result(redeem($code, %both)), 'updated', 'code_redeem';
is events_of('plain'), 'seacft', 'code_redeem: the event';
is count_of('refresh_families'), 0, 'code_redeem: no refresh token';
is result(redeem($code, %both)), 'reused', 'code_redeem: again';
is events_of('plain'), 'seacft feacft', 'code_redeem: the event of that';

rows_of("UPDATE tpa_data.authorization_codes SET expires_at = now()");
is result(redeem(scalar(issue(ttl_s => 0)))), 'not_found',
    'code_redeem: its time is over';
is result(redeem($code)), 'reused', 'code_redeem: used and over';

$code = issue(org_id => $acme, dpop_jkt => 'j', scope => [ 'read:posts' ],
              authenticated_at => 1790000000123456);
$got = redeem($code, family => 'fam1', jkt => 'k',
              event => event_of('seacft', 'fam1'));
is_deeply [ @$got{qw(result id)} ], [ 'updated', 'fam1' ],
    'code_redeem: with a refresh token';
$row = JSON::PP::decode_json(value_of('SELECT to_jsonb(f)::text
    FROM tpa_data.refresh_families f WHERE id = ?', 'fam1'));
my $of_code = JSON::PP::decode_json(value_of($code_row, $code));
is_deeply [ map { $row->{$_} } qw(user_id client_id resource_server_id
    organization_id connection_id session_hash user_grant_id scope
    authenticated_at generation revoked_at) ],
    [ (map { $of_code->{$_} } qw(user_id client_id resource_server_id
       organization_id connection_id session_hash user_grant_id scope
       authenticated_at)), 1, undef ], 'the family holds what the code held';
is $row->{dpop_jkt}, 'k', 'but the key that it is told';
is value_of("SELECT (expires_at - created_at) || ' '
             || (idle_expires_at - created_at)
             FROM tpa_data.refresh_families WHERE id = 'fam1'"),
    '01:00:00 00:10:00', 'its ends';
is value_of('SELECT generation FROM tpa_data.refresh_tokens
             WHERE token_hash = ?', hash_of('fam1')), 1, 'its first token';
is $of_code->{family_id}, 'fam1', 'the code knows what it gave';

$code = issue();
call_of(code_redeem => { code_hash => $code, client_id => 'tpc_1',
    family => { id => 'never', token_hash => hash_of('never'), lifetime_s => 0,
                idle_s => 0 } });
is_deeply [ rows_of("SELECT expires_at, idle_expires_at
    FROM tpa_data.refresh_families WHERE id = 'never'") ], [ [ undef, undef ] ],
    'or that it has none';

# ---- a proof of possession --------------------------------------------------
sub a_proof { return { jkt => 'k', jti_hash => hash_of($_[0]),
                       expires => time + 300 } }

$code = issue();
is result(redeem($code, proof => a_proof('p1'))), 'updated',
    'code_redeem: with a fresh proof';
$code = issue();
is result(redeem($code, proof => a_proof('p1'), family => 'not-made')),
    'replayed', 'code_redeem: with one that was used';
is value_of('SELECT count(*) FROM tpa_data.refresh_families
             WHERE id = ?', 'not-made'), 0, 'nothing is given for it';
is result(redeem($code, proof => a_proof('p2'))), 'updated',
    'code_redeem: the code is still good';
is result(redeem($code, proof => a_proof('p2'))), 'reused',
    'code_redeem: a second use is noticed, whatever the proof';

# ---- a second use -----------------------------------------------------------
sub family_state {
    return value_of("SELECT coalesce(revoked_reason, 'lives')
                     FROM tpa_data.refresh_families WHERE id = ?", $_[0]);
}
$code = issue();
redeem($code, family => 'twice');
is result(redeem($code, client_id => 'first', family => 'theirs')),
    'not_found', 'another application comes second';
is family_state('twice'), 'lives', 'and takes nothing away';
$got = redeem($code, family => 'again',
              reuse_event => event_of('feacft', 'twice'));
is_deeply [ @$got{qw(result id)} ], [ 'reused', 'twice' ], 'a second use';
is family_state('twice'), 'code_reuse', 'takes away what the first gave';
is family_state('again'), undef, 'and gives nothing';
is events_of('twice'), 'feacft', 'which is an event';

$code = issue();
my @redeemed = at_once(8, sub {
    return "SELECT result FROM tpa.code_redeem('" . JSON::PP::encode_json({
        code_hash => $code, client_id => 'tpc_1', family => {
            id => "race$_[0]", token_hash => hash_of("race$_[0]"),
            lifetime_s => 9, idle_s => 9 } }) . "')";
});
is join(' ', sort map { $_->[-1] } @redeemed), 'reused ' x 7 . 'updated',
    'code_redeem: eight at once, one gets it';
is value_of("SELECT string_agg(revoked_reason, ' ')
             FROM tpa_data.refresh_families WHERE id LIKE 'race_'"),
    'code_reuse', 'and loses it to the others';

# ---- what happens between login and exchange --------------------------------
for (
    [ "UPDATE tpa_data.users SET blocked = true", 'the user is blocked' ],
    [ "DELETE FROM tpa_data.sessions", 'the session ended' ],
    [ "DELETE FROM tpa_data.users", 'the user is gone' ],
    [ "DELETE FROM tpa_data.user_grants", 'the consent is gone' ],
    [ "DELETE FROM tpa_data.organizations", 'the Organization is gone' ],
) {
    my ($change, $what) = @$_;

    $code = issue(org_id => $acme);
    rows_of('BEGIN');
    rows_of($change);
    is result(redeem($code, family => 'late')), 'not_found',
        "code_redeem: $what";
    is family_state('late'), undef, 'and nothing was given';
    rows_of('ROLLBACK');
}

# ---- no more than 200 -------------------------------------------------------
rows_of('DELETE FROM tpa_data.refresh_families');
sub more_families {
    my ($name, $n, $created, $over) = @_;

    rows_of("INSERT INTO tpa_data.refresh_families (id, user_id, client_id,
        resource_server_id, connection_id, scope, authenticated_at, created_at,
        idle_expires_at) SELECT ? || i, 'auth0|ann', 'tpc_1', ?, ?, '{}',
        now(), now() - interval '$created' + i * interval '1 s',
        now() + interval '1 h' * (CASE WHEN i <= $over THEN -1 ELSE 1 END)
        FROM generate_series(1, $n) AS i", $name, api_of(1), con_of(1));
    return;
}
more_families('old', 199, '1 day', 0);
redeem(scalar(issue()), family => 'new200');
is count_of('refresh_families', 'revoked_at IS NULL'), 200, 'two hundred';
redeem(scalar(issue()), family => 'new201');
is join(' ', map { "@$_" } rows_of("SELECT id, revoked_reason
    FROM tpa_data.refresh_families WHERE revoked_at IS NOT NULL")),
    'old1 limit', 'one more: the oldest goes';
rows_of("UPDATE tpa_data.refresh_families SET idle_expires_at = now()
         WHERE id IN ('old50', 'old51')");
redeem(scalar(issue()), family => "new$_") for 202, 203;
is count_of('refresh_families', 'revoked_at IS NOT NULL'), 1,
    'those that are over do not count';
redeem(scalar(issue(client_id => 'first')), family => 'other',
       client_id => 'first');
redeem(scalar(issue(user_id => 'auth0|bob')), family => 'bobs');
redeem(scalar(issue()), family => 'new204');
is value_of("SELECT string_agg(id, ' ' ORDER BY created_at)
    FROM tpa_data.refresh_families WHERE revoked_at IS NOT NULL"),
    'old1 old2', 'nor those of others';

done_testing;
