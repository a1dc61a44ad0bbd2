# Consents of users: spec of the list, and what goes with one.
use TPA::Test;
use TPA::Mgmt;

my $m = mgmt('a');
my $t = $m->tenant;
my $mark = TPA::Tenant::hex_of(8);
my $con = 'con_' . TPA::Tenant::text_of(16);
my @orgs = map { $t->org } 1 .. 2;
my @apis = map { $t->api } 1 .. 2;
my @apps = map { $t->client(party => 'third') } 1 .. 2;
my @users = map { "auth0|$mark$_" } 1 .. 3;
my %grants;

$t->insert('connections', id => $con, name => "c$mark", strategy => 'auth0');
$t->insert('users', user_id => $_, connection_id => $con,
           connection_user_id => $_) for @users;

# grant(user, app, api, org): its id; undef is no Organization.
sub grant {
    my ($user, $app, $api, $org) = @_;
    my $id = 'g-' . TPA::Tenant::text_of(20);

    $t->insert('user_grants', id => $id, user_id => $users[$user],
        client_id => $apps[$app]{id}, resource_server_id => $apis[$api]{id},
        organization_id => defined $org ? $orgs[$org]{id} : undef,
        scope => [ 'read:things', 'a b' ]);
    $grants{$id} = {
        id => $id, user_id => $users[$user], clientID => $apps[$app]{id},
        audience => $apis[$api]{identifier},
        scope => [ 'read:things', 'a b' ],
        (defined $org ? (organization_id => $orgs[$org]{id}) : ()) };
    return $id;
}

my @of_first = (grant(0, 0, 0), grant(0, 0, 0, 0), grant(0, 0, 0, 1),
                grant(0, 0, 1), grant(0, 1, 0));
my @of_second = (grant(1, 0, 0), grant(1, 1, 1));

# ---- lists ----------------------------------------------------------------
my @lists = (
    # query, the grants
    [ [ user_id => $users[0] ], @of_first ],
    [ [ user_id => $users[1] ], @of_second ],
    [ [ user_id => $users[2] ] ],
    [ [ user_id => $users[0], client_id => $apps[0]{id} ], @of_first[0 .. 3] ],
    [ [ user_id => $users[0], audience => $apis[1]{identifier} ],
      $of_first[3] ],
    [ [ client_id => $apps[1]{id} ], $of_first[4], $of_second[1] ],
    [ [ audience => $apis[1]{identifier} ], $of_first[3], $of_second[1] ],
    [ [ audience => 'https://nothing.example.com/' ] ],
);

for (@lists) {
    my ($query, @ids) = @$_;
    my @got = $m->in_every_style('grants', 'grants', scalar @ids,
                                 query => $query);

    is_deeply(\@got, [ map { $grants{$_} } sort @ids ], "grants of @$query");
}
is_refused($m->call('GET', 'grants?user_id='), 400, 'invalid_query_string',
           qr/^Query validation error: 'String is too short \(0 chars\)/,
           'an empty parameter is not none');
is_refused($m->call('GET', 'grants?user_id=a&user_id=b'), 400,
           'invalid_query_string', qr/'It is sent more than once'/,
           'nor are two one');

# ---- deletion -------------------------------------------------------------
my $family = 'f-' . TPA::Tenant::text_of(20);

$t->insert('refresh_families', id => $family, user_grant_id => $of_first[1],
           user_id => $users[0], client_id => $apps[0]{id}, scope => [ 'a' ],
           resource_server_id => $apis[0]{id}, connection_id => $con,
           authenticated_at => '2026-01-01');

sub left { return map { $_->{id} } @{ $m->must('GET', 'grants',
                                               query => [ user_id => $_[0] ]) } }

my $gone = 'The grant does not exist.';

is_done($m->call('DELETE', "grants/$of_first[1]",
                 scopes => [ 'delete:grants' ]), 204, 'one is deleted', undef);
same_set([ left($users[0]) ], [ @of_first[0, 2 .. 4] ], 'and no other');
is($t->db->value('SELECT count(*) FROM tpa_data.refresh_families WHERE id = ?',
                 $family), 0, 'its refresh tokens go with it');
is_refused($m->call('DELETE', "grants/$of_first[1]"), 404, undef, $gone,
           'it cannot be deleted again');
is_refused($m->call('DELETE', 'grants/nothing'), 404, undef, $gone,
           'nor can what never was');
is_refused(mgmt('b')->call('DELETE', "grants/$of_first[0]"), 404, undef, $gone,
           'nor can another tenant');
is_refused($m->call('DELETE', 'grants'), 400, 'invalid_query_string',
           "Query validation error: 'Missing required property: user_id'.",
           'all of nobody');
is(scalar left($users[0]), 4, 'nothing was deleted');
is_done($m->call('DELETE', 'grants', query => [ user_id => $users[0] ]), 204,
        'all of a user', undef);
is(scalar left($users[0]), 0, 'they are gone');
is(scalar left($users[1]), 2, 'those of others are not');
is_done($m->call('DELETE', 'grants', query => [ user_id => $users[0] ]), 204,
        'there is nothing left to delete', undef);
is(scalar(grep { $_->{description} eq 'Delete the grants of a user' }
          $t->events(type => 'sapi', client_id => $m->{client}{id})), 1,
   'one event: the second changed nothing');

# ---- who may --------------------------------------------------------------
my $foreign = mgmt('b')->token;

for ([ 'GET', 'grants', 'read:grants' ], [ 'DELETE', 'grants', 'delete:grants' ],
     [ 'DELETE', "grants/$of_second[0]", 'delete:grants' ]) {
    my ($method, $path, $scope) = @$_;

    is_refused($m->call($method, $path, scopes => [ grep { $_ ne $scope }
                        qw(read:grants delete:grants read:users) ]), 403,
               'insufficient_scope',
               "Insufficient scope, expected any of: $scope",
               "$method $path without its scope");
    is_refused($m->call($method, $path, token => $foreign), 401,
               'invalid_token', 'Invalid token.',
               "$method $path with the token of another tenant");
}

done_testing;
