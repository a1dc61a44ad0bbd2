# Writes: one call of the database each, with its event and without secrets in
# it; at once; again after a lost answer; and seen by the next token anywhere.
use TPA::Test timeout => 300;
use TPA::Mgmt;
use TPA::World;

use JSON::PP ();
use Time::HiRes qw(sleep);

my $m = mgmt('a');
my $t = $m->tenant;
my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my $json = JSON::PP->new->utf8->canonical;
my $mark = TPA::Tenant::hex_of(10);
my $token = $m->token;

# Calls at once, each by a process of its own: their statuses.
sub at_once {
    my @calls = @_;
    my @pids = map {
        my ($method, $path, $body) = @$_;
        my $pid = fork // die "fork: $!\n";

        unless ($pid) {
            my $code = $t->http->request($method, "/api/v2/$path",
                headers => [ Authorization => "Bearer $token",
                             'Content-Type' => 'application/json' ],
                body => $json->encode($body))->code;
            POSIX::_exit($code & 255);
        }
        $pid;
    } @calls;

    return map { my $pid = $_;
                 waitpid $pid, 0;
                 my $code = $? >> 8;   # 8 bits of a status
                 $? & 127 ? 'died' : $code + ($code < 200 ? 256 : 0) } @pids;
}

# ---- each write: one event, in the same call ----------------------------------
my $world = world_of($m);
my %free = (
    'POST clients' => { name => "W $mark" },
    'POST resource-servers' => { identifier => "urn:w:$mark" },
    'POST client-grants' => { client_id => $world->{login},
                              audience => $world->{audience},
                              subject_type => 'user' },
    'POST organizations' => { name => "w-$mark" },
    'POST connections' => { name => "w-$mark", strategy => 'auth0' },
    'POST users' => { connection => $world->{connection},
                      email => "w$mark\@example.com", password => 'Very-1-Long' },
    'POST roles' => { name => "W $mark" },
    'PATCH tenants/settings' => { support_url => "https://$mark.example/" },
    'DELETE grants' => undef,
);
# What is there already cannot be added; it is another time, or another.
my %other = (
    'POST organizations/{organization_id}/connections' => sub {
        { connection_id => $m->must('POST', 'connections', body => {
            name => "n-$mark", strategy => 'auth0' })->{id} } },
    'POST organizations/{organization_id}/enabled_connections' => sub {
        { connection_id => $m->must('POST', 'connections', body => {
            name => "o-$mark", strategy => 'auth0' })->{id} } },
    'POST organizations/{organization_id}/clients' => sub {
        { clients => [ { client_id => $world->{login},
                         use_for_member_access => $true } ] } },
    'POST organizations/{organization_id}/client-grants' => sub {
        { grant_id => $t->grant(client => { id => $world->{login} },
            api => { id => $world->{'resource-servers/{id}'}, scopes => [] },
            organization_usage => 'allow',
            subject_type => 'client')->{id} } },
    'POST organizations/{organization_id}/members' => sub {
        { members => [ $m->must('POST', 'users', body => {
            connection => $world->{connection}, password => 'Very-1-Long',
            email => "m$mark\@example.com" })->{user_id} ] } },
    'POST organizations/{organization_id}/members/{user_id}/roles' => sub {
        { roles => [ $m->must('POST', 'roles',
                              body => { name => "M $mark" })->{id} ] } },
    'POST users/{id}/roles' => sub {
        { roles => [ $m->must('POST', 'roles',
                              body => { name => "U $mark" })->{id} ] } },
    'POST roles/{id}/permissions' => sub {
        my $urn = "urn:p:$mark";

        $m->must('POST', 'resource-servers', body => {
            identifier => $urn, scopes => [ { value => 'a:x' } ] });
        return { permissions => [ { permission_name => 'a:x',
                                    resource_server_identifier => $urn } ] } },
);

sub count_events {
    return $t->db->value('SELECT count(*) FROM tpa_data.log_events
        WHERE type = ? AND client_id = ?', 'sapi', $m->{client}{id});
}

sub write_one {
    my ($route) = @_;
    my $path = path_of($world, $route->{path});
    my $fresh = $other{ $route->{name} };
    my $body = exists $free{ $route->{name} } ? $free{ $route->{name} }
        : $fresh ? $fresh->() : body_of($world, $route);
    my $calls = $route->{method} eq 'PATCH'
        && $route->{name} ne 'PATCH connections/{id}/clients' ? 2 : 1;
    my $log = main_node->access_log;
    my $before = count_events();
    my $query = $route->{name} eq 'DELETE grants'
        ? [ user_id => $world->{'users/{id}'} ] : undef;
    my $answer = $m->call($route->{method}, $path, body => $body,
                          query => $query);
    my ($event) = $t->events(type => 'sapi', client_id => $m->{client}{id});
    my $said = $event->{details}{request};

    like($answer->code, qr/^20[0124]$/, "$route->{name}: done")
        or diag($answer->body);
    is(count_events() - $before, 1, "$route->{name}: one event");
    is("$said->{method} $said->{path}", "$route->{method} /api/v2/$path",
       "$route->{name}: of it");
    is($event->{details}{response}{statusCode}, $answer->code,
       "$route->{name}: with its status");
    return like($log->wait_for(
        qr{ "$route->{method} \Q/api/v2/$path\E(?:\?\S*)? HTTP}),
        qr/ calls=$calls$/, "$route->{name}: $calls calls of the database");
}

# Keys have a test of their own.
my @writes = grep { $_->{method} ne 'GET'
                    && $_->{name} !~ /keys|refresh-tokens\/revoke|preview/ }
    routes_of($m);
my %late = ('DELETE refresh-tokens/{id}' => -2, 'DELETE grants' => -1,
            'DELETE users/{id}' => 1, 'DELETE connections/{id}' => 2);

# Additions and changes, then deletions, those of what hangs on others first;
# the two paths to a connection of an Organization lead to the same.
write_one($_) for grep { $_->{method} ne 'DELETE' } @writes;
write_one($_) for sort {
    ($late{ $a->{name} } // 0) <=> ($late{ $b->{name} } // 0)
        || $b->{path} =~ tr/{// <=> $a->{path} =~ tr/{//
        || $b->{path} =~ tr{/}{/} <=> $a->{path} =~ tr{/}{/}
} grep { $_->{method} eq 'DELETE'
         && $_->{path} !~ m{/enabled_connections/|^grants/} }
    @writes;
cmp_ok(scalar @writes, '>', 45, 'they were many');

# What is refused, or changes nothing, is not written down.
my $org = $m->must('POST', 'organizations', body => { name => "s-$mark" });
my $before = count_events();

for (
    [ 'POST', 'organizations', { name => "s-$mark" }, 409 ],
    [ 'POST', 'organizations', { name => 'Not Good' }, 400 ],
    [ 'PATCH', 'organizations/org_none', { display_name => 'x' }, 404 ],
    [ 'DELETE', 'clients/nobody', undef, 204 ],
    [ 'DELETE', 'connections/con_none', undef, 204 ],
) {
    my ($method, $path, $body, $status) = @$_;

    is($m->call($method, $path, body => $body)->code, $status,
       "$method $path: $status");
}
is(count_events(), $before, 'none of it is an event');

# ---- secrets --------------------------------------------------------------------
my @secrets = map { "secret-$_-$mark" } 1 .. 5;
my $app = $m->must('POST', 'clients', body => { name => "S $mark" });
my $rotated = $m->must('POST', "clients/$app->{client_id}/rotate-secret");
my $con = $m->must('POST', 'connections', body => {
    name => "s-$mark", strategy => 'auth0', options => {
        client_secret => $secrets[0], nested => { api_key => $secrets[1] } } });

$m->must('PATCH', "connections/$con->{id}", body => { options => {
    list => [ { private_key => $secrets[2] } ] } });
my $user = $m->must('POST', 'users', body => { connection => "s-$mark",
    email => "s$mark\@example.com", password => $secrets[3] });
$m->must('PATCH', $m->at('users', $user->{user_id}),
         body => { password => $secrets[4] });
my $login = $m->must('POST', 'clients', body => {
    name => "L $mark", app_type => 'regular_web', organization_usage => 'allow',
    initiate_login_uri => 'https://a.example/login' });
my $invited = $m->must('POST', "organizations/$org->{id}/invitations", body => {
    inviter => { name => 'A' }, invitee => { email => 'x@example.com' },
    client_id => $login->{client_id}, send_invitation_email => $false });

# Options of a connection are kept as they are; all else is only known hashed.
seen($_) for @secrets[3, 4], $app->{client_secret}, $rotated->{client_secret},
    $login->{client_secret}, $invited->{ticket_id};
my $dump = join "\n", map { $_->[0] } $t->db->rows(
    'SELECT row_to_json(e)::text FROM tpa_data.log_events e');

like($dump, qr/s-\Q$mark\E/, 'the events are there');
for my $secret (@secrets, $app->{client_secret}, $rotated->{client_secret},
                $login->{client_secret}, $invited->{ticket_id}, $token) {
    unlike($dump, qr/\Q$secret\E/, 'a secret is not in any of them');
}
like($dump, qr/"client_secret" ?: ?"\*{5}"/, 'it is masked');

# ---- at once --------------------------------------------------------------------
my $n = 8;
my $api = $m->must('POST', 'resource-servers',
                   body => { identifier => "urn:c:$mark" });

for (
    # path, a body for each number, what must be there then
    [ "organizations/$org->{id}", sub { { metadata => { "k$_[0]" => "$_[0]" } } },
      sub { $_[0]{metadata}{"k$_[1]"} } ],
    [ "clients/$app->{client_id}",
      sub { { client_metadata => { "k$_[0]" => "$_[0]" } } },
      sub { $_[0]{client_metadata}{"k$_[1]"} } ],
    [ $m->at('users', $user->{user_id}),
      sub { { user_metadata => { "k$_[0]" => "$_[0]" } } },
      sub { $_[0]{user_metadata}{"k$_[1]"} } ],
    [ $m->at('users', $user->{user_id}),
      sub { { app_metadata => { "k$_[0]" => "$_[0]" } } },
      sub { $_[0]{app_metadata}{"k$_[1]"} } ],
) {
    my ($path, $body, $find) = @$_;
    my @codes = at_once(map { [ 'PATCH', $path, $body->($_) ] } 1 .. $n);
    my $got = $m->must('GET', $path);

    is_deeply(\@codes, [ (200) x $n ], "$n changes of $path at once");
    is_deeply([ map { $find->($got, $_) } 1 .. $n ], [ 1 .. $n ],
              'none of them is lost');
}
# Members that hang together: whoever comes second sees what the first one did.
my %fixed = (infinite_token_lifetime => $false,
             infinite_idle_token_lifetime => $false);
my @halves = (
    # path, as it was, two changes that cannot both be, what is always less
    [ "clients/$login->{client_id}",
      { refresh_token => { %fixed, token_lifetime => 2000,
                           idle_token_lifetime => 50 } },
      { refresh_token => { %fixed, token_lifetime => 100 } },
      { refresh_token => { %fixed, idle_token_lifetime => 1000 } },
      sub { @{ $_[0]{refresh_token} }{qw(idle_token_lifetime
                                         token_lifetime)} } ],
    [ "resource-servers/$api->{id}",
      { token_lifetime => 2000, token_lifetime_for_web => 50 },
      { token_lifetime => 100 }, { token_lifetime_for_web => 1000 },
      sub { @{ $_[0] }{qw(token_lifetime_for_web token_lifetime)} } ],
);

for (@halves) {
    my ($path, $first, $one, $two, $pair) = @$_;

    for (1 .. 8) {
        $m->must('PATCH', $path, body => $first);
        my @codes = sort(at_once([ 'PATCH', $path, $one ],
                                 [ 'PATCH', $path, $two ]));
        my ($less, $more) = $pair->($m->must('GET', $path));

        cmp_ok($less, '<=', $more, "two halves of a rule at once: @codes");
    }
}

# ---- made once --------------------------------------------------------------------
my $pem = TPA::JWT::public_pem(TPA::JWT::key('rsa', 2048));
my $grant = $m->must('POST', 'client-grants', body => {
    client_id => $app->{client_id}, audience => $api->{identifier},
    subject_type => 'client', organization_usage => 'allow' });
my @once = (
    # path, body, where it is and what tells it
    [ 'clients', { name => 'x', client_id => "once_$mark" } ],
    [ 'resource-servers', { identifier => "urn:once:$mark" } ],
    [ 'client-grants', { client_id => $login->{client_id},
                         audience => $api->{identifier} } ],
    [ 'client-grants', { default_for => 'third_party_clients',
                         audience => $api->{identifier} } ],
    [ 'organizations', { name => "once-$mark" } ],
    [ 'connections', { name => "once-$mark", strategy => 'auth0' } ],
    [ 'roles', { name => "Once $mark" } ],
    [ 'users', { connection => "s-$mark", email => "once$mark\@example.com",
                 password => $secrets[3] } ],
    [ "clients/$app->{client_id}/credentials", { pem => $pem } ],
    [ "organizations/$org->{id}/client-grants", { grant_id => $grant->{id} } ],
    [ "organizations/$org->{id}/enabled_connections",
      { connection_id => $con->{id} } ],
    [ "organizations/$org->{id}/discovery-domains",
      { domain => "once-$mark.example.com" } ],
    [ "organizations/$org->{id}/clients", { clients => [ {
        client_id => $login->{client_id}, use_for_member_access => $true } ] } ],
);

for (@once) {
    my ($path, $body) = @$_;
    my @codes = sort(at_once(([ 'POST', $path, $body ]) x 4));

    like("@codes", qr/^20[01] 409 409 409$/, "POST $path: four at once make one");
}

# The answer is lost: nobody waits for it. Sent again, it is a conflict, and
# there is one.
my $body = $json->encode({ name => "lost-$mark" });
my $http = $t->http;

$http->connect_now;
syswrite $http->{socket}, "POST /api/v2/organizations HTTP/1.1\r\n"
    . "Host: $t->{host}\r\nAuthorization: Bearer $token\r\n"
    . "Content-Type: application/json\r\nContent-Length: " . length($body)
    . "\r\n\r\n$body";
close $http->{socket};
ok(within(5, sub { $t->db->value('SELECT count(*) FROM tpa_data.organizations
                                  WHERE name = ?', "lost-$mark") }),
   'done, though nobody heard');
is_refused($m->call('POST', 'organizations', body => $body), 409,
           'organization_conflict',
           'An organization with this name already exists.', 'sent again');
is($t->db->value('SELECT count(*) FROM tpa_data.log_events WHERE type = ? AND
                  details::text LIKE ?', 'sapi', "%lost-$mark%"), 1, 'one event');

# ---- everywhere at once -------------------------------------------------------------
my $second = TPA::Node->new('writes')->start;
my $there = tenant('a', node => $second);
my $scoped = $t->api(scopes => [ 'a:x', 'b:x' ]);
my $machine = $t->machine(api => $scoped);
my $at = "client-grants/$machine->{grant}{id}";

$there->token($machine) for 1 .. 5;
for my $scope ('a:x', 'b:x', 'a:x b:x') {
    $m->must('PATCH', $at, body => { scope => [ split / /, $scope ] });
    is($_->claims($machine)->{scope}, $scope, "$scope, from the next token on")
        for $there, $t;
}
$m->must('PATCH', $m->at('resource-servers', $scoped->{identifier}),
         body => { token_lifetime => 77 });
my $claims = $there->claims($machine);

is($claims->{exp} - $claims->{iat}, 77, 'another lifetime');
$m->must('PATCH', "clients/$machine->{id}", body => { grant_types => [] });
is_error($there->token($machine), 400, 'unauthorized_client', 'no grant type');
$m->must('PATCH', "clients/$machine->{id}",
         body => { grant_types => [ 'client_credentials' ] });
is($there->token($machine)->code, 200, 'and again');
$m->call('DELETE', $at);
is_error($there->token($machine), 400, 'unauthorized_client', 'no client grant');
$m->call('DELETE', "clients/$machine->{id}");
is_error($there->token($machine), 401, 'invalid_client', 'no application');
$second->stop;

done_testing();
