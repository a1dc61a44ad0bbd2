# The Organization is asked for before the login: by name, by e-mail address.
use TPA::Test;
use TPA::Browser;
use TPA::User;

use Digest::SHA qw(sha256_hex);

my $t = tenant('a');
my $connection = connection_of($t);
my $user = TPA::Browser::person($t, $connection);
my $api = $t->api;
my $b = TPA::Browser->new($t);
my %pre = (api => $api, organization_usage => 'require',
           organization_require_behavior => 'pre_login_prompt');
my $both = app_of($t, %pre, organization_discovery_methods =>
                  [qw(email organization_name)]);
my $by_name = app_of($t, %pre,
                     organization_discovery_methods => [ 'organization_name' ]);
my $by_email = app_of($t, %pre,
                      organization_discovery_methods => [ 'email' ]);
my $unset = app_of($t, %pre);
my $loose = app_of($t, %pre, organization_usage => 'allow');

sub domain_of {
    my ($org, %row) = @_;

    %row = (domain => 'd-' . TPA::Tenant::hex_of(10) . '.example.com',
            status => 'verified', %row);
    $t->insert('organization_domains', id => 'ord_' . TPA::Tenant::text_of(22),
        organization_id => $org->{id}, verification_txt =>
        TPA::Tenant::hex_of(32), verification_host => 'x', %row);
    return $row{domain};
}

my $org = org_with($t, [ $connection ], display_name => 'The First One');
my $domain = domain_of($org);
my $closed = $t->org;
my $closed_domain = domain_of($closed);

membership($t, $_, $user) for $org, $closed;

# ---- what is typed, and where it leads ---------------------------------------------

my $invalid = 'organization';

for (
    # app          what is typed                    leads to
    [ $by_name,    $org->{name},                    'login' ],
    [ $by_name,    uc $org->{name},                 'login' ],
    [ $by_name,    "ann\@$domain",                  $invalid ],
    [ $by_name,    $org->{id},                      $invalid ],
    [ $by_name,    'The First One',                 $invalid ],
    [ $by_name,    'no-such-organization',          $invalid ],
    [ $by_name,    $closed->{name},                 $invalid ],
    [ $by_name,    '',                              $invalid ],
    [ $by_name,    '%',                             $invalid ],
    [ $by_name,    'x' x 2000,                      $invalid ],
    [ $by_email,   "ann\@$domain",                  'login' ],
    [ $by_email,   'ann@' . uc $domain,             'login' ],
    [ $by_email,   $org->{name},                    $invalid ],
    [ $by_email,   'ann@example.org',               $invalid ],
    [ $by_email,   "ann\@sub.$domain",              $invalid ],
    [ $by_email,   "ann\@$closed_domain",           $invalid ],
    [ $by_email,   "ann\@$closed_domain\@$domain",  'login' ],
    [ $by_email,   'ann@' . domain_of($org, status => 'pending'), $invalid ],
    [ $by_email,   'ann@' . domain_of($org,
                       use_for_organization_discovery => 'f'), $invalid ],
    [ $both,       $org->{name},                    'login' ],
    [ $both,       "ann\@$domain",                  'login' ],
    [ $unset,      "ann\@$domain",                  'login' ],
    [ $unset,      $org->{name},                    $invalid ],
) {
    my ($app, $typed, $leads) = @$_;
    my $browser = $b->another;
    my $shown = substr $typed, 0, 50;

    $browser->authorize($app);
    is($browser->at, 'organization', "'$shown': first the question");
    $browser->submit(value => $typed);
    is($browser->at, $leads, "'$shown': then $leads");
    next if $leads ne $invalid;
    is($browser->{page}->code, 400, "'$shown': 400");
    like($browser->{page}->body, qr/role="alert"[^>]*>[^<]*organization/i,
         "'$shown': it says so");
}

# ---- the whole way -------------------------------------------------------------------

my $browser = $b->another;

$browser->authorize($both);
$browser->submit(value => "ann\@$domain");
my %fields = @{ $browser->form_with('identifier')->{fields} };

is($fields{identifier}, "ann\@$domain", 'the address is filled in at the login');
like($browser->{page}->body, qr/The First One/, 'which has the look of the'
     . ' Organization');
$browser->login($user);
$browser->consent;
is($t->db->value('SELECT organization_id FROM tpa_data.authorization_codes'
    . ' WHERE code_hash = ?', sha256_hex($browser->code)), $org->{id},
   'the code is for it');
$browser->authorize($both);
is($browser->at, 'organization', 'the next time it is asked for again');

# ---- several of one domain ------------------------------------------------------------

my $second = org_with($t, [ $connection ]);
my $blocking = $t->org;

domain_of($_, domain => $domain) for $second, $blocking;
$browser = $b->another;
$browser->authorize($by_email);
$browser->submit(value => "ann\@$domain");
is($browser->at, 'organization-picker', 'several: they can be picked');
my %buttons;

for (0 .. $#{ $browser->form_with('organization')->{buttons} }) {
    my $value = $browser->form_with('organization')->{buttons}[$_];

    $buttons{$value}++ if $value =~ /^org_/;
}
is_deeply(\%buttons, { $org->{id} => 1, $second->{id} => 1 },
          'those that admit the application');
$browser->submit(organization => $second->{id});
is($browser->at, 'login', 'then the login');
membership($t, $second, $user);
$browser->login($user);
$browser->consent;
is($t->db->value('SELECT organization_id FROM tpa_data.authorization_codes'
    . ' WHERE code_hash = ?', sha256_hex($browser->code)), $second->{id},
   'and a code for the one that was picked');

# One that is not on the page is treated like one that is sent.
for my $case ([ 'one that refuses', $blocking->{id} ],
              [ 'one that does not exist', 'org_' . 'x' x 16 ],
              [ 'no id', 'x' ]) {
    my ($name, $id) = @$case;

    $browser = $b->another;
    $browser->authorize($by_email);
    $browser->submit(value => "ann\@$domain");
    $browser->post($browser->form_with('organization')->{action},
        ticket => { @{ $browser->form_with('ticket')->{fields} } }->{ticket},
        organization => $id);
    is(($browser->told)[0], 'invalid_request', "$name: refused");
    is($browser->code, undef, "$name: no code");
}

# ---- without one -----------------------------------------------------------------------

$browser = $b->another;
$browser->authorize($loose);
$browser->submit(skip => 1, value => undef);
is($browser->at, 'login', 'usage allow: on without an Organization');
$browser->login($user);
$browser->consent;
is($t->db->value('SELECT organization_id FROM tpa_data.authorization_codes'
    . ' WHERE code_hash = ?', sha256_hex($browser->code)), undef,
   'a code for none');
$browser = $b->another;
$browser->authorize($both);
my $form = $browser->form_with('value');

ok(!{ @{ $form->{buttons} } }->{skip}, 'usage require: that is not offered');
$browser->post($form->{action}, @{ $form->{fields} }, skip => 1);
is($browser->at, 'organization', 'and does not work either');

done_testing();
