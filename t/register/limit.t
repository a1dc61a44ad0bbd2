# Registrations are limited by the address they come from, whatever is sent.
use TPA::Test;
use TPA::Register;

my $node = TPA::Node->new('register')->start;
my $t = tenant('limits-proxied', node => $node);
my $uri = 'https://app.example.com/callback';

door($t, 1);

sub from {
    my ($address, $body) = @_;

    return register($t, $body || { redirect_uris => [ $uri ] }, headers => [
        'Content-Type' => 'application/json',
        'X-Forwarded-For' => $address ]);
}

is(from('192.0.2.70')->code, 201, "registration $_ of one address")
    for 1 .. 3;
my $answer = from('192.0.2.70');

is_error($answer, 429, 'too_many_requests', 'the fourth is one too many');
like($answer->header('Retry-After'), qr/^[1-9]\d*$/, 'and told when to come');
is($answer->header('Access-Control-Allow-Origin'), '*', 'pages may read that');
is(from('192.0.2.71', '{')->code, 400, "$_: what is wrong counts as well")
    for 1 .. 3;
is(from('192.0.2.71')->code, 429, 'and then nothing good is taken');
is(from('192.0.2.72')->code, 201, 'others are not concerned');
is(from('2001:db8:7::1')->code, 201, 'a network of IPv6');
is(from("2001:db8:7::$_")->code, 201, 'has as much') for 2, 3;
is(from('2001:db8:7::4')->code, 429, 'as one address');
door($t, 0);
is(from('192.0.2.73')->code, 403, "$_: a closed door counts too") for 1 .. 3;
is(from('192.0.2.73')->code, 429, 'before it is asked whether it is open');

done_testing();
