# Registrations that nobody uses go after a while; what is in use, or was taken
# in hand, stays.
use TPA::Test;
use TPA::Browser;
use TPA::Register;
use TPA::User;

my $t = tenant('b');
my $db = $t->db;
my $connection = connection_of($t);
my $user = TPA::Browser::person($t, $connection);
my $api = $t->api(allow_offline_access => 't');

door($t, 1);

sub reap {
    my ($seconds, $limit) = @_;

    return $db->value('SELECT tpa.registrations_reap(?, ?)', $seconds, $limit);
}

sub is_there {
    my ($app) = @_;

    return $db->value('SELECT count(*) FROM tpa_data.clients WHERE client_id'
                      . ' = ?', $app->{id});
}

# What housekeeping takes away.
sub housekeep {
    return $db->value('SELECT tpa.housekeep(?, ?, ?)', 'registrations', @_);
}

# Registered so many seconds ago.
sub old {
    my ($app, $seconds) = @_;

    $db->rows("UPDATE tpa_data.clients SET (created_at, updated_at) = (SELECT"
        . " x, x FROM (SELECT now() - ? * interval '1 second') AS s(x))"
        . ' WHERE client_id = ?', $seconds, $app->{id});
    return $app;
}

reap(0, 100_000);   # those of other tests

# ---- which go ------------------------------------------------------------------

# name, does it stay?, what was done with it
my @cases = (
    [ 'untouched', 0, sub { } ],
    [ 'confidential, untouched', 0, sub { },
      token_endpoint_auth_method => 'client_secret_post' ],
    [ 'younger', 1, sub { old($_[0], 3000) } ],
    [ 'seen at the authorization endpoint only', 0, sub {
        my $b = TPA::Browser->new($t);

        $b->authorize($_[0], audience => $api->{identifier});
        is($b->at, 'login', 'a login begins');
    } ],
    [ 'declined', 0, sub {
        my $b = TPA::Browser->new($t);

        $b->authorize($_[0], audience => $api->{identifier});
        $b->login($user);
        $b->consent('decline');
    } ],
    [ 'consented to', 1, sub {
        my $b = TPA::Browser->new($t);

        $b->run($_[0], $user, audience => $api->{identifier});
        ok($b->code, 'a user consents');
    } ],
    [ 'consented to once, and the consent was taken back', 1, sub {
        my $b = TPA::Browser->new($t);

        $b->run($_[0], $user, audience => $api->{identifier});
        ok($b->code, 'a user consents');
        $db->rows('DELETE FROM tpa_data.user_grants WHERE client_id = ?',
                  $_[0]{id});
    } ],
    [ 'changed by an administrator', 1, sub {
        $t->update('clients', { client_id => $_[0]{id} },
                   organization_usage => 'allow', updated_at => 'now');
    } ],
    [ 'with a grant of its own', 1, sub {
        $t->grant(client => $_[0], api => $api, subject_type => 'user');
    } ],
    [ 'with a connection', 1, sub {
        $t->insert('client_connections', client_id => $_[0]{id},
                   connection_id => $connection->{id});
    } ],
    [ 'listed by an Organization', 1, sub {
        $t->insert('organization_clients', client_id => $_[0]{id},
            organization_id => $t->org->{id}, use_for_member_access => 't');
    } ],
    [ 'with a key', 1, sub {
        $t->credential($_[0], pem => 'x');
    } ],
    [ 'with a limit', 1, sub {
        $t->insert('rate_limit_policies', id => 'r' . TPA::Tenant::text_of(12),
                   client_id => $_[0]{id}, burst => 1, per_minute => 1);
    } ],
);

$t->grant(api => $api, subject_type => 'user');
for my $case (@cases) {
    my ($name, $stays, $done, %members) = @$case;

    $case->[4] = registered($t, token_endpoint_auth_method => 'none',
                            client_name => $name, %members);
    old($case->[4], 4000);
    $done->($case->[4]);
}
my $manual = app_of($t, api => $api, grant => undef);

old($manual, 4000);
is(reap(86_400, 100), 0, 'within a day: nothing goes');
is(reap(3600, 100), scalar(grep { !$_->[1] } @cases), 'so many go');
is(is_there($_->[4]), $_->[1], "$_->[0]: " . ($_->[1] ? 'stays' : 'goes'))
    for @cases;
is(is_there($manual), 1, 'made by hand: stays');
is(reap(3600, 100), 0, 'then there is nothing left');

# ---- what is told to one that is gone -------------------------------------------------

my $gone = $cases[1][4];
my $answer = post_form($t, 'oauth/token', $gone, grant_type => 'refresh_token',
                       refresh_token => secret_text());

is_error($answer, 401, 'invalid_client', 'one that is gone is told so');
my $b = TPA::Browser->new($t);

$b->authorize($gone, audience => $api->{identifier});
is($b->at, 'error', 'and its users get a page');
is($b->{page}->header('Location'), '', 'which leads nowhere');

# ---- in batches, the oldest first ------------------------------------------------------

my @five = map { old(registered($t), 5000 - $_) } 1 .. 5;

is(reap(3600, 2), 2, 'a batch of two');
is(join('', map { is_there($_) } @five), '00111', 'the oldest');
is(reap(3600, 2), 2, 'two more');
is(reap(3600, 2), 1, 'and the last');

# One that a login holds at this moment is passed over, not waited for.
my $held = old(registered($t), 4000);
my $other = TPA::DB->connect_to('tpa_b');

$other->run('BEGIN; SELECT FROM tpa_data.clients WHERE client_id = '
            . TPA::DB::quote($held->{id}) . ' FOR KEY SHARE');
is(reap(3600, 10), 0, 'one that is held is passed over');
$other->run('COMMIT');
is(reap(3600, 10), 1, 'and goes the next time');

my $week = old(registered($t), 8 * 86_400);

is(housekeep(9 * 86_400, 10), 0, 'housekeeping leaves what is young');
is(housekeep(7 * 86_400, 10), 1, 'and takes away what is not');
is(is_there($week), 0, 'that one');

done_testing();
