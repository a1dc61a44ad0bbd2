# Third-party applications, Organizations and connections: the eight rows of the
# switch, a line each, and who an Organization names one by one.
use TPA::Test;
use TPA::Browser;
use TPA::User;

my $t = tenant('a');
my $api = $t->api;
my $app = app_of($t, api => $api);
my $b = TPA::Browser->new($t);

sub offers {
    my ($browser, $connection) = @_;

    return $browser->{page}->body =~ /\Q$connection->{id}\E/ ? 1 : 0;
}

# What happens to a member: [ first page or error text, connection offered,
# forced ].
sub fate {
    my ($access, $domain_level, $enabled) = @_;
    my $connection = connection_of($t,
        is_domain_connection => $domain_level ? 't' : 'f');
    my $spare = connection_of($t);   # so that the page has one to show
    my $org = $t->org(third_party_client_access => $access);
    my $user = TPA::Browser::person($t, $connection);
    my ($browser, $forced) = ($b->another, $b->another);

    membership($t, $org, $user);
    $t->insert('organization_connections', organization_id => $org->{id},
               connection_id => $_->{id})
        for $spare, $enabled ? $connection : ();
    $browser->authorize($app, organization => $org->{id});
    my @got = ($browser->at, offers($browser, $connection));

    push @got, join ': ', ($browser->told)[0, 1] if $got[0] eq 'error';
    $forced->authorize($app, organization => $org->{id},
                       connection => $connection->{name});
    push @got, $forced->at eq 'error' ? ($forced->told)[0] : $forced->at;
    $got[2] =~ s/\Q$org->{id}\E/ID/ if $got[0] eq 'error';
    return \@got;
}

my $blocked = [ 'error', 0,
    'invalid_request: parameter organization is invalid: ID',
    'invalid_request' ];
my $hidden = [ 'login', 0, 'invalid_request' ];

for (
    # access   domain-level  enabled   fate
    [ 'block',  0,            0,        $blocked ],
    [ 'block',  0,            1,        $blocked ],
    [ 'block',  1,            0,        $blocked ],
    [ 'block',  1,            1,        $blocked ],
    [ 'allow',  0,            0,        $hidden ],
    [ 'allow',  0,            1,        $hidden ],
    [ 'allow',  1,            0,        $hidden ],
    [ 'allow',  1,            1,        [ 'login', 1, 'login' ] ],
) {
    my ($access, $domain_level, $enabled, $fate) = @$_;
    my $got = fate($access, $domain_level, $enabled);

    is_deeply($got, $fate, "$access, " . ($domain_level ? '' : 'not ')
        . 'domain-level, ' . ($enabled ? '' : 'not ') . 'enabled for it')
        or diag(explain($got));
}

# ---- a refused one and an unknown one look the same ---------------------------------

my $connection = connection_of($t);
my $user = TPA::Browser::person($t, $connection);
my $closed = $t->org;

membership($t, $closed, $user);

sub told_of {
    my ($browser, $id) = @_;
    my $answer = $browser->authorize($app, organization => $id);
    my ($error, $text) = $browser->told;
    my $page = $answer->body =~ s/\Q$id\E/ID/gr =~ s/ref_\w+/REF/gr
        =~ s/nonce(?:=|-)["']?[\w+\/=-]+/NONCE/gr;

    $text =~ s/\Q$id\E/ID/;
    return { code => $answer->code, error => $error, text => $text,
             page => $page };
}

my $logged_in = $b->another;

$logged_in->run(app_of($t, api => $api), $user);
for my $case ([ 'a stranger', $b->another ], [ 'a member', $logged_in ]) {
    my ($name, $browser) = @$case;

    is_deeply(told_of($browser, $closed->{id}),
              told_of($browser, 'org_' . TPA::Tenant::text_of(16)),
              "$name cannot tell one that refuses from one that does not"
              . ' exist');
}

# ---- without an Organization -----------------------------------------------------

my $private = connection_of($t, is_domain_connection => 'f');
my $browser = $b->another;

$browser->authorize($app);
ok(offers($browser, $connection), 'without one: domain-level connections');
ok(!offers($browser, $private), 'and no others');
$t->insert('client_connections', client_id => $app->{id},
           connection_id => $private->{id});
$browser->authorize($app);
ok(!offers($browser, $private), 'not even one enabled for the application');
$browser->authorize($app, connection => $connection->{name});
is($browser->at, 'login', 'connection= forces one');
is(() = $browser->{page}->body =~ /con_\w{16}/g, 1, 'and offers only that')
    or diag($browser->{page}->body);
$browser->authorize($app, connection => $private->{name});
is(($browser->told)[0], 'invalid_request', 'not one that is not for it');

# The Organization's own list replaces the application's.
my $org = org_with($t, [ $connection ]);

$browser->authorize($app, organization => $org->{id});
is(() = $browser->{page}->body =~ /con_\w{16}/g, 1,
   'inside one: only its connections');
my $empty = org_with($t, []);

$browser->authorize($app, organization => $empty->{id});
is(($browser->told)[0], 'invalid_request', 'none left: invalid_request');
like(($browser->told)[2], qr/^ref_/, 'with a reference');

# ---- applications named one by one -------------------------------------------------

my $listing = org_with($t, [ $connection ], is_app_entitlement_active => 't',
                       third_party_client_access => 'block');
my $named = app_of($t, api => $api);

sub admitted {
    $browser->authorize($named, organization => $listing->{id});
    return $browser->at eq 'login' ? 1 : 0;
}

is(admitted(), 0, 'not named: the switch decides: block');
$t->update('organizations', { id => $listing->{id} },
           third_party_client_access => 'allow');
is(admitted(), 1, 'not named: the switch decides: allow');
$t->insert('organization_clients', organization_id => $listing->{id},
           client_id => $named->{id}, use_for_member_access => 'f');
is(admitted(), 0, 'named, not for members: refused though the switch allows');
$t->update('organization_clients', { client_id => $named->{id} },
           use_for_member_access => 't');
$t->update('organizations', { id => $listing->{id} },
           third_party_client_access => 'block');
is(admitted(), 1, 'named for members: admitted though the switch blocks');
$t->update('organizations', { id => $listing->{id} },
           is_app_entitlement_active => 'f');
is(admitted(), 0, 'the list is off: the switch alone decides');

# ---- the switch is looked at on every page -------------------------------------------

my $turning = org_with($t, [ $connection ]);

membership($t, $turning, $user);
$browser = $b->another;
$browser->authorize($app, organization => $turning->{id});
$t->update('organizations', { id => $turning->{id} },
           third_party_client_access => 'block');
$browser->login($user);
is(($browser->told)[0], 'invalid_request', 'turned while the login page was'
   . ' open: refused');
$t->update('organizations', { id => $turning->{id} },
           third_party_client_access => 'allow');
$browser->authorize($app, organization => $turning->{id});
$browser->login($user) if $browser->at eq 'login';
is($browser->at, 'consent', 'turned back: the consent page');
$t->update('organizations', { id => $turning->{id} },
           third_party_client_access => 'block');
$browser->consent;
is(($browser->told)[0], 'invalid_request', 'turned while the consent page was'
   . ' open: refused');
is($browser->code, undef, 'and no code');

done_testing();
