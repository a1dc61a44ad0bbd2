# Where errors go: a page of ours, the tenant's own page, or the application.
use TPA::Test;
use TPA::Browser;
use TPA::User;

my $t = tenant('a');
my $connection = connection_of($t);
my $user = TPA::Browser::person($t, $connection);
my $api = $t->api;
my $closed = app_of($t, api => $api);
my $open = app_of($t, api => $api, redirection_policy => 'allow_always');
my $b = TPA::Browser->new($t);

# ---- under open_redirect_protection ------------------------------------------------

my %wrong = (
    'an unknown parameter' => [ invalid_request => [ anything => 1 ] ],
    'no PKCE' => [ invalid_request => [ code_challenge => undef ] ],
    'a wrong response type' =>
        [ unsupported_response_type => [ response_type => 'token' ] ],
    'an odd scope' => [ invalid_scope => [ scope => 'a"b' ] ],
    'an unknown Organization' =>
        [ invalid_request => [ organization => 'org_' . 'x' x 16 ] ],
    'silence without a session' => [ login_required => [ prompt => 'none' ] ],
);

for my $name (sort keys %wrong) {
    my ($error, $params) = @{ $wrong{$name} };
    my $answer = $b->authorize($closed, @$params);
    my @told = $b->told;

    is($answer->header('Location'), '', "$name: no redirect");
    is($answer->code, 400, "$name: 400");
    is($told[0], $error, "$name: $error");
    ok(length $told[1], "$name: a description");
    my $event = $t->event(ref => $told[2]);

    is($event->{client_id}, $closed->{id}, "$name: the reference is known");
    like($event->{type}, qr/^fs?a?$/, "$name: its event");
    is($event->{description}, $told[1], "$name: which says the same");
    is($answer->header('Cache-Control'), 'no-store', "$name: no-store");
    like($answer->header('Content-Security-Policy'),
         qr/frame-ancestors 'none'/, "$name: nobody frames it");
    is($answer->header('X-Frame-Options'), 'DENY', "$name: nor old browsers");
}

# ---- under allow_always -----------------------------------------------------------

for my $name (sort keys %wrong) {
    my ($error, $params) = @{ $wrong{$name} };
    my $answer = $b->authorize($open, @$params);
    my $back = $b->returned;

    is($answer->code, 303, "$name: 303");
    like($answer->header('Location'), qr{^https://app\.example\.com/callback\?},
         "$name: to the application");
    is($back->{error}, $error, "$name: $error");
    is($back->{state}, $b->{state}, "$name: with the state");
    is($back->{iss}, $t->{issuer}, "$name: with the issuer");
    like($back->{error_description}, qr/^[\x20\x21\x23-\x5B\x5D-\x7E]+$/,
         "$name: with a description");
    is($back->{code}, undef, "$name: without a code");
}
my $answer = $b->authorize($open, state => undef, scope => 'a"b');

ok(!exists $b->returned->{state}, 'no state was sent, none comes back');
$b->authorize($open, state => "a&b=c#d \x{263a}%2f", response_type => 'x');
is($b->returned->{state}, "a&b=c#d \xe2\x98\xba%2f", 'an odd state comes back');
is($b->returned->{b}, undef, 'and is not taken apart');

# These never leave, whatever the policy says.
for (
    [ 'an unknown application', client_id => 'tpc_' . 'x' x 22 ],
    [ 'an unknown redirect URI', redirect_uri => 'https://evil.example/' ],
    [ 'no redirect URI', redirect_uri => undef ],
) {
    my ($name, @params) = @$_;
    my $answer = $b->authorize($open, @params);

    is($answer->header('Location'), '', "$name: no redirect");
    is($b->at, 'error', "$name: our page");
}
like(($b->told)[1], qr/redirect_uri/, 'no redirect URI: it is named');
$b->authorize($open, redirect_uri => 'https://evil.example/');
like(($b->told)[1], qr/Callback URL mismatch/, 'the text of a mismatch');
unlike($b->{page}->body, qr/evil\.example/, 'which repeats nothing');
$b->authorize($open, client_id => 'tpc_' . 'x' x 22);
like(($b->told)[1], qr/Unknown client: tpc_x{22}/, 'the text of an unknown id');

# ---- a database that is away -------------------------------------------------------

my $gone = TPA::Browser->new(tenant('gone'));

$answer = $gone->authorize($open);
is($answer->code, 503, 'no database: 503');
is($answer->header('Location'), '', 'and no redirect');
ok($answer->header('Retry-After'), 'it says when to try again');
unlike($answer->body, qr/ref_/, 'there is no reference');

# ---- an API that is not for this application ------------------------------------------

my $elsewhere = $t->api;
my $stranger = app_of($t, api => $elsewhere, grant => undef);

$b->authorize($stranger);
like(($b->told)[1], qr/[Cc]lient .*not authorized to access/,
     'no client grant: the text');
like(($b->told)[0], qr/^(?:invalid_request|unauthorized_client)$/,
     'no client grant: the error');
for my $case ([ 'no client grant', qr/client_grant_exists/, $stranger ],
              [ 'an Organization', qr/organization/, $closed,
                organization => 'org_' . 'x' x 16 ]) {
    my ($name, $rule, $app, @params) = @$case;

    $b->authorize($app, @params);
    my $ref = ($b->told)[2];

    ok($t->event(ref => $ref), "$name: the event");
    my ($rc, $story) = tpactl('explain', $ref);

    is($rc, 0, "$name: tpactl explains it");
    like($story, $rule, "$name: and names the rule") or diag($story);
}

# ---- the tenant's own page -------------------------------------------------------------

$t->settings(error_page_url => 'https://www.example.com/oops?x=1');
$answer = $b->authorize($closed, anything => 1);
is($answer->code, 303, 'a page of the tenant: 303');
like($answer->header('Location'), qr{^https://www\.example\.com/oops\?x=1&},
     'to it');
my $back = $b->returned;

is($back->{client_id}, $closed->{id}, 'with the client id');
is($back->{error}, 'invalid_request', 'the error');
like($back->{error_description}, qr/anything/, 'the description');
is($t->event(ref => $back->{tracking})->{client_id}, $closed->{id},
   'the reference');
is_deeply([ sort keys %$back ],
          [qw(client_id error error_description tracking x)],
          'and nothing else');
$b->authorize($open, anything => 1);
like($b->{page}->header('Location'), qr{^https://app\.example\.com/},
     'an application that takes its errors itself still does');
TPA::Tenant::undo();
$t->settings(error_page_url => 'http://www.example.com/oops');
is($b->authorize($closed, anything => 1)->header('Location'), '',
   'never to a page without TLS');
TPA::Tenant::undo();

# ---- what comes from outside is escaped -----------------------------------------------

my $evil = '<script>alert(1)</script>"\'&';

for my $name (qw(state scope login_hint ui_locales audience organization
                 connection nonce anything correlation_id)) {
    my $answer = $b->authorize($closed, $name => $evil);

    unlike($answer->body, qr/<script>alert|alert\(1\)<\/script>/,
           "$name: nothing unescaped");
}
$b->authorize($closed, $evil => 1);
unlike($b->{page}->body, qr/<script>alert/, 'a name: nothing unescaped');

# ---- names and hosts of the request ------------------------------------------------------

for my $header ([ 'X-Forwarded-Host' => 'evil.example' ],
                [ 'X-Forwarded-Proto' => 'http' ],
                [ 'Forwarded' => 'host=evil.example' ]) {
    my $answer = $b->get($b->request_of($open, anything => 1),
                         headers => $header);

    is($b->returned->{iss}, $t->{issuer}, "$header->[0]: the issuer stays");
    unlike($answer->header('Location'), qr/evil/, "$header->[0]: unheard");
}

done_testing();
