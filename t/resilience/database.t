# The database is down at start, dies under load, is restarted, loses its
# backends: fast 503s, no harm, and recovery without help.
use TPA::Test timeout => 300;

use Time::HiRes qw(time sleep);

my $t = tenant('a');
my $m = $t->machine;
my $error_log = main_node->error_log;

# A 503 as clients know what to do with.
sub is_unavailable {
    my ($answer, $name, $retry) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is_error($answer, 503, 'temporarily_unavailable', $name);
    return is($answer->header('Retry-After'), $retry || 5,
              "$name: Retry-After");
}

# Ask until it works again, in every child: thirty tokens over as many
# connections.
sub recovers {
    my ($tenant, $seconds, $name) = @_;
    my $start = time;
    my $ok = within($seconds, sub {
        return !grep { $tenant->token($m, '-http' => $tenant->http)->code
                       != 200 } 1 .. 30;
    });
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return ok($ok, sprintf '%s: recovers by itself (%.1f s)', $name,
              time - $start);
}

# ---- down at the start of a node ------------------------------------------------------

is($t->token($m)->code, 200, 'before');
# A connection stays with its child.
my $kept = $t->http;
my $jwks = $kept->request('GET', '/.well-known/jwks.json');

is($jwks->code, 200, 'the keys before');
TPA::DB::stop_server();
is($kept->request('GET', '/.well-known/jwks.json')->body, $jwks->body,
   'a child that has the keys keeps them');

my $start = time;
my $late = TPA::Node->new('late')->start;
my $there = tenant('a', node => $late);

cmp_ok(time - $start, '<', 15, 'a node starts without a database');
is($there->http->request('GET', '/page.html')->code, 200,
   'and serves what needs none');
is($there->http->request('GET', '/.well-known/openid-configuration')->code,
   200, 'the metadata among it');
is_unavailable($there->http->request('GET', '/.well-known/jwks.json'),
               'its keys');

for my $tenant ($there, $t) {
    my $name = $tenant->{node}{name};
    my @times;

    for my $n (1 .. 20) {
        my $start = time;
        my $answer = $tenant->token($m, '-http' => $tenant->http);

        push @times, time - $start;
        is_unavailable($answer, "$name: a request while it is down")
            if $n == 1 || $answer->code != 503;
    }
    cmp_ok((sort { $a <=> $b } @times)[-1], '<', slow_run() ? 3 : 1,
           "$name: each of them fast");
    is_error($tenant->token($m, scope => "\xff"), 400, 'invalid_request',
             "$name: a bad request needs no database");
}

TPA::DB::start_server();
recovers($there, 10, 'the node started without it');
recovers($t, 10, 'the node that lost it');
is($there->jwks->{keys}[0]{kty}, 'RSA', 'the late node has the keys now');
$late->stop;

# ---- under load ---------------------------------------------------------------------------

sub load {
    return TPA::Load->start(4, sub {
        my $http = $t->http;

        return sub {
            my $start = time;
            my $answer = $t->token($m, '-http' => $http);
            my $took = time - $start;

            sleep 0.005;
            return sprintf '%s %s %.3f %.3f', $answer->{lost} || $answer->code,
                $answer->error || '-', $took, $start;
        };
    });
}

for (
    # name                          what is done                 may fail
    [ 'stopped for two seconds', sub {
        TPA::DB::stop_server();
        sleep 2;
        TPA::DB::start_server();
    } ],
    [ 'restarted', sub { TPA::DB::restart_server() } ],
    [ 'all backends killed', sub { TPA::DB::kill_backends() } ],
    # Connections are made in all threads at once, which must not disturb
    # requests; under prefork least of all.
    [ 'all backends killed again and again', sub {
        for (1 .. 20) {
            TPA::DB::kill_backends();
            sleep 0.1;
        }
    } ],
) {
    my ($name, $do) = @$_;
    my $load = load();

    sleep 1;
    $do->();
    my $back = time;

    sleep 4;
    my @lines = map { [ split / / ] } $load->stop;
    my $tally = TPA::Load::tally(map { $_->[0] } @lines);
    my @slow = grep { $_->[2] > (slow_run() ? 4 : 2) } @lines;
    my @late = grep { $_->[0] ne '200' && $_->[3] > $back + 3 } @lines;
    my @odd = grep { !/^(?:200|503)$/ } keys %$tally;

    is_deeply(\@odd, [], "$name: tokens or 503, nothing else")
        or diag(explain($tally));
    cmp_ok($tally->{200} // 0, '>', 100, "$name: tokens were issued");
    is(scalar @slow, 0, "$name: no answer took long");
    is(scalar @late, 0, "$name: all is well three seconds later")
        or diag(explain([ @late[0 .. 2] ]));
    is(scalar(grep { $_->[0] eq '503' && $_->[1] ne 'temporarily_unavailable' }
              @lines), 0, "$name: every 503 says so in JSON");
    cmp_ok($tally->{503} // 0, '>', 0, "$name: it was noticed")
        if $name =~ /stopped/;
    recovers($t, 5, $name);
}

# A call that only reads is made again when its connection was lost, so a
# killed backend costs nobody a token.
$t->token($m, '-http' => $t->http) for 1 .. 20;
cmp_ok(TPA::DB::kill_backends(), '>', 0, 'there were backends to kill');
my %codes;
$codes{ $t->token($m, '-http' => $t->http)->code }++ for 1 .. 20;
is_deeply(\%codes, { 200 => 20 }, 'killed backends are not noticed')
    or diag(explain(\%codes));

# ---- what stands in the log ----------------------------------------------------------------

my @lines = $error_log->lines(qr/\[tpa_orgs:error\]/);

ok(@lines > 0, 'the operator is told that the database is away');
like($_, qr/TPA\d{4}: /, 'with a tag') for @lines[0 .. 0];

TPA::DB::stop_server();
my $log = main_node->error_log;
my $n = 0;
my $end = time + 4;

while (time < $end) {
    $t->token($m);
    $n++;
}
@lines = $log->lines(qr/:(?:error|crit|alert|emerg)\]/);
my $all = () = $log->lines;
# Each host has a thread of its own in each child, which may try twice a second.
my @children = main_node->children;
my $hosts = () = join('', map { TPA::Log::slurp("$ENV{TPA_T}/conf/$_.conf") }
    qw(extra api)) =~ /^\s*TPAIssuer/mg;
my $threads = $hosts * @children;

cmp_ok($n, '>', 200, "$n requests in four seconds without a database");
cmp_ok(scalar @lines, '<', 24 * $threads, scalar(@lines) . ' errors in the log');
cmp_ok(scalar(grep { /TPA0006/ } @lines), '<=', 6 * @children,
       'about one a second and child is about requests');
cmp_ok($all, '<', 30 * $threads, "$all lines in all");
TPA::DB::start_server();
recovers($t, 10, 'at the end');

# Every other host, too.
for my $host (qw(b slow audit)) {
    my $tenant = tenant($host);
    my $client = $tenant->machine;

    # Each notices by itself, within half a second.
    ok(within(5, sub { $tenant->token($client)->code == 200 }),
       "$host works again");
}

ok(main_node->renew, 'nothing of it is left to the next test');
done_testing();
