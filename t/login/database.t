# Logging in with a password of ours, from the application and back.
use TPA::Test;
use TPA::Browser;
use TPA::User;

use Digest::SHA qw(sha256_hex);

my $t = tenant('a');
my $connection = connection_of($t);
my $user = TPA::Browser::person($t, $connection, name => 'Ann Example');
my $app = app_of($t);
my $b = TPA::Browser->new($t);

# ---- the whole way -----------------------------------------------------------------

my $answer = $b->authorize($app);

is($answer->code, 200, 'a page');
is($b->at, 'login', 'it is the login page');
is($answer->header('Location'), '', 'and no redirect');
ok(!$b->session, 'nobody is logged in yet');
ok($b->cookie('__Host-tpa_browser'), 'but the browser has its cookie');
$answer = $b->login($user);
is($answer->code, 200, 'after the login: a page') or diag($answer->body);
is($b->at, 'consent', 'it is the consent page');
ok($b->session, 'the user is logged in');
$answer = $b->consent;
is($answer->code, 303, 'after the consent: back to the application');
like($answer->header('Location'),
     qr{^https://app\.example\.com/callback\?code=}, 'with a code');
my $back = $b->returned;

is_deeply([ sort keys %$back ], [qw(code iss state)], 'code, state and iss');
is($back->{state}, $b->{state}, 'the state as it was sent');
is($back->{iss}, $t->{issuer}, 'the issuer');
is($answer->header('Cache-Control'), 'no-store', 'no cache keeps it');
is($answer->header('Referrer-Policy'), 'no-referrer', 'nor is it passed on');

my ($row) = map { JSON::PP::decode_json($_->[0]) } $t->db->rows(
    'SELECT row_to_json(c) FROM tpa_data.authorization_codes c'
    . ' WHERE code_hash = ?', sha256_hex($back->{code}));

is($row->{client_id}, $app->{id}, 'the code is for the application');
is($row->{user_id}, $user->{user_id}, 'and of the user');
is($row->{redirect_uri}, 'https://app.example.com/callback',
   'and of the redirect URI');
is($row->{code_challenge}, TPA::User::challenge_of($b->{verifier}),
   'and of the challenge');
is_deeply($row->{scope}, [ 'read:things' ], 'and of the scope');
is($row->{organization_id}, undef, 'and of no Organization');
is($row->{session_hash}, sha256_hex($b->session), 'and of the session');
is($t->db->value('SELECT extract(epoch FROM expires_at - created_at)::int FROM'
    . ' tpa_data.authorization_codes WHERE code_hash = ?',
    sha256_hex($back->{code})), 60, 'it lives for a minute');

# ---- cookies ---------------------------------------------------------------------

for my $name ('__Host-tpa_session', '__Host-tpa_browser') {
    my $has = $b->{attributes}{$name};

    ok(exists $has->{secure} && exists $has->{httponly}
       && $has->{samesite} eq 'Lax' && $has->{path} eq '/'
       && !exists $has->{domain}, "$name: its attributes");
}
is($t->db->value('SELECT count(*) FROM tpa_data.sessions s WHERE s::text LIKE'
    . " '%' || ? || '%'", $b->session), 0, 'only its hash is stored');

# ---- who cannot log in --------------------------------------------------------------

my $blocked = TPA::Browser::person($t, $connection, blocked => 't');
my $other = connection_of($t);
my %text;

for (
    # name                  identifier          password            type
    [ 'a wrong password',   $user->{email},     'wrong-password',    'fp' ],
    [ 'an unknown user',    'nobody@example.com', 'some-password',   'fu' ],
    [ 'a blocked user',     $blocked->{email},  $blocked->{password}, 'f' ],
    [ 'a password in other case', $user->{email}, lc $user->{password}, 'fp' ],
    [ 'too long a password', $user->{email}, 'x' x 200, 'fp' ],
    [ 'quotes and wildcards', "%' OR '1'='1", 'some-password', 'fu' ],
) {
    my ($name, $identifier, $password, $type) = @$_;
    my $stranger = $b->another;

    $stranger->authorize($app);
    my $answer = $stranger->login($user, identifier => $identifier,
                                  password => $password);
    my ($alert) = $answer->body =~ /role="alert"[^>]*>([^<]*)</;

    is($answer->code, 400, "$name: refused");
    is($stranger->at, 'login', "$name: the login page again");
    ok(!$stranger->session, "$name: no session");
    $text{$alert}++;
    my $event = $t->event(client_id => $app->{id}, type => $type);
    is($event->{connection}, $connection->{name}, "$name: an event $type");
    unlike(JSON::PP::encode_json($event), qr/\Q$password\E/,
           "$name: without the password");
}
is(scalar keys %text, 1, 'all get the same text') or diag(explain(\%text));

for my $case (
    [ 'no password', password => '' ],
    [ 'no name', identifier => '' ],
    [ 'a name of kilobytes', identifier => 'x' x 5000 ],
) {
    my ($name, %values) = @$case;
    my $stranger = $b->another;

    $stranger->authorize($app);
    is($stranger->login($user, %values)->code, 400, "$name: refused");
    is($stranger->at, 'login', "$name: the login page again");
}

# A user is one of a connection.
my $namesake = TPA::Browser::person($t, $other, email => $user->{email});
my $stranger = $b->another;

$stranger->authorize($app);
$stranger->login({ %$user, connection_id => $other->{id} });
is($stranger->at, 'login', 'the password of a namesake elsewhere is wrong');
$stranger->login($namesake);
is($stranger->at, 'consent', 'the right one is right');

# By another spelling of the name.
$stranger = $b->another;
$stranger->authorize($app);
$stranger->login($user, identifier => uc $user->{email});
is($stranger->at, 'redirect', 'case of the address does not matter');

# ---- connections that are not for this ------------------------------------------------

my $private = connection_of($t, is_domain_connection => 'f');
my $insider = TPA::Browser::person($t, $private);

for (
    [ 'one that is not domain-level', $private->{id} ],
    [ 'one that does not exist', 'con_' . 'x' x 16 ],
    [ 'its name', $connection->{name} ],
    [ 'none', '' ],
) {
    my ($name, $id) = @$_;
    my $stranger = $b->another;

    $stranger->authorize($app);
    $stranger->login($insider, connection => $id);
    is($stranger->{page}->code, 400, "$name: refused");
    is(($stranger->told)[0], 'invalid_request', "$name: invalid_request");
    ok(!$stranger->session, "$name: no session");
}

# ---- a password that changes -----------------------------------------------------------

my $changed = TPA::Browser::person($t, $connection);

$t->update('users', { user_id => $changed->{user_id} },
           password_hash => $user->{password_hash});
$stranger = $b->another;
$stranger->authorize($app);
$stranger->login($changed);
is($stranger->at, 'login', 'the old password is wrong');
$stranger->login($changed, password => $user->{password});
is($stranger->at, 'consent', 'the new one is right');

done_testing();
