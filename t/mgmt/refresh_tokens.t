# Refresh tokens as administrators see and revoke them.
use TPA::Test;
use TPA::Mgmt;

my $m = mgmt('a');
my $t = $m->tenant;
my $mark = TPA::Tenant::hex_of(8);
my $con = 'con_' . TPA::Tenant::text_of(16);
my $org = $t->org;
my @apis = map { $t->api } 1 .. 2;
my @apps = ($t->client(party => 'third'),
            $t->client(party => 'third', refresh_rotation_type => 'rotating'));
my @users = map { "auth0|$mark$_" } 1 .. 2;
my %consents;

$t->insert('connections', id => $con, name => "c$mark", strategy => 'auth0');
$t->insert('users', user_id => $_, connection_id => $con,
           connection_user_id => $_) for @users;

# token(user, app, api, column => value, ...): the id of its family.
sub token {
    my ($user, $app, $api, %row) = @_;
    my $id = 'f-' . TPA::Tenant::text_of(20);
    my $consent = $consents{"$user $app $api"} ||= do {
        my $grant = 'g-' . TPA::Tenant::text_of(20);

        $t->insert('user_grants', id => $grant, user_id => $users[$user],
                   client_id => $apps[$app]{id},
                   resource_server_id => $apis[$api]{id});
        $grant;
    };

    $t->insert('refresh_families', id => $id, user_grant_id => $consent,
        user_id => $users[$user], client_id => $apps[$app]{id},
        resource_server_id => $apis[$api]{id}, connection_id => $con,
        scope => [ 'read:things', 'offline_access' ],
        authenticated_at => '2026-01-01', created_at => '2026-01-02 03:04:05+00',
        %row);
    return $id;
}

# ---- one ------------------------------------------------------------------
my $gone = 'The refresh token does not exist.';
my $plain = token(0, 0, 0);
my $full = token(0, 1, 1, expires_at => '2101-01-01 00:00:00+00',
                 idle_expires_at => '2100-01-01 00:00:00.5+00',
                 last_used_at => '2026-01-03 00:00:00+00',
                 organization_id => $org->{id});

is_done($m->call('GET', "refresh-tokens/$plain"), 200, 'a plain one', {
    id => $plain, user_id => $users[0], client_id => $apps[0]{id},
    created_at => '2026-01-02T03:04:05.000Z', rotating => JSON::PP::false,
    resource_servers => [ { audience => $apis[0]{identifier},
                            scopes => 'read:things offline_access' } ] });
is_done($m->call('GET', "refresh-tokens/$full"), 200, 'one with everything', {
    id => $full, user_id => $users[0], client_id => $apps[1]{id},
    created_at => '2026-01-02T03:04:05.000Z', rotating => JSON::PP::true,
    expires_at => '2101-01-01T00:00:00.000Z',
    idle_expires_at => '2100-01-01T00:00:00.500Z',
    last_exchanged_at => '2026-01-03T00:00:00.000Z',
    organization_id => $org->{id},
    resource_servers => [ { audience => $apis[1]{identifier},
                            scopes => 'read:things offline_access' } ] });
is_done($m->call('GET', "refresh-tokens/$full?fields=id"), 200, 'one field',
        { id => $full });

my @dead = (token(0, 0, 0, expires_at => '2026-01-03'),
            token(0, 0, 0, idle_expires_at => '2026-01-03'),
            token(0, 0, 0, revoked_at => '2026-01-03',
                  revoked_reason => 'reuse'));

for my $id (@dead, 'nothing') {
    is_refused($m->call($_, "refresh-tokens/$id"), 404, undef, $gone,
               "$_: expired, revoked or unknown") for qw(GET DELETE);
}
is_refused(mgmt('b')->call($_, "refresh-tokens/$plain"), 404, undef, $gone,
           "$_: another tenant does not know it") for qw(GET DELETE);

# ---- lists ----------------------------------------------------------------
my @more = map { token(0, 0, 0) } 1 .. 3;
my @lists = (
    # query, ids
    [ [ user_id => $users[0] ], $plain, $full, @more ],
    [ [ user_id => $users[0], client_id => $apps[0]{id} ], $plain, @more ],
    [ [ user_id => $users[0], client_id => $apps[1]{id} ], $full ],
    [ [ user_id => $users[1] ] ],
    [ [ user_id => 'auth0|nobody' ] ],
);

for (@lists) {
    my ($query, @ids) = @$_;
    my @got = $m->in_every_style('refresh-tokens', 'refresh_tokens',
                                 scalar @ids, query => $query,
                                 checkpoint_only => 1);

    is(join(' ', map { $_->{id} } @got), join(' ', sort @ids),
       "refresh tokens of @$query");
}
is_done($m->call('GET', 'refresh-tokens', query => [ user_id => $users[0],
        from => 'zzz' ]), 200, 'past the end', { refresh_tokens => [] });
is_refused($m->call('GET', 'refresh-tokens'), 400, 'invalid_query_string',
           "Query validation error: 'Missing required property: user_id'.",
           'of nobody');
is_refused($m->call('GET', 'refresh-tokens', query => [ user_id => 'x',
           take => $_->[0] ]), 400, 'invalid_query_string', $_->[1],
           "take $_->[0]")
    for [ 0, qr/Value 0 is less than minimum 1/ ],
        [ 101, qr/Value 101 is greater than maximum 100/ ];

# ---- revocation -----------------------------------------------------------
sub reason {
    return $t->db->value('SELECT revoked_reason FROM tpa_data.refresh_families'
                         . ' WHERE id = ?', $_[0]) // 'alive';
}

is_done($m->call('DELETE', "refresh-tokens/$plain",
                 scopes => [ 'delete:refresh_tokens' ]), 202, 'one is deleted',
        undef);
is(reason($plain), 'revoked', 'it is revoked');
is(reason($more[0]), 'alive', 'others are not');
is_refused($m->call('DELETE', "refresh-tokens/$plain"), 404, undef, $gone,
           'again');

my @revocations = (
    # body, numbers of those it ends: user, application, API of each in @some
    [ sub { { ids => [ $_[0], $_[3] ] } }, 0, 3 ],
    [ sub { { ids => [ 'nothing' ] } } ],
    [ sub { { user_id => $users[0] } }, 0, 1, 2 ],
    [ sub { { client_id => $apps[0]{id} } }, 0, 1, 3 ],
    [ sub { { user_id => $users[0], client_id => $apps[0]{id} } }, 0, 1 ],
    [ sub { { user_id => $users[0], audience => $apis[0]{identifier} } }, 0, 2 ],
    [ sub { { client_id => $apps[0]{id}, audience => $apis[1]{identifier},
              user_id => $users[0] } }, 1 ],
    [ sub { { user_id => $users[0], audience => 'https://no.example.com/' } } ],
    [ sub { { user_id => 'auth0|nobody' } } ],
);

for (@revocations) {
    my ($body, @ended) = @$_;
    my @some = (token(0, 0, 0), token(0, 0, 1), token(0, 1, 0),
                token(1, 0, 0));
    my $sent = $body->(@some);
    my $shown = join ' and ', sort keys %$sent;

    is_done($m->call('POST', 'refresh-tokens/revoke', body => $sent), 202,
            "revoked by $shown", undef);
    is(join(' ', grep { reason($some[$_]) eq 'revoked' } 0 .. $#some),
       "@ended", "by $shown: which");
    $t->db->rows('DELETE FROM tpa_data.refresh_families WHERE id = ?', $_)
        for @some;
}
is(reason($dead[2]), 'reuse', 'what was revoked keeps its reason');

my $either = "Payload validation error: 'Either ids alone, or user_id or"
    . " client_id or both, and perhaps audience, must be sent'.";
my @refusals = (
    # body, message
    [ {}, $either ], [ undef, $either ],
    [ { audience => $apis[0]{identifier} }, $either ],
    [ { ids => [ 'a' ], user_id => 'b' }, $either ],
    [ { ids => [] }, qr/Array is too short \(0\), minimum 1' on property ids/ ],
    [ { ids => [ map { "a$_" } 1 .. 101 ] }, qr/Array is too long \(101\)/ ],
    [ { ids => 'a' }, qr/Expected type array but found type string/ ],
    [ { user_id => undef }, qr/Expected type string but found type null/ ],
    [ { everything => JSON::PP::true }, "Payload validation error: 'Additional"
      . " properties not allowed: everything'." ],
);
my $alive = token(1, 1, 1);

for (@refusals) {
    my ($body, $message) = @$_;

    is_refused($m->call('POST', 'refresh-tokens/revoke', body => $body), 400,
               'invalid_body', $message, 'revoke '
               . substr(JSON::PP->new->allow_nonref->encode($body), 0, 60));
}
is_refused($m->call('POST', 'refresh-tokens/revoke',
                    body => '{"user_id":"a","user_id":"b"}'), 400,
           'invalid_body', qr/^Invalid request payload JSON format: /,
           'a member twice');
is(reason($alive), 'alive', 'what was refused revoked nothing');

# ---- who may --------------------------------------------------------------
my $foreign = mgmt('b')->token;

for ([ 'GET', 'refresh-tokens', 'read' ], [ 'GET', "refresh-tokens/$alive",
     'read' ], [ 'DELETE', "refresh-tokens/$alive", 'delete' ],
     [ 'POST', 'refresh-tokens/revoke', 'delete' ]) {
    my ($method, $path, $verb) = @$_;
    my $scope = "$verb:refresh_tokens";

    is_refused($m->call($method, $path, scopes => [ grep { $_ ne $scope }
                        qw(read:refresh_tokens delete:refresh_tokens
                           read:users) ]), 403, 'insufficient_scope',
               "Insufficient scope, expected any of: $scope",
               "$method $path without its scope");
    is_refused($m->call($method, $path, token => $foreign), 401,
               'invalid_token', 'Invalid token.',
               "$method $path with the token of another tenant");
}

done_testing;
