# How often applications may ask: which bucket a request is counted in, what is
# answered when it is empty, and what others can do about it. The buckets hold a
# few, and one comes back a day.
use TPA::Test;
use TPA::Browser;
use TPA::User;

my $node = TPA::Node->new('limits')->start;
my $t = tenant('limits', node => $node);
my $elsewhere = tenant('a', node => $node);

# What is left, as the headers say; undef: they say nothing.
sub left_of {
    my ($answer) = @_;
    my ($limit, $left, $reset) = map { $answer->header("x-ratelimit-$_") }
        qw(limit remaining reset);

    return if "$limit$left$reset" eq '';
    die "odd headers: $limit, $left, $reset\n"
        unless "$limit $left $reset" =~ /^\d+ \d+ \d+$/ && $reset >= time;
    return "$left of $limit";
}

# The answers to the same request, again and again.
sub codes_of {
    my ($times, $ask) = @_;

    return join ' ', map { $ask->()->code } 1 .. $times;
}

sub wrong { return { %{ $_[0] }, secret => seen(TPA::Tenant::text_of(43)) } }

# ---- every application by itself ------------------------------------------------

my $m = $t->machine;
my $other = $t->machine;

is(left_of($t->token($m)), '2 of 3', 'the first');
is(left_of($t->token($m)), '1 of 3', 'the second');
is(left_of($t->token($m)), '0 of 3', 'the last one there is');

my $log = $node->access_log;
my $answer = $t->token($m);

is_error($answer, 429, 'too_many_requests', 'one more is refused', qr/later/);
is(left_of($answer), '0 of 3', 'and told so');
like($answer->header('Retry-After'), qr/^8[56]\d{3}$/, 'and when to come');
like($log->wait_for(qr/^limits\.example.* 429 /), qr/ calls=(?:0|-)$/,
     'no database was asked');
is($t->token($other)->code, 200, 'another application');
is($elsewhere->token($m)->code, 200, 'the same one at another tenant');
is(left_of($elsewhere->token($m)), undef, 'where nothing is limited');
is_error($t->token(wrong($m)), 429, 'too_many_requests',
         'a wrong secret is told no more than a right one');

# What others can do: nothing of this is counted as the application's.
my $quiet = $t->machine;

is(codes_of(6, sub { $t->token(wrong($quiet)) }), '401 ' x 5 . 401,
   'wrong secrets are no requests of the application');
is(codes_of(6, sub { $t->http->request('GET', '/authorize?client_id='
   . $quiet->{id}) }), '400 400 400 429 429 429',
   'nor are those that anybody can make in its name');
is(left_of($t->token($quiet)), '2 of 3', 'which are counted apart');
is(codes_of(4, sub { $t->token($quiet, '-http' => $t->http,
   scope => 'no:such') }), '400 400 429 429', 'refusals of its own count');

# ---- the way in does not matter -----------------------------------------------

my $sly = $t->machine;
my @form = ('Content-Type' => 'application/x-www-form-urlencoded');
my $body = form(grant_type => 'client_credentials', client_id => $sly->{id},
                client_secret => $sly->{secret},
                audience => $sly->{api}{identifier});

for (
    # name                           path               headers      code
    [ 'as it should be',             '/oauth/token',    [],           200 ],
    [ 'rewritten within the server', '/inside/rewritten', [],         200 ],
    [ 'another address, it says',    '/oauth/token',
      [ 'X-Forwarded-For' => '192.0.2.7', Forwarded => 'for=192.0.2.7' ], 200 ],
    [ 'as it should be',             '/oauth/token',    [],           429 ],
    [ 'rewritten within the server', '/inside/rewritten', [],         429 ],
    [ 'a path with escapes',         '/oauth/%74oken',  [],           429 ],
    [ 'another address, it says',    '/oauth/token',
      [ 'X-Forwarded-For' => '192.0.2.8', 'X-Real-IP' => '192.0.2.8' ], 429 ],
    [ 'a port behind the host',      '/oauth/token',
      [ Host => "$t->{host}:443" ], 429 ],
    [ 'the host in capitals',        '/oauth/token',
      [ Host => uc $t->{host} ], 429 ],
) {
    my ($name, $path, $headers, $code) = @$_;
    my %own = @$headers;

    is($t->http->request('POST', $path, headers => [ @form, @$headers ],
                         body => $body, $own{Host} ? (host => undef) : ())
       ->code, $code, "$name: $code");
}
$body = form(grant_type => 'client_credentials', client_id => uc $sly->{id},
             client_secret => $sly->{secret});
is($t->http->request('POST', '/oauth/token', headers => \@form, body => $body)
   ->code, 401, 'another spelling of the id is another, unknown one');

# ---- third-party applications together ------------------------------------------

$t->settings(third_party_client_credentials => 't');
my $connection = connection_of($t);
my @apps = map { app_of($t) } 1, 2;
my $user = TPA::Browser::person($t, $connection);
my $b = TPA::Browser->new($t);

is(codes_of(10, sub { $t->http->request('GET', '/authorize?client_id=tpc_'
   . TPA::Tenant::text_of(22)) }), '400 ' x 9 . 400,
   'made-up ids of third-party applications');
$b->authorize($apps[0]);
is($b->at, 'login', 'take nothing of the real ones');
is(left_of($b->{page}), '3 of 4', 'which share what there is');

my $visitor = TPA::Browser->new($t);

is(left_of($visitor->authorize($apps[1])), '2 of 4', 'both');
is(left_of($visitor->authorize($apps[0])), '1 of 4', 'of');
is(left_of($visitor->authorize($apps[1])), '0 of 4', 'them');
$answer = $visitor->authorize($apps[0]);
is($answer->code, 429, 'until none is left');
is($visitor->at, 'error', 'then there is a page of ours');
is(($visitor->told)[0], 'too_many_requests', 'that says why');
ok($answer->header('Retry-After') > 0, 'and when to come again');
is($answer->header('Set-Cookie'), '', 'and sets no cookie');
is($visitor->authorize($apps[0], prompt => 'none')->code, 429,
   'prompt=none is told here, too, since nothing was looked up');

$b->login($user);
$b->consent if $b->at eq 'consent';
ok($b->code, 'who is on the way is not held up: pages are not counted');

# With a secret they are counted together as well, but apart from /authorize.

is(codes_of(5, sub { $t->token($apps[0]) }), '400 400 400 400 429',
   'one of them at the token endpoint');
is($t->token($apps[1])->code, 429, 'used up what the other has there');

# ---- policies of one application ----------------------------------------------

my %named = map { $_ => $t->machine(id => "limits-$_") }
    qw(own blocked free);

is(codes_of(3, sub { $t->token($named{own}) }), '200 200 429',
   'its own policy comes before the default');
is(codes_of(6, sub { $t->token($named{free}) }), '200 ' x 5 . 200,
   'off: it may ask as often as it likes');
is(left_of($t->token($named{free})), undef, 'and is told nothing of limits');
$answer = $t->token($named{blocked});
is_error($answer, 429, 'too_many_requests', '0: it is blocked');
is(left_of($answer), '0 of 0', 'and told so');
is($t->http->request('GET', '/authorize?client_id=limits-blocked')->code, 429,
   'also at /authorize');
is($elsewhere->token($named{blocked})->code, 200, 'elsewhere it is not');
is($t->http->request('GET', '/authorize?client_id='
   . escape('https://app.example.com/client.json'))->code, 429,
   'a client that is an URL falls under cimd');

# ---- revocation -----------------------------------------------------------------

my $revoker = $t->client;
my $revoke = sub {
    return $t->http->request('POST', '/oauth/revoke', headers => \@form,
        body => form(client_id => $revoker->{id}, token => 'x' x 43,
                     client_secret => $revoker->{secret}));
};

is(codes_of(4, $revoke), '200 200 200 429', 'revocations count');
is_error($revoke->(), 429, 'too_many_requests', 'and are answered like others');

# ---- the Management API ------------------------------------------------------

my $api = $t->api(identifier => "$t->{issuer}api/v2/",
                  scopes => [ 'read:clients' ]);
my $admin = $t->machine(api => $api);
my $bearer = $t->token($admin)->json->{access_token};
my $list = sub {
    return $t->http->request('GET', '/api/v2/clients',
        headers => [ Authorization => "Bearer $bearer" ]);
};

is(codes_of(3, $list), '200 200 200', 'calls of the Management API');
$answer = $list->();
is($answer->code, 429, 'count, too');
is_deeply($answer->json, { statusCode => 429, error => 'Too Many Requests',
    message => $answer->json->{message}, errorCode => 'too_many_requests' },
    'and are answered in its style');
like($answer->json->{message}, qr/later/, 'with a text');
ok($answer->header('Retry-After') > 0, 'and when to come again');
is(left_of($t->token($admin)), '1 of 3', 'apart from tokens');

# ---- what is written down --------------------------------------------------------

my $event = $t->event(client_id => $m->{id}, type => 'api_limit');

is_deeply($event->{details}, { limit => 'default', burst => 3,
    action => 'refuse' }, 'an event says which limit was reached');
ok($event->{ref}, 'with a reference');
$event = $t->event(client_id => $m->{id}, type => 'api_limit_warning');
is_deeply($event->{details}, { limit => 'default', burst => 3,
    action => 'warn' }, 'and one before that it is about to be');

sub events_of {
    my ($client, $type) = @_;

    $t->token($other);   # its event comes after all of these
    return scalar $t->events(client_id => $client->{id}, type => $type);
}

my $noisy = $t->machine;

is(codes_of(20, sub { $t->token($noisy) }), '200 200 200' . ' 429' x 17,
   'many refusals');
ok($t->event(client_id => $noisy->{id}, type => 'api_limit'), 'are told');
is(events_of($noisy, 'api_limit'), 1, 'once');
is(events_of($noisy, 'api_limit_warning'), 1, 'after one warning');
is(events_of($noisy, 'feccft'), 0, 'and not one by one');
is(scalar($node->error_log->lines(qr/TPA0005.*$noisy->{id}/)), 0,
   'nor in the error log since');

# ---- a restart -------------------------------------------------------------------

ok($node->renew, 'after a graceful restart, with other children');
is($t->token($m)->code, 429, 'what was used up still is');
is(left_of($t->token($t->machine)), '2 of 3', 'and others are counted');

# ---- log only ------------------------------------------------------------------

my $watched = tenant('limits-log', node => $node);
my $shut = $watched->machine(id => 'limits-shut');

is(codes_of(4, sub { $watched->token($m) }), '200 200 200 200',
   'log: nothing is refused');
is(left_of($watched->token($m)), '0 of 1', 'log: headers say what is left');
$event = $t->event(client_id => $m->{id}, hostname => $watched->{host},
                   type => 'api_limit');
is($event->{details}{action}, 'log', 'log: it is written down');
is(scalar($t->events(client_id => $m->{id}, hostname => $watched->{host},
                     type => 'api_limit')), 1, 'log: once');
is($watched->token($shut)->code, 200, 'log: 0 blocks nobody');

$node->stop;
done_testing();
