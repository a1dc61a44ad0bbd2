# Machine-to-machine access for Organizations: every row of the decision, as
# requests against an independent reading of the rules.
use TPA::Test timeout => 300;

my $t = tenant('a');
my $api = $t->api;

my %org = map { $_ => $t->org } qw(granted other);
my $unknown = 'org_' . TPA::Tenant::text_of(16);

# What the request may carry, what the application may have as its default.
my %sent = (
    'nothing'               => undef,
    'a granted org'         => $org{granted}{id},
    'an org not granted'    => $org{other}{id},
    'an unknown org'        => $unknown,
    'a name'                => $org{granted}{name},
    'a name not granted'    => $org{other}{name},
    'an unknown name'       => 'no-such-organization',
);
my %default = (
    'no default'            => undef,
    'a granted default'     => 'granted',
    'a default not granted' => 'other',
);
my %party = (
    'first-party'           => 'first',
    'third-party'           => 'third',
    'permissive'            => 'permissive',
);

# The rules, told again: (status, error, org_id of the token).
sub expected {
    my ($party, $usage, $sent, $default, $any, $names) = @_;
    my ($org, $known);
    my $is_id = defined $sent && $sent =~ /^org_/;

    if ($usage eq 'deny' || $usage eq 'unset') {
        return defined $sent ? (400, 'access_denied') : (200, '', undef);
    }
    if (!defined $sent) {
        return (200, '', undef) if $usage eq 'allow';
        return (400, 'access_denied') unless defined $default;
        $org = $org{$default};
    }
    else {
        return (400, 'invalid_request') unless $is_id || $names;
        ($org) = grep { $_->{ $is_id ? 'id' : 'name' } eq $sent } values %org;
        return (400, 'access_denied') unless $org;
    }
    return (200, '', $org->{id})
        if $org == $org{granted} || ($any && $party eq 'first');
    return (400, 'access_denied');
}

my $tried = 0;
my $refusals = 0;

for my $party (sort keys %party) {
    my $client = $t->machine(party => $party{$party}, api => $api);
    my $grant = $client->{grant};

    $t->org_grant($org{granted}, $grant);
    for my $names (0, 1) {
        $t->update('tenant', {},
            allow_organization_name_in_authentication_api => $names);
        for my $usage (qw(unset deny allow require)) {
            for my $any (0, 1) {
                $t->update('client_grants', { id => $grant->{id} },
                    organization_usage => $usage eq 'unset' ? undef : $usage,
                    allow_any_organization => $any);
                for my $default (sort keys %default) {
                    my $set = $default{$default};

                    $t->update('clients', { client_id => $client->{id} },
                        default_organization_id => $set && $org{$set}{id},
                        default_organization_flows =>
                            $set ? [ 'client_credentials' ] : []);
                    for my $sent (sort keys %sent) {
                        check($client, $party, $usage, $sent, $default, $any,
                              $names);
                    }
                }
            }
        }
    }
}

sub check {
    my ($client, $party, $usage, $sent, $default, $any, $names) = @_;
    my ($status, $error, $org) = expected($party{$party}, $usage,
        $sent{$sent}, $default{$default}, $any, $names);
    my $answer = $t->token($client, organization => $sent{$sent});
    my $name = "$party, $usage, $sent, $default"
        . ($any ? ', any organization' : '') . ($names ? ', names' : '');

    $tried++;
    if ($status != 200) {
        $refusals++;
        is_error($answer, $status, $error, $name);
        return;
    }
    my $claims = $answer->code == 200
        ? (TPA::JWT::decode($answer->json->{access_token}))[1] : {};

    ok($answer->code == 200
       && ($claims->{org_id} // '') eq ($org // ''), $name)
        or diag($answer->{line}, $answer->body,
                ' org_id ', $claims->{org_id} // '(none)');
}
is($tried, 3 * 2 * 4 * 2 * 3 * 7, 'all combinations were tried');
ok($refusals > 0 && $refusals < $tried, "some of them refused: $refusals");
$t->update('tenant', {}, allow_organization_name_in_authentication_api => 'f');

# ---- details ----------------------------------------------------------------------

my $m = $t->machine(api => $api, grant => { organization_usage => 'allow' });

$t->org_grant($org{granted}, $m->{grant});

my $answer = $t->token($m, organization => $unknown);
is($answer->body, $t->token($m, organization => $org{other}{id})->body,
   'an unknown Organization and one not granted get the same answer');

is_error($t->token($m, organization => $_), 400, 'invalid_request',
         'not an id: ' . substr($_, 0, 30)) for
    'x', 'ORG_0123456789abcdef', 'org-0123456789abcdef', 'org_short',
    "$org{granted}{id}x", substr($org{granted}{id}, 0, -1),
    $org{granted}{name}, "org_'; DROP TABLE x", "org_\x{1}\x{1b}[31m", '%',
    'x' x 5000;
is_error($t->token($m, organization => $org{granted}{id} =~ s/^org_//r), 400,
         'invalid_request', 'an id without its prefix');
is_error($t->token($m, organization => lc $org{granted}{id}), 400,
         'access_denied', 'an id in small letters')
    if lc $org{granted}{id} ne $org{granted}{id};

# The grant counts, not a grant of another application or for another API.
my $stranger = $t->machine(api => $api,
                           grant => { organization_usage => 'allow' });
is_error($t->token($stranger, organization => $org{granted}{id}), 400,
         'access_denied', 'another application\'s organization grant');
my $api2 = $t->api;

$t->grant(client => $m, api => $api2, organization_usage => 'allow');
is_error($t->token($m, audience => $api2->{identifier},
                   organization => $org{granted}{id}), 400, 'access_denied',
         'an organization grant for another API');

# A default grant is no grant for Organizations.
my $api3 = $t->api;
my $guest = $t->client(party => 'third');

$t->grant(api => $api3);
is($t->token($guest, audience => $api3->{identifier})->code, 200,
   'a third-party application with the default grant');
is_error($t->token($guest, audience => $api3->{identifier},
                   organization => $org{granted}{id}), 400, 'access_denied',
         'the default grant in an Organization');

# default_organization whose flows do not name this one.
$t->update('client_grants', { id => $m->{grant}{id} },
           organization_usage => 'require');
$t->update('clients', { client_id => $m->{id} },
           default_organization_id => $org{granted}{id},
           default_organization_flows => []);
is_error($t->token($m), 400, 'access_denied',
         'a default organization for other flows');
$t->update('clients', { client_id => $m->{id} },
           default_organization_flows => [ 'client_credentials' ]);
is($t->claims($m)->{org_id}, $org{granted}{id},
   'a default organization for this flow');
is_error($t->token($m, organization => $org{other}{id}), 400, 'access_denied',
         'what was sent counts, not the default');

# The switch for user flows is not looked at, whatever it says.
for my $access (qw(block allow)) {
    my $partner = $t->machine(party => 'third', api => $api,
                              grant => { organization_usage => 'require' });
    my $org = $t->org(third_party_client_access => $access,
                      is_app_entitlement_active => 't');

    is_error($t->token($partner, organization => $org->{id}), 400,
             'access_denied', "third_party_client_access $access, no grant");
    $t->org_grant($org, $partner->{grant});
    is($t->claims($partner, organization => $org->{id})->{org_id}, $org->{id},
       "third_party_client_access $access, a grant");
}

# Changes count at once: no grant is remembered.
my $org = $t->org;

$t->org_grant($org, $m->{grant});
is($t->token($m, organization => $org->{id})->code, 200, 'a new grant');
$t->db->rows('DELETE FROM tpa_data.organization_client_grants'
             . ' WHERE organization_id = ?', $org->{id});
is_error($t->token($m, organization => $org->{id}), 400, 'access_denied',
         'a grant taken away');
$t->org_grant($org, $m->{grant});
$t->db->rows('DELETE FROM tpa_data.organizations WHERE id = ?', $org->{id});
is_error($t->token($m, organization => $org->{id}), 400, 'access_denied',
         'an Organization that is gone');

# ---- names ---------------------------------------------------------------------------

# An Organization whose name reads like the id of another: the id wins.
my $id = 'org_' . TPA::Tenant::hex_of(16);
my $by_id = $t->org(id => $id);
my $by_name = $t->org(name => $id);

$t->org_grant($by_name, $m->{grant});
$t->settings(allow_organization_name_in_authentication_api => 't');
is_error($t->token($m, organization => $id), 400, 'access_denied',
         'the name of a granted org, the id of one that is not');
$t->org_grant($by_id, $m->{grant});
is($t->claims($m, organization => $id)->{org_id}, $by_id->{id},
   'a text that is an id and a name: the id wins');

my $claims = $t->claims($m, organization => $org{granted}{name});
is($claims->{org_id}, $org{granted}{id}, 'an Organization by its name');
is($claims->{org_name}, $org{granted}{name}, 'its name is in the token');
is($t->claims($m, organization => $org{granted}{id})->{org_name},
   $org{granted}{name}, 'so it is when the id was sent');
is_error($t->token($m, organization => uc $org{granted}{name}), 400,
         'access_denied', 'a name in capitals');
TPA::Tenant::undo();
ok(!exists $t->claims($m, organization => $org{granted}{id})->{org_name},
   'no name in the token without the setting');

# Without names, one that reads like an id opens nothing.
$t->db->rows('DELETE FROM tpa_data.organizations WHERE id = ?', $by_id->{id});
is_error($t->token($m, organization => $id), 400, 'access_denied',
         'a name that reads like an id, without the setting');

done_testing();
