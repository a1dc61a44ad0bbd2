# Every route the server says it has: who may call it, and that it knows nothing
# of objects of another tenant, of another parent, or of what was deleted.
use TPA::Test timeout => 500;
use TPA::Mgmt;
use TPA::World;

my $m = mgmt('a');
my $other = mgmt('b');
my @routes = routes_of($m);
my @named = grep { $_->{path} =~ /\{/ } @routes;
my %here = %{ world_of($m) };
my %there = %{ world_of($other) };

cmp_ok(scalar @named, '>', 60, 'there are routes');

# ---- who may ----------------------------------------------------------------
# A body that is no JSON: nobody looks at it before the token is known.
sub try {
    my ($route, %opt) = @_;

    return $m->call($route->{method}, path_of(\%here, $route->{path}),
                    body => $route->{body} ? '{' : undef, %opt);
}

sub expected_of {
    my ($route) = @_;
    my @any = map { join '+', @$_ } @{ $route->{scopes} };

    return @any == 1 && $any[0] =~ /\+/
        ? 'Insufficient scope, expected all of: ' . $any[0] =~ tr/+/,/r
        : 'Insufficient scope, expected any of: ' . join ',', @any;
}

for my $route (@routes) {
    my $name = $route->{name};

    if ($route->{open}) {
        is($name, 'GET openapi.json', "$name is for everybody");
        next;
    }
    is_refused(try($route, token => undef), 401, undef,
               'Missing authentication', "$name without a token");
    is_refused(try($route, token => $other->token), 401, 'invalid_token',
               'Invalid token.', "$name with a token of another tenant");

    my %good = map { $_ => 1 } map { @$_ } @{ $route->{scopes} };
    my ($useless) = grep { !$good{$_} } qw(read:logs read:users);
    # A part of what is needed together is not enough.
    my @lacking = ([ $useless ], map { my $all = $_;
        @$all > 1 ? map { [ $useless, $_ ] } @$all : () } @{ $route->{scopes} });

    for my $scopes (@lacking) {
        my $answer = try($route, scopes => $scopes);

        is_refused($answer, 403, 'insufficient_scope', expected_of($route),
                   "$name with @$scopes");
        is($answer->header('WWW-Authenticate'), 'Bearer'
           . ' error="insufficient_scope", scope="'
           . join(' ', @{ $route->{scopes}[0] }) . '"',
           "$name: the header says it too");
    }
}

# Each of the alternatives is enough, and no more than the route says.
for my $route (grep { $_->{method} eq 'GET' && !$_->{open} } @routes) {
    my %needs = ('GET refresh-tokens' => 'user_id=x',
                 'GET users-by-email' => 'email=x');

    for my $scopes (@{ $route->{scopes} }) {
        my $answer = $m->call('GET', path_of(\%here, $route->{path}),
            scopes => $scopes, query => $needs{ $route->{name} });

        is($answer->code, 200, "$route->{name} with @$scopes")
            or diag($answer->body);
    }
}

# ---- what is not there ------------------------------------------------------
# Where there is nothing left to do, that is said: always, or only where the
# parent is there.
my %nothing_to_do = (
    'DELETE clients/{client_id}' => qr/./,
    'DELETE connections/{id}' => qr/./,
    'DELETE organizations/{organization_id}/client-grants/{grant_id}'
        => qr/^(?:a child|it was)/,
);

sub is_unknown {
    my ($api, $world, $route, $what) = @_;
    my $path = path_of($world, $route->{path});
    my $answer = $api->call($route->{method}, $path,
                            body => body_of($world, $route));
    my $quiet = $nothing_to_do{ $route->{name} };
    my $name = "$route->{name}: $what";
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return is_done($answer, 204, "$name: nothing to do", undef)
        if $quiet && $what =~ $quiet;
    is_refused($answer, 404, ($answer->json // {})->{errorCode}, qr/^[A-Z]/,
               $name);
    return unlike($answer->body, qr/\Q$world->{mark}\E/, "$name, in silence");
}

# All there is of a world, as its tenant sees it.
sub picture {
    my ($api, $world) = @_;
    my %seen;

    for my $route (grep { $_->{method} eq 'GET' } @named) {
        my $answer = $api->call('GET', path_of($world, $route->{path}));

        is($answer->code, 200, "$route->{name}: it is there")
            or diag($answer->body);
        $seen{ $route->{name} } = $answer->json;
    }
    return \%seen;
}

my $before = picture($m, \%here);

for my $route (@named) {
    die "no ids for $route->{name}\n"
        unless defined path_of(\%here, $route->{path});
    is_unknown($other, \%here, $route, 'an id of another tenant');
}

# With a parent of one's own, and a child of somebody else's.
for my $route (grep { $_->{path} =~ /\{.*\{/ } @named) {
    my ($parent) = $route->{path} =~ /^([^{]*\{\w+\})/;

    is_unknown($other, { %here, $parent => $there{$parent} }, $route,
               'a child of another tenant');
}
my %second = %{ world_of($m) };

for my $route (grep { $_->{path} =~ /\{.*\{/ } @named) {
    my ($parent) = $route->{path} =~ /^([^{]*\{\w+\})/;

    is_unknown($m, { %here, $parent => $second{$parent} }, $route,
               'a child of another parent');
}
is_deeply(picture($m, \%here), $before, 'nothing of it was changed');

# Ids of another tenant in bodies and in queries.
my $org = "organizations/$there{'organizations/{id}'}";
my $member = $other->at('organizations', $there{'organizations/{id}'}, 'members',
                    $there{'users/{id}'}, 'roles');
my %named_there = (
    'POST organizations/{organization_id}/members' => 404,
    'DELETE organizations/{organization_id}/members' => 204,
    'POST organizations/{organization_id}/members/{user_id}/roles' => 404,
    'DELETE organizations/{organization_id}/members/{user_id}/roles' => 204,
    'POST organizations/{organization_id}/connections' => 404,
    'POST organizations/{organization_id}/enabled_connections' => 404,
    'POST organizations/{organization_id}/client-grants' => 404,
    'POST organizations/{organization_id}/clients' => 404,
    'DELETE organizations/{organization_id}/clients' => 204,
    'POST organizations/{organization_id}/invitations' => 400,
    'PATCH connections/{id}/clients' => 404,
    'POST users/{id}/roles' => 400,
    'DELETE users/{id}/roles' => 204,
    'POST roles/{id}/permissions' => 400,
    'DELETE roles/{id}/permissions' => 200,
);

for my $route (grep { $named_there{ $_->{name} } } @named) {
    my $answer = $other->call($route->{method}, path_of(\%there, $route->{path}),
                          body => body_of(\%here, $route));

    is($answer->code, $named_there{ $route->{name} },
       "$route->{name}: ids of another tenant in the body")
        or diag($answer->body);
}
for (
    [ 'POST', 'client-grants', { client_id => $here{'clients/{client_id}'},
      audience => $there{audience} }, 404 ],
    [ 'POST', 'client-grants', { client_id => $there{'clients/{client_id}'},
      audience => $here{audience} }, 404 ],
    [ 'POST', 'users', { connection => $here{connection},
      email => 'x@example.com', password => 'Very-Secret-0' }, 404 ],
    [ 'PATCH', "clients/$there{'clients/{client_id}'}", {
      default_organization => { flows => [ 'client_credentials' ],
        organization_id => $here{'organizations/{id}'} } }, 400 ],
    [ 'POST', 'refresh-tokens/revoke', {
      ids => [ $here{'refresh-tokens/{id}'} ] }, 202 ],
    [ 'DELETE', 'grants?' . form(user_id => $here{'users/{id}'}), undef, 204 ],
) {
    my ($method, $path, $body, $status) = @$_;
    my $answer = $other->call($method, $path, body => $body);

    is($answer->code, $status, "$method $path: ids of another tenant")
        or diag($answer->body);
}
for (
    [ 'clients', q => 'client_grant.organization_id:'
      . $here{'organizations/{id}'}, take => 5 ],
    [ 'client-grants', client_id => $here{'clients/{client_id}'} ],
    [ 'client-grants', audience => $here{audience} ],
    [ 'resource-servers', identifiers => $here{audience} ],
    [ 'connections', name => $here{connection} ],
    [ 'users', q => "email:$here{email}" ],
    [ 'users-by-email', email => $here{email} ],
    [ 'roles', name_filter => $here{mark} ],
    [ 'grants', user_id => $here{'users/{id}'} ],
    [ 'refresh-tokens', user_id => $here{'users/{id}'} ],
    [ 'logs', q => "log_id:$here{'logs/{id}'}" ],
    [ "$org/client-grants", client_id => $here{'clients/{client_id}'} ],
) {
    my ($path, @query) = @$_;
    my $got = $other->must('GET', $path, query => \@query);
    my ($list) = ref $got eq 'HASH' ? grep { ref } values %$got : $got;

    is_deeply($list, [], "GET $path, @query: nothing of another tenant");
    $got = $m->must('GET', $path, query => \@query)
        if $path !~ m{^organizations/};
    unlike(JSON::PP::encode_json($got), qr/^(?:\[\]|\{"\w+":\[\]\})$/,
           "GET $path, @query: but here it is")
        if $path !~ m{^organizations/};
}
is_deeply(picture($m, \%here), $before, 'still nothing was changed');
is_deeply([ map { $_->{user_id} } @{ $other->must('GET', "$org/members") } ],
          [ $there{'users/{id}'} ], 'nor came anything over');

# ---- what was deleted -------------------------------------------------------
# One by one, those that hang on others first: every route that leads to it.
sub plain { return $_[0] =~ s/\{\w+\}/{}/gr }

my %early = ('refresh-tokens/{id}' => 3, 'grants/{id}' => 2,
             'users/{id}' => 1);

sub depth_of { return $_[0] =~ tr/{// + ($early{ $_[0] } // 0) }

my @order = sort { depth_of($b) <=> depth_of($a) || $a cmp $b }
    map { $_->{path} }
    grep { $_->{method} eq 'DELETE' && $_->{path} =~ /\}$/
           && $_->{path} !~ /enabled_connections/ } @named;

cmp_ok(scalar @order, '>=', 14, 'there is much to delete');
for my $path (@order) {
    my $answer = $m->call('DELETE', path_of(\%second, $path));
    my $gone = plain($path);

    like($answer->code, qr/^20[024]$/, "DELETE $path") or diag($answer->body);
    for my $route (@named) {
        is_unknown($m, \%second, $route, 'it was deleted')
            if plain($route->{path}) eq $gone;
        is_unknown($m, \%second, $route, 'its parent was deleted')
            if plain($route->{path}) =~ m{^\Q$gone\E/};
    }
}
is_unknown($m, \%second, $_, 'all is deleted')
    for grep { $_->{path} !~ /^(?:logs|keys)\b/ } @named;

done_testing();
