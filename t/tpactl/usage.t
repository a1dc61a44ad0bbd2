# What the tool says about itself, and to those who mistype.

use strict;
use warnings FATAL => 'all';

use Test::More;

use TPA::Ctl;

my @verbs = ('schema apply', 'schema status', 'init', 'key list', 'key rotate',
             'key revoke', 'demo load', 'explain');
my $db = 'host=/nonexistent dbname=none user=none password=hunter2';

my @mistakes = (
    # words                               code  stderr must match
    [ [],                                  2, qr/say what to do/ ],
    [ ['frobnicate'],                      2, qr/no verb "frobnicate"/ ],
    [ ["a\e[31m"],                         2, qr/no verb "a\\x1B\[31m"/i ],
    [ ['schema'],                          2, qr/schema apply, schema status/ ],
    [ ['schema', 'drop'],                  2, qr/schema apply, schema status/ ],
    [ ['key'],                  2, qr/key list, key rotate, key revoke/ ],
    [ ['key', 'list', 'all'],              2, qr/"all"/ ],
    [ ['key', 'list', '--wrong'],          2, qr/no option --wrong/ ],
    [ ['key', 'list', '-d', $db],          2, qr/no option -d/ ],
    [ ['key', 'list', '--json=yes'],       2, qr/--json takes no value/ ],
    [ ['key', 'list', '--db'],             2, qr/--db needs a value/ ],
    [ ['key', 'list', '--db='],            2, qr/--db is empty/ ],
    [ ['key', 'list', '--issuer', 'x'],    2, qr/takes no --issuer/ ],
    [ ['key', 'list'],                     2, qr/--db.*TPA_DB/ ],
    [ ['init', '--db', $db],               2, qr/--issuer/ ],
    [ ['init', '--db', $db, '--issuer', 'https://a.example/'],
                                           2, qr/--secret-file/ ],
    [ ['key', 'rotate', '--db', $db],      2, qr/--secret-file/ ],
    [ ['key', 'revoke', '--db', $db],      2, qr/which key/ ],
    [ ['explain', '--db', $db],            2, qr/which refusal/ ],
    [ ['explain', 'x', '--latest', '--db', $db], 2, qr/not\s+both/ ],
    [ ['explain', 'x', '--client', 'y', '--db', $db],
                                           2, qr/goes with --latest/ ],
    [ ['schema', 'apply', '--db', $db],    3, qr/no connection/ ],
    [ ['schema', 'status', "--db=$db"],    3, qr/no connection/ ],
    [ ['--db', $db, 'key', 'list'],        3, qr/no connection|Is the server/ ],
    [ ['explain', '--latest', '--db', $db],
                                        3, qr/no connection|Is the server/ ],
    [ ['key', 'revoke', '--db', $db, '--', '-kid'],
                                        3, qr/no connection|Is the server/ ],
);

plan tests => 8 + 4 * @verbs + 4 * @mistakes;

my ($code, $out, $err) = ctl('--help');
is $code, 0, 'help is no mistake';
is $err, '', 'help goes to stdout';
like $out, qr/^  \Q$_->[0]\E +\Q$_->[1]\E/m, "help tells of code $_->[0]"
    for [ 3, 'the database' ], [ 4, 'the key' ];
unlike $out, qr/^.{101}/m, 'help fits 100 columns';
($code, $out, $err) = ctl('--version');
is $code, 0, 'the version is no mistake';
like $out, qr/^tpactl \d+\.\d+\.\d+, schema \d+$/, 'the version';

is system("'$ENV{TPACTL}' --help 2>/dev/null >/dev/full") >> 8, 1,
    'what could not be written is no success';

my ($help) = (ctl('--help'))[1];
for my $verb (@verbs) {
    ($code, $out, $err) = ctl(split(/ /, $verb), '--help');
    is $code, 0, "help of $verb";
    like $out, qr/^usage: tpactl \Q$verb\E /, "help of $verb is its own";
    like $out, qr/--db CONNINFO/, "help of $verb lists its options";
    like $help, qr/^  \Q$verb\E /m, "help lists $verb";
}

for my $case (@mistakes) {
    my ($words, $want, $say) = @$case;

    ($code, $out, $err) = ctl(@$words);
    is $code, $want, "code of '@$words'";
    like $err, $say, "what is said to '@$words'";
    is $out, '', "nothing on stdout for '@$words'";
    unlike $err, qr/hunter2/, "no password is repeated for '@$words'";
}
