# A refresh token that was exchanged and comes again: the family is over, all of
# it, for good, whatever the clock says.
use TPA::Test timeout => 200;
use TPA::User;

my $t = tenant('a');
my $s = stage($t, org => 1, app => { refresh_rotation_type => 'rotating' });

# A family that was refreshed n times within a moment; its tokens, oldest first.
sub chain {
    my ($stage, $n) = @_;
    my $family = family_of($stage);
    my @tokens = ($family->{token});

    push @tokens, tokens_of(refresh($stage, $tokens[-1]))->{refresh_token}
        for 1 .. $n;
    return ($family, @tokens);
}

# Five exchanges in one second; whichever is replayed, it is told apart by its
# number, not by its time.
for my $n (0 .. 4) {
    my $log = main_node->error_log;
    my ($family, @tokens) = chain($s, 5);

    $t->db->rows('UPDATE tpa_data.refresh_tokens SET issued_at = ?,'
        . ' exchanged_at = CASE WHEN exchanged_at IS NOT NULL'
        . ' THEN ?::timestamptz END WHERE family_id = ?',
        ('2026-01-01 00:00:00+00') x 2, $family->{id});
    is_refused_grant($s, refresh($s, $tokens[$n]), 'refresh_latest',
                     "token $n of 5 again");
    my $event = $t->event(client_id => $s->{app}{id}, type => 'ferrt');

    is_deeply({ map { $_ => $event->{details}{$_} }
                qw(familyId tokenCounter latestCounter flow) },
        { familyId => $family->{id}, tokenCounter => $n + 1,
          latestCounter => 6, flow => 'refresh_token' },
        "token $n: ferrt says which") or diag(explain($event));
    is($event->{user_id}, $s->{user}{user_id}, "token $n: and whose");
    ok($log->wait_for(qr/:warn\].* TPA0009: /),
       "token $n: the log warns");
    for my $later (0 .. $#tokens) {
        is_error(refresh($s, $tokens[$later]), 400, 'invalid_grant',
                 "token $n: then token $later is over");
    }
    is($t->db->value('SELECT revoked_reason FROM tpa_data.refresh_families'
        . ' WHERE id = ?', $family->{id}), 'reuse', "token $n: the reason");
}

# Another login of the same user goes on.
my ($one, @tokens) = chain($s, 2);
my ($two, @others) = chain($s, 2);

refresh($s, $tokens[0]);
is(refresh($s, $tokens[2])->code, 400, 'one family is over');
is(refresh($s, $others[2])->code, 200, 'another one is not');

# A stolen token sent by another application ends nothing, else anybody could
# log a user out of any application.
my $thief = stage($t, user => $s->{user}, connection => $s->{connection});

($one, @tokens) = chain($s, 2);
is_error(refresh($thief, $tokens[0]), 400, 'invalid_grant',
         'another application with an old token');
is_error(refresh($s, $tokens[0], '-app' => { %{ $s->{app} },
                                             secret => 'x' x 43 }),
         401, 'invalid_client', 'nobody with an old token');
is(refresh($s, $tokens[2])->code, 200, 'the family lives');

# ---- it stays so ------------------------------------------------------------------------

my $node = TPA::Node->new('reuse')->start;

TPA::DB::durable();
my $there = { %$s, t => tenant('a', node => $node) };

($one, @tokens) = chain($there, 1);
is_error(refresh($there, $tokens[0]), 400, 'invalid_grant', 'used again');
is_error(refresh($s, $tokens[1]), 400, 'invalid_grant',
         'over on the other node, too');
my ($ended, @revoked) = chain($there, 1);

is(revoke($there, $revoked[1])->code, 200, 'revoked');

my @children = $node->children;
my $parent = $node->pid;

kill 'KILL', $parent, @children;
ok(within(10, sub { !grep { kill 0, $_ } $parent, @children }),
   'a node is killed');
TPA::DB::pg_ctl('-m', 'immediate', 'stop');
TPA::DB::start_server();
my $again = TPA::Node->new('again')->start;
my $after = { %$s, t => tenant('a', node => $again) };

ok(within(20, sub { refresh($after, family_of($s)->{token})->code == 200 }),
   'node and database are back');
is_error(refresh($after, $_), 400, 'invalid_grant',
         'what was over is over after a crash')
    for $tokens[1], @revoked;
$again->stop;
ok(main_node->renew, 'the main node is well');

done_testing();
