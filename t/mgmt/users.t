# Users, their passwords, roles and Organizations.
use TPA::Test;
use TPA::Mgmt;

my $m = mgmt('a');
my $t = $m->tenant;
my $mark = TPA::Tenant::hex_of(8);
my $bad = 'Payload validation error: ';
my $gone = 'The user does not exist.';
my $secret = 'correct horse ' . TPA::Tenant::text_of(12);

sub connection {
    my ($strategy) = @_;
    my $name = "$strategy-" . TPA::Tenant::hex_of(8);

    $t->insert('connections', name => $name, strategy => $strategy,
               id => 'con_' . TPA::Tenant::text_of(16));
    return $name;
}

sub refuse {
    for (@_) {
        my ($method, $path, $body, @expected) = @$_;
        my $shown = defined $body ? JSON::PP::encode_json($body) : '';

        is_refused($m->call($method, $path, body => $body), @expected,
                   "$method $path " . substr $shown, 0, 100);
    }
    return;
}

# The stored hash of a user, and the hash the password has with its salt.
sub hash_of {
    my ($id) = @_;

    return $t->db->value(
        'SELECT password_hash FROM tpa_data.users WHERE user_id = ?', $id);
}

sub fits {
    my ($password, $hash) = @_;

    return crypt($password, $hash) eq $hash;
}

my ($db, $sso) = map { connection($_) } qw(auth0 samlp);

seen($secret, "$secret!");

# ---- life of a user -------------------------------------------------------
my $ann = is_done($m->call('POST', 'users', body => {
    connection => $db, email => "Ann.$mark\@example.com", password => $secret,
    email_verified => JSON::PP::true, given_name => "Ann\x{2603}",
    user_metadata => { colour => 'red', deep => { a => undef } } }), 201,
    'created');
my $id = $ann->{user_id};
my $path = $m->at('users', $id);
my ($local) = $id =~ /^auth0\|(.*)$/;

id_like($id, qr/^auth0\|[0-9a-f]{24}$/, 'its id');
is_deeply($ann, {
    user_id => $id, email => "Ann.$mark\@example.com",
    email_verified => JSON::PP::true, name => "Ann.$mark\@example.com",
    nickname => "Ann.$mark", given_name => "Ann\x{2603}",
    blocked => JSON::PP::false, logins_count => 0,
    user_metadata => { colour => 'red', deep => { a => undef } },
    identities => [ { connection => $db, provider => 'auth0',
                      user_id => $local, isSocial => JSON::PP::false } ],
    map { ($_ => $ann->{$_}) } qw(created_at updated_at),
}, 'what is answered');
id_like($ann->{created_at}, qr/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
        'a time');
is_done($m->call('GET', $path), 200, 'got', $ann);
is_done($m->call('GET', "users/$id"), 200, 'got, the pipe as it is', $ann);
is_done($m->call('GET', "$path?fields=email,user_id"), 200, 'two fields',
        { email => $ann->{email}, user_id => $id });
is_done($m->call('GET', "$path?fields=version"), 200, 'no field of ours', {});
ok(fits($secret, hash_of($id)), 'bcrypt of the password is stored');
like(hash_of($id), qr/^\$2y\$10\$/, 'of cost 10');

my $same = is_done($m->call('PATCH', $path, body => $ann), 200,
                   'what was got is taken back');

is_deeply({ %$same, updated_at => 0 }, { %$ann, updated_at => 0 },
          'and changes nothing');

# Each change, and the members it leaves.
my @changes = (
    [ { name => 'Ann' }, { name => 'Ann' } ],
    [ { given_name => undef }, { given_name => undef } ],
    [ { blocked => JSON::PP::true }, { blocked => JSON::PP::true } ],
    [ { email => "ann.$mark\@example.com" }, { email_verified =>
        JSON::PP::true } ],
    [ { email => "ann2.$mark\@example.com" }, { email_verified =>
        JSON::PP::false, email => "ann2.$mark\@example.com" } ],
    [ { email_verified => JSON::PP::true, verify_email => JSON::PP::false },
      { email_verified => JSON::PP::true, verify_email => undef } ],
    [ { user_metadata => { size => 4, colour => undef } },
      { user_metadata => { size => 4, deep => { a => undef } } } ],
    [ { app_metadata => { plan => 'x' } }, { app_metadata => { plan => 'x' },
        user_metadata => { size => 4, deep => { a => undef } } } ],
    [ { user_metadata => {} }, { user_metadata => undef } ],
    [ { username => 'ann' }, { username => 'ann' } ],
    [ { picture => 'https://example.com/a.png' },
      { picture => 'https://example.com/a.png' } ],
);

for (@changes) {
    my ($patch, $left) = @$_;
    my $name = join ' and ', sort keys %$patch;
    my $got = is_done($m->call('PATCH', $path, body => $patch), 200,
                      "$name changed");

    is_deeply({ map { ($_ => $got->{$_}) } keys %$left }, $left,
              "$name: what is left");
}

# ---- passwords ------------------------------------------------------------
my $family = { id => 'f-' . TPA::Tenant::text_of(20) };
my $third = $t->client(party => 'third');
my $api = $t->api;
my $con = $t->db->value('SELECT id FROM tpa_data.connections WHERE name = ?',
                        $db);
my $consent = 'g-' . TPA::Tenant::text_of(20);

$t->insert('user_grants', id => $consent, user_id => $id,
           client_id => $third->{id}, resource_server_id => $api->{id});
$t->insert('refresh_families', id => $family->{id}, user_grant_id => $consent,
           user_id => $id, client_id => $third->{id}, scope => [ 'a' ],
           resource_server_id => $api->{id}, connection_id => $con,
           authenticated_at => '2026-01-01');
$t->insert('sessions', session_hash => 'a' x 56 . $mark, user_id => $id,
           connection_id => $con, map { ($_ => '2100-01-01') }
           qw(authenticated_at idle_expires_at expires_at));

my $before = hash_of($id);
my $changed = is_done($m->call('PATCH', $path, body => {
    password => "$secret!", connection => $db }), 200, 'a new password');

ok(fits("$secret!", hash_of($id)) && !fits($secret, hash_of($id)),
   'the new one is stored');
isnt(substr(hash_of($id), 0, 29), substr($before, 0, 29), 'with a new salt');
id_like($changed->{last_password_reset}, qr/^20/, 'when it was changed');
unlike(JSON::PP::encode_json($changed), qr/password"|hash/, 'is not shown');
is($t->db->value('SELECT revoked_reason FROM tpa_data.refresh_families'
                 . ' WHERE id = ?', $family->{id}), 'revoked',
   'refresh tokens end with the old password');
is($t->db->value('SELECT count(*) FROM tpa_data.sessions WHERE user_id = ?',
                 $id), 0, 'and sessions');
is(scalar(grep { /\Q$secret\E|\$2y\$/ } map { JSON::PP::encode_json($_) }
          $t->events(type => 'sapi', client_id => $m->{client}{id})), 0,
   'no password and no hash in the log');

# ---- other connections ----------------------------------------------------
my $bob = is_done($m->call('POST', 'users', body => {
    connection => $sso, user_id => "bob|$mark", name => 'Bob' }), 201,
    'a user whose password is kept elsewhere');

is($bob->{user_id}, "samlp|bob|$mark", 'with the id that was sent');
is($bob->{identities}[0]{user_id}, "bob|$mark", 'as the connection says it');

# ---- refusals -------------------------------------------------------------
my %good = (connection => $db, email => "x.$mark\@example.com",
            password => $secret);
my $bobs = $m->at('users', $bob->{user_id});

refuse(
    # method, path, body, status, errorCode, message
    [ 'POST', 'users', { email => 'a@b.c', password => $secret }, 400,
      'invalid_body', "${bad}'Missing required property: connection'." ],
    [ 'POST', 'users', { connection => $db, password => $secret }, 400,
      'invalid_body', "${bad}'Missing required property: email'." ],
    [ 'POST', 'users', { connection => $db, email => "x.$mark\@example.com" },
      400, 'invalid_body', "${bad}'Missing required property: password'." ],
    [ 'POST', 'users', { connection => $sso, password => $secret }, 400,
      'invalid_body',
      "${bad}'The connection is no database' on property password." ],
    [ 'POST', 'users', { connection => $sso, user_id => 'x' x 250 }, 400,
      'invalid_body',
      "${bad}'It is too long for this connection' on property user_id." ],
    [ 'POST', 'users', { %good, connection => "no-$mark" }, 404,
      'inexistent_connection', 'The connection does not exist' ],
    [ 'POST', 'users', { %good, email => "ANN2.$mark\@example.com" }, 409,
      'user_exists', 'The user already exists.' ],
    [ 'POST', 'users', { %good, user_id => $local }, 409, 'user_exists',
      'The user already exists.' ],
    [ 'POST', 'users', { %good, username => 'ANN' }, 409, 'user_exists',
      'The user already exists.' ],
    [ 'POST', 'users', { connection => $sso, user_id => "bob|$mark" }, 409,
      'user_exists', 'The user already exists.' ],
    [ 'POST', 'users', { %good, password => 'short' }, 400, 'invalid_body',
      "${bad}'String is too short (5 chars), minimum 8' on property password"
      . ' (Password, of databases only).' ],
    [ 'POST', 'users', { %good, password => 'x' x 73 }, 400, 'invalid_body',
      qr/^${bad}'String is too long \(73 chars\), maximum 72' on property pass/ ],
    [ 'POST', 'users', { %good, password => "\x{2603}" x 25 }, 400,
      'invalid_body', qr/^${bad}'It is longer than 72 bytes' on property pass/ ],
    [ 'POST', 'users', { %good, email => 'nobody' }, 400, 'invalid_body',
      qr/^${bad}'It is no e-mail address' on property email / ],
    [ 'POST', 'users', { %good, verify_email => JSON::PP::true }, 400,
      'invalid_body',
      qr/^${bad}'This server sends no messages' on property verify_email / ],
    [ 'POST', 'users', { %good, phone => '1' }, 400, 'invalid_body',
      "${bad}'Additional properties not allowed: phone'." ],
    [ 'POST', 'users', { %good, password_hash => '1' }, 400, 'invalid_body',
      "${bad}'Additional properties not allowed: password_hash'." ],
    [ 'POST', 'users', { %good, user_metadata => 'x' }, 400, 'invalid_body',
      qr/^${bad}'Expected type object but found type string' on property user/ ],
    [ 'PATCH', $path, { user_id => 'auth0|other' }, 400, 'invalid_body',
      qr/^${bad}'It cannot be changed' on property user_id / ],
    [ 'PATCH', $path, { logins_count => 7 }, 400, 'invalid_body',
      qr/^${bad}'It cannot be changed' on property logins_count / ],
    [ 'PATCH', $path, { identities => [] }, 400, 'invalid_body',
      qr/^${bad}'It cannot be changed' on property identities / ],
    [ 'PATCH', $path, { connection => $sso }, 400, 'invalid_body',
      qr/^${bad}'It is not the connection of this user' on property/ ],
    [ 'PATCH', $bobs, { password => $secret }, 400, 'invalid_body',
      qr/^${bad}'The password of this user is kept elsewhere' on property/ ],
    [ 'PATCH', $path, {}, 400, 'invalid_body',
      "${bad}'Too few properties defined (0), minimum 1'." ],
    [ 'PATCH', $path, { name => undef }, 400, 'invalid_body',
      qr/^${bad}'Expected type string but found type null' on property name / ],
    [ 'POST', 'users', undef, 400, 'invalid_body',
      "${bad}'Missing required property: connection'." ],
    (map { [ $_->[0], "users/auth0%7Cnobody$_->[1]", $_->[2], 404,
             'inexistent_user', $gone ] }
     [ 'GET', '' ], [ 'PATCH', '', { name => 'x' } ], [ 'DELETE', '' ],
     [ 'GET', '/roles' ], [ 'POST', '/roles', { roles => [ 'rol_x' ] } ],
     [ 'DELETE', '/roles', { roles => [ 'rol_x' ] } ],
     [ 'GET', '/organizations' ]),
    [ 'GET', 'users/a%00b', undef, 400, 'invalid_uri', qr/NUL byte/ ],
);
# What somebody else has, and how it came in a PATCH.
is_done($m->call('POST', 'users', body => { %good }), 201, 'one more');
refuse([ 'PATCH', $path, { email => "X.$mark\@example.com" }, 409,
         'user_exists', 'The user already exists.' ]);

# ---- roles ----------------------------------------------------------------
my @roles = map { $m->must('POST', 'roles', body => {
    name => "User $mark $_" }) } 1 .. 5;
my @ids = map { $_->{id} } @roles;

is_done($m->call('POST', "$path/roles", body => { roles => [ @ids[0 .. 3] ] }),
        204, 'roles are assigned', undef);
is_done($m->call('POST', "$path/roles", body => { roles => [ @ids[3, 4, 4] ] }),
        204, 'again, and one more', undef);
same_set([ map { "$_->{id} $_->{name}" }
           $m->in_every_style("$path/roles", 'roles', 5) ],
         [ map { "$_->{id} $_->{name}" } @roles ], 'the roles');
refuse(
    [ 'POST', "$path/roles", { roles => [ $ids[0], 'rol_nobody' ] }, 400,
      'invalid_body', "${bad}'One of the roles does not exist' on property"
      . ' roles.' ],
    [ 'POST', "$path/roles", { roles => [] }, 400, 'invalid_body',
      qr/^${bad}'Array is too short \(0\), minimum 1' on property roles/ ],
    [ 'POST', "$path/roles", {}, 400, 'invalid_body',
      "${bad}'Missing required property: roles'." ],
    [ 'DELETE', "$path/roles", undef, 400, 'invalid_body',
      "${bad}'Missing required property: roles'." ],
);
is_done($m->call('DELETE', "$path/roles",
                 body => { roles => [ @ids[0 .. 2], 'rol_nobody' ] }), 204,
        'roles are removed', undef);
is(scalar @{ $m->must('GET', "$path/roles") }, 2, 'two are left');

# ---- Organizations --------------------------------------------------------
my @orgs = map { $t->org(display_name => "Org $_") } 1 .. 5;

$t->insert('organization_members', organization_id => $_->{id},
           user_id => $id) for @orgs;
my @member = $m->in_every_style("$path/organizations", 'organizations', 5);

same_set([ map { "$_->{id} $_->{name} $_->{display_name}" } @member ],
         [ map { "$_->{id} $_->{name} $_->{display_name}" } @orgs ],
         'where the user is a member');

# ---- lists ----------------------------------------------------------------
my $crowd = connection('auth0');
my @crowd = map { $m->must('POST', 'users', body => {
    connection => $crowd, email => "c$_.$mark\@example.com",
    password => $secret }) } 1 .. 5;
my @sorts = (
    # sort, the order of e-mail addresses
    [ 'email:1', 1 .. 5 ], [ 'email:-1', 5, 4, 3, 2, 1 ],
    [ 'created_at:1', 1 .. 5 ], [ 'created_at:-1', 5, 4, 3, 2, 1 ],
);
my @seen = $m->in_every_style('users', 'users', 5,
                              query => [ connection => $crowd ]);

is(join(' ', map { $_->{user_id} } @seen),
   join(' ', sort map { $_->{user_id} } @crowd), 'in the order of their ids');
for (@sorts) {
    my ($sort, @order) = @$_;
    my @got = $m->in_every_style('users', 'users', 5, query => [
        q => "identities.connection:\"$crowd\"", sort => $sort ]);

    is(join(' ', map { $_->{email} =~ /^c(\d)/ } @got), "@order", $sort);
}

my @searches = (
    # q, the users found
    [ "email:\"C1.$mark\@EXAMPLE.com\"", 1 ],
    [ "email:c1.$mark\@example.com", 1 ],
    [ "  email:c1.$mark\@example.com   AND  identities.connection:$crowd ", 1 ],
    [ "email:c1.$mark\@example.com AND identities.connection:$db" ],
    [ "user_id:\"$crowd[1]{user_id}\"", 2 ],
    [ "user_id:" . $crowd[1]{user_id} =~ s/\|/\\|/r, 2 ],
    [ 'user_id:"auth0|nobody"' ],
);

for (@searches) {
    my ($q, @found) = @$_;

    is_done($m->call('GET', 'users', query => [ q => $q ]), 200, "q $q",
            [ map { $m->must('GET', $m->at('users', $crowd[$_ - 1]{user_id})) }
              @found ]);
}

my $forms = q(Query validation error: 'Only name:value and name:"value" are)
    . ' understood, joined by AND; names are email, user_id,'
    . q( identities.connection' on property q.);

for my $q ('ann', 'email:', 'email:*', 'email:a*', 'email:"a', 'email:"a"b',
           'name:Ann', 'email:[a TO b]', 'email:a OR email:b', 'NOT email:a',
           'email:a AND', 'email:a email:b', 'email :a', '(email:a)', ':a',
           'email:a AND  ', 'email:""', 'email:a?', '*') {
    is_refused($m->call('GET', 'users', query => [ q => $q ]), 400,
               'invalid_query_string', $forms, "q $q");
}
is_refused($m->call('GET', 'users', query => [ q => 'email:a AND email:b' ]),
           400, 'invalid_query_string', "Query validation error: 'email is asked"
           . " for more than once' on property q.", 'a name twice');
is_refused($m->call('GET', 'users', query => [ connection => $db, q =>
               "identities.connection:$db" ]), 400, 'invalid_query_string',
           "Query validation error: 'identities.connection is asked for more"
           . " than once' on property q.", 'a name twice, in two ways');
is_refused($m->call('GET', 'users?sort=name:1'), 400, 'invalid_query_string',
           qr/^Query validation error: 'No enum match for: name:1' on property/,
           'another order');
is_done($m->call('GET', 'users', query => [ connection => $crowd, fields =>
        'email', per_page => 1, sort => 'email:1' ]), 200, 'fields of a list',
        [ { email => "c1.$mark\@example.com" } ]);

# ---- by e-mail address ----------------------------------------------------
is_done($m->call('GET', 'users-by-email',
                 query => [ email => "C2.$mark\@Example.com" ]), 200,
        'by e-mail address',
        [ $m->must('GET', $m->at('users', $crowd[1]{user_id})) ]);
is_done($m->call('GET', 'users-by-email?email=nobody%40example.com'), 200,
        'of nobody', []);
is_refused($m->call('GET', 'users-by-email'), 400, 'invalid_query_string',
           "Query validation error: 'Missing required property: email'.",
           'without an address');

# ---- who may --------------------------------------------------------------
my @scopes = (
    # method, path, scopes of which any will do
    [ 'GET', 'users', 'read:users' ],
    [ 'GET', 'users-by-email', 'read:users' ],
    [ 'POST', 'users', 'create:users' ],
    [ 'GET', $path, 'read:users' ],
    [ 'PATCH', $path, 'update:users' ],
    [ 'DELETE', $path, 'delete:users' ],
    [ 'GET', "$path/roles", 'read:users', 'read:roles', 'read:role_members' ],
    [ 'POST', "$path/roles", 'update:users', 'create:role_members' ],
    [ 'DELETE', "$path/roles", 'update:users', 'delete:role_members' ],
    [ 'GET', "$path/organizations", 'read:organizations' ],
);
my $foreign = mgmt('b')->token;

for (@scopes) {
    my ($method, $where, @any) = @$_;
    my %any = map { ($_ => 1) } @any;
    my @others = grep { !$any{$_} } qw(read:users create:users update:users
        delete:users read:roles read:organizations create:role_members);

    is_refused($m->call($method, $where, scopes => \@others), 403,
               'insufficient_scope', 'Insufficient scope, expected any of: '
               . join(',', @any), "$method $where without its scope");
    is_refused($m->call($method, $where, token => $foreign), 401,
               'invalid_token', 'Invalid token.',
               "$method $where with the token of another tenant");
    # With each of them it is let in; a body that is none keeps it from harm.
    for my $scope (grep { "$method $where" ne "DELETE $path" } @any) {
        isnt($m->call($method, $where, scopes => [ $scope ],
                      $method eq 'GET' ? () : (body => '['))->code, 403,
             "$method $where with $scope");
    }
}
is_refused(mgmt('b')->call('GET', $path), 404, 'inexistent_user', $gone,
           'another tenant does not know it');

# ---- the end of a user ----------------------------------------------------
is_done($m->call('DELETE', $path, scopes => [ 'delete:users' ]), 204, 'deleted',
        undef);
is_refused($m->call('GET', $path), 404, 'inexistent_user', $gone,
           'it is gone');
is_refused($m->call('DELETE', $path), 404, 'inexistent_user', $gone,
           'and cannot be deleted again');
is($t->db->value("SELECT count(*) FROM tpa_data.$_ WHERE user_id = ?", $id), 0,
   "and so is what it had in $_")
    for qw(user_roles organization_members user_grants refresh_families);

done_testing;
