# Connections of Organizations, by the newer and the older paths.
use TPA::Test timeout => 300;
use TPA::Mgmt;
use TPA::Orgs;

my $m = mgmt('a');
my $t = $m->tenant;
my $TRUE = JSON::PP::true();
my $FALSE = JSON::PP::false();
my @connections = map { connection_row($t) } 1 .. 11;
my $social = connection_row($t, strategy => 'google-oauth2');
my $org = org_of($m);
my $newer = "organizations/$org->{id}/connections";
my $older = "organizations/$org->{id}/enabled_connections";
my @families = ([ $newer, 'connections' ], [ $older, 'enabled_connections' ]);
my $not_found = 'Connection not found';

# What is answered of a connection, by either path, when nothing was said.
sub expected {
    my ($path, $connection, %members) = @_;

    return {
        connection_id => $connection->{id}, show_as_button => $TRUE,
        assign_membership_on_login => $FALSE, is_signup_enabled => $FALSE,
        connection => { name => $connection->{name},
                        strategy => $connection->{strategy} },
        ($path eq $newer ? (is_enabled => $TRUE,
                            organization_access_level => 'none') : ()),
        %members };
}

# ---- both families ------------------------------------------------------------
for (@families) {
    my ($path, $key) = @$_;
    my $one = "$path/$connections[0]{id}";
    my %database = (assign_membership_on_login => $TRUE,
                    is_signup_enabled => $TRUE);
    my $said = expected($path, $connections[0], %database);

    is_done($m->call('GET', $path), 200, "$key: none at first", []);
    is_done($m->call('POST', $path, body => { %database,
            connection_id => $connections[0]{id} }), 201, "$key: added", $said);
    is_done($m->call('GET', $one), 200, "$key: got", $said);
    keeps_what_it_gave($m, $one);
    is_done($m->call('POST', $path, body => { connection_id => $social->{id} }),
            201, "$key: the least there is", expected($path, $social));
    is_done($m->call('PATCH', $one, body => { show_as_button => $FALSE }), 200,
            "$key: changed", { %$said, show_as_button => $FALSE });
    is_done($m->call('PATCH', $one, body => { is_signup_enabled => $FALSE }),
            200, "$key: and the rest stays", { %$said,
            show_as_button => $FALSE, is_signup_enabled => $FALSE });
    is_done($m->call('PATCH', $one, body => {
            assign_membership_on_login => $FALSE }), 200,
            "$key: membership may go then");

    refuse($m,
        [ 'POST', $path, {}, 400, 'invalid_body',
          "${bad}'Missing required property: connection_id'." ],
        [ 'POST', $path, { connection_id => $connections[0]{id} }, 409,
          'organization_connection_conflict',
          'The connection is already enabled for this organization.' ],
        [ 'POST', $path, { connection_id => 'con_0000000000000000' }, 404,
          'inexistent_connection', 'The connection does not exist' ],
        [ 'POST', $path, { connection_id => 'x' }, 404,
          'inexistent_connection', 'The connection does not exist' ],
        [ 'POST', $path, { connection_id => $connections[1]{id},
                           show_as_button => 'no' }, 400, 'invalid_body',
          qr/Expected type boolean but found type string' on property show_as/
        ],
        [ 'POST', $path, { connection_id => $connections[1]{id},
                           is_signup_enabled => $TRUE }, 400, 'invalid_body',
          "${bad}'It needs assign_membership_on_login' on property"
          . ' is_signup_enabled.' ],
        [ 'POST', $path, { connection_id => connection_row($t,
              strategy => 'oidc')->{id}, %database }, 400, 'invalid_body',
          "${bad}'It is for database connections only' on property"
          . ' is_signup_enabled.' ],
        [ 'POST', $path, { connection_id => $connections[1]{id}, colour => 1 },
          400, 'invalid_body',
          "${bad}'Additional properties not allowed: colour'." ],
        [ 'PATCH', $one, { is_signup_enabled => $TRUE }, 400, 'invalid_body',
          "${bad}'It needs assign_membership_on_login' on property"
          . ' is_signup_enabled.' ],
        [ 'PATCH', "$path/$social->{id}", \%database, 400, 'invalid_body',
          "${bad}'It is for database connections only' on property"
          . ' is_signup_enabled.' ],
        [ 'PATCH', $one, {}, 400, 'invalid_body',
          "${bad}'Too few properties defined (0), minimum 1'." ],
        [ 'PATCH', $one, { connection_id => $social->{id} }, 400,
          'invalid_body', "${bad}'It cannot be changed' on property"
          . ' connection_id (Id of a connection).' ],
        [ 'PATCH', $one, { connection => { name => 'x' } }, 400,
          'invalid_body', qr/'It cannot be changed' on property connection / ],
        [ 'PATCH', $one, { show_as_button => undef }, 400, 'invalid_body',
          qr/Expected type boolean but found type null/ ],
        (map { my $id = $_;
               ([ 'GET', "$path/$id", undef, 404, undef, $not_found ],
                [ 'PATCH', "$path/$id", { show_as_button => $TRUE }, 404,
                  undef, $not_found ],
                [ 'DELETE', "$path/$id", undef, 404, undef, $not_found ]) }
            $connections[1]{id}, 'con_0000000000000000', 'x'),
        (map { my ($method, $rest, $body) = @$_;
               [ $method, "organizations/org_0000000000000000/$key$rest", $body,
                 404, undef, $no_org ] }
            [ 'GET', '' ], [ 'GET', "/$social->{id}" ],
            [ 'POST', '', { connection_id => $social->{id} } ],
            [ 'PATCH', "/$social->{id}", { show_as_button => $TRUE } ],
            [ 'DELETE', "/$social->{id}" ]),
    );
    is_refused($m->call('GET', 'organizations/' . org_of($m)->{id}
                        . "/$key/$social->{id}"), 404, undef, $not_found,
               "$key: another Organization has none of it");

    $m->must('POST', $path, body => { connection_id => $_->{id} })
        for @connections[1 .. 3];
    my @listed = $m->in_every_style($path, $key, 5, checkpoint => 1);
    is_deeply([ map { $_->{connection_id} } @listed ],
              [ sort $social->{id}, map { $_->{id} } @connections[0 .. 3] ],
              "$key: listed by id");
    is_deeply((grep { $_->{connection_id} eq $social->{id} } @listed)[0],
              expected($path, $social), "$key: one of the list");

    $m->must('POST', $path, body => { connection_id => $_->{id} })
        for @connections[4 .. 8];
    refuse($m, [ 'POST', $path, { connection_id => $connections[9]{id} }, 409,
        'organization_connection_limit',
        'The organization has as many connections as it may have.' ]);
    guarded($m,
        [ 'GET', $path, 'read:organization_connections' ],
        [ 'POST', $path, 'create:organization_connections' ],
        [ 'GET', $one, 'read:organization_connections' ],
        [ 'PATCH', $one, 'update:organization_connections' ],
        [ 'DELETE', $one, 'delete:organization_connections' ]);
    is_done($m->call('DELETE', "$path/$_->{id}"), 204,
            "$key: $_->{strategy} removed", undef)
        for $social, @connections[0 .. 8];
    is_refused($m->call('DELETE', $one), 404, undef, $not_found,
               "$key: and cannot be removed again");
}

# ---- what only the newer one knows ----------------------------------------------------
my $one = "$newer/$social->{id}";
my %named = (organization_connection_name => 'Corp', is_enabled => $FALSE,
             organization_access_level => 'readonly');

is_done($m->call('POST', $newer, body => { connection_id => $social->{id},
        %named }), 201, 'a name, a level, and not enabled',
        expected($newer, $social, %named));
keeps_what_it_gave($m, $one);
is_done($m->call('GET', $older), 200, 'the older list leaves it out', []);
refuse($m,
    [ 'GET', "$older/$social->{id}", undef, 404, undef, $not_found ],
    [ 'PATCH', "$older/$social->{id}", { show_as_button => $TRUE }, 404, undef,
      $not_found ],
    [ 'POST', $older, { connection_id => $connections[0]{id},
                        is_enabled => $TRUE }, 400, 'invalid_body',
      "${bad}'Additional properties not allowed: is_enabled'." ],
    [ 'PATCH', $one, { organization_access_level => 'all' }, 400,
      'invalid_body', qr/^${bad}'No enum match for: all' on property organiz/ ],
    [ 'PATCH', $one, { organization_connection_name => 'x' x 51 }, 400,
      'invalid_body', qr/String is too long \(51 chars\), maximum 50/ ],
);
$m->must('POST', $newer, body => { connection_id => $connections[0]{id} });
for my $is (
    [ 'true', $connections[0]{id} ], [ 'false', $social->{id} ],
) {
    is_deeply([ map { $_->{connection_id} } @{ $m->must('GET', $newer,
                    query => [ is_enabled => $is->[0] ]) } ],
              [ $is->[1] ], "is_enabled=$is->[0]");
}
refuse($m, [ 'GET', "$newer?is_enabled=1", undef, 400, 'invalid_query_string',
             qr/Expected type boolean but found type string/ ]);
is_done($m->call('PATCH', $one, body => { is_enabled => $TRUE,
        organization_connection_name => undef }), 200,
        'enabled, and the name taken back', expected($newer, $social,
        organization_access_level => 'readonly'));
is_done($m->call('GET', "$older/$social->{id}"), 200, 'the older path knows it',
        expected($older, $social));

# ---- two at once -------------------------------------------------------------------------
my @pids;

for my $i (0, 1) {
    my $pid = fork;

    die "fork: $!\n" unless defined $pid;
    unless ($pid) {
        my $http = $t->http;
        my @member = ('show_as_button', 'assign_membership_on_login');

        for my $n (1 .. 20) {
            $http->request('PATCH', "/api/v2/$one", headers => [
                Authorization => 'Bearer ' . $m->token,
                'Content-Type' => 'application/json' ],
                body => "{\"$member[$i]\":" . ($n % 2 ? 'false' : 'true')
                        . '}');
        }
        require POSIX;
        POSIX::_exit(0);
    }
    push @pids, $pid;
}
waitpid $_, 0 for @pids;
my $both = $m->must('GET', $one);
ok($both->{show_as_button} && $both->{assign_membership_on_login},
   'of PATCHes at once none loses what the other said');

is($t->db->value('SELECT result FROM tpa.organization_connection_update(?)', {
    organization_id => $org->{id}, connection_id => $social->{id},
    version => '0', patch => { show_as_button => $TRUE } }), 'changed',
   'a change of what is no longer so');

# ---- what goes with what --------------------------------------------------------------------
$m->must('DELETE', "connections/$social->{id}");
is_refused($m->call('GET', $one), 404, undef, $not_found,
           'it goes with the connection');
is(scalar(grep { $_ eq 'Add a connection to an Organization' }
          events_of($m, $newer)), 12, 'the log tells of each that was added');

done_testing;
