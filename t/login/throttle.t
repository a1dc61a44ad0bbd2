# Guessing passwords is slow, and nobody is locked out by it.
use TPA::Test;
use TPA::Browser;
use TPA::User;

# Behind a proxy that says who the client is.
my $t = tenant('proxied');
my $connection = connection_of($t);
my $app = app_of($t);
my $b = TPA::Browser->new($t);

# Each test comes from an address of its own.
my $n = 0;

sub from {
    my ($address) = @_;

    $address ||= '198.51.100.' . ++$n;
    return $b->another(headers => [ 'X-Forwarded-For' => $address ]);
}

sub try_login {
    my ($browser, $user, %values) = @_;

    $browser->authorize($app) if ($browser->{page} ? $browser->at : '')
        ne 'login';
    $browser->login($user, %values);
    return $browser->{page}->code;
}

sub forget_failures { $t->db->rows('DELETE FROM tpa_data.login_throttle') }

forget_failures();

# ---- an account ------------------------------------------------------------------

my $user = TPA::Browser::person($t, $connection);
my $browser = from();
my @codes = map { try_login($browser, $user, password => "wrong-$_") } 1 .. 8;

is_deeply([ @codes[0 .. 4] ], [ (400) x 5 ], 'five failures are free');
is($codes[-1], 429, 'then there is a pause');
my $answer = $browser->{page};
my $wait = $answer->header('Retry-After');

like($wait, qr/^\d+$/, 'the answer says for how long');
cmp_ok($wait, '<=', 30, 'not for long');
cmp_ok($wait, '>=', 1, 'but for a while');
is($browser->at, 'login', 'it is the login page');
like($answer->body, qr/\b\d+ seconds/, 'which tells the user');
is($t->event(client_id => $app->{id}, type => 'limit_wc')->{connection},
   $connection->{name}, 'there is an event');
is(try_login($browser, $user), 429, 'the right password is not looked at');
ok(!$browser->session, 'and nobody is logged in');

# From everywhere: it is the account that is guessed at.
my $elsewhere = from();

is(try_login($elsewhere, $user, password => 'wrong'), 429,
   'from another address: the same pause');
my $neighbour = TPA::Browser::person($t, $connection);

is(try_login($browser, $neighbour), 200, 'another account from there: at once');

# It is over by itself.
$t->db->rows("UPDATE tpa_data.login_throttle SET open_at = now(),"
             . " full_until = full_until - interval '30 seconds'");
is(try_login($elsewhere, $user), 200, 'after the pause the password is right');

# ---- the owner ----------------------------------------------------------------------

my $owner = TPA::Browser::person($t, $connection);
my $home = '203.0.113.77';

forget_failures();
is(try_login(from($home), $owner), 200, 'the owner logs in at home');
for my $round (1 .. 12) {
    try_login(from("192.0.2.$round"), $owner, password => "wrong-$round-$_")
        for 1 .. 2;
}
is(try_login(from(), $owner), 429, 'under attack: a pause for others');
is(try_login(from($home), $owner), 200, 'but not for the owner at home');
for my $round (1 .. 40) {
    try_login(from('192.0.2.200'), $owner, password => "wrong-$round");
}
my $far = from();

is(try_login($far, $owner), 429, 'elsewhere the owner waits as well');
cmp_ok($far->{page}->header('Retry-After'), '<=', 30, 'but never for long');

# ---- an address --------------------------------------------------------------------------

forget_failures();
my $address = '198.51.100.250';
my $guesser = from($address);
my $first = 0;

for my $i (1 .. 70) {
    my $code = try_login($guesser, $user, identifier => "user$i\@example.com",
                         password => 'wrong-password');

    $first ||= $i if $code == 429;
}
cmp_ok($first, '>', 40, "an address: free for some, stopped at $first");
# It is let in once every two seconds, however long a login takes here.
sub waits {
    for (1 .. 20) {
        last if try_login($guesser, $user, password => 'wrong-password') == 429;
    }
    return try_login(from($address), $neighbour) == 429;
}

ok((grep { waits() } 1 .. 3), 'all of it waits');
is(try_login(from(), $neighbour), 200, 'others do not');
cmp_ok($guesser->{page}->header('Retry-After'), '<=', 30, 'not for long');

# ---- a table of fixed size -----------------------------------------------------------------

is($t->db->value('SELECT count(*) FROM tpa_data.login_throttle WHERE bucket'
    . ' NOT BETWEEN 0 AND 65535'), 0, 'buckets have bounded numbers');
forget_failures();
try_login(from(), $user, identifier => $_, password => 'wrong')
    for $user->{email}, uc $user->{email}, ucfirst $user->{email};
is($t->db->value("SELECT count(*) FROM tpa_data.login_throttle WHERE kind ="
    . " 'account'"), 1, 'spellings of a name are one account');
forget_failures();
try_login(from("2001:db8:1:1::$_"), $user, password => 'wrong') for 1 .. 3;
try_login(from('2001:db8:1:2::1'), $user, password => 'wrong');
is($t->db->value("SELECT count(*) FROM tpa_data.login_throttle WHERE kind ="
    . " 'address'"), 2, 'addresses of one IPv6 network are one');
forget_failures();

# ---- time tells nothing --------------------------------------------------------------------------

use List::Util qw(min);
use Time::HiRes qw(time);

my $blocked = TPA::Browser::person($t, $connection, blocked => 't',
    password_hash => '$2y$10$abcdefghijklmnopqrstuuOVkYAIp2HCT3gHDjOaBUhPFsMNKd2qK');
my $real = TPA::Browser::person($t, $connection,
    password_hash => '$2y$10$abcdefghijklmnopqrstuuOVkYAIp2HCT3gHDjOaBUhPFsMNKd2qK');
my %time;

for my $round (1 .. (slow_run() ? 8 : 20)) {
    for ([ known => $real->{email} ], [ unknown => "x$round\@example.com" ],
         [ blocked => $blocked->{email} ]) {
        my ($name, $identifier) = @$_;
        my $browser = from();

        forget_failures();
        $browser->authorize($app);
        my $from = time;

        $browser->login($real, identifier => $identifier,
                        password => 'wrong-password');
        push @{ $time{$name} }, time - $from;
    }
}
my %least = map { $_ => min @{ $time{$_} } } keys %time;

for my $name (qw(unknown blocked)) {
    my $ratio = $least{$name} / $least{known};

    cmp_ok($ratio, '>', 0.6, sprintf '%s: not quicker (%.0f to %.0f ms)',
           $name, 1000 * $least{$name}, 1000 * $least{known});
    cmp_ok($ratio, '<', 1.6, "$name: not slower");
}

done_testing();
