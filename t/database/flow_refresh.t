# Refresh tokens: rotation, repeated answers, reuse, ends.

use strict;
use warnings FATAL => 'all';

use Test::More;

use TPA::Functions;
use TPA::FlowRows;

flow_world();

my $n = 0;

sub result { return $_[0]{result} }

sub family_state {
    return value_of("SELECT coalesce(revoked_reason, 'lives')
                     FROM tpa_data.refresh_families WHERE id = ?", $_[0]);
}

# "generation:successor" of the tokens of a family that were exchanged.
sub exchanged {
    return join ' ', map { $_->[0] . ':' . ($_->[1] || '-') } rows_of(
        'SELECT generation, successor FROM tpa_data.refresh_tokens
         WHERE family_id = ? AND exchanged_at IS NOT NULL ORDER BY generation',
        $_[0]);
}

# Was the token exchanged so many seconds ago? Then it was.
sub ago {
    my ($token, $s) = @_;

    rows_of("UPDATE tpa_data.refresh_tokens SET exchanged_at =
             exchanged_at - interval '$s s' WHERE token_hash = ?", $token);
    return;
}

# ---- rotation ---------------------------------------------------------------
my ($family, $t1) = family_of();
my %both = (event => event_of('sertft', 'first'),
            reuse_event => event_of('ferrt', 'first'));
for (
    [ hash_of('none'), {}, 'no such token' ],
    [ $t1, { client_id => 'first' }, 'of another application' ],
) {
    my ($token, $o, $what) = @$_;

    is result(refresh($token, 'never', %both, %$o)), 'not_found',
        "refresh_use: $what";
}
is events_of('first'), '', 'refresh_use: no event of these';
rows_of("UPDATE tpa_data.refresh_families SET idle_expires_at = now()
         + interval '9 s', expires_at = now() + interval '1 h'");
my $absolute = value_of('SELECT expires_at FROM tpa_data.refresh_families');
my $got = refresh($t1, 't2', %both);
is_deeply $got, { result => 'updated', id => $family, body => undef },
    'refresh_use: a rotation';
is events_of('first'), 'sertft', 'refresh_use: its event';
is exchanged($family), '1:sealed t2', 'what it was exchanged for is kept';
is value_of("SELECT generation || ' ' || (idle_expires_at - last_used_at)
             FROM tpa_data.refresh_families"), '2 00:10:00',
    'the idle time starts again';
is value_of('SELECT expires_at FROM tpa_data.refresh_families'), $absolute,
    'the absolute end stays';
is result(refresh(hash_of('t2'), 't3', idle_s => 0)), 'updated', 'and on';
is exchanged($family), '1:- 2:sealed t3', 'only the last exchange is kept';
is value_of('SELECT idle_expires_at FROM tpa_data.refresh_families'), undef,
    'no idle end';

# ---- a proof of possession --------------------------------------------------
my ($proven, $proven_token) = family_of();
my %one = (proof => { jkt => 'k', jti_hash => hash_of('refresh proof'),
                      expires => time + 300 });

is result(refresh($proven_token, 'proven 2', %one)), 'updated',
    'refresh_use: with a fresh proof';
is result(refresh(hash_of('proven 2'), 'proven 3', %one)), 'replayed',
    'refresh_use: with one that was used';
is result(refresh($proven_token, 'proven 4', %one, leeway_s => 60)), 'replayed',
    'refresh_use: nor is the answer repeated for it';
is family_state($proven), 'lives', 'refresh_use: which ends nothing';
is result(refresh(hash_of('proven 2'), 'proven 3')), 'updated',
    'refresh_use: the token is still good';

# ---- the same again ---------------------------------------------------------
$got = refresh(hash_of('t2'), 'other', leeway_s => 5,
               event => event_of('sertft', 'again'));
is_deeply $got, { result => 'repeated', id => $family,
                  body => { successor => 'sealed t3' } },
    'within the leeway: the same successor';
is events_of('again'), 'sertft', 'which is an event';
is family_state($family), 'lives', 'and the family lives';
ago(hash_of('t2'), 4);
is result(refresh(hash_of('t2'), 'other', leeway_s => 5)), 'repeated',
    'at its end, too';
ago(hash_of('t2'), 2);
$got = refresh(hash_of('t2'), 'other', leeway_s => 5,
    event => event_of('sertft', 'late'),
    reuse_event => event_of('ferrt', 'late'));
is_deeply $got, { result => 'reused', id => $family,
                  body => { generation => 2, latest => 3 } },
    'beyond the leeway';
is events_of('late'), 'ferrt', 'which is another event';
is family_state($family), 'reuse', 'and the end of the family';
is result(refresh(hash_of('t3'), 't4')), 'not_found', 'the newest token, too';
is result(refresh(hash_of('t2'), 't4',
    reuse_event => event_of('ferrt', 'more'))), 'not_found',
    'a family ends once';
is events_of('more'), '', 'with one event';

($family, $t1) = family_of();
refresh($t1, 'u2');
refresh(hash_of('u2'), 'u3');
is result(refresh($t1, 'u4', leeway_s => 3600)), 'reused',
    'one older than the previous is reuse at once';
is family_state($family), 'reuse', 'and ends the family';
($family, $t1) = family_of();
refresh($t1, 'v2');
is result(refresh($t1, 'v3', leeway_s => 0)), 'reused', 'no leeway: reuse';

# Generations are the order, whatever the clock says.
($family, $t1) = family_of();
for my $i (1 .. 5) {
    is result(refresh($i == 1 ? $t1 : hash_of("w$i"), 'w' . ($i + 1))),
        'updated', "five in one second: $i";
}
rows_of("UPDATE tpa_data.refresh_tokens SET exchanged_at = now()
         + interval '1 h', issued_at = now() - interval '1 d'
         WHERE family_id = ? AND exchanged_at IS NOT NULL", $family);
rows_of('BEGIN');
for my $i (1 .. 4) {
    rows_of('SAVEPOINT one');
    is result(refresh($i == 1 ? $t1 : hash_of("w$i"), 'x', leeway_s => 60)),
        'reused', "the old one of generation $i";
    rows_of('ROLLBACK TO one');
}
is result(refresh(hash_of('w5'), 'x', leeway_s => 60)), 'repeated',
    'the previous one';
is result(refresh(hash_of('w6'), 'w7')), 'updated', 'the newest one';
rows_of('ROLLBACK');

# ---- without rotation -------------------------------------------------------
my %same = (rotates => $FALSE, new_hash => undef, successor => undef);
($family, $t1) = family_of();
rows_of("UPDATE tpa_data.refresh_families SET idle_expires_at = now()
         + interval '9 s' WHERE id = ?", $family);
for (1, 2) {
    is result(refresh($t1, 'none', %same)), 'updated', "not rotating: $_";
}
is value_of("SELECT generation || ' ' || (idle_expires_at - last_used_at)
             FROM tpa_data.refresh_families WHERE id = ?", $family),
    '1 00:10:00', 'the idle time starts again';
is exchanged($family), '', 'nothing was exchanged';
is result(refresh($t1, 'y2')), 'updated', 'the application rotates from now';
is result(refresh(hash_of('y2'), 'none', %same)), 'updated', 'and no more';
is result(refresh($t1, 'none', %same)), 'reused', 'reuse is reuse';

# ---- families that are over -------------------------------------------------
for (
    [ "expires_at = now()", 'its time is over' ],
    [ "idle_expires_at = now()", 'it idled' ],
    [ "revoked_at = now(), revoked_reason = 'revoked'", 'it was revoked' ],
) {
    my ($change, $what) = @$_;

    ($family, $t1) = family_of();
    refresh($t1, "over $what");
    rows_of("UPDATE tpa_data.refresh_families SET $change WHERE id = ?",
            $family);
    my $before = family_state($family);
    is result(refresh(hash_of("over $what"), 'z')), 'not_found',
        "refresh_use: $what";
    is result(refresh($t1, 'z', leeway_s => 9)), 'not_found',
        "$what, the previous one";
    is family_state($family), $before, "$what: nothing more happened";
    is result(call_of(refresh_end => { token_hash => $t1,
                                       client_id => 'tpc_1' })), 'not_found',
        "refresh_end: $what";
}

# ---- ended by the application -----------------------------------------------
($family, $t1) = family_of();
refresh($t1, 'e2');
my %end = (token_hash => hash_of('e2'), client_id => 'tpc_1');
is result(call_of(refresh_end => { %end, client_id => 'first' },
                  event_of('srrt', 'end'))), 'not_found',
    'refresh_end: of another application';
is result(call_of(refresh_end => { %end, token_hash => hash_of('none') },
                  event_of('srrt', 'end'))), 'not_found',
    'refresh_end: no such token';
is family_state($family), 'lives', 'both end nothing';
$got = call_of(refresh_end => \%end, event_of('srrt', 'end'));
is_deeply [ @$got{qw(result id)} ], [ 'deleted', $family ], 'refresh_end';
is events_of('end'), 'srrt', 'its event, once';
is family_state($family), 'revoked', 'the family ended';
is count_of('user_grants', "id = (SELECT user_grant_id FROM
    tpa_data.refresh_families WHERE id = '$family')"), 1, 'consent stays';
($family, $t1) = family_of();
refresh($t1, 'e3');
is result(call_of(refresh_end => { %end, token_hash => $t1 })), 'deleted',
    'refresh_end: by an older token';
is family_state($family), 'revoked', 'ends the family, too';

my ($one, $token) = family_of();
my $two = family_of();
my $elsewhere = family_of(org_id => org_of(1));
is result(call_of(refresh_end => { %end, token_hash => $token,
    takes_consent => $TRUE }, event_of('srrt', 'consent'))), 'deleted',
    'refresh_end: with the consent';
is_deeply [ map { family_state($_) } $one, $two, $elsewhere ],
    [ undef, undef, 'lives' ], 'and with all that rests on it';
is events_of('consent'), 'srrt', 'its event';
($family, $token) = family_of(client_id => 'first', consent => undef);
is result(call_of(refresh_end => { token_hash => $token, client_id => 'first',
    takes_consent => $TRUE })), 'deleted', 'refresh_end: without consent';
is family_state($family), 'revoked', 'ends the family';

# ---- many at once -----------------------------------------------------------
# refresh_use in so many sessions; what each answers.
sub race {
    my ($many, $token, %o) = @_;

    return map { $_->[-1] } at_once($many, sub {
        my $new = 'race' . ++$n;
        my $o = JSON::PP::encode_json({ token_hash => $token, client_id =>
            'tpc_1', rotates => $TRUE, new_hash => hash_of($new), successor =>
            "sealed $new", leeway_s => 30, idle_s => 600, %o });
        return "SELECT result || ' ' || coalesce(body, '')
                FROM tpa.refresh_use('$o')";
    });
}

($family, $t1) = family_of();
$token = $t1;
for my $round (1 .. 3) {
    my @said = race(32, $token);
    my ($successor) = exchanged($family) =~ /:sealed (race\d+)$/;

    is scalar(grep { /^updated/ } @said), 1, "32 at once: one wins ($round)";
    is scalar(grep { $_ eq qq(repeated {"successor": "sealed $successor"}) }
              @said), 31, "the others get the same ($round)";
    is count_of('refresh_tokens', "family_id = '$family'"), $round + 1,
        "one token more ($round)";
    $token = hash_of($successor);
}
is family_state($family), 'lives', 'nobody was logged out';
is join(' ', sort map { /^(\w+)/ } race(8, $t1)), join(' ', ('not_found') x 7,
    'reused'), 'a stolen old one: seen, once';
is family_state($family), 'reuse', 'and the family is over';

done_testing;
