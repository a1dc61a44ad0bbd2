# Signing keys, the audit record, and values that count once.

use strict;
use warnings FATAL => 'all';

use JSON::PP ();
use Test::More;

use TPA::Functions;

fresh_schema();

rows_of("INSERT INTO tpa_data.signing_keys (kid, state, sealed, public_jwk,
             cert_pem, created_at)
         VALUES ('key-1', 'current', 'b', '{}', 'c', now() - interval '2 s'),
                ('key-2', 'next', 'b', '{}', 'c', now() - interval '1 s')");

# ---- signing keys -----------------------------------------------------------
sub keys_now {
    return join ' ', map { "$_->[0]:$_->[1]" }
        rows_of('SELECT kid, state FROM tpa.signing_keys()');
}

sub rotate {
    return value_of('SELECT result FROM tpa.signing_key_rotate(?)',
        { kid => $_[0], sealed => 'box', cert_pem => 'pem',
          public_jwk => JSON::PP::encode_json(jwk_of($_[0])) });
}

is keys_now(), 'key-2:next key-1:current', 'signing_keys: as made by init';
is rotate('key-3'), 'rotated', 'signing_key_rotate';
is keys_now(), 'key-3:next key-2:current key-1:previous', 'all three moved';
is rotate('key-3'), 'conflict', 'signing_key_rotate: the same key again';
is rotate('key-4'), 'rotated', 'signing_key_rotate: once more';
is keys_now(), 'key-4:next key-3:current key-2:previous key-1:previous',
    'an older previous key stays';
for ([ 'key-1', 'revoked' ], [ 'key-1', 'unchanged' ],
     [ 'key-3', 'not_previous' ], [ 'key-4', 'not_previous' ],
     [ 'key-9', 'not_found' ]) {
    is value_of('SELECT result FROM tpa.signing_key_revoke(?)',
                { kid => $_->[0] }),
        $_->[1], "signing_key_revoke: $_->[0], $_->[1]";
}
rows_of("DELETE FROM tpa_data.signing_keys WHERE state = 'next'");
is rotate('key-5'), 'prepared', 'signing_key_rotate: there was no next key';
is keys_now(), 'key-5:next key-3:current key-2:previous key-1:revoked',
    'nobody knows the new one yet, so it does not sign';
rows_of('DELETE FROM tpa_data.signing_keys');
is rotate('key-6'), 'rotated', 'signing_key_rotate: there was no key';
is keys_now(), 'key-6:current', 'the new one signs';
at_once(5, sub {
    return "SELECT tpa.signing_key_rotate('{\"kid\": \"race-$_[0]\","
        . " \"sealed\": \"b\", \"public_jwk\": \"{}\","
        . " \"cert_pem\": \"c\"}')";
});
is value_of("SELECT string_agg(n || ' ' || state, ', ' ORDER BY state) FROM
             (SELECT state, count(*) AS n FROM tpa_data.signing_keys
              GROUP BY state) AS s"), '1 current, 1 next, 4 previous',
    'signing_key_rotate: five at once';

# ---- events -----------------------------------------------------------------
my %refusal = (log_id => '900', date => 1790000000123456, type => 'feccft',
    ref => 'REF1', rule => 'grant', client_id => 'machine', description => 'no',
    ip => 'not an address', details => { facts => { a => undef, b => [ 1 ] } });

sub add { return value_of('SELECT added FROM tpa.events_add(?)', $_[0]) }
sub event { return $_[0] && JSON::PP::decode_json($_[0]) }

is add([ { %refusal }, { log_id => '901', date => 1, type => 'seccft',
    client_id => 'machine' }, { log_id => '902', date => 2, type => 'feccft',
    ref => 'REF2' } ]), 3, 'events_add';
is add([ { %refusal }, { log_id => '903', date => 3, type => 'seccft' } ]), 1,
    'events_add: those that are there are left alone';
is add([ { log_id => '904', date => 4, type => 'x', ref => 'REF1' } ]), 0,
    'events_add: a reference that is taken stops nothing';
is add([]), 0, 'events_add: none';
is_deeply event(value_of('SELECT event FROM tpa.event_by_ref(?)', 'REF1')),
    \%refusal, 'event_by_ref: as it was handed in';
is_deeply [ rows_of('SELECT event FROM tpa.event_by_ref(?)', 'none') ], [],
    'event_by_ref: none';
is event(value_of('SELECT event FROM tpa.event_latest_refusal(NULL)'))->{ref},
    'REF2', 'event_latest_refusal: of all';
is event(value_of("SELECT event FROM tpa.event_latest_refusal('machine')"))
    ->{ref}, 'REF1', 'event_latest_refusal: of one application';
is_deeply [ rows_of("SELECT event FROM tpa.event_latest_refusal('x')") ], [],
    'event_latest_refusal: none';

# ---- values that count once -------------------------------------------------
sub fresh {
    my ($client, $jti, $expires) = @_;

    return value_of('SELECT fresh FROM tpa.jti_use(?, ?, ?)', $client,
                    hash_of($jti), $expires);
}
my $later = time + 300;
is fresh('a', 'x', $later), 't', 'jti_use: the first';
is fresh('a', 'x', $later), 'f', 'jti_use: a replay';
is fresh('b', 'x', $later), 't', 'jti_use: another application';
is fresh('a', 'y', $later), 't', 'jti_use: another value';
is fresh('a', 'old', time - 5), 't', 'jti_use: one that expired already';
is fresh('a', 'old', $later), 't', 'jti_use: an expired one is forgotten';
is fresh('a', 'old', $later), 'f', 'jti_use: and counts again';
fresh('a', "gone $_", time - 5) for 1 .. 3;
fresh('a', 'last', $later);
is value_of('SELECT count(*) FROM tpa_data.seen_jti WHERE expires_at < now()'),
    0, 'jti_use: expired ones go as new ones come';

my $values = 200;
my @fresh = at_once(8, sub {
    return 'SELECT count(*) FROM generate_series(1, ' . $values . ') AS i,'
        . " LATERAL tpa.jti_use('race', lpad(to_hex(i), 64, '0'), '$later')"
        . ' AS fresh WHERE fresh';
});
is eval(join '+', map { $_->[-1] } @fresh), $values,
    'jti_use: of eight callers one gets each value';

done_testing;
