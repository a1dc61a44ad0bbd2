# Of refusals that anybody can cause, some a second are recorded, and the next one
# says how many were not.
use TPA::Test;
use Time::HiRes qw(sleep);

my $t = tenant('limit');
my $m = $t->machine;
my $wrong = { %$m, secret => seen(TPA::Tenant::text_of(43)) };
my $http = $t->http;    # one connection, so one process
my $start = time;
my $n = 60;

sub refused {
    return $t->token($wrong, '-http' => $http)->code;
}

sub recorded { return $t->events(client_id => $m->{id}, type => 'feccft') }

sub missed {
    my $sum = 0;

    $sum += ($_->{details} || {})->{not_recorded_before} || 0 for recorded();
    return $sum;
}

is(scalar(grep { refused() == 401 } 1 .. $n), $n, 'all are refused');
my $seconds = time - $start + 2;

sleep 1.1;    # another second
is(refused(), 401, 'and one later');
ok(within(5, sub { recorded() + missed() == $n + 1 }),
   'each is recorded or counted');
cmp_ok(missed(), '>', 0, 'some are only counted');
cmp_ok(scalar(() = recorded()), '<=', 5 * $seconds + 1, 'five a second are not');

# What is known to be an application's own is always recorded.
is(scalar(grep { $t->token($m, scope => 'no:such', '-http' => $http)->code
                 == 400 } 1 .. 30), 30, 'refusals of one that proved itself');
ok(within(5, sub { 30 == grep { ($_->{rule} // '') eq 'scopes_granted' }
                   recorded() }), 'are recorded, all of them');

done_testing();
