# How many there may be of each, and not one more: also of many at once.
use TPA::Test timeout => 300;
use TPA::Mgmt;
use TPA::Orgs;

my $m = mgmt('b');
my $t = $m->tenant;
my $mark = TPA::Tenant::hex_of(8);
my $token = $m->token;
my $json = JSON::PP->new->utf8->canonical;

# The same call at once, each with a body of its own: how often it was done.
sub done_of {
    my ($path, @bodies) = @_;
    my @pids = map {
        my $body = $_;
        my $pid = fork // die "fork: $!\n";

        unless ($pid) {
            my $code = $t->http->request('POST', "/api/v2/$path",
                headers => [ Authorization => "Bearer $token",
                             'Content-Type' => 'application/json' ],
                body => $json->encode($body))->code;
            POSIX::_exit($code =~ /^20[0124]$/ ? 0 : $code == 409 ? 1 : 2);
        }
        $pid;
    } @bodies;
    my @ends = map { waitpid $_, 0; $? >> 8 } @pids;

    return scalar(grep { $_ == 0 } @ends) . ' done, '
        . scalar(grep { $_ == 1 } @ends) . ' refused';
}

# ---- client grants of an Organization: 100 --------------------------------------
my $org = org_of($m);
my $api = $t->api;
my @grants = map { $t->grant(client => $t->client, api => $api,
                             organization_usage => 'allow')->{id} } 1 .. 104;
my $grants = "organizations/$org->{id}/client-grants";

$t->org_grant($org, { id => $_ }) for @grants[0 .. 97];
is(done_of($grants, map { { grant_id => $_ } } @grants[98 .. 101]),
   '2 done, 2 refused', 'two of four client grants at once have room');
is_refused($m->call('POST', $grants, body => { grant_id => $grants[102] }), 409,
           'organization_client_grant_limit', 'The organization has as many'
           . ' client grants as it may have.', 'one more of 100 client grants');
is($m->call('POST', $grants, body => { grant_id => $grants[0] })->code, 409,
   'nor one that is there');
is_done($m->call('DELETE', "$grants/$grants[0]"), 204, 'one is taken', undef);
is(done_of($grants, { grant_id => $grants[103] }), '1 done, 0 refused',
   'and there is room for one');

# ---- roles: 1000 ----------------------------------------------------------------
my $roles = $t->db->value('SELECT count(*) FROM tpa_data.roles');

$t->db->rows("INSERT INTO tpa_data.roles (id, name)
    SELECT 'rol_' || lpad(i::text, 16, 'L'), ? || i
    FROM generate_series(1, ?::integer) AS i", "limit $mark ", 998 - $roles);
is(done_of('roles', map { { name => "last $mark $_" } } 1 .. 4),
   '2 done, 2 refused', 'two of four roles at once have room');
is_refused($m->call('POST', 'roles', body => { name => "more $mark" }), 409,
           'role_limit', 'There are 1000 roles, and no more are possible.',
           'one more of 1000 roles');
$t->db->rows("DELETE FROM tpa_data.roles WHERE name LIKE ?", "%$mark%");

# ---- members of an Organization: 100,000 ------------------------------------------
my $con = connection_row($t);
my $many = 'auth0|' . $mark;
my $members = "organizations/$org->{id}/members";

$t->db->rows("SET synchronous_commit = off; INSERT INTO tpa_data.users
    (user_id, connection_id, connection_user_id)
    SELECT ? || i, ?, ? || i FROM generate_series(1, 100003) AS i", $many,
    $con->{id}, $mark);
$t->db->rows("INSERT INTO tpa_data.organization_members (organization_id,
    user_id) SELECT ?, ? || i FROM generate_series(1, 99998) AS i", $org->{id},
    $many);
is(done_of($members, map { { members => [ $many . $_ ] } } 99_999 .. 100_002),
   '2 done, 2 refused', 'two of four members at once have room');
is_refused($m->call('POST', $members, body => { members =>
           [ $many . 1, $many . 100_003 ] }), 409, 'member_limit',
           'The organization has as many members as it may have.',
           'one more of 100000 members');
is_done($m->call('POST', $members, body => { members => [ $many . 1 ] }), 204,
        'who is one stays one', undef);
is_refused($m->call('POST', $members, body => { members =>
           [ map { $many . $_ } 1 .. 11 ] }), 400, 'invalid_body',
           qr/Array is too long \(11\), maximum 10/, 'eleven in a call');
$t->db->rows('DELETE FROM tpa_data.organizations WHERE id = ?', $org->{id});
$t->db->rows('DELETE FROM tpa_data.users WHERE user_id LIKE ?', "$many%");

# ---- Organizations: 100,000 ---------------------------------------------------------
my $orgs = $t->db->value('SELECT count(*) FROM tpa_data.organizations');

$t->db->rows("INSERT INTO tpa_data.organizations (id, name)
    SELECT 'org_' || lpad(i::text, 16, 'L'), ? || i
    FROM generate_series(1, ?::integer) AS i", "limit-$mark-", 99_998 - $orgs);
$t->db->rows('ANALYZE tpa_data.organizations');
is(done_of('organizations', map { { name => "last-$mark-$_" } } 1 .. 4),
   '2 done, 2 refused', 'two of four Organizations at once have room');
is_refused($m->call('POST', 'organizations', body => { name => "x-$mark" }),
           409, 'organization_limit',
           'There are as many organizations as there may be.',
           'one more of 100000 Organizations');
$t->db->rows('DELETE FROM tpa_data.organizations WHERE name LIKE ?', "%$mark%");
$t->db->rows('ANALYZE tpa_data.organizations');
is(done_of('organizations', { name => "again-$mark" }), '1 done, 0 refused',
   'and there is room again');

done_testing();
