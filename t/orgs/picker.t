# The Organization is picked after the login.
use TPA::Test;
use TPA::Browser;
use TPA::User;

use Digest::SHA qw(sha256_hex);

my $t = tenant('a');
my $connection = connection_of($t);
my $other = connection_of($t);
my $api = $t->api;
my $b = TPA::Browser->new($t);
my $require = app_of($t, api => $api, organization_usage => 'require',
                     organization_require_behavior => 'post_login_prompt');
my $allow = app_of($t, api => $api,
                   organization_require_behavior => 'post_login_prompt');

sub orgs_of {
    my ($browser) = @_;
    my $form = $browser->form_with('organization') or return [];

    return [ sort grep { /^org_/ } @{ $form->{buttons} } ];
}

sub org_of_code {
    my ($browser) = @_;

    return $t->db->value('SELECT coalesce(organization_id, \'none\') FROM'
        . ' tpa_data.authorization_codes WHERE code_hash = ?',
        sha256_hex($browser->code // return 'no code'));
}

# ---- which are shown ---------------------------------------------------------------

my $user = TPA::Browser::person($t, $connection);
my %org = (
    first => org_with($t, [ $connection ]),
    second => org_with($t, [ $connection, $other ]),
    'not a member' => org_with($t, [ $connection ]),
    'blocks third parties' => $t->org,
    'by another connection' => org_with($t, [ $other ]),
);

$t->insert('organization_connections', connection_id => $connection->{id},
           organization_id => $org{'blocks third parties'}{id});
membership($t, $org{$_}, $user) for grep { $_ ne 'not a member' } keys %org;
my $browser = $b->another;

$browser->authorize($require);
is($browser->at, 'login', 'first the login');
$browser->login($user);
is($browser->at, 'organization-picker', 'then the picker');
is_deeply(orgs_of($browser), [ sort map { $org{$_}{id} } qw(first second) ],
          'with those that admit the application and the connection used');
ok(!{ @{ $browser->form_with('organization')->{buttons} } }->{skip},
   'usage require: there is no way without one');

# ---- picking ------------------------------------------------------------------------

$browser->submit(organization => $org{second}{id});
is($browser->at, 'consent', 'then the consent');
like($browser->{page}->body, qr/\Q$org{second}{name}\E/, 'which names it');
$browser->consent;
is(org_of_code($browser), $org{second}{id}, 'and a code for the one picked');
$browser->authorize($require);
is($browser->at, 'organization-picker', 'the next time it is asked again');

for my $name ('not a member', 'blocks third parties',
              'by another connection') {
    $browser->authorize($require);
    my $form = $browser->form_with('organization');

    $browser->post($form->{action}, @{ $form->{fields} },
                   organization => $org{$name}{id});
    isnt($browser->at, 'redirect', "$name: not by a forged form");
    isnt($browser->at, 'consent', "$name: not even to the consent");
}
$browser->authorize($require);
my $form = $browser->form_with('organization');

$browser->post($form->{action}, @{ $form->{fields} }, skip => 1);
is($browser->at, 'organization-picker', 'required: none is no choice');
$browser->post($form->{action}, @{ $form->{fields} }, organization => '');
is($browser->at, 'organization-picker', 'nor is nothing');

# ---- without one ----------------------------------------------------------------------

$browser->authorize($allow);
is($browser->at, 'organization-picker', 'usage allow: the picker too');
$browser->submit(skip => 1);
$browser->consent;
is(org_of_code($browser), 'none', 'on without an Organization');

# ---- one, none, many --------------------------------------------------------------------

my $single = TPA::Browser::person($t, $connection);

membership($t, $org{first}, $single);
$browser = $b->another;
$browser->authorize($require);
$browser->login($single);
is($browser->at, 'consent', 'a member of one: no picker');
$browser->consent;
is(org_of_code($browser), $org{first}{id}, 'a code for that one');
$browser = $b->another;
$browser->authorize($allow);
$browser->login($single);
is($browser->at, 'organization-picker', 'usage allow: still a choice');

my $many = TPA::Browser::person($t, $connection);

membership($t, org_with($t, [ $connection ]), $many) for 1 .. 23;
$browser = $b->another;
$browser->authorize($require);
$browser->login($many);
is(scalar @{ orgs_of($browser) }, 20, 'at most twenty are shown');

# ---- the ticket holds no decision -----------------------------------------------------------

my $leaver = TPA::Browser::person($t, $connection);

membership($t, $org{$_}, $leaver) for qw(first second);
$browser = $b->another;
$browser->authorize($require);
$browser->login($leaver);
$t->db->rows('DELETE FROM tpa_data.organization_members WHERE user_id = ?'
    . ' AND organization_id = ?', $leaver->{user_id}, $org{second}{id});
$form = $browser->form_with('organization');
$browser->post($form->{action}, @{ $form->{fields} },
               organization => $org{second}{id});
isnt($browser->at, 'consent', 'a membership that ended meanwhile is over');

done_testing();
