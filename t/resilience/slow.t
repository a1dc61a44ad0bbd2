# A database that does not answer in time: fast 503s, nothing half done, no
# audit event lost.
use TPA::Test timeout => 180;

use Time::HiRes qw(time sleep);

my $t = tenant('a');
my $slow = tenant('slow');
my $m = $t->machine;

sub is_unavailable {
    my ($answer, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is_error($answer, 503, 'temporarily_unavailable', $name);
    return is($answer->header('Retry-After'), 5, "$name: Retry-After");
}

# Hold a table so that nobody else gets at it, while something is done.
sub holding {
    my ($table, $do) = @_;
    my $db = TPA::DB->connect_to('tpa_a');

    $db->rows('BEGIN');
    $db->rows("LOCK TABLE tpa_data.$table IN ACCESS EXCLUSIVE MODE");
    my $result = eval { $do->(); 1 };
    my $why = $@;

    $db->rows('ROLLBACK');
    $db->disconnect;
    die $why unless $result;
    return;
}

# ---- a table that cannot be read --------------------------------------------------------

is($slow->token($m)->code, 200, 'before');
holding('clients', sub {
    for (
        # tenant  its statement_timeout
        [ $slow, 0.25 ],
        [ $t, 1 ],
    ) {
        my ($tenant, $timeout) = @$_;
        my $start = time;

        is_unavailable($tenant->token($m),
                       "$tenant->{name}: a query that takes too long");
        my $took = time - $start;

        cmp_ok($took, '>=', $timeout * 0.9,
               "$tenant->{name}: it was given its time");
        cmp_ok($took, '<', $timeout * 2 + 1,
               "$tenant->{name}: and not much more");
    }
    is($t->http->request('GET', '/.well-known/jwks.json')->code, 200,
       'the keys are served meanwhile');
    is($t->http->request('GET', '/page.html')->code, 200, 'and pages');

    # Slow requests do not starve the others.
    my $load = TPA::Load->start(6, sub {
        return sub { return $slow->token($m, '-http' => $slow->http)->code };
    });
    my $worst = 0;

    for (1 .. 30) {
        my $start = time;

        $t->http->request('GET', '/.well-known/openid-configuration');
        $worst = time - $start if time - $start > $worst;
        sleep 0.02;
    }
    my $tally = TPA::Load::tally($load->stop);

    is_deeply([ keys %$tally ], [ 503 ], 'six slow ones at a time');
    cmp_ok($worst, '<', 1, 'others are answered meanwhile');
});
is($slow->token($m)->code, 200, 'and all is well at once');
is($t->token($m)->code, 200, 'with the longer timeout, too');

# ---- no half-done effect -------------------------------------------------------------------

my $rsa = TPA::JWT::key('rsa', 2048);
my $jwt = $t->machine(method => 'private_key_jwt',
                      keys => [ { pem => TPA::JWT::public_pem($rsa) } ]);
my $n = 0;

sub assertion {
    my $now = time;

    return seen(TPA::JWT::sign({ alg => 'RS256' }, {
        iss => $jwt->{id}, sub => $jwt->{id}, aud => $slow->{issuer},
        iat => int $now, exp => int($now) + 60, jti => "slow-$$-" . ++$n },
        $rsa));
}

sub ask {
    my ($assertion) = @_;

    return $slow->token({ %$jwt, secret => undef },
        client_assertion => $assertion, client_assertion_type =>
            'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
}

for my $table (qw(clients seen_jti)) {
    my $one = assertion();

    holding($table, sub {
        is_unavailable(ask($one), "an assertion while $table cannot be read");
    });
    is(ask($one)->code, 200, 'its jti was not used up');
    is_error(ask($one), 401, 'invalid_client', 'now it is');
}

# ---- audit events -----------------------------------------------------------------------------

# Those that cannot be written wait; when no more fit, there are no more
# tokens: none is ever issued without its event.
my $audit = tenant('audit');
my $app = $audit->machine;
my %codes = (200 => 0, 503 => 0);
my $asked = 0;

# Every child has a queue; a batch may be under way besides.
holding('log_events', sub {
    until ($codes{503} >= 5 || $asked > 500) {
        $codes{ $audit->token($app, '-http' => $audit->http)->code }++;
        $asked++;
    }
});
cmp_ok($codes{200}, '>', 15, "a queue holds events: $codes{200} tokens");
cmp_ok($codes{503}, '>=', 5, 'a full one means 503');
is($codes{200} + $codes{503}, $asked, 'and nothing else');
my $events;
ok(within(10, sub {
    $events = $audit->db->value('SELECT count(*) FROM tpa_data.log_events'
        . " WHERE client_id = ? AND type = 'seccft'", $app->{id});
    return $events >= $codes{200};
}), 'they are written as soon as it goes');
is($events, $codes{200}, "one event for each of $codes{200} tokens")
    or diag($events);
is(within(5, sub { $audit->token($app)->code == 200 }), 1, 'tokens again');

# ---- memory -------------------------------------------------------------------------------------

# Children that answer 503 all day do not grow.
my $node = TPA::Node->new('memory')->start;
my $gone = tenant('gone', node => $node);
my $body = form(grant_type => 'client_credentials', client_id => 'someone',
                client_secret => 'not-a-secret', audience => 'x');

sub requests {
    my ($each) = @_;
    my $load = TPA::Load->start(4, sub {
        my $http = $gone->http;
        my $left = $each;

        return sub {
            unless ($left-- > 0) {
                sleep 0.05;
                return 'idle';
            }
            return $http->request('POST', '/oauth/token', body => $body,
                headers => [ 'Content-Type' =>
                             'application/x-www-form-urlencoded' ])->code;
        };
    });
    my $file = $load->{workers};

    within(120, sub {
        return 4 == grep { TPA::Log::slurp($_->{file}) =~ /idle/ } @$file;
    }) or return {};
    my $tally = TPA::Load::tally($load->stop);

    delete $tally->{idle};
    return $tally;
}

my ($warm, $many) = slow_run() ? (500, 1000) : (2000, 20000);
my $tally = requests($warm / 4);

is($tally->{503}, $warm, 'warmed up') or diag(explain($tally));
my %before = $node->memory;

$tally = requests($many / 4);
is($tally->{503}, $many, "$many requests, each a 503")
    or diag(explain($tally));
my %after = $node->memory;
my ($worst) = sort { $b <=> $a } map { $after{$_} - $before{$_} }
    grep { $after{$_} } keys %before;

ok(defined $worst, 'there are children that were there all the time');
cmp_ok($worst, '<', slow_run() ? 65536 : 2048,
       "the one that grew most has $worst KiB more");
cmp_ok(-s "$node->{logs}/error_log", '<', 2_000_000, 'the log stays small');
$node->stop;

done_testing();
