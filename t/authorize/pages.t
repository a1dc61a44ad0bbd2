# What every page of the user flow says in its headers, and what strangers can
# write into pages and logs.
use TPA::Test;
use TPA::Browser;
use TPA::User;

my $t = tenant('a');
my $connection = connection_of($t);
my $user = TPA::Browser::person($t, $connection);
my $api = $t->api;
my @orgs = map { org_with($t, [ $connection ]) } 1, 2;
my $b = TPA::Browser->new($t);

membership($t, $_, $user) for @orgs;

# ---- headers ---------------------------------------------------------------------

my %page;

sub keep {
    my ($name, $browser) = @_;

    return $page{$name} = $browser->{page};
}

my $app = app_of($t, api => $api, app_type => 'native',
    callbacks => [ 'https://app.example.com/callback', 'http://localhost/cb' ],
    organization_usage => 'require',
    organization_require_behavior => 'post_login_prompt');
my $pre = app_of($t, api => $api, organization_usage => 'require',
                 organization_require_behavior => 'pre_login_prompt');
my $plain = app_of($t, api => $api,
                   callbacks => [ 'http://localhost/cb' ]);

$plain->{callback} = 'http://localhost/cb';
$b->authorize($pre);
keep(organization => $b);
$b->authorize($app);
keep(login => $b);
$b->login($user, password => 'wrong-password');
keep('login, again' => $b);
$b->login($user);
keep(picker => $b);
$b->submit(organization => $orgs[0]{id});
keep(consent => $b);
$b->consent('decline');
keep('error, by a form' => $b);
$b->run($plain, $user);
$b->authorize($plain);
keep(confirm => $b);
$b->authorize($app, client_id => 'nobody');
keep(error => $b);
$b->get('/u/consent');
keep('error, no ticket' => $b);
$b->get('/authorize?x=%zz');
keep('error, no parameters' => $b);
$b->post('/authorize');
keep('error, method' => $b);

for my $name (sort keys %page) {
    my $answer = $page{$name};
    my $policy = $answer->header('Content-Security-Policy');

    like($answer->header('Content-Type'), qr{^text/html; ?charset=utf-8$}i,
         "$name: HTML");
    like($policy, qr/default-src 'none'/, "$name: nothing is loaded");
    like($policy, qr/frame-ancestors 'none'/, "$name: nobody frames it");
    like($policy, qr/base-uri 'none'/, "$name: no other base");
    unlike($policy, qr/unsafe|script-src|\*/, "$name: no scripts");
    is($answer->header('X-Frame-Options'), 'DENY', "$name: old browsers");
    is($answer->header('X-Content-Type-Options'), 'nosniff', "$name: its type");
    is($answer->header('Referrer-Policy'), 'no-referrer', "$name: no referrer");
    like($answer->header('Cache-Control'), qr/no-store/, "$name: no-store");
    is($answer->header('Access-Control-Allow-Origin'), '',
       "$name: other origins do not read it");
    unlike($answer->body, qr/<script|\son\w+=|javascript:/i,
           "$name: none in it");
}
is($page{login}->code, 200, 'a page is answered with 200');
is($page{'error, method'}->code, 405, 'a wrong method with 405');
ok($page{'error, method'}->header('Allow'), 'and Allow');

# ---- names -------------------------------------------------------------------------

my $evil = "\"'><script>x</script>&<img src=x>\x{202e}";
my $name = $evil =~ s/[<>]//gr;
my $person = TPA::Browser::person($t, $connection, name => $evil);
my $org = org_with($t, [ $connection ], display_name => $evil);
my $named = app_of($t, api => $api, name => $name);

$t->update('connections', { id => $connection->{id} }, display_name => $evil);
membership($t, $org, $person);
for my $step (
    sub { $b->another->authorize($named, organization => $org->{id},
                                 login_hint => $evil) },
    sub {
        my $browser = $b->another;

        $browser->authorize($named, organization => $org->{id}, state => $evil);
        $browser->login($person, identifier => $evil);
        return $browser->login($person);
    },
) {
    my $html = $step->()->body;

    unlike($html, qr/<script>x|<img src=x/, 'names are escaped');
    unlike($html, qr/\xe2\x80\xae/, 'and do not turn the text around');
    like($html, qr/&lt;script&gt;x/, 'but are there');
}

# ---- logs --------------------------------------------------------------------------

my $log = main_node->error_log;
my $odd = "x\r\n[fake] line \e[31m \x07 \x{202e} \x{9b}31m \\";

for my $name (qw(client_id redirect_uri scope audience organization connection
                 state login_hint correlation_id)) {
    $b->another->authorize($named, $name => $odd);
}
my $browser = $b->another;

$browser->authorize($named);
$browser->login($person, identifier => $odd, password => 'wrong-password');
$browser->post('/u/consent', ticket => $odd);
ok($log->wait_for(qr/TPA0010/), 'these were logged');
my $text = $log->text;

unlike($text, qr/[^\n\x20-\x7e\x80-\xff]/, 'no control bytes in the log');
unlike($text, qr/^\[fake\]/m, 'no line of their own');
unlike($text, qr/wrong-password/, 'no password');
is($t->db->value("SELECT count(*) FROM tpa_data.log_events WHERE"
    . " concat(client_id, audience, scope, organization_id, user_agent,"
    . " description) ~ '[\\x01-\\x1f\\x7f]'"), 0,
   'no control bytes in the events');

done_testing();
