# authorization_details (RFC 9396) at the authorization endpoint: what is
# refused, what the user is asked, and what then stands in token and answer.
use TPA::Test;
use TPA::Browser;
use TPA::User;

use JSON::PP ();

my $t = tenant('a');
my $connection = connection_of($t);
my $api = $t->api(authorization_details => [qw(payment account), 'https://x/y'],
                  allow_offline_access => 't');
my $app = app_of($t, api => $api, grant => {
    authorization_details_types => [ 'payment', 'https://x/y', 'unknown' ] });
my $user = TPA::Browser::person($t, $connection);
my $b = TPA::Browser->new($t);
my $s = { t => $t, app => $app };
my $json = JSON::PP->new->canonical->utf8;
my $pay = { type => 'payment', amount => { value => '12.50', currency =>
    'EUR' }, to => [ 'Ann', 'Ben' ], note => "<b>&'\"" };
my $other = { type => 'https://x/y', n => 7, deep => [ { a => 1 } ] };

sub details { return $json->encode([ @_ ]) }

sub code { return { code => $b->code, verifier => $b->{verifier} } }

sub claims { return (TPA::JWT::decode($_[0]->json->{access_token}))[1] }

# ---- what is refused: before anybody is asked for a password ----------------------

my $plain = app_of($t, api => $api, grant => {});
my $first = app_of($t, api => $t->api(authorization_details => [ 'payment' ],
    user_policy => 'allow_all'), party => 'first', grant => undef);
my $needy = app_of($t, api => $t->api(authorization_details => [ 'payment' ],
    user_policy => 'require_client_grant'), party => 'first', grant => {});

for (
    # application, what is sent, text
    [ 'no type of the API',       $app, details({ type => 'nothing' }),
      qr/not authorized for this type/ ],
    [ 'in the grant alone',       $app, details({ type => 'unknown' }),
      qr/not authorized for this type/ ],
    [ 'in the API alone',         $app, details({ type => 'account' }),
      qr/not authorized for this type/ ],
    [ 'one of two',               $app, details($pay, { type => 'account' }),
      qr/not authorized for this type/ ],
    [ 'another case',             $app, details({ type => 'Payment' }),
      qr/not authorized for this type/ ],
    [ 'a grant without types',    $plain, details($pay),
      qr/not authorized for this type/ ],
    [ 'first-party, the same',    $needy, details($pay),
      qr/not authorized for this type/ ],
    [ 'first-party, not the API\'s', $first, details({ type => 'account' }),
      qr/not authorized for this type/ ],
    [ 'not JSON',                 $app, 'payment', qr/is not JSON/ ],
    [ 'not an array',             $app, $json->encode($pay), qr/JSON array/ ],
    [ 'empty',                    $app, '[]', qr/one object or more/ ],
    [ 'no type',                  $app, '[{}]', qr/that have a type/ ],
    [ 'a type twice',             $app,
      '[{"type":"payment","type":"account"}]', qr/one way only/ ],
    [ 'too many',                 $app,
      details(map { { type => 'payment', n => $_ } } 1 .. 11), qr/more than/ ],
    [ 'too deep',                 $app, '[{"type":"payment","a":'
      . '[' x 20 . ']' x 20 . '}]', qr/too deep/ ],
    [ 'deeper than can be read',  $app, '[' x 500 . ']' x 500,
      qr/is not JSON/ ],
    [ 'a control character',      $app, details({ type => 'payment',
      a => "\x01" }), undef ],
) {
    my ($name, $who, $sent, $text) = @$_;

    $b->authorize($who, authorization_details => $sent);
    if (!$text) {
        is($b->at, 'login', "$name: escaped, it is only text");
        next;
    }
    my @told = $b->told;

    is($told[0], 'invalid_authorization_details', "$name: refused");
    like($told[1], $text, "$name: why");
    is($b->{page}->code, 400, "$name: 400");
    unlike($told[1], qr/nothing|unknown|account/, "$name: nothing is repeated");
}
$b->authorize($app, authorization_details => details({ type => 'payment',
              a => 'x' x 4100 }));
is(($b->told)[1], 'Parameter authorization_details is too long',
   'more than 4096 bytes');
my $fresh = app_of($t, api => $api, grant => {});

$b->authorize($fresh, authorization_details => details({ type => 'nothing' }));
my $event = refusal_of({ t => $t, app => $fresh }, 'details_granted');

is($event->{rule}, 'details_granted', 'the refusal is on record');
is_deeply($event->{details}{facts}{asked_details},
    [ { type => 'nothing', text => '{"type":"nothing"}' } ],
    'with what was asked for');
$b->authorize($app, redirect_uri => 'https://evil.example/',
              authorization_details => 'x');
like(($b->told)[1], qr/redirect_uri/, 'a wrong address comes first');

# ---- the consent page ---------------------------------------------------------------

my $sent = details($pay, $other);

$b->authorize($app, authorization_details => $sent,
              scope => 'read:things offline_access');
is($b->at, 'login', 'allowed types: the login page');
$b->login($user);
is($b->at, 'consent', 'the consent page');
my $body = $b->{page}->body;

for ('payment', 'amount.value', '12.50', 'amount.currency', 'EUR', 'Ann, Ben',
     'https://x/y', 'deep[1].a') {
    like($body, qr{<bdi>\Q$_\E</bdi>}, "it shows $_");
}
unlike($body, qr/<b>&'/, 'what the application sent is escaped');
like($body, qr{<bdi>&lt;b&gt;&amp;}, 'and shown');
$b->consent;
is($b->at, 'redirect', 'back to the application');
my $code = code();
my $answer = exchange($s, $code);

is($answer->code, 200, 'the code gives tokens') or diag($answer->body);
is_deeply($answer->json->{authorization_details}, [ $pay, $other ],
          'the answer names the details');
is_deeply(claims($answer)->{authorization_details}, [ $pay, $other ],
          'so does the token');

# ---- asked each time ----------------------------------------------------------------

$b->authorize($app, authorization_details => $sent);
is($b->at, 'consent', 'the same again: the user is asked again');
$b->consent('decline');
is(($b->told)[0], 'access_denied', 'declined');
$b->authorize($app, authorization_details => $sent, prompt => 'none');
is(($b->told)[0], 'consent_required', 'prompt=none: consent_required');
$b->authorize($app);
is($b->at, 'redirect', 'without details the stored consent is enough');
$answer = exchange($s, code());
is($answer->json->{authorization_details}, undef, 'and nothing in the answer');
ok(!exists claims($answer)->{authorization_details}, 'nor in the token');

# ---- what changed while the page was shown -------------------------------------------

$b->authorize($app, authorization_details => $sent);
is($b->at, 'consent', 'the page');
$t->db->rows("UPDATE tpa_data.client_grants SET authorization_details_types ="
    . " '{}' WHERE id = ?", $app->{grant}{id});
$b->consent;
is(($b->told)[0], 'invalid_authorization_details',
   'types taken away meanwhile: refused');
$t->db->rows("UPDATE tpa_data.client_grants SET authorization_details_types ="
    . " '{payment,https://x/y}' WHERE id = ?", $app->{grant}{id});

# ---- a default grant; no grant ---------------------------------------------------------

my $open = $t->api(authorization_details => [ 'payment' ]);
my $stranger = app_of($t, api => $open, grant => undef);

$t->grant(api => $open, subject_type => 'user',
          authorization_details_types => [ 'payment' ]);
$b->authorize($stranger, authorization_details => details($pay));
is($b->at, 'consent', 'a default grant allows types too');
$t->grant(client => $stranger, api => $open, subject_type => 'user');
$b->authorize($stranger, authorization_details => details($pay));
is(($b->told)[0], 'invalid_authorization_details',
   'an own grant replaces it: no types');
$t->insert('client_connections', client_id => $first->{id},
           connection_id => $connection->{id});
$b->authorize($first, authorization_details => details($pay));
is($b->at, 'consent',
   'first-party without a grant: what the API knows, and the user is asked')
    or diag(join ' ', $b->told);

done_testing();
