# When consent is asked for, what the page shows, and what is kept of it.
use TPA::Test;
use TPA::Browser;
use TPA::User;

use Digest::SHA qw(sha256_hex);

my $t = tenant('a');
my $connection = connection_of($t);
my $user = TPA::Browser::person($t, $connection, name => 'Ann Example');
my $api = $t->api(scopes => [ 'read:posts', 'write:posts', 'read:comments',
                              'plain' ], allow_offline_access => 't');
my $app = app_of($t, api => $api, name => 'Partner App',
                 logo_uri => 'https://evil.example/logo.png');
my $b = TPA::Browser->new($t);

sub kept {
    my ($app, $org) = @_;

    return [ map { JSON::PP::decode_json($_->[0]) } $t->db->rows(
        'SELECT array_to_json(scope) FROM tpa_data.user_grants WHERE user_id'
        . ' = ? AND client_id = ? AND organization_id IS NOT DISTINCT FROM ?',
        $user->{user_id}, $app->{id}, $org ? $org->{id} : undef) ];
}

# ---- always, for third-party applications ---------------------------------------

$b->authorize($app, scope => 'read:posts');
$b->login($user);
is($b->at, 'consent', 'third-party: consent is asked for');
$b->authorize($app, scope => 'read:posts');
is($b->at, 'consent', 'asking alone is no consent');
is_deeply(kept($app), [], 'and leaves nothing');

# ---- what is shown --------------------------------------------------------------

my $html = $b->{page}->body;
my $text = TPA::Browser::plain($html =~ s/<[^>]*>/ /gr =~ s/\s+/ /gr);

like($text, qr/Partner App/, 'the page names the application');
like($text, qr/app\.example\.com/, 'and the host of the redirect');
like($text, qr/Ann Example/, 'and the user');
like($text, qr/\b20\d\d\b/, 'and since when the application is known');
like($text, qr/Posts .*read/, 'scopes are grouped by resource');
unlike($html, qr/<img[^>]*evil/, 'no logo of a foreign host');
unlike($b->{page}->header('Content-Security-Policy'), qr/evil/,
       'which could not be fetched either');
like($b->{page}->header('Content-Security-Policy'),
     qr{form-action 'self' https://app\.example\.com;},
     'the form may end at the application');
like($b->{page}->header('Content-Security-Policy'), qr/frame-ancestors 'none'/,
     'nobody frames the page');
$b->authorize($app, scope => 'read:posts write:posts plain offline_access');
$text = TPA::Browser::plain($b->{page}->body =~ s/<[^>]*>/ /gr =~ s/\s+/ /gr);
like($text, qr/Posts read write/, 'two of one resource are one line');
like($text, qr/\bplain\b/, 'one without a colon is shown as it is');
$t->update('resource_server_scopes',
           { resource_server_id => $api->{id}, value => 'plain' },
           description => 'Do <b>plain</b> things');
$t->settings(flag_use_scope_descriptions_for_consent => 't');
$b->authorize($app, scope => 'read:posts plain');
like($b->{page}->body, qr/Do &lt;b&gt;plain&lt;.b&gt; things/,
     'descriptions, escaped, where the tenant wants them');
TPA::Tenant::undo();
$b->authorize($app, scope => 'openid profile email read:posts');
unlike($b->{page}->body, qr/\b(?:openid|profile)\b/,
       'scopes of OpenID are not processed');

# ---- what is new -----------------------------------------------------------------

$b->authorize($app, scope => 'read:posts');
$b->consent;
is_deeply(kept($app), [ [ 'read:posts' ] ], 'what was consented to is kept');
for (
    # scope                           page
    [ 'read:posts',                   'redirect' ],
    [ 'read:posts write:posts',       'consent' ],
    [ 'write:posts',                  'consent' ],
    [ 'read:posts no:such',           'redirect' ],
    [ 'read:posts offline_access',    'consent' ],
) {
    my ($scope, $at) = @$_;

    $b->authorize($app, scope => $scope);
    is($b->at, $at, "then $scope: $at");
}
# What is no scope here, or is OpenID's, is left out of what is granted.
$b->authorize($app, scope => 'openid read:posts no:such profile');
is($t->db->value("SELECT array_to_string(scope, ' ') FROM"
    . ' tpa_data.authorization_codes WHERE code_hash = ?',
    sha256_hex($b->code)), 'read:posts', 'a code holds what was decided');
$b->authorize($app, scope => 'write:posts read:comments');
$b->consent;
is_deeply([ sort @{ kept($app)->[0] } ],
          [ sort qw(read:posts write:posts read:comments) ],
          'further consent joins what there is');
$b->authorize($app, scope => 'read:posts read:comments');
ok($b->code, 'a wider consent covers a narrower request');
$b->authorize($app, scope => 'read:posts', prompt => 'consent');
is($b->at, 'consent', 'prompt=consent asks although all is there');
$t->db->rows('DELETE FROM tpa_data.user_grants WHERE client_id = ?',
             $app->{id});
$b->authorize($app, scope => 'read:posts');
is($b->at, 'consent', 'a consent that was removed is asked for again');

# ---- per Organization ---------------------------------------------------------------

my @orgs = map { org_with($t, [ $connection ], display_name => "Number $_") }
    1, 2;

membership($t, $_, $user) for @orgs;
$b->authorize($app, scope => 'read:posts');
$b->consent;
for my $org (@orgs) {
    $b->authorize($app, scope => 'read:posts', organization => $org->{id});
    is($b->at, 'consent', "$org->{display_name}: asked for by itself");
    like($b->{page}->body, qr/\Q$org->{display_name}\E/,
         "$org->{display_name}: the page names it");
    $b->consent;
    ok($b->code, "$org->{display_name}: a code");
    is_deeply(kept($app, $org), [ [ 'read:posts' ] ],
              "$org->{display_name}: a consent of its own");
}
$t->db->rows('DELETE FROM tpa_data.user_grants WHERE client_id = ? AND'
    . ' organization_id = ?', $app->{id}, $orgs[0]{id});
for ([ $orgs[0], 'consent' ], [ $orgs[1], 'redirect' ], [ undef, 'redirect' ]) {
    my ($org, $at) = @$_;

    $b->authorize($app, scope => 'read:posts',
                  organization => $org ? $org->{id} : undef);
    is($b->at, $at, 'one removed: ' . ($org ? $org->{display_name} : 'none')
       . ": $at");
}

# ---- of another user, another application, another API ---------------------------------

my $other = TPA::Browser::person($t, $connection);
my $browser = $b->another;

$browser->authorize($app, scope => 'read:posts');
$browser->login($other);
is($browser->at, 'consent', 'another user is asked');
my $twin = app_of($t, api => $api);

$b->authorize($twin, scope => 'read:posts');
is($b->at, 'consent', 'another application is asked for');
my $second = $t->api(scopes => [ 'read:posts' ]);

$t->grant(client => $app, api => $second, subject_type => 'user');
$b->authorize($app, audience => $second->{identifier}, scope => 'read:posts');
is($b->at, 'consent', 'another API is asked for');

# ---- first-party applications -----------------------------------------------------------

my $lenient = $t->api(scopes => [ 'read:posts' ],
                      skip_consent_for_verifiable_first_party_clients => 't');
my $own = app_of($t, api => $lenient, party => 'first');

$t->insert('client_connections', client_id => $own->{id},
           connection_id => $connection->{id});
$b->authorize($own, scope => 'read:posts');
ok($b->code, 'the operator\'s own application, where the API says so: none');
my $strict = app_of($t, api => $lenient);

$b->authorize($strict, scope => 'read:posts');
is($b->at, 'consent', 'a third-party application there: asked for');
my $api_asks = app_of($t, api => $t->api(scopes => [ 'read:posts' ],
    skip_consent_for_verifiable_first_party_clients => 'f'), party => 'first');

$t->insert('client_connections', client_id => $api_asks->{id},
           connection_id => $connection->{id});
$b->authorize($api_asks, scope => 'read:posts');
is($b->at, 'consent', 'the operator\'s own, where the API does not: asked for');

# ---- decline -------------------------------------------------------------------------

my $open = app_of($t, api => $api, redirection_policy => 'allow_always');

$b->authorize($twin, scope => 'read:posts');
$b->consent('decline');
is($b->{page}->header('Location'), '', 'declined: no redirect');
is_deeply([ ($b->told)[0, 1] ],
          [ 'access_denied', 'User did not authorize the request' ],
          'declined: our page');
$b->authorize($open, scope => 'read:posts');
$b->consent('decline');
is($b->returned->{error}, 'access_denied', 'declined under allow_always: sent');
is($b->returned->{error_description}, 'User did not authorize the request',
   'with the text');
is($b->returned->{state}, $b->{state}, 'and the state');
is($b->returned->{iss}, $t->{issuer}, 'and the issuer');
is_deeply(kept($open), [], 'nothing is kept');
$b->authorize($open, scope => 'read:posts');
is($b->at, 'consent', 'and the next time it is asked again');

# ---- the record -----------------------------------------------------------------------

$b->consent;
my $event = $t->event(client_id => $open->{id}, type => 's');

ok((grep { $_ eq 'consent' } @{ $event->{details}{prompts} }),
   'the event says that the user consented');

# ---- names that would like to be something else ------------------------------------------

my $evil = app_of($t, api => $api,
    name => "App\x{202e}evil \"quoted\" 'x' & co");

$b->authorize($evil, scope => 'read:posts');
$html = $b->{page}->body;
like($html, qr/&quot;quoted&quot;/, 'a name of an application is escaped');
unlike($html, qr/\xe2\x80\xae/, 'and cannot turn the text around');

done_testing();
