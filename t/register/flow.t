# From registration to a token: what an application that registered itself
# reaches, which is what default permissions say, and what users are shown.
use TPA::Test;
use TPA::Browser;
use TPA::JWT;
use TPA::Register;
use TPA::User;

my $t = tenant('b');
my $connection = connection_of($t);
my $user = TPA::Browser::person($t, $connection, name => 'Ann Example');
my $loopback = 'http://127.0.0.1:33418/callback';

door($t, 1);

sub api_with {
    my (%grant) = @_;
    my $api = $t->api(scopes => [ 'read:things', 'write:things' ],
                      allow_offline_access => 't');

    $t->grant(api => $api, subject_type => 'user', %grant) if %grant;
    return $api;
}

# An application, as TPA::Browser takes it.
sub stranger {
    my ($api, %members) = @_;

    return { %{ registered($t, %members) }, api => $api };
}

sub tokens {
    my ($b, $app, %more) = @_;
    my $answer = post_form($t, 'oauth/token', $app,
        grant_type => 'authorization_code', code => $b->code,
        code_verifier => $b->{verifier}, redirect_uri => $app->{callback},
        %more);
    my $said = $answer->json;

    seen(grep { defined } @$said{qw(access_token refresh_token)});
    return ($answer, $said);
}

# ---- without default permissions ---------------------------------------------

# name, the API, what a hint says
for (
    [ 'no default at all', api_with(), 'client_grant_exists' ],
    [ 'a default for machines only', api_with(subject_type => 'client'),
      'client_grant_exists' ],
) {
    my ($name, $api, $rule) = @$_;
    my $app = stranger($api);
    my $b = TPA::Browser->new($t);

    $b->authorize($app);
    is($b->at, 'error', "$name: it reaches nothing");
    my ($error, $text, $ref) = $b->told;

    is($error, 'unauthorized_client', "$name: unauthorized_client")
        or diag($text);
    is($b->code, undef, "$name: no code");
    my $event = $t->event(ref => $ref) || {};
    my ($rc, $told) = tpactl('explain', $ref, tenant => 'b');

    is($rc, 0, "$name: explained");
    is($event->{rule}, $rule, "$name: the rule");
    like($told, qr/\Q$rule\E/, "$name: explain names the rule");
    like($told, qr/client grant/i, "$name: and the client grant that is missing")
        or diag($told);
}

# ---- with them -------------------------------------------------------------------

my $api = api_with(scope => [ 'read:things' ]);
my $app = stranger($api, client_name => 'Agent Smith',
    redirect_uris => [ $loopback ], token_endpoint_auth_method => 'none',
    grant_types => [ 'authorization_code', 'refresh_token' ],
    scope => 'read:things write:things');
my $b = TPA::Browser->new($t);

$b->authorize($app, scope => 'read:things write:things offline_access');
$b->login($user);
is($b->at, 'consent', 'the user is asked');

my $text = TPA::Browser::plain($b->{page}->body =~ s/<[^>]*>/ /gr
                               =~ s/\s+/ /gr);

like($text, qr/Agent Smith/, 'by the name it chose');
like($text, qr/127\.0\.0\.1:33418/, 'with the host of the redirect URI');
like($text, qr/registered itself/, 'told that it registered itself');
like($text, qr/since [A-Z][a-z]+ \d+, 20\d\d/, 'and when');
unlike($text, qr/write/, 'a scope beyond the default is not asked for');
$b->consent;
is($b->at, 'redirect', 'and then it has a code');
my ($answer, $said) = tokens($b, $app);

is($answer->code, 200, 'which is exchanged') or diag($answer->body);
is($said->{scope}, 'read:things offline_access', 'the scopes of the default');
my (undef, $claims) = TPA::JWT::decode($said->{access_token});

is($claims->{aud}, $api->{identifier}, 'for the API');
is($claims->{azp} // $claims->{client_id}, $app->{id}, 'by its id');
ok($said->{refresh_token}, 'a refresh token');
$answer = post_form($t, 'oauth/token', $app, grant_type => 'refresh_token',
                    refresh_token => $said->{refresh_token});
is($answer->code, 200, 'which is good') or diag($answer->body);
seen(@{ $answer->json }{qw(access_token refresh_token)});

# Another port of the machine is fine (RFC 8252 7.3), another host is not.
$b->authorize($app, redirect_uri => 'http://127.0.0.1:5/callback');
is($b->at, 'confirm', 'another port of the loopback address, which is'
   . ' confirmed like each address there');
$b->submit(decision => 'accept');
ok($b->code, 'and gets its code');
$b->authorize($app, redirect_uri => 'http://127.0.0.2:33418/callback');
is($b->at, 'error', 'another address');

# ---- an own grant replaces the default -----------------------------------------------

my $narrow = api_with(scope => [ 'read:things', 'write:things' ]);
my $own = stranger($narrow);

$t->grant(client => $own, api => $narrow, subject_type => 'user',
          scope => [ 'write:things' ]);
$b->authorize($own, scope => 'read:things write:things');
$b->consent;
($answer, $said) = tokens($b, $own);
is($said->{scope}, 'write:things', 'an own grant replaces the default, also'
   . ' where it allows less');

# ---- never a machine ---------------------------------------------------------------------

my $machines = api_with(subject_type => 'client',
                        scope => [ 'read:things' ]);
my $m = stranger($machines, grant_types => [ 'authorization_code',
                                             'client_credentials' ]);

is_error($t->token($m), 400, 'unauthorized_client',
         'no token for itself, though there is a default');
$t->update('clients', { client_id => $m->{id} },
           grant_types => [ 'authorization_code', 'client_credentials' ]);
is_error($t->token($m), 400, 'unauthorized_client',
         'nor if the row said so');
is($t->event(client_id => $m->{id}, rule => 'third_party_by_hand')->{rule},
   'third_party_by_hand', 'which is a rule of its own');

# ---- a name that looks like another's --------------------------------------------------

my $alike = stranger($api, client_name => "P\x{430}yP\x{430}l",
    redirect_uris => [ 'https://xn--pypal-4ve.example/cb' ]);

$b->authorize($alike);
is($b->at, 'consent', 'a name in letters that look like others');
$text = $b->{page}->body =~ s/<[^>]*>/ /gr;
like($text, qr/xn--pypal-4ve\.example/, 'the host stands there in ASCII');
like($text, qr/registered itself/, 'and that nobody has checked it');

# ---- pages -------------------------------------------------------------------------------

my $page = stranger($api, token_endpoint_auth_method => 'none',
                    redirect_uris => [ 'https://Page.example:443/cb' ]);

for (
    [ 'https://page.example', 'https://page.example' ],
    [ 'https://other.example', '' ],
) {
    my ($origin, $allowed) = @$_;
    my $answer = post_form($t, 'oauth/token', $page, code => 'x' x 43,
        grant_type => 'authorization_code', redirect_uri => $page->{callback},
        code_verifier => 'x' x 43, '-headers' => [ Origin => $origin ]);

    is_error($answer, 400, 'invalid_grant', "a page of $origin");
    is($answer->header('Access-Control-Allow-Origin'), $allowed,
       'may ' . ($allowed ? '' : 'not ') . 'read the answer');
}

done_testing();
