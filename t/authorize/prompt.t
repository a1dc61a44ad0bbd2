# prompt, max_age, login_hint, ui_locales, and the confirmation of redirects
# that anybody on the device could take.
use TPA::Test;
use TPA::Browser;
use TPA::User;

use Digest::SHA qw(sha256_hex);

my $t = tenant('a');
my $connection = connection_of($t);
my $user = TPA::Browser::person($t, $connection);
my $api = $t->api;
my $app = app_of($t, api => $api, redirection_policy => 'allow_always');
my $b = TPA::Browser->new($t);

sub fate {
    my (%params) = @_;

    $b->authorize($app, %params);
    return $b->at ne 'redirect' ? $b->at
        : $b->code ? 'code' : $b->returned->{error};
}

# ---- nobody is logged in --------------------------------------------------------------

for (
    [ undef, 'login' ], [ 'login', 'login' ], [ 'consent', 'login' ],
    [ 'select_account', 'login' ], [ 'none', 'login_required' ],
) {
    my ($prompt, $fate) = @$_;

    is(fate(prompt => $prompt), $fate,
       'no session, prompt=' . ($prompt // '(not sent)') . ": $fate");
}

# ---- logged in, without consent -----------------------------------------------------

fate();
$b->login($user);
for (
    [ undef, 'consent' ], [ 'none', 'consent_required' ],
    [ 'consent', 'consent' ], [ 'login', 'login' ],
    [ 'select_account', 'login' ],
) {
    my ($prompt, $fate) = @$_;

    is(fate(prompt => $prompt), $fate,
       'no consent, prompt=' . ($prompt // '(not sent)') . ": $fate");
}

# ---- and with it ----------------------------------------------------------------------

fate();
$b->consent;
for (
    [ undef, 'code' ], [ 'none', 'code' ], [ 'consent', 'consent' ],
    [ 'login', 'login' ], [ 'select_account', 'login' ],
    [ 'login consent', 'login' ],
) {
    my ($prompt, $fate) = @$_;

    is(fate(prompt => $prompt), $fate,
       'all there, prompt=' . ($prompt // '(not sent)') . ": $fate");
}
is(fate(prompt => 'none', scope => 'read:things write:things'),
   'consent_required', 'silence does not widen a consent');
is(fate(prompt => 'none', organization => undef, login_hint => 'x'), 'code',
   'a hint asks for nothing');

# prompt=login and consent are over once they were done.
fate(prompt => 'login consent');
$b->login($user);
is($b->at, 'consent', 'after the login: the consent');
$b->consent;
ok($b->code, 'after the consent: the code');
is(fate(prompt => 'none'), 'code', 'silence goes on as before');

# Another page that would be needed: an Organization to pick.
my @orgs = map { org_with($t, [ $connection ]) } 1, 2;

membership($t, $_, $user) for @orgs;
my $picky = app_of($t, api => $api, redirection_policy => 'allow_always',
    organization_usage => 'require',
    organization_require_behavior => 'post_login_prompt');

$b->authorize($picky, prompt => 'none');
is($b->returned->{error}, 'interaction_required', 'silence picks nothing');
$b->authorize($picky);
is($b->at, 'organization-picker', 'with a page it can be picked');

# ---- how old a login may be -------------------------------------------------------------

is(fate(max_age => 3600), 'code', 'a fresh login is not too old');
is(fate(max_age => 0), 'login', 'max_age=0 asks for a new one');
is(fate(max_age => 0, prompt => 'none'), 'login_required', 'but not silently');
$t->update('sessions', { session_hash => sha256_hex($b->session) },
           authenticated_at => $t->db->value("SELECT now() - interval '2 hours'"));
is(fate(max_age => 3600), 'login', 'one of two hours is older than one');
is(fate(max_age => 10000), 'code', 'and younger than three');
fate(max_age => 3600);
$b->login($user);
ok($b->code, 'the new login will do');

# ---- what is filled in, and in which language ----------------------------------------------

my $stranger = $b->another;

$stranger->authorize($app, login_hint => 'ann@example.com');
my %fields = @{ $stranger->form_with('identifier')->{fields} };

is($fields{identifier}, 'ann@example.com', 'login_hint is filled in');
for (
    [ 'de', undef, 'de' ], [ 'fr-CA de', undef, 'fr' ], [ undef, 'es', 'es' ],
    [ 'xx', 'pt', 'pt' ], [ 'ar', 'de', 'ar' ], [ undef, undef, 'en' ],
) {
    my ($locales, $accept, $language) = @$_;
    my $browser = $b->another(headers => [ $accept
        ? ('Accept-Language' => $accept) : () ]);

    $browser->authorize($app, ui_locales => $locales);
    like($browser->{page}->body, qr/<html lang="$language/,
         ($locales // '-') . ' and ' . ($accept // '-') . ": $language");
}

# ---- where the answer goes -----------------------------------------------------------------

my $native = app_of($t, api => $api, app_type => 'native', callbacks => [
    'http://localhost/cb', 'com.example.app:/cb', 'http://127.0.0.1/cb' ],
    redirection_policy => 'allow_always');

for my $uri ('http://localhost/cb', 'com.example.app:/cb',
             'http://127.0.0.1:5000/cb') {
    $native->{callback} = $uri;
    my $browser = $b->another;

    $browser->run($native, $user);
    ok($browser->code, "$uri: other pages were shown: no confirmation");
    $browser->authorize($native);
    is($browser->at, 'confirm', "$uri: no other page: a confirmation");
    my $silent = $browser->another(cookies => { %{ $browser->{cookies} } });

    $silent->authorize($native, prompt => 'none');
    is($silent->returned->{error}, 'interaction_required',
       "$uri: silence does not confirm");
    $browser->submit(decision => 'accept');
    ok($browser->code, "$uri: confirmed: a code");
    like($browser->{page}->header('Location'), qr/^\Q$uri\E\?/,
         "$uri: it goes there");
    $browser->authorize($native);
    $browser->submit(decision => 'decline');
    is($browser->returned->{error}, 'access_denied', "$uri: declined");
}
my $calm = app_of($t, api => $api, callbacks => [ 'http://localhost/cb' ],
    skip_non_verifiable_callback_uri_confirmation_prompt => 't');

$calm->{callback} = 'http://localhost/cb';
$b->run($calm, $user);
$b->authorize($calm);
ok($b->code, 'an application may do without');

done_testing();
