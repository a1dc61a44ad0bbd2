# A client assertion is good once: in sequence, in a race, and on other nodes.
use TPA::Test;

my $t = tenant('a');
my $rsa = TPA::JWT::key('rsa', 2048);
my $jwt = $t->machine(method => 'private_key_jwt',
                      keys => [ { pem => TPA::JWT::public_pem($rsa) } ]);
my $second = TPA::Node->new('replay')->start;
my $there = tenant('a', node => $second);
my $n = 0;

sub assertion {
    my $now = time;

    return seen(TPA::JWT::sign({ alg => 'RS256' }, {
        iss => $jwt->{id}, sub => $jwt->{id}, aud => $t->{issuer},
        iat => $now, exp => $now + 60, jti => "once-$$-" . ++$n, @_ }, $rsa));
}

sub ask {
    my ($tenant, $assertion, @more) = @_;

    return $tenant->token({ %$jwt, secret => undef },
        client_assertion => $assertion, client_assertion_type =>
            'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', @more);
}

my $one = assertion();

is(ask($t, $one)->code, 200, 'the first node');
is_error(ask($there, $one), 401, 'invalid_client', 'then the second');
$one = assertion();
is(ask($there, $one)->code, 200, 'the second node');
is_error(ask($t, $one), 401, 'invalid_client', 'then the first');

# The jti is used up whatever comes of the request, once the client is known
# by it; the same assertion never works twice.
$one = assertion();
is_error(ask($t, $one, scope => 'no:such'), 400, 'invalid_scope',
         'a request that is refused for its scope');
is_error(ask($t, $one), 401, 'invalid_client', 'the same assertion again');

# A signature that is not good uses up nothing.
$one = assertion();
is_error(ask($t, $one =~ s/\.[^.]+$/.AAAA/r), 401, 'invalid_client',
         'a jti with a bad signature');
is(ask($t, $one)->code, 200, 'the same jti with the good one');

# Races: eight at a time on two nodes, one wins.
for my $round (1 .. (slow_run() ? 3 : 10)) {
    my $assertion = assertion();
    my $start = Time::HiRes::time() + 0.15;
    my $load = TPA::Load->start(8, sub {
        my $tenant = $_[0] % 2 ? $t : $there;
        my $http = $tenant->http;
        my $done = 0;

        $http->connect_now;
        return sub {
            select undef, undef, undef, 0.02 if $done;
            return 'idle' if $done++;
            select undef, undef, undef, $start - Time::HiRes::time();
            return ask($tenant, $assertion, '-http' => $http)->code;
        };
    });

    select undef, undef, undef, 0.8 + slow_run();
    my $tally = TPA::Load::tally($load->stop);

    is_deeply([ $tally->{200}, $tally->{401} ], [ 1, 7 ],
              "race $round: one of eight wins") or diag(explain($tally));
}

$second->stop;
done_testing();
