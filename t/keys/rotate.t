# Keys change under load, on two nodes with one database, without a restart
# and without a token that does not verify.
use TPA::Test timeout => 240;

use Time::HiRes qw(time sleep);

my $second = TPA::Node->new('keys')->start;
my %at = (main => tenant('a'), second => tenant('a', node => $second));
my $t = $at{main};
my $m = $t->machine;

# The states of the keys, by kid, as tpactl prints them.
sub keys_now {
    my ($rc, $out, $err) = tpactl(qw(key list --json));

    is($rc, 0, 'tpactl key list') or diag($err);
    return map { $_->{kid} => $_->{state} } @{ JSON::PP::decode_json($out) };
}

sub kid_of {
    my ($state, %keys) = @_;

    return (grep { $keys{$_} eq $state } sort keys %keys)[0];
}

# Keys as every child of a node publishes them, asked over many connections.
sub published {
    my ($tenant) = @_;
    my %kids;

    for (1 .. 30) {
        $kids{ $_->{kid} }++ for @{ $tenant->jwks->{keys} };
    }
    return [ map { "$_ $kids{$_}" } sort keys %kids ];
}

# Within five seconds every child publishes these keys and no others.
sub publishes {
    my ($tenant, $name, @kids) = @_;
    my $expected = join ' ', map { "$_ 30" } sort @kids;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return ok(within(5, sub { "@{ published($tenant) }" eq $expected }), $name)
        || diag(join "\n", "wanted $expected", 'got', @{ published($tenant) });
}

sub kid_of_token { return (TPA::JWT::decode($_[0]))[0]{kid} }

# ---- a load that checks each of its tokens at either node ----------------------------

sub load {
    return TPA::Load->start(4, sub {
        my ($number) = @_;
        my @nodes = $number % 2 ? qw(main second) : qw(second main);
        my ($issuing, $checking) = map { $at{$_} } @nodes;
        my $n = 0;

        return sub {
            my $asked = time;
            my $answer = $issuing->token($m, '-http' => $issuing->http);

            return "status $answer->{line}" if $answer->code != 200;
            # Fetched no earlier than the token was issued, at either node.
            my $jwks = ($n++ % 2 ? $issuing : $checking)->jwks;
            my $token = $answer->json->{access_token};
            my $ok = TPA::JWT::verify_with_jwks($token, $jwks);

            return join ' ', $ok ? 'good' : 'BAD', $asked,
                kid_of_token($token), $nodes[0];
        };
    });
}

my %before = keys_now();
my $current = kid_of('current', %before);
my $next = kid_of('next', %before);

ok($current && $next && $current ne $next, 'there is a current and a next key');

my $load = load();

sleep 2;
my $start = time;
my ($rc, $out, $err) = tpactl(qw(key rotate));
my $rotated = time;

is($rc, 0, 'tpactl key rotate') or diag($err);
my %after = keys_now();
is($after{$next}, 'current', 'the next key is now current');
is($after{$current}, 'previous', 'the current one is previous');
my $fresh = kid_of('next', %after);
ok($fresh && !$before{$fresh}, 'and there is a new next key');
sleep 7;

my @lines = $load->stop;
my @good = grep { /^good / } @lines;
my @rest = grep { !/^good / } @lines;

is(scalar @rest, 0, scalar(@lines) . ' tokens, all good at either node')
    or diag(join "\n", splice @rest, 0, 5);
cmp_ok(scalar @good, '>', slow_run() ? 20 : 50, 'there was a load');

my %seen_kid;
my $late = 0;
for (@good) {
    my (undef, $asked, $kid, $node) = split / /;

    $seen_kid{"$node $kid"}++;
    $late++ if $asked > $rotated + 5 && $kid ne $next;
    fail("$node used a key that was not current yet") if $asked < $start
        && $kid ne $current;
}
is($late, 0, 'five seconds later nobody signs with the old key');
for my $node (sort keys %at) {
    ok($seen_kid{"$node $current"}, "$node signed with the old key");
    ok($seen_kid{"$node $next"}, "$node signed with the new key");
}

# ---- every child of every node ------------------------------------------------------------

for my $name (sort keys %at) {
    my $tenant = $at{$name};
    my $node = $tenant->{node};
    my $log = $node->access_log;
    my $busy = TPA::Load->start(4, sub {
        return sub {
            my $answer = $tenant->token($m, '-http' => $tenant->http);

            return kid_of_token($answer->json->{access_token});
        };
    });

    sleep 1.5;
    my $tally = TPA::Load::tally($busy->stop);

    is_deeply([ keys %$tally ], [ $next ], "$name: only the new key signs");
    my %pids = map { /pid=(\d+)/ ? ($1 => 1) : () }
        $log->lines(qr{/oauth/token});
    my @children = $node->children;

    cmp_ok(scalar keys %pids, '>=', @children > 1 ? 2 : 1,
           "$name: asked of several children");
}

# ---- a second rotation, and a revocation ---------------------------------------------------

my $old_token = $t->token($m)->json->{access_token};

($rc) = tpactl(qw(key rotate));
is($rc, 0, 'a second rotation');
my %third = keys_now();
is($third{$next}, 'previous', 'the key of before is previous');
is(scalar keys %third, 4, 'four keys');
is($third{$current}, 'previous', 'so is the one before that, until revoked');

publishes($at{$_}, "$_: publishes current, next and both previous keys",
          keys %third) for sort keys %at;
for my $name (sort keys %at) {
    ok(TPA::JWT::verify_with_jwks($old_token, $at{$name}->jwks),
       "$name: a token of a previous key verifies");
}
my $etag = $t->http->request('GET', '/.well-known/jwks.json')->header('ETag');

($rc) = tpactl('key', 'revoke', '--', $next);
is($rc, 0, 'tpactl key revoke');
for my $name (sort keys %at) {
    publishes($at{$name}, "$name: the revoked key is gone within 5 s",
              grep { $_ ne $next } keys %third);
    ok(!TPA::JWT::verify_with_jwks($old_token, $at{$name}->jwks),
       "$name: its tokens do not verify any more");
}
isnt($t->http->request('GET', '/.well-known/jwks.json')->header('ETag'),
     $etag, 'the entity tag has changed');
is($t->http->request('GET', '/.well-known/jwks.json',
                     headers => [ 'If-None-Match' => $etag ])->code, 200,
   'and the old one does not match');

($rc) = tpactl('key', 'revoke', '--', kid_of('current', %third));
is($rc, 1, 'the current key cannot be revoked');
($rc) = tpactl('key', 'revoke', '--', kid_of('next', %third));
is($rc, 1, 'nor the next one');
is($t->token($m)->code, 200, 'and tokens are still issued');

# The other tenant has noticed nothing.
my $b = tenant('b');
is($b->db->value("SELECT count(*) FROM tpa_data.signing_keys"), 2,
   'the other tenant has its two keys');

$second->stop;
done_testing();
