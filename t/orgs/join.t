# Becoming a member by a login: assign_membership_on_login.
use TPA::Test;
use TPA::Browser;
use TPA::User;

use Digest::SHA qw(sha256_hex);

my $t = tenant('a');
my $connection = connection_of($t);
my $api = $t->api;
my $app = app_of($t, api => $api);
my $post = app_of($t, api => $api, organization_usage => 'require',
                  organization_require_behavior => 'post_login_prompt');
my $b = TPA::Browser->new($t);

sub joining {
    my ($connection, %row) = @_;
    my $org = $t->org(third_party_client_access => 'allow');

    $t->insert('organization_connections', organization_id => $org->{id},
        connection_id => $connection->{id}, assign_membership_on_login => 't',
        %row);
    return $org;
}

sub is_member {
    my ($org, $user) = @_;

    return $t->db->value('SELECT count(*) FROM tpa_data.organization_members'
        . ' WHERE organization_id = ? AND user_id = ?', $org->{id},
        $user->{user_id});
}

my $org = joining($connection);
my $user = TPA::Browser::person($t, $connection);
my $browser = $b->another;

$browser->authorize($app, organization => $org->{id});
$browser->login($user);
is($browser->at, 'consent', 'a login through the Organization goes on');
is(is_member($org, $user), 0, 'nobody joins before the consent');
$browser->consent('decline');
is(is_member($org, $user), 0, 'nor by declining');
$browser->authorize($app, organization => $org->{id});
$browser->consent;
ok($browser->code, 'with the consent comes a code');
is(is_member($org, $user), 1, 'and the membership');
my ($event) = $t->events(type => 'organization_member_added',
                         user_id => $user->{user_id});

is($event->{organization_id}, $org->{id}, 'the event says which');
$browser->authorize($app, organization => $org->{id});
ok($browser->code, 'the next time at once');
is(scalar(() = $t->events(type => 'organization_member_added',
    user_id => $user->{user_id})), 1, 'nobody joins twice');

# ---- after the login ------------------------------------------------------------------

my $newcomer = TPA::Browser::person($t, $connection);

$browser = $b->another;
$browser->authorize($post);
$browser->login($newcomer);
is($browser->at, 'consent', 'one Organization takes those of the connection:'
   . ' it is the one');
$browser->consent;
is(is_member($org, $newcomer), 1, 'they join it');

my $undecided = TPA::Browser::person($t, $connection);
my $second = joining($connection);

$browser = $b->another;
$browser->authorize($post);
$browser->login($undecided);
isnt($browser->code, 1, 'two of them: no one is joined by itself');
is(is_member($_, $undecided), 0, 'not this one') for $org, $second;

# ---- where it does not count ------------------------------------------------------------

my $other = connection_of($t);
my $mixed = joining($other);

$t->insert('organization_connections', organization_id => $mixed->{id},
           connection_id => $connection->{id});
my $foreign = TPA::Browser::person($t, $connection);

$browser = $b->another;
$browser->run($app, $foreign, organization => $mixed->{id});
is(($browser->told)[0], 'access_denied', 'not by another connection of it');
is(is_member($mixed, $foreign), 0, 'no membership');
my $off = joining($other, is_enabled => 'f');
my $late = TPA::Browser::person($t, $other);

$browser = $b->another;
$browser->run($app, $late, organization => $off->{id});
is($browser->code, undef, 'not by one that is switched off');
is(is_member($off, $late), 0, 'no membership');
my $closed = joining($connection);

$t->update('organizations', { id => $closed->{id} },
           third_party_client_access => 'block');
$browser = $b->another;
$browser->run($app, $foreign, organization => $closed->{id});
is($browser->code, undef, 'not in one that blocks the application');
is(is_member($closed, $foreign), 0, 'no membership');

done_testing();
