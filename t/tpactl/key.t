# key list, key rotate, key revoke.

use strict;
use warnings FATAL => 'all';

use JSON::PP ();
use Test::More;

use TPA::Ctl;

my $secret = spew(scratch('secret'), 'k' x 64 . "\n");
my ($db, $conn) = fresh_db();
my @to = ('--db', $conn);
my @rotate = (qw(key rotate), @to, '--secret-file', $secret);

# The states in the order of the list, and kid by state (the newest of each).
sub keys_now {
    my @keys = @{ ctl_ok(qw(key list --json), @to) };

    return (join(' ', map { $_->{state} } @keys),
            { map { $_->{state} => $_->{kid} } reverse @keys });
}

plan tests => 43;

ctl_ok(qw(schema apply), @to, '--sql-dir', $ENV{TPA_SQLDIR});
like ctl_ok(qw(key list), @to), qr/no keys.*init/, 'no keys yet';
my ($code, $out, $err) = ctl(@rotate);
is $code, 1, 'nothing to rotate';
like $err, qr/tpactl init/, 'it says what to run';
is_deeply ctl_ok(qw(key list --json), @to), [], 'and there still are none';

ctl_ok('init', @to, '--secret-file', $secret, '--issuer',
       'https://auth.example.com/');
my ($states, $first) = keys_now();
is $states, 'next current', 'a fresh tenant';
like $first->{$_}, qr/^[0-9A-Za-z_-]{43}$/, "kid of $_" for qw(next current);
$out = ctl_ok(qw(key list), @to);
is $out, sprintf("%-9s %s\n%-9s %s\n", 'next', $first->{next}, 'current',
                 $first->{current}), 'for people';

# ---- rotate ---------------------------------------------------------------
($code, $out, $err) = ctl(@rotate);
is "$code$err", '0', 'rotate';
my ($after, $second) = keys_now();
is $after, 'next current previous', 'one moved on';
is $second->{current}, $first->{next}, 'next became current';
is $second->{previous}, $first->{current}, 'current became previous';
ok !grep({ $_ eq $second->{next} } values %$first), 'the next is fresh';
like $out, qr/^next +\Q$second->{next}\E\ncurrent +\Q$second->{current}\E$/m,
    'it prints what is now';
ctl_ok(@rotate, '--name', 'Key of the "night" \\ \'shift\'');
like psql($db, "SELECT cert_pem FROM tpa_data.signing_keys"
          . " WHERE state = 'next'"), qr/BEGIN CERTIFICATE/, 'a name';
($after, my $third) = keys_now();
is $after, 'next current previous previous', 'older keys stay published';

my $other = spew(scratch('other'), 'o' x 64 . "\n");
($code, $out, $err) = ctl(qw(key rotate), @to, '--secret-file', $other);
is $code, 1, "another tenant's secret";
like $err, qr/does not open the (?:next|current) key/, 'it says so';
is_deeply [ keys_now() ], [ $after, $third ], 'nothing was changed';
spew($other, 'o' x 64 . "\n" . 'k' x 64 . "\n");
($code, $out, $err) = ctl(qw(key rotate), @to, '--secret-file', $other);
is "$code$err", '0', 'a new secret with the old one below it';
spew($other, 'o' x 64 . "\n");
($code) = ctl(qw(key rotate), @to, '--secret-file', $other);
is $code, 1, 'the old one is still needed';

# ---- revoke ---------------------------------------------------------------
my ($start, $now) = keys_now();
is $start, 'next current previous previous previous', 'three are previous';
($code, $out, $err) = ctl(qw(key revoke), @to, '--', $now->{current});
is $code, 1, 'the current key';
like $err, qr/current.*key rotate/s, 'it says what to do first';
($code, $out, $err) = ctl(qw(key revoke), @to, '--', $now->{next});
is $code, 1, 'the next key';
like $err, qr/only a previous key/, 'it says which can be';
($code, $out, $err) = ctl(qw(key revoke no-such-key), @to);
is $code, 4, 'a key that is not there';
like $err, qr/key list/, 'it says where kids are';
($code, $out, $err) = ctl(qw(key revoke), "x'; DROP\e[31m", @to);
is $code, 4, 'a kid that is none';
unlike $err, qr/\e/, 'it is shown escaped';
is_deeply [ keys_now() ], [ $start, $now ], 'nothing was changed';
$out = ctl_ok(qw(key revoke), @to, '--', $first->{current});
like $out, qr/^revoked +\Q$first->{current}\E$/m, 'a previous key';
is psql($db, 'SELECT count(*) FROM tpa_data.signing_keys'
        . " WHERE state = 'revoked' AND revoked_at IS NOT NULL"), 1, 'one';
$out = ctl_ok(qw(key revoke), @to, '--', $first->{current});
like $out, qr/revoked before/, 'once is enough';
is ref ctl_ok(qw(key revoke --json), $first->{current}, @to), 'ARRAY',
    'for programs';

# ---- nothing private comes out --------------------------------------------
my ($json) = (ctl(qw(key list --json), @to))[1];
unlike $_, qr/eyJ|sealed|PRIVATE|"[dpq]"/, 'no private part'
    for $json, ctl_ok(qw(key list), @to);
is join(' ', sort keys %{ JSON::PP->new->decode($json)->[0] }), 'kid state',
    'kid and state, no more';
is psql($db, q{SELECT count(*) FROM tpa_data.signing_keys
               WHERE sealed !~ '^ey[^.]*\.\.[^.]+\.[^.]+\.[^.]+$'}), 0,
    'every private part is in a box';

# ---- two at once ----------------------------------------------------------
my @runs = map { start_ctl(@rotate[0 .. 3], '--secret-file',
                           spew(scratch("both$_"), 'k' x 64 . "\n"
                                . 'o' x 64 . "\n")) } 1 .. 2;
is join(' ', map { (finish_ctl($_))[0] } @runs), '0 0', 'two rotations';
($after) = keys_now();
is scalar(() = $after =~ /\bcurrent\b/g), 1, 'one key is current';
is scalar(() = $after =~ /\bnext\b/g), 1, 'one is next';
is scalar(() = $after =~ /\w+/g), 7, 'and none was lost';
