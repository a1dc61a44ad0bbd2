# Quotas of machine tokens: of applications and Organizations, by the hour and
# by the day, counted in the database for all nodes.
use POSIX ();
use TPA::Test timeout => 360;

my $t = tenant('a');
my $rsa = TPA::JWT::key('rsa', 2048);

# An hour may end while this runs, but not within the next tests: those that
# count by the hour begin with enough of it left.
sub hour_has {
    my ($seconds) = @_;
    my $left = 3600 - time % 3600;

    sleep $left + 1 if $left < $seconds;
    return;
}

hour_has(120);

sub quota { return (quota_per_hour => $_[0], quota_per_day => $_[1]) }

# What is left, "hour/day" of a header; "-" where it says nothing.
sub left_of {
    my ($answer, $of) = @_;
    my $value = $answer->header("Auth0-$of-Quota-Limit");

    return '-' if $value eq '';
    return join ' ', map {
        /^b=per_(hour|day);q=(\d+);r=(\d+);t=([1-9]\d*)$/
            && $4 <= ($1 eq 'hour' ? 3600 : 86400)
            ? "$1 $3/$2" : "odd: $_"
    } split /,/, $value;
}

sub codes_of {
    my ($times, $ask) = @_;

    return join ' ', map { $ask->()->code } 1 .. $times;
}

sub used_by {
    my ($client) = @_;

    return join ' ', map { $_->[0] } $t->db->rows('SELECT used FROM'
        . ' tpa_data.quota_uses WHERE client_id = ? ORDER BY bucket DESC',
        $client->{id});
}

# ---- an application ---------------------------------------------------------

my $m = $t->machine(quota(2, 3));

is(left_of($t->token($m), 'Client'), 'hour 1/2 day 2/3', 'the first token');
my $log = main_node->access_log;
my $answer = $t->token($m);

is(left_of($answer, 'Client'), 'hour 0/2 day 1/3', 'the second');
is(left_of($answer, 'Organization'), '-', 'nothing of Organizations');
like($log->wait_for(qr/^a\.example.* 200 .*calls=\d/), qr/calls=1$/,
     'in one round trip');
$answer = $t->token($m);
is_error($answer, 429, 'too_many_requests', 'a third one within the hour',
         qr/^Client quota exceeded$/);
is(left_of($answer, 'Client'), 'hour 0/2 day 1/3', 'says what is left');
ok($answer->header('Retry-After') >= 1
   && $answer->header('Retry-After') <= 3600, 'and when to come again');
is(used_by($m), '2 2', 'what was refused is not counted');
my $event = $t->event(client_id => $m->{id}, type => 'feccft');

is($event->{rule}, 'client_quota', 'the event says why');
is($event->{details}{quota}, 'client', 'and whose quota it was');
is((tpactl('explain', $event->{ref}))[0], 0, 'its reference is known');

# As if the hour were over.
$t->db->rows("UPDATE tpa_data.quota_uses SET starts_at = starts_at
    - interval '1 hour' WHERE client_id = ? AND bucket = 'per_hour'", $m->{id});
is(left_of($t->token($m), 'Client'), 'hour 1/2 day 0/3', 'the next hour');
is($t->db->value("SELECT count(*) FROM tpa_data.quota_uses
    WHERE client_id = ?", $m->{id}), 2, 'the row of the last hour is gone');
is_error($t->token($m), 429, 'too_many_requests', 'but the day is used up');
is(used_by($m), '1 3', 'and takes nothing from the hour');

# ---- what is not counted --------------------------------------------------------

my $careful = $t->machine(quota(undef, 5));
my $wrong = { %$careful, secret => seen('w' x 43) };

for (
    # name                        code  ask
    [ 'a wrong secret',           401, sub { $t->token($wrong) } ],
    [ 'the right one in another way', 401,
      sub { $t->token({ %$careful, method => 'client_secret_basic' }) } ],
    [ 'a scope it does not have', 400,
      sub { $t->token($careful, scope => 'no:such') } ],
    [ 'a malformed scope',        400,
      sub { $t->token($careful, scope => 'a"b') } ],
    [ 'an unknown API',           400,
      sub { $t->token($careful, audience => 'urn:none') } ],
    [ 'an unknown Organization',  400,
      sub { $t->token($careful, organization => 'org_' . 'x' x 16) } ],
) {
    my ($name, $code, $ask) = @$_;
    my $answer = $ask->();

    is($answer->code, $code, "$name: $code");
    ok(used_by($careful) =~ /^0?$/, "$name: is not counted")
        or diag(used_by($careful));
}
is(left_of($t->token($careful), 'Client'), 'day 4/5', 'a token is');
is($t->token($t->machine)->header('Auth0-Client-Quota-Limit'), '',
   'without a quota nothing is said');

# ---- Organizations ------------------------------------------------------------

my $org = $t->org(quota(undef, 3));
my @both = map { $t->machine(grant => { organization_usage => 'allow' },
                             @$_) } [], [ quota(undef, 2) ];

$t->org_grant($org, $_->{grant}) for @both;
my $for_org = sub { $t->token($_[0], organization => $org->{id}) };

is(left_of($for_org->($both[0]), 'Organization'), 'day 2/3',
   'a token for an Organization');
$answer = $for_org->($both[1]);
is(left_of($answer, 'Organization') . ', ' . left_of($answer, 'Client'),
   'day 1/3, day 1/2', 'both are counted');
is($t->token($both[0])->header('Auth0-Organization-Quota-Limit'), '',
   'without an Organization it is not');
is($for_org->($both[0])->code, 200, 'the last one of the Organization');
is_error($for_org->($both[1]), 429, 'too_many_requests',
         'nobody gets one more', qr/^Organization quota exceeded$/);
is(used_by($both[1]), '1', 'which takes nothing from the application');
is(left_of($t->token($both[1]), 'Client'), 'day 0/2',
   'which may use its own without the Organization');
my $stranger = $t->machine(grant => { organization_usage => 'allow' });
my $fresh = $t->org(quota(undef, 1));

is_error($t->token($stranger, organization => $fresh->{id}), 400,
         'access_denied', 'an application it did not let in');
is($t->db->value('SELECT count(*) FROM tpa_data.quota_uses
    WHERE organization_id = ?', $fresh->{id}), 0, 'is not counted');

# The Organization that is set for the application.
my $default = $t->machine(default_organization_id => $fresh->{id},
    default_organization_flows => [ 'client_credentials' ],
    grant => { organization_usage => 'require' });

$t->org_grant($fresh, $default->{grant});
is(left_of($t->token($default), 'Organization'), 'day 0/1',
   'a default Organization counts');
is($t->token($default)->code, 429, 'and runs out');

# ---- defaults of the tenant -------------------------------------------------

my $plain = $t->machine;
my $own = $t->machine(quota(undef, 9));
my $free = $t->machine(quota_enforce => 't');

$t->settings(clients_quota_per_day => 1);
is(left_of($t->token($plain), 'Client'), 'day 0/1', 'the default of the tenant');
is($t->token($plain)->code, 429, 'holds');
is(left_of($t->token($own), 'Client'), 'day 8/9', 'its own replaces it');
is(left_of($t->token($free), 'Client'), '-', 'also one that has no number');
TPA::Tenant::undo();

# ---- not enforced --------------------------------------------------------------

my $watched = $t->machine(quota(undef, 2), quota_enforce => 'f');

is(codes_of(4, sub { $t->token($watched) }), '200 200 200 200',
   'enforce false: nothing is refused');
is(left_of($t->token($watched), 'Client'), 'day 0/2', 'but counted');
is(used_by($watched), '5', 'beyond the quota');

# ---- steps ------------------------------------------------------------------------

my $stepped = $t->machine(quota(undef, 5));

is(codes_of(7, sub { $t->token($stepped) }), '200 200 200 200 200 429 429',
   'five tokens and no more');
my $steps = sub {
    return join ' ', sort { $a <=> $b } map { $_->{details}{percent} }
        $t->events(client_id => $stepped->{id}, type => 'api_limit_warning');
};
ok(within(5, sub { $steps->() eq '60 80 100' }),
   'an event at 60, 80 and 100 percent, once') or diag($steps->());

# ---- an assertion ------------------------------------------------------------------

my $jwt = $t->machine(method => 'private_key_jwt', quota(undef, 2),
                      keys => [ { pem => TPA::JWT::public_pem($rsa) } ]);
my $n = 0;
my $assert = sub {
    my $now = time;

    return $t->token({ %$jwt, secret => undef }, @_,
        client_assertion_type =>
            'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion => seen(TPA::JWT::sign({ alg => 'RS256' }, {
            iss => $jwt->{id}, sub => $jwt->{id}, aud => $t->{issuer},
            iat => $now, exp => $now + 60, jti => "quota-$$-" . $n++ }, $rsa)));
};

is($assert->(scope => 'no:such')->code, 400, 'an assertion that is refused');
is(used_by($jwt), '', 'is not counted');
is(left_of($assert->(), 'Client'), 'day 1/2', 'one with a token is');
is($assert->()->code, 200, 'the last one');
is_error($assert->(), 429, 'too_many_requests', 'no more');

# ---- many at once, at two nodes --------------------------------------------------

my $node = TPA::Node->new('quota')->start;
my @tenants = ($t, tenant('a', node => $node));
my $busy = $t->machine(quota(undef, 20));
my @pids = map {
    my $at = $tenants[$_ % 2];
    my $pid = fork // die "fork: $!\n";

    unless ($pid) {
        my $http = $at->http;
        my @codes = map { $at->token($busy, '-http' => $http)->code } 1 .. 8;
        my $good = grep { $_ == 200 } @codes;
        my $bad = grep { $_ != 200 && $_ != 429 } @codes;

        POSIX::_exit($bad ? 99 : $good);
    }
    $pid;
} 1 .. 6;
my ($tokens, $odd) = (0, 0);

for (@pids) {
    waitpid $_, 0;
    $? >> 8 == 99 || $? & 127 ? $odd++ : ($tokens += $? >> 8);
}
is($odd, 0, '48 requests at two nodes: tokens and refusals');
is($tokens, 20, '20 of them got a token');
is(used_by($busy), '20', 'as the database says');
$node->stop;

done_testing();
