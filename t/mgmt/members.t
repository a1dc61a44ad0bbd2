# Members of Organizations, and their roles there.
use TPA::Test timeout => 300;
use TPA::Mgmt;
use TPA::Orgs;

my $m = mgmt('a');
my $t = $m->tenant;
my $org = org_of($m);
my $other = org_of($m);
my $path = "organizations/$org->{id}/members";
my $connection = connection_row($t);
my @users = map { user_row($t, $connection, picture => 'https://x/p.png') }
    1 .. 12;
my @ids = map { $_->{user_id} } @users;
my $no_user = 'The user does not exist.';
my $no_member = 'The user is not a member of this organization.';

# ---- who is one ------------------------------------------------------------------
is_done($m->call('GET', $path), 200, 'nobody at first', []);
is_done($m->call('POST', $path, body => { members => [ @ids[0, 1] ] }), 204,
        'two are added', undef);
is_done($m->call('POST', $path, body => { members => [ @ids[1, 1, 2] ] }), 204,
        'again, twice, and one more', undef);
my @listed = $m->in_every_style($path, 'members', 3, checkpoint => 1);

is_deeply([ map { $_->{user_id} } @listed ], [ sort @ids[0 .. 2] ],
          'three members');
my ($first) = grep { $_->{user_id} eq $ids[0] } @listed;
is_deeply($first, { map { ($_ => $users[0]{$_}) }
                    qw(user_id name email picture) }, 'one of them');
is_done($m->call('GET', $path, query => [ fields => 'email,user_id',
        per_page => 1 ]), 200, 'some fields',
        [ { map { ($_ => $listed[0]{$_}) } qw(user_id email) } ]);
is_done($m->call('GET', $path, query => [ fields => 'email,picture,name',
        include_fields => 'false', per_page => 1 ]), 200, 'all but some',
        [ { user_id => $listed[0]{user_id} } ]);
is_done($m->call('GET', "organizations/$other->{id}/members"), 200,
        'the other has none', []);
is_done($m->call('DELETE', $path, body => { members =>
        [ $ids[2], $ids[5], 'auth0|nobody' ] }), 204,
        'one goes, others were none', undef);
is_done($m->call('DELETE', $path, body => { members => [ $ids[2] ] }), 204,
        'and is gone already', undef);
is_deeply([ map { $_->{user_id} } @{ $m->must('GET', $path) } ],
          [ sort @ids[0, 1] ], 'two are left');

my $members_doc = ' on property members (Ids of users).';

refuse($m,
    [ 'POST', $path, {}, 400, 'invalid_body',
      "${bad}'Missing required property: members'." ],
    [ 'POST', $path, undef, 400, 'invalid_body',
      "${bad}'Missing required property: members'." ],
    [ 'POST', $path, { members => [] }, 400, 'invalid_body',
      "${bad}'Array is too short (0), minimum 1'$members_doc" ],
    [ 'POST', $path, { members => [ @ids[0 .. 10] ] }, 400, 'invalid_body',
      "${bad}'Array is too long (11), maximum 10'$members_doc" ],
    [ 'DELETE', $path, { members => [ @ids[0 .. 10] ] }, 400, 'invalid_body',
      "${bad}'Array is too long (11), maximum 10'$members_doc" ],
    [ 'DELETE', $path, { members => [] }, 400, 'invalid_body',
      "${bad}'Array is too short (0), minimum 1'$members_doc" ],
    [ 'POST', $path, { members => $ids[0] }, 400, 'invalid_body',
      "${bad}'Expected type array but found type string'$members_doc" ],
    [ 'POST', $path, { members => [ 1 ] }, 400, 'invalid_body',
      qr/Expected type string but found type integer' on property members/ ],
    [ 'POST', $path, { members => [ $ids[3] ], roles => [] }, 400,
      'invalid_body', "${bad}'Additional properties not allowed: roles'." ],
    [ 'POST', $path, { members => [ $ids[3], 'auth0|nobody' ] }, 404,
      'inexistent_user', $no_user ],
    [ 'POST', $path, { members => [ 'no-user' ] }, 404, 'inexistent_user',
      $no_user ],
    (map { [ $_, 'organizations/org_0000000000000000/members',
             { members => [ $ids[0] ] }, 404, undef, $no_org ] }
        'POST', 'DELETE'),
    [ 'GET', 'organizations/org_0000000000000000/members', undef, 404, undef,
      $no_org ],
    [ 'GET', "$path?fields=a%00b", undef, 400, 'invalid_query_string',
      qr/NUL byte/ ],
);
is(scalar @{ $m->must('GET', $path) }, 2, 'all or nothing');

# As many as there may be: the bound is counted, so it is moved down to us.
$t->db->rows('INSERT INTO tpa_data.organization_members'
    . ' (organization_id, user_id) SELECT ?, ?', $other->{id}, $_)
    for @ids[0 .. 3];
my $limit = sub {
    my (@members) = @_;

    return $t->db->value('SELECT result FROM tpa.organization_member_add(?)', {
        organization_id => $other->{id}, members => \@members, most => 6 });
};

is($limit->(@ids[4 .. 6]), 'limit', 'one more than there may be');
is($limit->(@ids[3, 4, 5]), 'created', 'as many as there may be');
is($limit->($ids[5]), 'unchanged', 'who is in stays in');
is($limit->($ids[6]), 'limit', 'nobody else comes in');

# ---- roles ---------------------------------------------------------------------------
my @roles = map { role_row($t) } 1 .. 52;
my @role_ids = map { $_->{id} } @roles;
my $roles_path = "$path/" . escape($ids[0]) . '/roles';

is_done($m->call('GET', $roles_path), 200, 'no roles at first', []);
is_done($m->call('POST', $roles_path, body => { roles => [ @role_ids[0, 1] ] }),
        204, 'two roles', undef);
is_done($m->call('POST', $roles_path, body => { roles => [ @role_ids[1, 2] ] }),
        204, 'one again, and one more', undef);
my @has = $m->in_every_style($roles_path, 'roles', 3);
my %role = map { ($_->{id} => $_) } @roles;

is_deeply(\@has, [ map { $role{$_} } sort @role_ids[0 .. 2] ], 'its roles');
is_done($m->call('GET', $path, query => [ fields => 'user_id,roles',
        take => 50 ]), 200, 'members with their roles', { members => [
    map { { user_id => $_, roles => $_ eq $ids[0] ? \@has : [] } }
        sort @ids[0, 1] ] });
is_refused($m->call('GET', $path, query => [ fields => 'roles' ],
                    scopes => [ 'read:organization_members' ]), 403,
           'insufficient_scope', 'Insufficient scope, expected any of:'
           . ' read:organization_member_roles', 'which takes a scope of its own');
is_done($m->call('GET', $path, query => [ fields => 'roles,name',
        include_fields => 'false', per_page => 1 ],
        scopes => [ 'read:organization_members' ]), 200,
        'unless they are left out',
        [ map { my $user = $_; +{ map { ($_ => $user->{$_}) }
                                  qw(user_id email picture) } }
          (sort { $a->{user_id} cmp $b->{user_id} } @users[0, 1])[0] ]);
is_done($m->call('DELETE', $roles_path, body => { roles =>
        [ $role_ids[0], 'rol_nothing' ] }), 204, 'one goes', undef);
is_done($m->call('DELETE', $roles_path, body => { roles => [ $role_ids[0] ] }),
        204, 'and was gone', undef);
is(scalar @{ $m->must('GET', $roles_path) }, 2, 'two are left');

my $stranger = "$path/" . escape($ids[7]) . '/roles';

refuse($m,
    [ 'POST', $roles_path, {}, 400, 'invalid_body',
      "${bad}'Missing required property: roles'." ],
    [ 'POST', $roles_path, { roles => [] }, 400, 'invalid_body',
      qr/Array is too short \(0\), minimum 1' on property roles/ ],
    [ 'DELETE', $roles_path, { roles => [] }, 400, 'invalid_body',
      qr/Array is too short \(0\), minimum 1' on property roles/ ],
    [ 'POST', $roles_path, { roles => [ @role_ids[0 .. 50] ] }, 400,
      'invalid_body', qr/Array is too long \(51\), maximum 50/ ],
    [ 'POST', $roles_path, { roles => [ $role_ids[3], 'rol_nothing' ] }, 404,
      'inexistent_role', 'The role does not exist' ],
    [ 'GET', $stranger, undef, 404, 'inexistent_member', $no_member ],
    [ 'POST', $stranger, { roles => [ $role_ids[0] ] }, 404,
      'inexistent_member', $no_member ],
    [ 'DELETE', $stranger, { roles => [ $role_ids[0] ] }, 404,
      'inexistent_member', $no_member ],
    (map { my ($method, $body) = @$_;
           [ $method, 'organizations/org_0000000000000000/members/'
             . escape($ids[0]) . '/roles', $body, 404, undef, $no_org ] }
        [ 'GET' ], [ 'POST', { roles => [ $role_ids[0] ] } ],
        [ 'DELETE', { roles => [ $role_ids[0] ] } ]),
);
is_done($m->call('POST', $roles_path, body => { roles => [ @role_ids[0 .. 49] ]
        }), 204, 'fifty roles', undef);
refuse($m, [ 'POST', $roles_path, { roles => [ $role_ids[50] ] }, 409,
             'member_role_limit', 'The member has as many roles as it may have.'
           ]);
is_done($m->call('POST', $roles_path, body => { roles => [ $role_ids[0] ] }),
        204, 'one that it has is no more', undef);

# ---- who may, and what goes -------------------------------------------------------------
guarded($m,
    [ 'GET', $path, 'read:organization_members' ],
    [ 'POST', $path, 'create:organization_members' ],
    [ 'DELETE', $path, 'delete:organization_members' ],
    [ 'GET', $roles_path, 'read:organization_member_roles' ],
    [ 'POST', $roles_path, 'create:organization_member_roles' ],
    [ 'DELETE', $roles_path, 'delete:organization_member_roles' ]);

my $roles_left = sub {
    return $t->db->value('SELECT count(*) FROM'
        . ' tpa_data.organization_member_roles WHERE organization_id = ?',
        $org->{id});
};

$m->must('DELETE', "roles/$role_ids[0]");
is($roles_left->(), 49, 'a role that is deleted is nobody\'s');
$m->must('DELETE', $path, body => { members => [ $ids[0] ] });
is($roles_left->(), 0, 'roles go with the membership');
$m->must('DELETE', 'users/' . escape($ids[1]));
is_done($m->call('GET', $path), 200, 'a user that is deleted is no member', []);

is_deeply([ events_of($m, "$org->{id}/members") ], [
    'Add members to an Organization', 'Add members to an Organization',
    'Remove members from an Organization',
    ('Add roles to a member of an Organization') x 2,
    'Remove roles from a member of an Organization',
    'Add roles to a member of an Organization',
    'Remove members from an Organization' ],
    'what changed something stands in the log');

done_testing;
