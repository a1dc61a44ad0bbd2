# Each use of a refresh token is held against what is true now. Nothing that can
# be turned back ends a family; what cannot does.
use TPA::Test;
use TPA::Mgmt;
use TPA::User;

my $t = tenant('a');

sub set_org { return $t->update('organizations', { id => $_[0]{org}{id} },
                                @_[1 .. $#_]) }
sub set_app { return $t->update('clients', { client_id => $_[0]{app}{id} },
                                @_[1 .. $#_]) }
sub set_api { return $t->update('resource_servers',
                                { id => $_[0]{app}{api}{id} }, @_[1 .. $#_]) }
sub gone { return $t->db->rows("DELETE FROM tpa_data.$_[0] WHERE $_[1] = ?",
                               $_[2]) }
sub list {
    my ($s, $for) = @_;

    set_org($s, is_app_entitlement_active => 't');
    gone('organization_clients', 'organization_id', $s->{org}{id});
    return $t->insert('organization_clients', client_id => $s->{app}{id},
        organization_id => $s->{org}{id}, use_for_member_access => $for);
}

# ---- what can be turned back -----------------------------------------------------

for (
    # what is true now, the error, how it is done, how it is undone
    [ 'the Organization closed itself to third parties', 'invalid_grant',
      sub { set_org($_[0], third_party_client_access => 'block') },
      sub { set_org($_[0], third_party_client_access => 'allow') } ],
    [ 'the Organization lists the application as not for members',
      'invalid_grant', sub { list($_[0], 'f') }, sub { list($_[0], 't') } ],
    [ 'the user is no member', 'invalid_grant',
      sub { gone('organization_members', 'user_id', $_[0]{user}{user_id}) },
      sub { membership($t, $_[0]{org}, $_[0]{user}) } ],
    [ 'the connection is disabled for the Organization', 'invalid_grant',
      sub { $t->update('organization_connections',
          { organization_id => $_[0]{org}{id} }, is_enabled => 'f') },
      sub { $t->update('organization_connections',
          { organization_id => $_[0]{org}{id} }, is_enabled => 't') } ],
    [ 'the connection is no domain-level one', 'invalid_grant',
      sub { $t->update('connections', { id => $_[0]{connection}{id} },
                       is_domain_connection => 'f') },
      sub { $t->update('connections', { id => $_[0]{connection}{id} },
                       is_domain_connection => 't') } ],
    [ 'the user is blocked', 'invalid_grant',
      sub { $t->update('users', { user_id => $_[0]{user}{user_id} },
                       blocked => 't') },
      sub { $t->update('users', { user_id => $_[0]{user}{user_id} },
                       blocked => 'f') } ],
    [ 'there is no client grant', 'invalid_grant',
      sub { gone('client_grants', 'id', $_[0]{app}{grant}{id}) },
      sub { $t->grant(client => $_[0]{app}, api => $_[0]{app}{api},
                      subject_type => 'user') } ],
    [ 'the API takes no users', 'invalid_grant',
      sub { set_api($_[0], user_policy => 'deny_all') },
      sub { set_api($_[0], user_policy => 'allow_all') } ],
    [ 'the API gives no refresh tokens', 'invalid_grant',
      sub { set_api($_[0], allow_offline_access => 'f') },
      sub { set_api($_[0], allow_offline_access => 't') } ],
    [ 'the application may not refresh', 'unauthorized_client',
      sub { set_app($_[0], grant_types => [ 'authorization_code' ]) },
      sub { set_app($_[0], grant_types =>
                    [ 'authorization_code', 'refresh_token' ]) } ],
) {
    my ($name, $error, $do, $undo) = @$_;

    for my $rotation (qw(rotating non-rotating)) {
        my $s = stage($t, org => 1,
                      app => { refresh_rotation_type => $rotation });
        my $token = family_of($s)->{token};

        $token = tokens_of(refresh($s, $token))->{refresh_token} || $token;
        $do->($s);
        is_error(refresh($s, $token), 400, $error, "$name ($rotation)");
        my $event = refusal_of($s);

        is($event->{type}, 'fertft', "$name ($rotation): fertft");
        is($event->{details}{flow}, 'refresh_token',
           "$name ($rotation): explained");
        $undo->($s);
        is(refresh($s, $token)->code, 200,
           "$name ($rotation): then not any more");
    }
}

# ---- what cannot ---------------------------------------------------------------------

my $m = mgmt('a');

for (
    [ 'the consent is removed', 400, sub { $m->must('DELETE',
        "grants/$_[0]{consent}") } ],
    [ 'all consents of the user are removed', 400, sub { $m->must('DELETE',
        'grants', query => [ user_id => $_[0]{user}{user_id} ]) } ],
    [ 'the user is deleted', 400, sub { $m->must('DELETE',
        'users/' . escape($_[0]{user}{user_id})) } ],
    [ 'the password is another', 400, sub { $m->must('PATCH',
        'users/' . escape($_[0]{user}{user_id}),
        body => { password => secret_text() }) } ],
    [ 'the refresh token is revoked by an administrator', 400,
      sub { $m->must('DELETE', "refresh-tokens/$_[0]{family}") } ],
    [ 'the Organization is deleted', 400, sub { $m->must('DELETE',
        "organizations/$_[0]{org}{id}") } ],
    [ 'the API is deleted', 400, sub { $m->must('DELETE',
        "resource-servers/$_[0]{app}{api}{id}") } ],
    [ 'the application is deleted', 401, sub { $m->must('DELETE',
        "clients/$_[0]{app}{id}") } ],
) {
    my ($name, $code, $do) = @$_;
    my $s = stage($t, org => 1, user => {
        password_hash => '$2y$10$' . 'a' x 53 });
    my $family = family_of($s);

    is(refresh($s, $family->{token})->code, 200, "$name: before");
    $do->({ %$s, family => $family->{id} });
    is_error(refresh($s, $family->{token}), $code,
             $code == 401 ? 'invalid_client' : 'invalid_grant', $name);
}

# ---- what is granted shrinks and grows ------------------------------------------------

my $s = stage($t, org => 1, app => { api => $t->api(enforce_policies => 't',
    token_dialect => 'access_token_authz', scopes => [qw(a b c)],
    allow_offline_access => 't') });
my $token = family_of($s)->{token};
my ($role, $tenant_role) = map { TPA::Orgs::role_row($t) } 1, 2;

sub scope_is {
    my ($expected, $permissions, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $claims = (TPA::JWT::decode(
        tokens_of(refresh($s, $token))->{access_token}))[1];

    is($claims->{scope}, "$expected offline_access" =~ s/^ //r, $name);
    is_deeply($claims->{permissions}, $permissions, "$name: permissions");
    is($claims->{org_id}, $s->{org}{id}, "$name: the Organization stays");
    return;
}

sub may {
    my ($role, @permissions) = @_;

    gone('role_permissions', 'role_id', $role->{id});
    $t->insert('role_permissions', role_id => $role->{id}, permission => $_,
               resource_server_id => $s->{app}{api}{id}) for @permissions;
    return;
}

may($role, qw(a b));
may($tenant_role, qw(a b c));
$t->insert('organization_member_roles', role_id => $role->{id},
           organization_id => $s->{org}{id}, user_id => $s->{user}{user_id});
$t->insert('user_roles', role_id => $tenant_role->{id},
           user_id => $s->{user}{user_id});
scope_is('a b', [qw(a b)], 'roles of the member, not of the tenant');
may($role, 'b');
scope_is('b', [qw(b)], 'a role that lost a permission');
may($role, qw(a b c));
scope_is('a b c', [qw(a b c)], 'a role that got them back');
$t->update('client_grants', { id => $s->{app}{grant}{id} },
           scope => [qw(a c)]);
scope_is('a c', [qw(a b c)], 'a client grant that shrank');
$t->db->rows('DELETE FROM tpa_data.resource_server_scopes'
    . ' WHERE resource_server_id = ? AND value = ?', $s->{app}{api}{id}, 'c');
scope_is('a', [qw(a b)], 'a scope that is gone from the API');

# The lifetime of access tokens is that of now, too.
set_api($s, token_lifetime => 600);
is(tokens_of(refresh($s, $token))->{expires_in}, 600,
   'the lifetime of the API');
set_app($s, jwt_lifetime_in_seconds => 300);
is(tokens_of(refresh($s, $token))->{expires_in}, 300,
   'the lifetime of the application');

done_testing();
