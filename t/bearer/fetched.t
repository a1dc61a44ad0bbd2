# AuthType TPABearer with the keys of an issuer on another machine: fetched,
# renewed, asked for when a token names another one, and given up.
use TPA::Test timeout => 300;

use Time::HiRes qw(sleep time);
use TPA::Site ();

my $aud = 'https://api.example.test/f/';
my $iss = 'https://far.example.test/';
my %key = map { $_ => TPA::JWT::key('rsa', 2048) } qw(first second);
my %jwk = map { $_ => { %{ TPA::JWT::rsa_jwk($key{$_}) }, alg => 'RS256' } }
    keys %key;

# A token that says it was signed by that kid.
sub token {
    my ($kid, $key, %claims) = @_;

    return seen(TPA::JWT::sign({ alg => 'RS256', typ => 'at+jwt', kid => $kid },
        { iss => $iss, sub => 'user-' . TPA::Tenant::hex_of(8), aud => $aud,
          exp => int(time) + 600, %claims }, $key{$key}));
}

sub set_of {
    my (@pairs) = @_;
    my @keys;

    while (my ($kid, $key) = splice @pairs, 0, 2) {
        push @keys, { %{ $jwk{$key} }, kid => $kid };
    }
    return { keys => \@keys };
}

# ---- a node of one process, and a host for each issuer -----------------------
my $site = TPA::Site->start(name => 'loop.cimd.test', address => '127.0.0.1');
my $fake = TPA::Site->start(authority => 'untrusted');
my $else = TPA::Site->start(name => 'wrong.cimd.test');
my $gone = TPA::Site->start(name => 'loop.cimd.test', address => '127.0.0.1');
my $node = TPA::Node->new('fetched');
my $long = set_of(k1 => 'first');

$long->{x} = 'x' x 65536;
my @bad = (
    # host, where its keys are, what the log says
    [ hang => $site->put('/hang', '', as => 'hang'),
      qr/It did not come within 3 seconds/ ],
    [ gone => $gone->put('/keys', set_of(k1 => 'first')),
      qr/Its host takes no connection/ ],
    [ fake => $fake->put('/keys', set_of(k1 => 'first')),
      qr/The certificate of its host was not accepted/ ],
    [ else => $else->put('/keys', set_of(k1 => 'first')),
      qr/The certificate of its host was not accepted/ ],
    [ long => $site->put('/long', $long), qr/It is longer than 65536 bytes/ ],
    [ away => $site->put('/away', '', status => '302 Found', headers => [
          'Location: ' . $site->put('/there', set_of(k1 => 'first')) ]),
      qr/Its host redirects/ ],
    [ none => $site->put('/none', { keys => [] }), qr/it has no public key/ ],
    [ weak => $site->put('/weak', { keys => [ { kty => 'oct', kid => 'k1',
          k => 'AAAA' } ] }), qr/it has no public key/ ],
    [ page => $site->put('/page', set_of(k1 => 'first'), type => 'text/html'),
      qr/Its Content-Type is not/ ],
);
$gone->stop;

sub host {
    my ($name, $url, @more) = @_;
    local $" = "\n    ";

    return <<"END";
<virtualHost *:$node->{port}>
    ServerName far-$name.example.test
    Use Documents
    @more
    TPABearerIssuer $iss $url
    AliasMatch "^/f/" "$ENV{TPA_T}/htdocs/page.html"
    <Location /f/>
        AuthType    TPABearer
        TPAAudience $aud
        Require     valid-user
    </Location>
    <Location /f/same/>
        TPAAudience $aud
        TPABearerIssuer $iss $url
    </Location>
</virtualHost>
END
}

open my $conf, '>>', $node->{conf} or die $!;
print $conf "StartServers 1\n",
    "<IfModule !prefork.c>\nMinSpareThreads 1\nMaxRequestWorkers 16\n",
    "</IfModule>\n",
    (map { host(@$_[0, 1], 'TPARetryAfter 9') } @bad),
    host(live => $site->put('/live', set_of(k1 => 'first'),
         headers => [ 'Cache-Control: max-age=3600' ])),
    host(brief => $site->put('/brief', set_of(k1 => 'first')),
         'TPABearerRefresh 10', 'TPABearerStale 10'),
    host(short => $site->put('/short', set_of(k1 => 'first'),
         headers => [ 'Cache-Control: max-age=10' ]));
close $conf;
my $log = $node->error_log;
my $started = time;

$node->start;
my $processes = $node->children;

sub ask {
    my ($host, $token, $path) = @_;

    return $node->http("far-$host")->request('GET', $path || '/f/', headers => [
        $token ? (Authorization => "Bearer $token") : () ]);
}

sub code { return ask(@_)->code }

# ---- what is there at once -----------------------------------------------------
my $old = token('k1', 'first');

is(code($_, $old), 200, "$_: a token is taken") for qw(live brief short);
is(code('live', $old, '/f/same/'), 200, 'at another place of the host, too');
is(code('live', $old), 200, 'once more');
is(code('live', token('k1', 'second')), 401, 'another key is none of its own');
is(code('live', token('k1', 'first', iss => 'https://a.example.test/')), 401,
   'nor is another issuer taken');
is(code('live', token('k1', 'first', exp => int(time) - 1)), 401,
   'nor an expired token');
like($log->text, qr/TPA0022: the keys at \S+\/live were fetched/,
     'the log says that they came');
$site->put('/brief', set_of(k1 => 'second'));

# ---- what was never there --------------------------------------------------------
for (@bad) {
    my ($host, undef, $says) = @$_;
    my $asked = time;
    my $answer = ask($host, $old);

    is($answer->code, 503, "$host: nobody gets in");
    is($answer->header('Retry-After'), 9, "$host: but may come again");
    is($answer->header('WWW-Authenticate'), '', "$host: with the same token");
    cmp_ok(time - $asked, '<', 5, "$host: not after long");
    my ($line) = $log->wait_for(qr/TPA0021: the keys at \S+ cannot be used: $says/);
    ok($line, "$host: the log says why");
    $asked = time;
    is(code($host, $old), 503, "$host: again");
    cmp_ok(time - $asked, '<', 2, "$host: and now at once");
    is(code($host, ''), 401, "$host: without a token it is asked for one");
}
is($site->hits('/there'), 0, 'a redirection was not followed');

# ---- rotation ----------------------------------------------------------------------
my $before = $site->hits('/live');

is($before, $processes, 'each process has asked once');
$site->put('/live', set_of(k2 => 'second'),
           headers => [ 'Cache-Control: max-age=3600' ]);
my $new = token('k2', 'second');
my $flood = sub {
    for (1 .. 30) {
        code('live', token("x$_", 'second'));
    }
};

ok(within(15, sub { code('live', $new) == 200 }), 'a new key is found');
cmp_ok(time - $started, '>=', 9, 'not before ten seconds are over');
is($site->hits('/live'), $before + 1, 'it took one look');
is(code('live', $old), 401, 'the key that went takes its tokens with it,'
   . ' though they were remembered');
my $asked = time;
$flood->();
cmp_ok($site->hits('/live') - $before - 1, '<=',
       $processes * int((time - $asked) / 10 + 1),
       'keys that nobody has are asked for once in ten seconds');
$before = $site->hits('/live');
sleep 10 - (time - $asked) if time - $asked < 10;
code('live', token('x', 'second', iss => 'https://a.example.test/')) for 1 .. 5;
code('live', "$new.x") for 1 .. 5;
is($site->hits('/live'), $before, 'tokens of others ask for nothing');

# ---- while one fetches ---------------------------------------------------------------
$site->put('/live', '', as => 'hang');
my $pid = fork // die "fork: $!";

if (!$pid) {
    alarm 60;
    my $asked = time;
    my $code = code('live', token('x', 'second'));

    POSIX::_exit($code == 401 && time - $asked < 5 ? 0 : 1);
}
ok(within(5, sub { $site->hits('/live') > $before }), 'one request fetches');
$asked = time;
is(code('live', $new), 200, 'others are served meanwhile');
is(code('live', token('y', 'second')), 401, 'others are refused meanwhile');
cmp_ok(time - $asked, '<', 2, 'and need not wait');
waitpid $pid, 0;
is($?, 0, 'the one is refused after three seconds');
is(code('live', $new), 200, 'what was there is still there');

# ---- renewal -----------------------------------------------------------------------
cmp_ok($site->hits('/short'), '>', $processes, 'what lives ten seconds was asked'
       . ' for again, though nobody came');
my $other = token('k1', 'second');

ok(within(15, sub { code('brief', $other) == 200 }),
   'another key of the same name is taken over');
is(code('brief', $old), 401, 'and the one before it is gone, though a token of'
   . ' it was remembered');

# ---- outage ----------------------------------------------------------------------
my $all = $log;

$log = $node->error_log;
$site->put('/brief', '', status => '500 Internal Server Error');
my $down = time;

ok($log->wait_for(qr/TPA0021: .*\/brief .*status 500/, 15),
   'an issuer that fails is in the log');
is(code('brief', $other), 200, 'what was fetched goes on being used');
ok(within(25, sub { code('brief', $other) == 503 }), 'but not for ever');
cmp_ok(time - $down, '>=', 9, 'it was for as long as it may be');
like($log->text, qr/TPA0015: answered 503: the issuer's keys could not/,
     'and the log says so');
$site->put('/brief', set_of(k1 => 'second'));
ok(within(15, sub { code('brief', $other) == 200 }), 'until they are back');
is(scalar(() = $log->lines(qr{TPA0022: .*/brief })), $processes,
   'the end of an outage takes one line');
cmp_ok($site->hits('/page'), '>', $processes, 'what is wrong is tried again');
is(scalar(() = $all->lines(qr{TPA0021: .*/page })), $processes,
   'but told once');

$node->stop;
done_testing();
