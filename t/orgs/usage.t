# organization_usage and organization_require_behavior: one line for each row.
use TPA::Test;
use TPA::Browser;
use TPA::User;

use Digest::SHA qw(sha256_hex);

my $t = tenant('a');
my $connection = connection_of($t);
my $user = TPA::Browser::person($t, $connection);
my $org = org_with($t, [ $connection ], name => 'org-' . TPA::Tenant::hex_of(8));
my $api = $t->api;
my $b = TPA::Browser->new($t);

membership($t, $org, $user);

sub org_of_code {
    my ($browser) = @_;
    my $code = $browser->code // return 'no code';

    return $t->db->value('SELECT coalesce(organization_id, \'none\') FROM'
        . ' tpa_data.authorization_codes WHERE code_hash = ?',
        sha256_hex($code));
}

# What a new browser sees first, and where it ends when it does as it is told:
# an organization id, none, or the text of an error.
sub run_of {
    my ($app, %params) = @_;
    my $browser = $b->another;

    $browser->authorize($app, %params);
    my $first = $browser->at;

    for (1 .. 6) {
        my $at = $browser->at;

        last if $at eq 'redirect' || $at eq 'error';
        $browser->submit(value => $org->{name}) if $at eq 'organization';
        $browser->login($user) if $at eq 'login';
        $browser->submit(organization => $org->{id})
            if $at eq 'organization-picker';
        $browser->consent if $at eq 'consent';
    }
    return ($first, $browser->at eq 'redirect' ? org_of_code($browser)
                                               : ($browser->told)[1]);
}

my $not_allowed = qr/parameter organization is not allowed for this client/;
my $required = qr/parameter organization is required for this client/;

for (
    # usage    behaviour            sent    first page             ends
    [ undef,    undef,               0, 'login',                'none' ],
    [ undef,    undef,               1, 'error',                $not_allowed ],
    [ 'deny',   undef,               0, 'login',                'none' ],
    [ 'deny',   undef,               1, 'error',                $not_allowed ],
    [ 'deny',   'pre_login_prompt',  0, 'login',                'none' ],
    [ 'deny',   'post_login_prompt', 0, 'login',                'none' ],
    [ 'allow',  undef,               0, 'login',                'none' ],
    [ 'allow',  undef,               1, 'login',                'org' ],
    [ 'allow',  'no_prompt',         0, 'login',                'none' ],
    [ 'allow',  'no_prompt',         1, 'login',                'org' ],
    [ 'allow',  'pre_login_prompt',  0, 'organization',         'org' ],
    [ 'allow',  'pre_login_prompt',  1, 'login',                'org' ],
    [ 'allow',  'post_login_prompt', 0, 'login',                'org' ],
    [ 'allow',  'post_login_prompt', 1, 'login',                'org' ],
    [ 'require', undef,              0, 'error',                $required ],
    [ 'require', undef,              1, 'login',                'org' ],
    [ 'require', 'no_prompt',        0, 'error',                $required ],
    [ 'require', 'no_prompt',        1, 'login',                'org' ],
    [ 'require', 'pre_login_prompt', 0, 'organization',         'org' ],
    [ 'require', 'pre_login_prompt', 1, 'login',                'org' ],
    [ 'require', 'post_login_prompt', 0, 'login',               'org' ],
    [ 'require', 'post_login_prompt', 1, 'login',               'org' ],
) {
    my ($usage, $behaviour, $sent, $first, $end) = @$_;
    my $app = app_of($t, api => $api, organization_usage => $usage,
        organization_require_behavior => $behaviour,
        organization_discovery_methods => [ 'organization_name' ]);
    my @got = run_of($app, $sent ? (organization => $org->{id}) : ());
    my $name = join ', ', $usage // '(unset)', $behaviour // '(unset)',
        $sent ? 'sent' : 'not sent';

    ref $end ? like("$got[0]: $got[1]", qr/^$first: $end/, $name)
        : is_deeply(\@got, [ $first, $end eq 'org' ? $org->{id} : $end ],
                    $name);
}

# ---- who is a member -------------------------------------------------------------

my $outsider = TPA::Browser::person($t, $connection);
my $app = app_of($t, api => $api);

sub refused {
    my ($app, $user, %params) = @_;
    my $browser = $b->another;

    $browser->run($app, $user, %params);
    return join ': ', ($browser->told)[0, 1];
}

is(refused($app, $outsider, organization => $org->{id}),
   "access_denied: user $outsider->{user_id} is not part of the $org->{id}"
   . ' organization', 'not a member: access_denied');
my $picky = app_of($t, api => $api, organization_usage => 'require',
                   organization_require_behavior => 'post_login_prompt');

like(refused($picky, $outsider),
     qr/^invalid_request: client requires organization membership/,
     'a member of none, where one is required');
my $easy = app_of($t, api => $api,
                  organization_require_behavior => 'post_login_prompt');
my $browser = $b->another;

$browser->run($easy, $outsider);
is(org_of_code($browser), 'none', 'a member of none, where one is allowed');

# ---- the value -------------------------------------------------------------------

my $other = org_with($t, [ $connection ]);

for (
    [ 'an unknown id', 'org_' . 'x' x 16, qr/is invalid: org_x{16}/ ],
    [ 'a name, where ids are wanted', $org->{name},
      qr/must be an organization id/ ],
    [ 'half an id', substr($org->{id}, 0, 12),
      qr/is invalid|must be an organization id/ ],
    [ 'an id in other case', uc $org->{id}, qr/is invalid|must be/ ],
) {
    my ($name, $value, $text) = @$_;

    like(refused($app, $user, organization => $value),
         qr/^invalid_request: .*$text/, $name);
}
$t->settings(allow_organization_name_in_authentication_api => 't');
$browser = $b->another;
$browser->run($app, $user, organization => $org->{name});
is(org_of_code($browser), $org->{id}, 'a name, where names are accepted');
$browser = $b->another;
$browser->run($app, $user, organization => uc $org->{name});
like($browser->at, qr/^(?:redirect|error)$/, 'a name in other case');
like(refused($app, $user, organization => 'no-such-org'),
     qr/^invalid_request: parameter organization is invalid/,
     'an unknown name');
TPA::Tenant::undo();

# ---- the connection of the session -------------------------------------------------

my $second = connection_of($t);
my $elsewhere = org_with($t, [ $second ]);

membership($t, $elsewhere, $user);
$browser = $b->another;
$browser->run($app, $user, organization => $org->{id});
$browser->authorize($app, organization => $elsewhere->{id});
is($browser->at, 'login', 'a session by a connection that the Organization'
   . ' has not asks for a new login');

# ---- permissive and first-party applications -----------------------------------------

my $blocking = $t->org;

$t->insert('organization_connections', organization_id => $blocking->{id},
           connection_id => $connection->{id});
membership($t, $blocking, $user);
my $own = app_of($t, api => $api, party => 'first');

$t->insert('client_connections', client_id => $own->{id},
           connection_id => $connection->{id});
$browser = $b->another;
$browser->run($own, $user, organization => $blocking->{id});
is(org_of_code($browser), $blocking->{id}, 'third_party_client_access does not'
   . ' concern first-party applications');

done_testing();
