# Ways around AuthType TPABearer: none opens a door.
use TPA::Test;

my $t = tenant('a');
my $aud = 'https://api.example.test/t/';
my $page = qr/^plain content/m;

sub api_of {
    my $id = $t->db->value('SELECT id FROM tpa_data.resource_servers
                            WHERE identifier = ?', $aud);

    return $id ? { id => $id, identifier => $aud,
                   scopes => [ 'read:things', 'write:things' ] }
               : $t->api(identifier => $aud);
}

my $machine = $t->machine(api => api_of());
my %token = map {
    my $answer = $t->token($machine, scope => $_);

    die "no token: $answer->{line}\n" if $answer->code != 200;
    ($_ => $answer->json->{access_token});
} 'read:things', 'write:things';

$token{none} = undef;

sub ask {
    my ($method, $path, $token, @headers) = @_;

    push @headers, Authorization => "Bearer $token" if defined $token;
    return main_node->http('api', keep => 0)->request($method, $path,
                                                      headers => \@headers);
}

# What counts is the place that is reached, on whatever way.
for (
    # path                      token          status  shows the page
    [ '/t/scope',               'read:things',   200, 1 ],
    [ '/into-user',             'none',          401, 0 ],
    [ '/into-user',             'read:things',   200, 1 ],
    [ '/inside/rewritten-api',  'none',          401, 0 ],
    [ '/inside/rewritten-api',  'write:things',  403, 0 ],
    [ '/inside/rewritten-api',  'read:things',   200, 1 ],
    [ '/inside/api.shtml',      'none',          200, 0 ],
    [ '/inside/api.shtml',      'write:things',  200, 0 ],
    [ '/inside/api.shtml',      'read:things',   200, 1 ],
    # the page of an error is a place of its own
    [ '/nothing.html',          'none',          404, 0 ],
    [ '/nothing.html',          'write:things',  404, 0 ],
    [ '/nothing.html',          'read:things',   404, 1 ],
    # "Satisfy Any": an address that is not allowed needs a token
    [ '/t/satisfy',             'none',          401, 0 ],
    [ '/t/satisfy',             'read:things',   200, 1 ],
    [ '/t/satisfied',           'none',          200, 1 ],
    # other kinds of login
    [ '/t/basic',               'read:things',   401, 0 ],
    [ '/t/fallback',            'none',          401, 0 ],
    [ '/t/fallback',            'read:things',   200, 1 ],
) {
    my ($path, $name, $status, $shows) = @$_;
    my $answer = ask('GET', $path, $token{$name});

    is($answer->code, $status, "$path with $name");
    is($answer->body =~ $page ? 1 : 0, $shows, "$path with $name: the page");
}

# A user of another kind has no token, whatever his name is.
my $basic = basic('user', 'password');

is(ask('GET', '/t/basic', undef, Authorization => $basic)->code, 403,
   'a user by password does not meet Require tpa-scope');
is(ask('GET', '/t/fallback', undef, Authorization => $basic)->code, 401,
   'nor is a password asked for at all');
is(ask('GET', '/t/basic', undef, Authorization => $basic)
   ->header('X-Client'), '', 'and is no application');

# Every method needs the token.
for my $method (qw(GET HEAD POST PUT DELETE PATCH OPTIONS TRACE PROPFIND
                   OTHER)) {
    my $answer = ask($method, '/t/scope', undef);

    is($answer->code, $method eq 'TRACE' ? 405 : 401, "$method without one");
    is(ask($method, '/t/scope', $token{'write:things'})->code,
       $method eq 'TRACE' ? 405 : 403, "$method without the scope");
}
is(ask('OPTIONS', '/t/preflight', undef)->code, 200,
   'a preflight where it is let through');
is(ask('GET', '/t/preflight', undef)->code, 401, 'and nothing else there');

# An error page within the place is the operator's; nobody is named by it.
my $own = ask('GET', '/t/error/x', undef);

is($own->code, 401, 'an error page in another place that needs a token');
unlike($own->body, $page, 'is not shown');
is($own->header('X-Client'), '', 'and nobody is told of');

# The host counts, not its name.
my $elsewhere = main_node->http('plain', keep => 0)->request('GET', '/t/scope',
    headers => [ Authorization => "Bearer $token{'read:things'}" ]);

is($elsewhere->code, 404, 'another host has no such place');
is(main_node->http('api', keep => 0)->request('GET',
       'http://plain.example.test/t/scope')->code, 404,
   'and an absolute address is that of its host');

done_testing();
