# Forged, foreign, replayed and altered forms: no consent comes of them, and no
# code.
use TPA::Test;
use TPA::Browser;
use TPA::User;

my $t = tenant('a');
my $connection = connection_of($t);
my $user = TPA::Browser::person($t, $connection);
my $victim = TPA::Browser::person($t, $connection);
my $api = $t->api;
my $app = app_of($t, api => $api);
my $other = app_of($t, api => $api);
my $b = TPA::Browser->new($t);

# A browser in front of the consent page.
sub asked {
    my ($user, %params) = @_;
    my $browser = $b->another;

    $browser->authorize($app, %params);
    $browser->login($user);
    die 'no consent page: ' . $browser->{page}->body
        if $browser->at ne 'consent';
    return $browser;
}

sub ticket_of {
    my ($browser) = @_;

    return { @{ $browser->form_with('ticket')->{fields} } }->{ticket};
}

sub is_stopped {
    my ($browser, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $answer = $browser->{page};

    return is_deeply([ $answer->code, $answer->header('Location'),
        $browser->at ], [ 400, '', 'error' ], $name) || diag($answer->body);
}

sub consents {
    return $t->db->value('SELECT count(*) FROM tpa_data.user_grants WHERE'
        . ' user_id IN (?, ?)', $user->{user_id}, $victim->{user_id});
}

sub codes {
    return $t->db->value('SELECT count(*) FROM tpa_data.authorization_codes'
        . ' WHERE user_id IN (?, ?)', $user->{user_id}, $victim->{user_id});
}

# ---- the ticket --------------------------------------------------------------------

my @accept = (decision => 'accept');
my $browser = asked($victim);
my $good = ticket_of($browser);
my $attacker = asked($user);
my $foreign = ticket_of($attacker);

for (
    [ 'none', undef ], [ 'an empty one', '' ], [ 'any text', 'x' x 600 ],
    [ 'half of it', substr $good, 0, length($good) / 2 ],
    [ 'all but its last byte', substr $good, 0, -1 ],
    [ 'one byte more', "${good}A" ], [ 'of another user', $foreign ],
    [ 'a kilobyte too many', $good . 'A' x 17000 ],
) {
    my ($name, $ticket) = @$_;

    $browser->post('/u/consent', ticket => $ticket, @accept);
    is_stopped($browser, "a ticket: $name");
}
my $flipped = 0;

for my $i (map { int(length($good) * $_ / 40) } 1 .. 39) {
    my $altered = $good;

    substr $altered, $i, 1, substr($altered, $i, 1) eq 'A' ? 'B' : 'A';
    $browser->post('/u/consent', ticket => $altered, @accept);
    $flipped++ if $browser->{page}->code == 400;
}
is($flipped, 39, 'a ticket: any byte altered');
for my $page (qw(login organization organization-picker confirm)) {
    $browser->post("/u/$page", ticket => $good, @accept,
        identifier => $victim->{email}, password => $victim->{password},
        connection => $connection->{id}, value => 'x');
    is_stopped($browser, "a ticket of the consent page at /u/$page");
}
$browser->get("/u/continue?ticket=$good");
is_stopped($browser, 'a ticket of the consent page at /u/continue');
my $fresh = $b->another;

$fresh->authorize($app);
$browser->post('/u/consent', ticket => ticket_of($fresh), @accept);
is_stopped($browser, 'a ticket of a login page at /u/consent');
is(consents() + codes(), 0, 'no consent and no code so far');

# ---- the browser --------------------------------------------------------------------

my $bare = $b->another;

$bare->post('/u/consent', ticket => $good, @accept);
is_stopped($bare, 'no cookies');
$bare->{cookies}{'__Host-tpa_browser'} = $browser->cookie('__Host-tpa_browser');
$bare->post('/u/consent', ticket => $good, @accept);
is_stopped($bare, 'the browser\'s cookie without the session');
$bare->{cookies} = { '__Host-tpa_session' => $browser->session };
$bare->post('/u/consent', ticket => $good, @accept);
is_stopped($bare, 'the session without the browser\'s cookie');
$bare->{cookies} = { '__Host-tpa_session' => $browser->session,
    '__Host-tpa_browser' => $attacker->cookie('__Host-tpa_browser') };
$bare->post('/u/consent', ticket => $good, @accept);
is_stopped($bare, 'the cookie of another browser');
$bare->{cookies} = { %{ $browser->{cookies} },
                     '__Host-tpa_session' => $attacker->session };
$bare->post('/u/consent', ticket => $good, @accept);
is_stopped($bare, 'the session of another user');

# ---- the site --------------------------------------------------------------------------

my %headers = (
    'a page of another site' => [ Origin => 'https://evil.example' ],
    'a page of a neighbour' => [ Origin => 'https://evil.example.test' ],
    'ours without TLS' => [ Origin => 'http://a.example.test' ],
    'ours at another port' => [ Origin => 'https://a.example.test:8443' ],
    'a name that begins like ours' =>
        [ Origin => 'https://a.example.test.evil.example' ],
    'a cross-site request' => [ 'Sec-Fetch-Site' => 'cross-site' ],
    'a same-site request' => [ 'Sec-Fetch-Site' => 'same-site' ],
    'a cross-site request, hidden' =>
        [ Origin => 'null', 'Sec-Fetch-Site' => 'cross-site' ],
    'a request of nobody' => [ 'Sec-Fetch-Site' => 'none' ],
);

sub plain_post {
    my ($browser, $ticket, @headers) = @_;

    return $browser->ask('POST', '/u/consent',
        body => form(ticket => $ticket, @accept), headers => [
        'Content-Type' => 'application/x-www-form-urlencoded', @headers ]);
}

for my $name (sort keys %headers) {
    plain_post($browser, $good, @{ $headers{$name} });
    is_stopped($browser, $name);
}
is(consents() + codes(), 0, 'no consent and no code so far');

# ---- the answer ------------------------------------------------------------------------

for (
    [ 'no decision' ], [ 'an empty one', decision => '' ],
    [ 'another word', decision => 'yes' ],
    [ 'in other case', decision => 'Accept' ],
) {
    my ($name, @decision) = @$_;

    $browser->post('/u/consent', ticket => $good, @decision);
    is(($browser->told)[0], 'access_denied', "$name is no consent");
}
$browser->post('/u/consent', ticket => $good, @accept,
    scope => 'read:things write:things', client_id => $other->{id},
    redirect_uri => 'https://evil.example/', organization => 'org_x');
is($browser->at, 'redirect', 'fields that nobody asked for change nothing');
like($browser->{page}->header('Location'),
     qr{^https://app\.example\.com/callback}, 'the code goes where it should');
is_deeply([ $t->db->rows('SELECT client_id, array_to_string(scope, \' \') FROM'
    . ' tpa_data.user_grants WHERE user_id = ?', $victim->{user_id}) ],
    [ [ $app->{id}, 'read:things' ] ], 'the consent is for what was shown');

# ---- once ---------------------------------------------------------------------------------

is(codes(), 1, 'one code');
$browser->post('/u/consent', ticket => $good, @accept);
is_stopped($browser, 'the same form once more');
is(codes(), 1, 'still one code');
$t->db->rows('DELETE FROM tpa_data.user_grants WHERE user_id = ?',
             $victim->{user_id});
$browser->post('/u/consent', ticket => $good, @accept);
is_stopped($browser, 'nor when the consent has been taken back');
is(consents(), 0, 'which stays so');

# Two at once: one of them.
$browser = asked($victim);
$good = ticket_of($browser);
my @children;

for my $n (1 .. 6) {
    my $pid = fork;

    if (!$pid) {
        my $http = TPA::Browser->new($t, cookies =>
                                     { %{ $browser->{cookies} } });

        plain_post($http, $good);
        require POSIX;
        POSIX::_exit($http->{page}->code == 303 ? 1 : 0);
    }
    push @children, $pid;
}
my $won = 0;

for my $pid (@children) {
    waitpid $pid, 0;
    $won += $? >> 8;
}
is($won, 1, 'of six at once one gets a code');

# ---- what was shown is what is granted ------------------------------------------------------

my $wide = app_of($t, api => $api);

sub asked_of {
    my ($app, $user, %params) = @_;
    my $browser = $b->another;

    $browser->authorize($app, %params);
    $browser->login($user);
    return $browser;
}

$t->update('client_grants', { id => $wide->{grant}{id} },
           scope => [ 'read:things' ]);
$browser = asked_of($wide, $user, scope => 'read:things write:things');
is($browser->at, 'consent', 'a page that shows one scope');
$t->update('client_grants', { id => $wide->{grant}{id} },
           scope => [ 'read:things', 'write:things' ]);
$browser->consent;
is($browser->at, 'consent', 'the grant grew meanwhile: the page comes again');
is($t->db->value('SELECT count(*) FROM tpa_data.user_grants WHERE client_id ='
    . ' ?', $wide->{id}), 0, 'and nothing was granted');
$browser->consent;
ok($browser->code, 'what that page shows can be consented to');
$browser = asked_of($wide, $victim, scope => 'read:things write:things');
$t->db->rows('DELETE FROM tpa_data.client_grants WHERE id = ?',
             $wide->{grant}{id});
$browser->consent;
is($browser->code, undef, 'the grant went meanwhile: no code');
is($t->db->value('SELECT count(*) FROM tpa_data.user_grants WHERE client_id ='
    . ' ? AND user_id = ?', $wide->{id}, $victim->{user_id}), 0,
   'and no consent');

# ---- the session of the page ---------------------------------------------------------------

$browser = asked($user, prompt => 'consent');
$good = ticket_of($browser);
my $page = $browser->{page};

$browser->authorize($app, prompt => 'login');
$browser->login($victim);
$browser->post('/u/consent', ticket => $good, @accept);
is_stopped($browser, 'somebody else logged in meanwhile');
$browser = asked($user, prompt => 'consent');
$t->db->rows('DELETE FROM tpa_data.sessions WHERE user_id = ?',
             $user->{user_id});
$browser->consent;
is($browser->at, 'login', 'the session ended meanwhile: a login');
$browser->login($victim);
isnt($browser->at, 'redirect', 'whoever logs in then is asked by the page');
is($browser->at, 'consent', 'of their own');

# ---- errors that stay here, whatever the policy says ----------------------------------------

my $open = app_of($t, api => $api, redirection_policy => 'allow_always');
my $signature = $t->db->value('SELECT p.oid::regprocedure FROM pg_proc p WHERE'
    . ' p.proname = \'code_issue\' AND p.pronamespace = \'tpa\'::regnamespace');

$browser = asked_of($open, $victim);
$good = ticket_of($browser);
$t->db->rows("REVOKE EXECUTE ON FUNCTION $signature FROM tpa_httpd");
$browser->post('/u/consent', ticket => $good, @accept);
$t->db->rows("GRANT EXECUTE ON FUNCTION $signature TO tpa_httpd");
is_deeply([ $browser->{page}->code, $browser->{page}->header('Location') ],
          [ 503, '' ], 'no code can be stored: a page of ours');
ok($browser->{page}->header('Retry-After'), 'which says when to try again');
$browser->post('/u/consent', ticket => $good, @accept);
is($browser->at, 'redirect', 'then the same form is good: nothing was half done');
$browser->post('/u/consent', ticket => $good, @accept);
is_stopped($browser, 'and once more: a page of ours');

# ---- tenants ---------------------------------------------------------------------------------

# c shares secret and database with a, but is another issuer.
my $c = TPA::Browser->new(tenant('c'));

$browser = asked($user, prompt => 'consent');
$c->{cookies} = { %{ $browser->{cookies} } };
$c->post('/path/u/consent', ticket => ticket_of($browser), @accept);
is_stopped($c, 'a ticket of another tenant');

# ---- pages without a ticket --------------------------------------------------------------------

for my $page (qw(login organization organization-picker consent confirm
                 continue)) {
    $browser->get("/u/$page");
    is_stopped($browser, "GET /u/$page");
    like(($browser->told)[1], qr/start again/, "GET /u/$page says what to do");
    next if $page eq 'continue';
    $browser->post("/u/$page");
    is_stopped($browser, "POST /u/$page with nothing");
}

done_testing();
