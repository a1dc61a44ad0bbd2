# Organizations.
use TPA::Test timeout => 300;
use TPA::Mgmt;
use TPA::Orgs;

my $m = mgmt('a');
my $t = $m->tenant;
my $mark = TPA::Tenant::hex_of(8);
my $TRUE = JSON::PP::true();
my $FALSE = JSON::PP::false();

# ---- life of an Organization ---------------------------------------------------
my %all = (
    name => "all-$mark", display_name => "All \x{e9} $mark",
    branding => { logo_url => 'https://example.com/logo.png',
                  colors => { primary => '#0af', page_background => '#FFFFFF' }
                },
    metadata => { tier => 'gold', empty => '' },
    token_quota => { client_credentials => { enforce => $TRUE, per_day => 100,
                                             per_hour => 10 } },
    third_party_client_access => 'allow', is_app_entitlement_active => $TRUE,
);
my $org = is_done($m->call('POST', 'organizations', body => \%all), 201,
                  'created');
my $id = $org->{id};
my $path = "organizations/$id";

id_like($id, qr/^org_[0-9A-Za-z]{16}$/, 'its id');
is_deeply($org, { id => $id, %all }, 'what is answered');
is_done($m->call('GET', $path), 200, 'got', $org);
is_done($m->call('GET', "organizations/name/all-$mark"), 200, 'got by name',
        $org);
keeps_what_it_gave($m, $path);
is_done($m->call('HEAD', $path), 200, 'a HEAD has no body');

my $plain = is_done($m->call('POST', 'organizations',
                             body => { name => "plain-$mark" }), 201,
                    'the least there is');

is_deeply($plain, { id => $plain->{id}, name => "plain-$mark",
                    third_party_client_access => 'block' },
          'third_party_client_access is always there, and blocks');
keeps_what_it_gave($m, "organizations/$plain->{id}");

# ---- changes: what is sent, and what comes of it ---------------------------------
my @changes = (
    [ { display_name => 'New' }, { display_name => 'New' } ],
    [ { name => "new-$mark" }, { name => "new-$mark" } ],
    [ { metadata => { tier => undef, plan => 'b' } },
      { metadata => { empty => '', plan => 'b' } }, 'null takes a key out' ],
    [ { metadata => { plan => 'c' } },
      { metadata => { empty => '', plan => 'c' } }, 'the others stay' ],
    [ { metadata => { plan => undef, empty => undef } },
      { metadata => undef } ],
    [ { branding => { logo_url => undef,
                      colors => { primary => '#111111',
                                  page_background => '#222' } } },
      { branding => { colors => { primary => '#111111',
                                  page_background => '#222' } } } ],
    [ { branding => { logo_url => 'https://x.example.com/' } },
      { branding => { logo_url => 'https://x.example.com/' } },
      'branding is one whole' ],
    [ { branding => undef }, { branding => undef } ],
    [ { token_quota => { client_credentials => { per_day => 5 } } },
      { token_quota => { client_credentials => { per_day => 5 } } } ],
    [ { token_quota => undef }, { token_quota => undef } ],
    [ { third_party_client_access => 'block' },
      { third_party_client_access => 'block' } ],
    [ { is_app_entitlement_active => $FALSE },
      { is_app_entitlement_active => undef } ],
);
my %now = %$org;

for (@changes) {
    my ($sent, $expected, $name) = @$_;

    for my $member (keys %$expected) {
        $now{$member} = $expected->{$member};
        delete $now{$member} unless defined $now{$member};
    }
    is_done($m->call('PATCH', $path, body => $sent), 200,
            $name || 'PATCH ' . JSON::PP::encode_json($sent), \%now);
}
is_done($m->call('GET', $path), 200, 'and so it stays', \%now);

# ---- refusals --------------------------------------------------------------------
my $name_doc = ' on property name (Name, used in addresses and requests).';
my $chars = "It may hold lower-case letters, digits, '_' and '-', and begins"
    . ' with a letter or digit';
my $taken = 'An organization with this name already exists.';

refuse($m,
    [ 'POST', 'organizations', {}, 400, 'invalid_body',
      "${bad}'Missing required property: name'." ],
    [ 'POST', 'organizations', { name => '' }, 400, 'invalid_body',
      "${bad}'String is too short (0 chars), minimum 1'$name_doc" ],
    [ 'POST', 'organizations', { name => 'a' x 51 }, 400, 'invalid_body',
      "${bad}'String is too long (51 chars), maximum 50'$name_doc" ],
    (map { [ 'POST', 'organizations', { name => $_ }, 400, 'invalid_body',
             "${bad}'$chars'$name_doc" ] }
        'Acme', '-acme', '_acme', 'a b', 'a.b', "caf\x{e9}", "a\n") ,
    [ 'POST', 'organizations', { name => 1 }, 400, 'invalid_body',
      "${bad}'Expected type string but found type integer'$name_doc" ],
    [ 'POST', 'organizations', { name => "plain-$mark" }, 409,
      'organization_conflict', $taken ],
    [ 'PATCH', $path, { name => "plain-$mark" }, 409, 'organization_conflict',
      $taken ],
    [ 'POST', 'organizations', { name => "x-$mark", id => $id }, 400,
      'invalid_body', "${bad}'Additional properties not allowed: id'." ],
    [ 'PATCH', $path, { id => $plain->{id} }, 400, 'invalid_body',
      "${bad}'It cannot be changed' on property id (Id of the Organization)."
    ],
    [ 'PATCH', $path, {}, 400, 'invalid_body',
      "${bad}'Too few properties defined (0), minimum 1'." ],
    [ 'PATCH', $path, [], 400, 'invalid_body',
      "${bad}'Expected type object but found type array'." ],
    [ 'PATCH', $path, { enabled_connections => [] }, 400, 'invalid_body',
      "${bad}'Additional properties not allowed: enabled_connections'." ],
    # What is refused in the same words when it is new and when it changes.
    (map { my ($members, $message) = @$_;
           ([ 'POST', 'organizations', { name => "x-$mark", %$members }, 400,
              'invalid_body', $message ],
            [ 'PATCH', $path, $members, 400, 'invalid_body', $message ]) } (
        [ { display_name => '' },
          qr/String is too short \(0 chars\), minimum 1' on property display/ ],
        [ { display_name => "\x{e9}" x 256 },
          qr/String is too long \(256 chars\), maximum 255/ ],
        [ { display_name => undef },
          qr/Expected type string but found type null/ ],
        [ { third_party_client_access => 'deny' },
          qr/^${bad}'No enum match for: deny' on property third_party_client_/ ],
        [ { third_party_client_access => undef },
          qr/Expected type string but found type null/ ],
        [ { is_app_entitlement_active => 'yes' },
          qr/Expected type boolean but found type string/ ],
        [ { metadata => { a => 1 } },
          qr/Expected type string but found type integer' on property metadata/ ],
        [ { metadata => { a => 'x' x 256 } }, qr/String is too long \(256/ ],
        [ { metadata => { 'k' x 256 => 'x' } }, qr/String is too long \(256/ ],
        [ { metadata => { '' => 'x' } }, qr/String is too short \(0 chars/ ],
        [ { metadata => { map { ("k$_" => 'x') } 1 .. 26 } },
          qr/Too many properties defined \(26\), maximum 25/ ],
        [ { metadata => undef }, qr/Expected type object but found type null/ ],
        [ { branding => { logo_url => 'http://example.com/l.png' } },
          qr{It must begin with https://' on property branding.logo_url} ],
        [ { branding => { logo_url => 'https://user@example.com/' } },
          qr/' on property branding.logo_url/ ],
        [ { branding => { logo_url => "https://example.com/\n" } },
          qr/' on property branding.logo_url/ ],
        [ { branding => { colors => { primary => '#000000' } } },
          qr/Missing required property: page_background' on property branding/ ],
        [ { branding => { colors => { primary => 'red',
                                      page_background => '#000' } } },
          qr/It must be '#' and 3 or 6 hexadecimal digits' on property brand/ ],
        [ { branding => { font => 'x' } },
          qr/Additional properties not allowed: font' on property branding/ ],
        [ { token_quota => {} },
          qr/Missing required property: client_credentials/ ],
        [ { token_quota => { client_credentials => { per_day => 0 } } },
          qr/Value 0 is less than minimum 1/ ],
        [ { token_quota => { client_credentials => { per_day => 2147483648 } }
          }, qr/Value 2147483648 is greater than maximum 2147483647/ ],
        [ { colour => 'red' },
          "${bad}'Additional properties not allowed: colour'." ],
    )),
    # Whose id is not one.
    (map { my $gone = $_;
           map { [ $_->[0], "organizations/$gone", $_->[1], 404, undef,
                   $no_org ] }
               [ 'GET' ], [ 'PATCH', { display_name => 'x' } ], [ 'DELETE' ] }
        'org_0000000000000000', "new-$mark", 'x%27%20OR%20true', '%C3%A9'),
    [ 'GET', "organizations/name/all-$mark", undef, 404, undef, $no_org ],
    [ 'GET', "organizations/name/$id", undef, 404, undef, $no_org ],
    [ 'PUT', $path, {}, 405, 'method_not_allowed', qr/^This path answers to / ],
);
is_done($m->call('GET', $path), 200, 'nothing of that was done', \%now);
is_refused(mgmt('b')->call('GET', $path), 404, undef, $no_org,
           'another tenant does not know it');
is_refused(mgmt('b')->call('DELETE', $path), 404, undef, $no_org,
           'nor can it delete it');

# Metadata grows over its bound by changes only together.
$m->must('PATCH', $path, body => { metadata => {
    map { ("k$_" => 'x') } 1 .. 25 } });
refuse($m, [ 'PATCH', $path, { metadata => { one => 'more' } }, 400,
             'invalid_body', "${bad}'Too many properties defined (26), maximum"
             . " 25' on property metadata." ]);
is_done($m->call('PATCH', $path, body => { metadata => { k1 => undef,
        one => 'more' } }), 200, 'one for one is fine');

# Of changes at once none loses what another wrote.
my $shared = org_of($m);
my @pids;

for my $who (0 .. 2) {
    my $pid = fork;

    die "fork: $!\n" unless defined $pid;
    unless ($pid) {
        my $http = $t->http;

        $http->request('PATCH', "/api/v2/organizations/$shared->{id}",
            headers => [ Authorization => 'Bearer ' . $m->token,
                         'Content-Type' => 'application/json' ],
            body => "{\"metadata\":{\"k$who-$_\":\"x\"}}") for 1 .. 8;
        require POSIX;
        POSIX::_exit(0);
    }
    push @pids, $pid;
}
waitpid $_, 0 for @pids;
is(scalar keys %{ $m->must('GET', "organizations/$shared->{id}")->{metadata} },
   24, 'changes at once');
is($t->db->value('SELECT result FROM tpa.organization_update(?)', {
    id => $shared->{id}, version => '0', patch => { metadata => {} } }),
   'changed', 'a change of what is no longer so');

# ---- with connections from the start ---------------------------------------------
my @connections = map { connection_row($t) } 1 .. 2;
my $social = connection_row($t, strategy => 'google-oauth2');
my $with = is_done($m->call('POST', 'organizations', body => {
    name => "with-$mark", enabled_connections => [
        { connection_id => $connections[0]{id}, is_signup_enabled => $TRUE,
          assign_membership_on_login => $TRUE },
        { connection_id => $social->{id}, show_as_button => $FALSE } ] }),
    201, 'with connections');

is_deeply([ sort map { $_->{connection_id} } @{ $with->{enabled_connections} } ],
          [ sort $connections[0]{id}, $social->{id} ], 'they are answered');
is(scalar @{ $m->must('GET', "organizations/$with->{id}/enabled_connections") },
   2, 'and are there');
refuse($m, map { [ 'POST', 'organizations', { name => "y-$mark",
                   enabled_connections => $_->[0] }, @$_[1 .. 3] ] } (
    [ [ { connection_id => 'con_0000000000000000' } ], 404,
      'inexistent_connection', 'The connection does not exist' ],
    [ [ { connection_id => $social->{id}, is_signup_enabled => $TRUE,
          assign_membership_on_login => $TRUE } ], 400, 'invalid_body',
      "${bad}'It is for database connections only' on property"
      . ' is_signup_enabled.' ],
    [ [ { connection_id => $connections[0]{id}, is_signup_enabled => $TRUE } ],
      400, 'invalid_body', "${bad}'It needs assign_membership_on_login' on"
      . ' property is_signup_enabled.' ],
    [ [ map { { connection_id => $connections[0]{id} } } 1, 2 ], 400,
      'invalid_body', "${bad}'The same one is named twice' on property"
      . ' enabled_connections[1].' ],
    [ [ map { { connection_id => "con_$_" } } 1 .. 11 ], 400, 'invalid_body',
      qr/Array is too long \(11\), maximum 10/ ],
    [ [ { show_as_button => $TRUE } ], 400, 'invalid_body',
      qr/Missing required property: connection_id/ ],
));
is_refused($m->call('GET', "organizations/name/y-$mark"), 404, undef, $no_org,
           'none of them was made');
is_refused($m->call('POST', 'organizations', scopes =>
    [ 'create:organizations' ], body => { name => "y-$mark",
        enabled_connections => [ { connection_id => $social->{id} } ] }),
    403, 'insufficient_scope', 'Insufficient scope, expected any of:'
    . ' create:organization_connections', 'connections need a scope too');

# ---- lists, in a tenant where nothing else is --------------------------------------
my $b = mgmt('b');
my $before = $b->must('GET', 'organizations',
                      query => [ per_page => 0, include_totals => 'true' ]);
my @made = map { org_of($b, name => "list-$mark-$_") } 3, 1, 5, 2, 4;
my $n = $before->{total} + 5;
my @listed = $b->in_every_style('organizations', 'organizations', $n,
                                checkpoint => 1);
my @mine = grep { $_->{name} =~ /^list-$mark/ } @listed;

is_deeply([ map { $_->{name} } @mine ], [ map { "list-$mark-$_" } 1 .. 5 ],
          'by name');
is_deeply($mine[0], $made[1], 'whole objects');
for my $sort (
    # sort, the five of this run in their order
    [ 'name:1', 1 .. 5 ], [ 'name:-1', reverse 1 .. 5 ],
    [ 'created_at:1', 3, 1, 5, 2, 4 ], [ 'created_at:-1', 4, 2, 5, 1, 3 ],
) {
    my ($by, @order) = @$sort;
    my @found = $b->in_every_style('organizations', 'organizations', $n,
                                   checkpoint => 1, query => [ sort => $by ]);
    my (@pages, $next);

    is_deeply([ map { $_->{name} =~ /^list-$mark-(\d)/ ? $1 : () } @found ],
              \@order, "sorted by $by");
    for (1 .. 100) {
        my $page = $b->must('GET', 'organizations', query => [ sort => $by,
            take => 2, $next ? (from => $next) : () ]);

        push @pages, map { $_->{id} } @{ $page->{organizations} };
        $next = $page->{next} or last;
    }
    is_deeply(\@pages, [ map { $_->{id} } @found ],
              "by from and take it is the same order: $by");
}
is_done($b->call('GET', 'organizations', query => [ take => 1, from => '~' ]),
        200, 'past the end', { organizations => [] });
refuse($m, map { [ 'GET', "organizations?$_->[0]", undef, 400,
                   'invalid_query_string', $_->[1] ] } (
    [ 'take=1&take=1', qr/It is sent more than once' on property take/ ],
    [ 'take=0', qr/Value 0 is less than minimum 1' on property take/ ],
    [ 'take=101', qr/Value 101 is greater than maximum 100/ ],
    [ 'page=-1', qr/Value -1 is less than minimum 0/ ],
    [ 'per_page=101', qr/Value 101 is greater than maximum 100/ ],
    [ 'sort=colour:1', qr/No enum match for: colour:1' on property sort/ ],
    [ 'sort=created_at:1&take=2&from=x', "Query validation error: 'It is not"
      . " the next of a page in this order' on property from." ],
    [ 'sort=created_at:1&take=2&from=99999999999999999:x',
      qr/It is not the next of a page/ ],
    [ 'from=%FF&take=1', qr/not UTF-8/ ],
));
is_done($b->call('GET', 'organizations', query => [ sort => 'created_at:-1',
        take => 1, from => '9999999999999999:' ]), 200, 'a time far ahead');
$b->must('DELETE', "organizations/$_->{id}") for @made;

# ---- who may ---------------------------------------------------------------------------
guarded($m,
    [ 'GET', 'organizations', 'read:organizations',
      'read:organizations_summary' ],
    [ 'POST', 'organizations', 'create:organizations' ],
    [ 'GET', $path, 'read:organizations' ],
    [ 'GET', "organizations/name/new-$mark", 'read:organizations' ],
    [ 'PATCH', $path, 'update:organizations' ],
    [ 'DELETE', $path, 'delete:organizations' ]);
is_done($m->call('GET', 'organizations', query => [ take => 1 ],
                 scopes => [ 'read:organizations_summary' ]), 200,
        'a summary is enough for the list');

# ---- the end, and what goes with it --------------------------------------------------------
my $user = user_row($t, $connections[0]);
my $role = role_row($t);
my $api = $t->api;
my $client = $t->machine(api => $api, grant => {
    organization_usage => 'allow' });

$m->must('POST', "$path/$_->[0]", body => $_->[1]) for
    [ 'members', { members => [ $user->{user_id} ] } ],
    [ 'members/' . escape($user->{user_id}) . '/roles',
      { roles => [ $role->{id} ] } ],
    [ 'connections', { connection_id => $connections[0]{id} } ],
    [ 'client-grants', { grant_id => $client->{grant}{id} } ],
    [ 'discovery-domains', { domain => "$mark.example.com" } ],
    [ 'clients', { clients => [ { client_id => $client->{id},
                                  use_for_member_access => $TRUE } ] } ];
is($t->token($client, organization => $id)->code, 200,
   'a token for it is issued');
$t->update('clients', { client_id => $client->{id} },
           default_organization_id => $id,
           default_organization_flows => [ 'client_credentials' ]);

my @holders = qw(members member_roles connections client_grants domains
                 clients);
my $count = sub {
    return join ' ', map { $t->db->value("SELECT count(*) FROM"
        . " tpa_data.organization_$_ WHERE organization_id = ?", $id) }
        @holders;
};

is($count->(), '1 1 1 1 1 1', 'it holds one of each');
is_done($m->call('DELETE', $path, scopes => [ 'delete:organizations' ]), 204,
        'deleted', undef);
is($count->(), '0 0 0 0 0 0', 'all that it held is gone');
is($t->db->value('SELECT count(*) FROM tpa_data.clients'
                 . ' WHERE default_organization_id = ?', $id), 0,
   'it is nobody\'s default');
is($t->db->value('SELECT count(*) FROM tpa_data.users WHERE user_id = ?',
                 $user->{user_id}), 1, 'its member is still a user');
is($t->token($client, organization => $id)->code, 400,
   'the next token request is refused');
refuse($m, map { [ $_->[0], "$path$_->[1]", $_->[2], 404, undef, $no_org ] }
    [ 'GET', '' ], [ 'DELETE', '' ], [ 'PATCH', '', { display_name => 'x' } ],
    (map { [ 'GET', "/$_" ] } qw(members connections enabled_connections
        client-grants discovery-domains clients invitations)));

# ---- what was written down --------------------------------------------------------------------
my @events = $t->events(type => 'sapi', organization_id => $id);

is($events[0]{description}, 'Delete an Organization', 'the log tells of it');
is($events[0]{details}{request}{method}, 'DELETE', 'and how');
is(scalar(grep { $_->{description} eq 'Update an Organization' } @events),
   @changes + 3, 'of each change that was made, and of no refusal');

done_testing;
