# Roles and their permissions.
use TPA::Test;
use TPA::Mgmt;

my $m = mgmt('a');
my $t = $m->tenant;
my $mark = TPA::Tenant::hex_of(8);
my $gone = 'The role does not exist.';

# ---- life of a role -------------------------------------------------------
my $role = is_done($m->call('POST', 'roles', body => {
    name => "Reader $mark", description => 'reads' }), 200, 'created');
my $id = $role->{id};

id_like($id, qr/^rol_[0-9A-Za-z]{16}$/, 'its id');
is_deeply($role, { id => $id, name => "Reader $mark", description => 'reads' },
          'what is answered');
is_done($m->call('GET', "roles/$id"), 200, 'got', $role);
is_done($m->call('PATCH', "roles/$id", body => $role), 200,
        'what was got is taken back', $role);
is_done($m->call('PATCH', "roles/$id", body => { description => undef }), 200,
        'a description is taken back', { id => $id, name => "Reader $mark" });
is_done($m->call('PATCH', "roles/$id", body => { name => "R\x{e9} $mark" }),
        200, 'renamed', { id => $id, name => "R\x{e9} $mark" });

my $other = $m->must('POST', 'roles', body => { name => "Other $mark" });
my $taken = "A role of that name already exists.";

# ---- refusals -------------------------------------------------------------
my $bad = 'Payload validation error: ';
my @refusals = (
    # method, path, body, status, errorCode, message
    [ 'POST', 'roles', {}, 400, 'invalid_body',
      "${bad}'Missing required property: name'." ],
    [ 'POST', 'roles', { name => '' }, 400, 'invalid_body', "${bad}'String is too"
      . " short (0 chars), minimum 1' on property name (Name of the role; there"
      . " are no two of one name)." ],
    [ 'POST', 'roles', { name => '<b>' }, 400, 'invalid_body',
      qr/^${bad}'A name holds no < and no >' on property name / ],
    [ 'POST', 'roles', { name => 'x', colour => 1 }, 400, 'invalid_body',
      "${bad}'Additional properties not allowed: colour'." ],
    [ 'POST', 'roles', { name => 'x', id => 'rol_1' }, 400, 'invalid_body',
      "${bad}'Additional properties not allowed: id'." ],
    [ 'POST', 'roles', { name => "Other $mark" }, 409, 'role_conflict',
      $taken ],
    [ 'PATCH', "roles/$id", { name => "Other $mark" }, 409, 'role_conflict',
      $taken ],
    [ 'PATCH', "roles/$id", { id => $other->{id} }, 400, 'invalid_body',
      qr/It cannot be changed' on property id / ],
    [ 'PATCH', "roles/$id", {}, 400, 'invalid_body',
      "${bad}'Too few properties defined (0), minimum 1'." ],
    [ 'PATCH', "roles/$id", { name => undef }, 400, 'invalid_body',
      qr/^${bad}'Expected type string but found type null' on property name / ],
    [ 'PATCH', "roles/$id", [ 1 ], 400, 'invalid_body',
      "${bad}'Expected type object but found type array'." ],
    [ 'GET', 'roles/rol_nobody', undef, 404, 'inexistent_role', $gone ],
    [ 'PATCH', 'roles/rol_nobody', { name => 'x' }, 404, 'inexistent_role',
      $gone ],
    [ 'DELETE', 'roles/rol_nobody', undef, 404, 'inexistent_role', $gone ],
    [ 'GET', 'roles/rol_nobody/permissions', undef, 404, 'inexistent_role',
      $gone ],
    [ 'DELETE', 'roles', undef, 405, 'method_not_allowed',
      qr/^This path answers to GET, POST/ ],
);

sub refuse {
    for (@_) {
        my ($method, $path, $body, @expected) = @$_;
        my $shown = defined $body ? JSON::PP::encode_json($body) : '';

        is_refused($m->call($method, $path, body => $body), @expected,
                   "$method $path $shown");
    }
    return;
}

refuse(@refusals);

# ---- permissions ----------------------------------------------------------
my $api = $t->api(scopes => [ 'a:x', 'b:x', 'c:x', 'd:x', 'e:x' ]);
my @named = map { +{ resource_server_identifier => $api->{identifier},
                     permission_name => $_ } } @{ $api->{scopes} };
my $no_scope = "${bad}'One of the permissions is no scope of its API' on"
    . ' property permissions.';

is_done($m->call('POST', "roles/$id/permissions",
                 body => { permissions => [ @named[0 .. 3] ] }), 201,
        'permissions are given', undef);
is_done($m->call('POST', "roles/$id/permissions",
                 body => { permissions => [ @named[3, 4, 4] ] }), 201,
        'again, and one more', undef);
my @permissions = $m->in_every_style("roles/$id/permissions", 'permissions', 5);
is_deeply([ map { $_->{permission_name} } @permissions ], $api->{scopes},
          'the permissions');
is_deeply($permissions[0], { %{ $named[0] },
                             resource_server_name => $api->{name} },
          'one of them');
refuse(
    [ 'POST', "roles/$id/permissions", { permissions => [ $named[0],
      { %{ $named[0] }, permission_name => 'f:x' } ] }, 400, 'invalid_body',
      $no_scope ],
    [ 'POST', "roles/$id/permissions", { permissions => [ {
      resource_server_identifier => 'https://nothing.example.com/',
      permission_name => 'a:x' } ] }, 400, 'invalid_body', $no_scope ],
    [ 'POST', "roles/$id/permissions", { permissions => [] }, 400,
      'invalid_body', qr/Array is too short \(0\), minimum 1/ ],
    [ 'POST', "roles/$id/permissions", { permissions => [ {
      permission_name => 'a:x' } ] }, 400, 'invalid_body',
      qr/Missing required property: resource_server_identifier/ ],
    [ 'POST', "roles/$id/permissions", { permissions => [ 'a:x' ] }, 400,
      'invalid_body', qr/Expected type object but found type string/ ],
    [ 'POST', 'roles/rol_nobody/permissions', { permissions => [ $named[0] ] },
      404, 'inexistent_role', $gone ],
    [ 'DELETE', 'roles/rol_nobody/permissions',
      { permissions => [ $named[0] ] }, 404, 'inexistent_role', $gone ],
);
is_done($m->call('DELETE', "roles/$id/permissions", body => { permissions =>
        [ @named[0, 1], { %{ $named[0] }, permission_name => 'nothing' } ] }),
        200, 'permissions are taken', undef);
is(scalar @{ $m->must('GET', "roles/$id/permissions") }, 3, 'three are left');
$t->db->rows("DELETE FROM tpa_data.resource_server_scopes WHERE value = 'c:x'"
             . ' AND resource_server_id = ?', $api->{id});
is(scalar @{ $m->must('GET', "roles/$id/permissions") }, 2,
   'a scope that is gone takes its permission with it');

# ---- lists ----------------------------------------------------------------
$m->must('POST', 'roles', body => { name => "List $mark $_" }) for 1 .. 5;
my @list = $m->in_every_style('roles', 'roles', 5,
                              query => [ name_filter => "LIST $mark" ]);
is_deeply([ map { $_->{name} } @list ], [ map { "List $mark $_" } 1 .. 5 ],
          'by name');
is_done($m->call('GET', 'roles', query => [ name_filter => "$mark %" ]), 200,
        'a percent sign is one', []);
is_done($m->call('GET', 'roles', query => [ page => 1, per_page => 0 ]), 200,
        'a page of nothing', []);
refuse(map { [ 'GET', "roles?$_->[0]", undef, 400, 'invalid_query_string',
               $_->[1] ] } (
    [ 'page=-1', qr/Value -1 is less than minimum 0' on property page / ],
    [ 'per_page=101', qr/Value 101 is greater than maximum 100/ ],
    [ 'page=x', qr/Expected type integer but found type string/ ],
    [ 'include_totals=1', qr/Expected type boolean but found type string/ ],
    [ 'name_filter=', qr/String is too short/ ],
    [ 'page=1&page=1', qr/It is sent more than once/ ],
));

# ---- who may --------------------------------------------------------------
my @scopes = (
    # method, path, scope
    [ 'GET', 'roles', 'read:roles' ],
    [ 'GET', "roles/$id", 'read:roles' ],
    [ 'POST', 'roles', 'create:roles' ],
    [ 'PATCH', "roles/$id", 'update:roles' ],
    [ 'DELETE', "roles/$id", 'delete:roles' ],
    [ 'GET', "roles/$id/permissions", 'read:roles' ],
    [ 'POST', "roles/$id/permissions", 'update:roles' ],
    [ 'DELETE', "roles/$id/permissions", 'update:roles' ],
);
my %others = map { ($_ => 1) } qw(read:roles create:roles update:roles
                                  delete:roles read:users);
my $foreign = mgmt('b')->token;

for (@scopes) {
    my ($method, $path, $scope) = @$_;

    is_refused($m->call($method, $path, scopes => [ grep { $_ ne $scope }
                                                    sort keys %others ]),
               403, 'insufficient_scope',
               "Insufficient scope, expected any of: $scope",
               "$method $path without its scope");
    is_refused($m->call($method, $path, token => $foreign), 401,
               'invalid_token', 'Invalid token.',
               "$method $path with the token of another tenant");
    is_refused($m->call($method, $path, token => undef), 401, undef,
               'Missing authentication', "$method $path without a token");
}
is_refused(mgmt('b')->call('GET', "roles/$id"), 404, 'inexistent_role', $gone,
           'another tenant does not know it');

# ---- the end of a role ----------------------------------------------------
is_done($m->call('DELETE', "roles/$id", scopes => [ 'delete:roles' ]), 200,
        'deleted', undef);
is_refused($m->call('GET', "roles/$id"), 404, 'inexistent_role', $gone,
           'it is gone');
is_refused($m->call('DELETE', "roles/$id"), 404, 'inexistent_role', $gone,
           'and cannot be deleted again');

my @events = grep { ($_->{details}{request}{path} // '') =~ /\Q$id\E$/ }
    $t->events(type => 'sapi', client_id => $m->{client}{id});

is(join(', ', sort map { $_->{description} } @events),
   'Delete a role, Update a role, Update a role, Update a role',
   'what was done to it stands in the log, and no refusal');

done_testing;
