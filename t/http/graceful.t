# Graceful restarts under load lose no request and no audit event.
use TPA::Test timeout => 240;

my $node = TPA::Node->new('graceful')->start;
my $t = tenant('a', node => $node);
my @machines = map { $t->machine } 1 .. 4;
my $restarts = slow_run() ? 3 : 8;

my $load = TPA::Load->start(scalar @machines, sub {
    my $m = $machines[$_[0] - 1];
    my $n = 0;
    my $http;

    # New connections and kept ones by turns.
    return sub {
        $http = $t->http if !$http || ++$n % 20 == 0;
        my $answer = $t->token($m, '-http' => $http);

        select undef, undef, undef, 0.002;
        return "$m->{id} " . ($answer->{lost} || $answer->code);
    };
});

select undef, undef, undef, 0.5;
for my $round (1 .. $restarts) {
    my %before = map { $_ => 1 } $node->children;

    ok($node->graceful, "graceful restart $round");
    ok(within(5, sub { return grep { !$before{$_} } $node->children }),
       "restart $round brought new children");
    select undef, undef, undef, 0.3;
}
select undef, undef, undef, 0.5;
my $tally = TPA::Load::tally($load->stop);

my %answers;
for (sort keys %$tally) {
    my ($client, $answer) = /^(\S+) (.*)$/;

    $answers{$answer} += $tally->{$_};
}
is_deeply([ keys %answers ], [ 200 ], 'every request got its token')
    or diag(explain(\%answers));
cmp_ok($answers{200} // 0, '>', 100, 'there was a load');

# The children that went wrote their queues first.
for my $m (@machines) {
    my $tokens = $tally->{"$m->{id} 200"};

    is(within(10, sub {
        my $n = $t->db->value('SELECT count(*) FROM tpa_data.log_events'
            . " WHERE client_id = ? AND type = 'seccft'", $m->{id});

        return $n == $tokens ? $n : undef;
    }), $tokens, "an audit event for each of $tokens tokens");
}

# The end of a node loses nothing either.
$t->token($machines[0]) for 1 .. 50;
$node->stop;
is($t->db->value('SELECT count(*) FROM tpa_data.log_events'
    . " WHERE client_id = ? AND type = 'seccft'", $machines[0]{id}),
   $tally->{"$machines[0]{id} 200"} + 50, 'nor does the end of a node');

done_testing();
