# What is limited by the caller's address: failed client authentication, and
# asking in the name of applications that do not exist.
use TPA::Test;

my $node = TPA::Node->new('addresses')->start;
my %t = map { $_ => tenant("limits-$_", node => $node) } qw(direct proxied);
my $m = $t{direct}->machine;
my @form = ('Content-Type' => 'application/x-www-form-urlencoded');

# token('direct', secret, header => value, ...): the status.
sub token {
    my ($host, $secret, @headers) = @_;

    return $t{$host}->http->request('POST', '/oauth/token',
        headers => [ @form, @headers ],
        body => form(grant_type => 'client_credentials', client_id => $m->{id},
                     client_secret => $secret,
                     audience => $m->{api}{identifier}));
}

my $wrong = seen('w' x 43);

sub from { return ('X-Forwarded-For' => $_[0]) }

# ---- addresses a proxy tells ----------------------------------------------------

for (
    # name                  address          the others share it
    [ 'IPv4',               '192.0.2.1',     [ '192.0.2.1' ], [ '192.0.2.2' ] ],
    [ 'IPv6, a network',    '2001:db8:1:1::1',
      [ '2001:db8:1:1::1', '2001:DB8:1:1:ffff::7', '2001:db8:1:1:0:0:0:2' ],
      [ '2001:db8:1:2::1' ] ],
) {
    my ($name, $address, $same, $others) = @$_;

    is(token('proxied', $wrong, from($address))->code, 401,
       "$name: wrong secret $_") for 1 .. 3;
    is(token('proxied', $wrong, from($_))->code, 429,
       "$name: $_ is not heard any more") for @$same;
    is_error(token('proxied', $m->{secret}, from($_)), 429,
             'too_many_requests', "$name: not even with the right secret: $_")
        for @$same;
    is(token('proxied', $m->{secret}, from($_))->code, 200,
       "$name: $_ is") for @$others;
}
is(token('proxied', $m->{secret}, from('192.0.2.9'))->code, 200,
   'a right secret uses nothing up') for 1 .. 5;

# ---- where no proxy is trusted ---------------------------------------------------

is(token('direct', $wrong, from("198.51.100.$_"))->code, 401,
   "a wrong secret, as if from another address: $_") for 1 .. 3;
my $log = $node->access_log;
my $answer = token('direct', $wrong, from('198.51.100.4'));

is_error($answer, 429, 'too_many_requests', 'the header changes nothing');
ok($answer->header('Retry-After') > 0, 'when to come again');
is($answer->header('x-ratelimit-limit'), '',
   'but nothing of the limit: it is not the application\'s');
like($log->wait_for(qr/^limits-direct.* 429 /), qr/ calls=(?:0|-)$/,
     'no database was asked');
is($t{direct}->http->request('POST', '/oauth/revoke', headers => \@form,
    body => form(client_id => $m->{id}, client_secret => $m->{secret},
                 token => 'x' x 43))->code, 429, 'nor at /oauth/revoke');
is($t{direct}->http->request('GET', "/authorize?client_id=$m->{id}")->code,
   429, 'nor at /authorize');
is($t{direct}->http->request('GET', '/.well-known/jwks.json')->code, 200,
   'what costs nothing is always there');

my $event = $t{direct}->event(hostname => $t{direct}{host},
                              type => 'api_limit');

is_deeply($event->{details}, { limit => 'auth-failures', burst => 3,
    action => 'refuse' }, 'an event says why');

# ---- applications that do not exist ------------------------------------------------

my @made_up = map { TPA::Tenant::text_of(22) } 1 .. 4;
my $authorize = sub {
    my ($id, $address) = @_;

    return $t{proxied}->http->request('GET', "/authorize?client_id=$id",
                                      headers => [ from($address) ])->code;
};

is(join(' ', map { $authorize->("tpc_$_", '203.0.113.1') } @made_up),
   '400 400 400 429', 'made-up ids cost the address');
is($authorize->("tpc_$made_up[3]", '203.0.113.2'), 400,
   'another one is still heard');
is(join(' ', map { $authorize->($m->{id}, '203.0.113.3') } 1 .. 5),
   '400 400 400 400 400', 'asking for a real one wrongly costs nothing');

$node->stop;
done_testing();
