# TPAConnection: users that an authentication module of httpd logs in, here
# mod_auth_basic, and ways to get around it.
use TPA::Test;
use TPA::Browser;
use TPA::User;

my $t = tenant('logins');
my %con;

# The names stand in the configuration.
sub connection {
    my ($name, %row) = @_;

    $t->db->rows('DELETE FROM tpa_data.connections WHERE name = ?', $name);
    return $con{$name} = connection_of($t, name => $name, strategy => 'basic',
                                       display_name => "By $name", %row);
}

connection($_) for qw(staff any odd unprotected granted);
my $nowhere = connection('nowhere');
my $app = app_of($t);
my $b = TPA::Browser->new($t);
my @good = (Authorization => basic('user', 'password'));

# The link of a connection on the page the browser is at.
sub link_of {
    my ($browser, $path) = @_;
    my ($href) = $browser->{page}->body =~ /href="(\Q$path\E\?ticket=[^"]+)"/;

    return defined $href ? TPA::Browser::plain($href) : undef;
}

sub sessions {
    return $t->db->value('SELECT count(*) FROM tpa_data.sessions s JOIN'
        . ' tpa_data.connections c ON c.id = s.connection_id WHERE c.name IN'
        . " ('staff', 'any', 'odd', 'unprotected', 'granted')");
}

# ---- the way ---------------------------------------------------------------------

$b->authorize($app);
like($b->{page}->body, qr/By staff/, 'the login page names the connection');
my $link = link_of($b, '/login/staff');

ok($link, 'and links to its location');
unlike($b->{page}->body, qr/By nowhere/, 'one without a location is left out');
my $answer = $b->get($link);

is($answer->code, 401, 'the module asks who it is');
is($answer->header('Set-Cookie'), '', 'and nobody has a session yet');
is($b->get($link, headers => [ Authorization => basic('user', 'x') ])->code,
   401, 'a wrong password is for the module to refuse');
$answer = $b->get($link, headers => \@good);
is($answer->code, 303, 'the right one: on') or diag($answer->body);
like($answer->header('Location'),
     qr{^https://logins\.example\.test/u/continue\?ticket=}, 'to our page');
is($answer->header('Cache-Control'), 'no-store', 'no cache keeps that');
ok($b->session, 'with a session');
$b->follow;
is($b->at, 'consent', 'there the user is asked for consent');
like($b->{page}->body, qr/Staff &lt;user&gt;/, 'by the name of the expression');
$b->consent;
ok($b->code, 'and a code comes of it');

my ($user) = map { JSON::PP::decode_json($_->[0]) } $t->db->rows(
    'SELECT row_to_json(u) FROM tpa_data.users u WHERE connection_id = ?',
    $con{staff}{id});

is($user->{connection_user_id}, 'id-user', 'the subject is the expression\'s');
is($user->{email}, 'user@example.com', 'so is the address');
is($user->{email_verified}, JSON::PP::false(), 'which proves nothing');
is($t->event(user_id => $user->{user_id}, type => 's')->{connection}, 'staff',
   'the event says by which connection');
$b->authorize($app);
ok($b->code, 'the session serves the next request');

# The same user again, and another.
$b->authorize($app, prompt => 'login');
$b->get(link_of($b, '/login/staff'), headers => \@good);
$b->follow;
ok($b->code, 'again: the consent is remembered');
my $other = $b->another;

$other->authorize($app);
$other->get(link_of($other, '/login/staff'),
            headers => [ Authorization => basic('other', 'password') ]);
$other->follow;
is($other->at, 'consent', 'another user consents for themselves');
is($t->db->value('SELECT count(*) FROM tpa_data.users WHERE connection_id = ?',
                 $con{staff}{id}), 2, 'two users in all');

# ---- accounts are not linked -------------------------------------------------------

my $database = connection_of($t);
my $namesake = TPA::Browser::person($t, $database, email => 'user@example.com',
                                    email_verified => 't');

$other = $b->another;
$other->authorize($app);
$other->get(link_of($other, '/login/staff'), headers => \@good);
is($t->db->value('SELECT s.user_id FROM tpa_data.sessions s WHERE'
    . ' session_hash = ?', Digest::SHA::sha256_hex($other->session)),
    $user->{user_id}, 'a user with the same address elsewhere is another');

# ---- who is blocked -------------------------------------------------------------------

$t->update('users', { user_id => $user->{user_id} }, blocked => 't');
$other = $b->another;
$other->authorize($app);
$other->get(link_of($other, '/login/staff'), headers => \@good);
is($other->at, 'error', 'a blocked user: an error');
is(($other->told)[0], 'access_denied', 'access_denied');
ok(!$other->session, 'and no session');
$t->update('users', { user_id => $user->{user_id} }, blocked => 'f');

# ---- no ticket, another's ticket ---------------------------------------------------------

my $before = sessions();

sub is_stopped {
    my ($browser, $code, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return is_deeply([ $browser->{page}->code, $browser->session,
        $browser->{page}->header('Location') ], [ $code, undef, '' ], $name)
        || diag($browser->{page}->body);
}

my $victim = $b->another;

$victim->get('/login/staff', headers => \@good);
is_stopped($victim, 400, 'no ticket');
$victim->get('/login/staff?ticket=xxx', headers => \@good);
is_stopped($victim, 400, 'any text');
my $attacker = $b->another;

$attacker->authorize($app);
my $foreign = link_of($attacker, '/login/staff');

$victim->get($foreign, headers => \@good);
is_stopped($victim, 400, 'a ticket of somebody else, in a browser without'
           . ' cookie');
$victim->authorize($app);
$victim->get($foreign, headers => \@good);
is_stopped($victim, 400, 'a ticket of somebody else, in one with its own');
$attacker->get($foreign, headers => \@good);
my $continue = $attacker->{page}->header('Location');

$victim->get($continue);
is_stopped($victim, 400, 'the way on of somebody else');
$victim->{cookies}{'__Host-tpa_browser'}
    = $attacker->cookie('__Host-tpa_browser');
$victim->get($continue);
is_stopped($victim, 400, 'the way on without the session');
$before = sessions();

# ---- a connection that the request may not use --------------------------------------------

my $org = org_with($t, [ $database ]);
my $bound = $b->another;

$bound->authorize($app, organization => $org->{id});
is(link_of($bound, '/login/staff'), undef, 'an Organization without it: no'
   . ' link');
my ($ticket) = $bound->{page}->body =~ /name="ticket" value="([^"]+)"/;

$bound->get("/login/staff?ticket=$ticket", headers => \@good);
is_stopped($bound, 400, 'and none that is made by hand');
$t->update('connections', { id => $con{staff}{id} },
           is_domain_connection => 'f');
my $plain = $b->another;

$plain->authorize($app);
($ticket) = $plain->{page}->body =~ /name="ticket" value="([^"]+)"/;
$plain->get("/login/staff?ticket=$ticket", headers => \@good);
is_stopped($plain, 400, 'one that is not domain-level');
$t->update('connections', { id => $con{staff}{id} },
           is_domain_connection => 't');

# ---- around the authentication ---------------------------------------------------------------

my $log = main_node->error_log;

for (
    # name                       path                  code  what the log says
    [ 'Satisfy Any',             '/login/any',         500, 'Satisfy Any' ],
    [ 'no Require',              '/login/unprotected', 500 ],
    [ 'Require all granted',     '/login/granted',     500, 'no module has' ],
    [ 'an empty subject',        '/login/odd',         500, 'has no name' ],
) {
    my ($name, $path, $code, $why) = @$_;

    for my $headers ([], \@good) {
        my $browser = $b->another;

        next if $path eq '/login/odd' && !@$headers;
        $browser->authorize($app);
        $browser->get(link_of($browser, $path), headers => $headers);
        is_stopped($browser, $code, "$name, "
                   . (@$headers ? 'with' : 'without') . ' credentials');
    }
    my ($connection) = $path =~ m{([^/]+)$};

    # Without Require it is httpd that refuses, and says so itself.
    # Without Require it is httpd itself that does not go on.
    next unless $why;
    ok($log->wait_for(qr/TPA0006: .*TPAConnection $connection: .*$why/),
       "$name: the log says why");
}

my $inner = $b->another;

$inner->authorize($app);
($ticket) = link_of($inner, '/login/staff') =~ /ticket=(.*)/;
for my $path ('/inside/staff.shtml', '/inside/staff.asis',
              '/inside/rewritten-staff', '/no-such-page') {
    for my $headers ([], \@good) {
        my $answer = $inner->get("$path?ticket=$ticket", headers => $headers);

        ok(!$inner->session, "$path: no session");
        is($answer->header('Location'), '', "$path: no way on");
    }
}
for my $path ('/login/staff/', '/login/staff/x', '/login/staffx', '/login') {
    my $answer = $inner->get("$path?ticket=$ticket", headers => \@good);

    ok(!$inner->session, "$path: the location alone");
    like($answer->code, qr/^(?:401|404|500)$/, "$path: $answer->{line}");
}
$inner->ask('POST', "/login/staff?ticket=$ticket", headers => \@good);
is_stopped($inner, 405, 'POST is not answered');
is(sessions(), $before, 'no session came of all that');
$inner->get(link_of($inner, '/login/staff') // "/login/staff?ticket=$ticket",
            headers => \@good);
ok($inner->session, 'while the right way is open');

# ---- logs ----------------------------------------------------------------------------------

my $access = main_node->access_log;

$inner->authorize($app, prompt => 'login');
$inner->get(link_of($inner, '/login/staff'), headers => \@good);
$inner->follow;
my $line = $access->wait_for(qr/GET .*login.staff/);

unlike($line, qr/ticket=/, 'tickets of links are not logged');
like($line, qr/"GET \/login\/staff\?- HTTP/, 'the rest of the line is');
unlike($access->wait_for(qr/continue/), qr/ticket=/, 'nor on the way on');

# ---- an open door by another name ------------------------------------------------------------

# A location of a host that is no tenant, or twice, is a mistake.
my ($rc, $said) = config(<<"END");
<VirtualHost *:80>
    <Location /login/x>
        TPAConnection x
    </Location>
</VirtualHost>
END
isnt($rc, 0, 'configtest: a host that is no tenant');
like($said, qr/TPAConnection needs TPAIssuer/, 'it says so') or diag($said);
for (
    [ "<Location /a>\nTPAConnection x\n</Location>\n<Location /b>\n"
      . "TPAConnection x\n</Location>\n", qr/already; a connection has one/ ],
    [ "<LocationMatch ^/a>\nTPAConnection x\n</LocationMatch>\n",
      qr/belongs into <Location/ ],
    [ "<Location ~ ^/a>\nTPAConnection x\n</Location>\n",
      qr/belongs into <Location/ ],
    [ "<Directory /a>\nTPAConnection x\n</Directory>\n",
      qr/belongs into <Location/ ],
    [ "TPAConnection x\n", qr/not allowed here/ ],
    [ "<Location /a>\nTPAConnection \"a b\"\n</Location>\n",
      qr/must be the name of a connection/ ],
    [ "<Location /a>\nTPAConnectionUser \"%{nonsense:x\"\n</Location>\n",
      qr/TPAConnectionUser: the expression cannot be read/ ],
) {
    my ($text, $message) = @$_;
    my ($rc, $said) = config($text);

    isnt($rc, 0, "configtest: $message");
    like($said, $message, 'the message');
    like($said, qr/line \d+ of/, 'with its place');
}

$t->db->rows('DELETE FROM tpa_data.connections WHERE id = ?', $_->{id})
    for values %con;
done_testing();
