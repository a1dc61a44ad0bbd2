# Nodes look after the database: what has ended goes, on its own, also when
# several do it at once and when the database was away.
use TPA::Test timeout => 240;
use TPA::User;

my $t = tenant('a');
my $connection = connection_of($t);
my $user = user_of($t, $connection);
my $n = 0;

# Rows of a kind of which no other test has any: owners and types are ours.
my $ours = 'house-' . TPA::Tenant::text_of(16);

sub rows_of {
    my ($owner, $interval, $many) = @_;

    $t->db->rows("INSERT INTO tpa_data.seen_jti (owner, jti_hash, expires_at)
        SELECT ?, encode(sha256(convert_to(? || i, 'UTF8')), 'hex'),
            now() + ?::interval FROM generate_series(1, ?::int) AS i",
        $owner, "$owner " . ++$n, $interval, $many);
    return;
}

sub left {
    my ($owner) = @_;

    return $t->db->value('SELECT count(*) FROM tpa_data.seen_jti
                          WHERE owner = ?', $owner);
}

sub event {
    my ($name, $interval) = @_;

    $t->db->rows('INSERT INTO tpa_data.log_events (log_id, date, type,
        description) VALUES (?, now() + ?::interval, ?, ?)',
        "0$ours$name", $interval, 'house', $name);
    return;
}

sub count_of {
    my ($table, $column, $value) = @_;

    return $t->db->value("SELECT count(*) FROM tpa_data.$table
                          WHERE $column = ?", $value);
}

# ---- what goes, what stays ------------------------------------------------------

my $old = session_of($t, $user, expires_at =>
    $t->db->value("SELECT now() - interval '2 days'"));
my $young = session_of($t, $user, expires_at =>
    $t->db->value("SELECT now() - interval '2 hours'"));

rows_of("$ours over", '-2 hours', 10);
rows_of("$ours just over", '-30 minutes', 10);
event('old', '-401 days');
event('younger', '-399 days');
ok(!within(2, sub { left("$ours over") < 10 }),
   'a node that shall not do it leaves them');

my @nodes = map { TPA::Node->new("house$_", 'TPA_HOUSE') } 1, 2;

$_->start for @nodes;
ok(within(30, sub { !left("$ours over") }), 'what was over for long goes');
is(left("$ours just over"), 10, 'what was not stays');
ok(within(30, sub { !count_of('log_events', 'log_id', "0${ours}old") }),
   'old events go');
is(count_of('log_events', 'log_id', "0${ours}younger"), 1,
   'younger ones stay');
ok(within(30, sub { !count_of('sessions', 'session_hash', $old->{hash}) }),
   'a session of the day before yesterday goes');
is(count_of('sessions', 'session_hash', $young->{hash}), 1,
   'one of this morning stays');

# ---- a backlog, and two nodes at once ---------------------------------------------

my $many = slow_run() ? 4000 : 20_000;

rows_of("$ours many", '-2 days', $many);
rows_of("$ours to come", '1 day', 100);
ok(within(60, sub { !left("$ours many") }), 'a backlog goes');
is(left("$ours to come"), 100, 'and nothing else');
is(left("$ours just over"), 10, 'nor what is kept for a while');

# Which of the hosts of one database did it is chance; each is a tenant here.
my $sum = sub {
    my $all = 0;

    for my $node (@nodes) {
        my $page = $node->http('plain')->request('GET', '/metrics')->body;

        $all += $1 while $page =~
            /^tpa_housekeeping_deleted_total\{.*?what="jti"\} (\d+)/mg;
    }
    return $all;
};

ok(within(10, sub { $sum->() >= $many + 10 }), 'it is counted');

# ---- the database is away -----------------------------------------------------------

my @logs = map { $_->error_log } @nodes;

TPA::DB::stop_server();
ok(within(20, sub { $logs[0]->lines(qr/TPA0003|TPA0006/) }),
   'that it is away is told');
my $start = time;

TPA::DB::start_server();
rows_of("$ours again", '-2 hours', 10);
ok(within(60, sub { !left("$ours again") }), 'when it is back it goes on');
my @lines = $logs[0]->lines(qr/tpa\.housekeep/);

cmp_ok(scalar @lines, '<=', 3 * 40 * (1 + time - $start),
       'the log is not flooded');
$_->stop for @nodes;
main_node->renew;

done_testing;
