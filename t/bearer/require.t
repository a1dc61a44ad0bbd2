# AuthType TPABearer and its Require: which token opens which door, and what a
# back end is told.
use TPA::Test;

use TPA::JWT ();

my $t = tenant('a');
my $aud = 'https://api.example.test/t/';
my $http = main_node->http('api');

sub api_of {
    my ($tenant, $identifier) = @_;
    my $id = $tenant->db->value('SELECT id FROM tpa_data.resource_servers
                                 WHERE identifier = ?', $identifier);

    return $id ? { id => $id, identifier => $identifier,
                   scopes => [ 'read:things', 'write:things' ] }
               : $tenant->api(identifier => $identifier);
}

# A machine of such an API, and a token of it.
sub machine_of {
    my ($tenant, $identifier, %grant) = @_;

    return $tenant->machine(api => api_of($tenant, $identifier),
                            grant => \%grant);
}

sub token_of {
    my ($tenant, $machine, %params) = @_;
    my $answer = $tenant->token($machine, %params);

    die "no token: $answer->{line} $answer->{body}\n" if $answer->code != 200;
    return $answer->json->{access_token};
}

sub get {
    my ($path, $token, %opt) = @_;

    return $http->request($opt{method} || 'GET', $path, headers => [
        defined $token ? (Authorization => "Bearer $token") : (),
        @{ $opt{headers} || [] } ]);
}

my $machine = machine_of($t, $aud, organization_usage => 'allow',
                         allow_any_organization => 't');
my $org = $t->org;
my %token = (
    none => undef,
    all => token_of($t, $machine),
    read => token_of($t, $machine, scope => 'read:things'),
    write => token_of($t, $machine, scope => 'write:things'),
    second => token_of($t, machine_of($t, 'urn:second')),
    org => token_of($t, $machine, organization => $org->{id}),
    other => token_of($t, machine_of($t, 'https://api.example.test/t')),
    other_issuer => token_of(tenant('c'), $machine),
    b => token_of(tenant('b'), machine_of(tenant('b'), $aud)),
);
my $metadata = 'resource_metadata="https://api.example.test/'
    . '.well-known/oauth-protected-resource/t/"';

# ---- which token opens which door -----------------------------------------------
my @doors = (
    # path               token         status  missing scope
    [ '/t/user',         'none',         401 ],
    [ '/t/user',         'all',          200 ],
    [ '/t/user',         'second',       200 ],
    [ '/t/user',         'other',        401 ],
    [ '/t/user',         'other_issuer', 401 ],
    [ '/t/user',         'b',            401 ],
    [ '/t/scope',        'none',         401 ],
    [ '/t/scope',        'read',         200 ],
    [ '/t/scope',        'write',        403, 'read:things' ],
    [ '/t/scope/',       'write',        403, 'read:things' ],
    [ '/t/scope/below',  'write',        403, 'read:things' ],
    [ '/t//scope',       'write',        403, 'read:things' ],
    [ '/t/%73cope',      'write',        403, 'read:things' ],
    [ '/t/x/../scope',   'write',        403, 'read:things' ],
    [ '/t/either',       'read',         200 ],
    [ '/t/either',       'write',        200 ],
    [ '/t/either',       'none',         401 ],
    [ '/t/both',         'all',          200 ],
    [ '/t/both',         'read',         403, 'write:things' ],
    [ '/t/both',         'write',        403, 'read:things' ],
    [ '/t/any',          'read',         200 ],
    [ '/t/any',          'write',        200 ],
    [ '/t/any',          'none',         401 ],
    [ '/t/none',         'read',         200 ],
    [ '/t/none',         'all',          403 ],
    [ '/t/none',         'none',         401 ],
    [ "/t/org/$org->{id}", 'org',        200 ],
    [ "/t/org/$org->{id}/posts", 'org',  200 ],
    [ "/t/org/$org->{id}", 'all',        403 ],
    [ "/t/org/$org->{id}", 'none',       401 ],
    [ '/t/org/org_other', 'org',         403 ],
    [ "/t/org/org_other%20$org->{id}", 'org', 403 ],
    [ '/t/org/',         'org',          403 ],
    [ '/t/org/',         'all',          403 ],
    [ "/t/client/$machine->{id}", 'all', 200 ],
    [ "/t/client/$machine->{id}", 'second', 403 ],
    [ '/t/first',        'all',          200 ],
    [ '/t/first',        'second',       403 ],
    [ '/t/unset',        'org',          403 ],
    [ '/t/denied',       'all',          403 ],
    [ '/t/denied',       'none',         403 ],
    [ '/at/nothing',     'all',          500 ],
    [ '/at/nothing',     'none',         500 ],
    [ '/at/b',           'b',            200 ],
    [ '/at/b',           'all',          401 ],
    [ '/at/other',       'other',        200 ],
    [ '/at/other',       'all',          401 ],
    [ '/at/remote',      'all',          401 ],
);

for (@doors) {
    my ($path, $name, $status, $scope) = @$_;
    my $answer = get($path, $token{$name});
    my $said = $answer->header('WWW-Authenticate');

    is($answer->code, $status, "$path with $name");
    is($answer->header('X-Client') ne '', $status == 200, "$path with $name:"
       . ' is the back end told who it is') if $status != 403;
    if ($status == 401) {
        like($said, $name eq 'none' ? qr/^Bearer (?!.*error)/
             : qr/^Bearer error="invalid_token"/, "$path: the challenge");
    }
    elsif ($scope) {
        is($said, "Bearer error=\"insufficient_scope\", scope=\"$scope\","
           . " $metadata", "$path with $name: which scope is missing");
    }
    else {
        is($said, '', "$path with $name: no challenge");
    }
}
is(get('/t/scope')->header('WWW-Authenticate'),
   "Bearer $metadata, DPoP algs=\"ES256\", $metadata",
   'without a token the challenge says where to learn more');

# ---- what is told ------------------------------------------------------------------
my $answer = get('/t/scope', $token{org});

is($answer->header('X-User'), "$machine->{id}\@clients", 'REMOTE_USER');
is($answer->header('X-Org'), $org->{id}, 'TPA_ORG_ID');
is($answer->header('X-Client'), $machine->{id}, 'TPA_CLIENT_ID');
is($answer->header('X-Scope'), 'read:things write:things', 'TPA_SCOPE');
is($answer->header('X-Issuer'), $t->{issuer}, 'TPA_ISSUER');
is(get('/t/scope', $token{read})->header('X-Org'), '',
   'no TPA_ORG_ID without an Organization');

# Nobody says it himself.
for my $path ('/t/scope', '/t/granted', '/t/satisfied') {
    for my $name ('TPA-Org-Id', 'tpa-org-id', 'TPA_ORG_ID', 'Tpa_Org-Id',
                  'Tpa.Org_Id', 'Remote-User', 'REMOTE_USER') {
        my $answer = get($path, $token{all}, headers => [ $name => 'evil' ]);

        is($answer->code, 200, "$path with $name");
        is($answer->header('X-Sent'), '', "$path: $name is taken away");
        is($answer->header('X-Org'), '', "$path: and is no Organization");
    }
}
is(get('/t/scope', $token{all}, headers => [ 'X-TPA-Org-Id' => 'a',
                                             TPAX => 'b' ])
   ->header('X-Kept'), 'ab', 'other headers stay');
is(get('/page.html', undef, headers => [ 'TPA-Org-Id' => 'a' ])
   ->header('X-Sent'), 'a', 'and elsewhere nothing is taken away');

done_testing();
