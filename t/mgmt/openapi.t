# The description of the Management API: served to everybody, and true.
use TPA::Test;
use TPA::Mgmt;
use TPA::World;

my $m = mgmt('a');
my $answer = $m->call('GET', 'openapi.json', token => undef);
my $doc = $answer->json;

is($answer->code, 200, 'without a token');
is($answer->header('Content-Type'), 'application/json', 'JSON');
like($answer->header('Cache-Control'), qr/^public, max-age=\d+$/, 'cacheable');
is($answer->header('Pragma'), '', 'nothing says otherwise');
is($doc->{openapi}, '3.1.0', 'the version');
is($m->call('GET', 'openapi.json', token => 'rubbish')->code, 200,
   'a token is not looked at');
is_deeply(mgmt($_)->must('GET', 'openapi.json', token => undef)->{servers},
          [ { url => mgmt($_)->tenant->{issuer} . 'api/v2' } ],
          "$_: where it is") for qw(a b c);

# ---- its routes are those there are -------------------------------------------
my (%methods, %ids, %wrong);

for my $route (routes_of($m)) {
    my $said = $doc->{paths}{"/$route->{path}"}{ lc $route->{method} };
    my @names = $route->{path} =~ /\{(\w+)\}/g;
    my @in_path = map { $_->{name} } grep { $_->{in} eq 'path' }
        @{ $said->{parameters} };

    push @{ $methods{ $route->{path} } }, $route->{method};
    $ids{ $said->{operationId} }++;
    $wrong{ $route->{name} } = "parameters @in_path" if "@in_path" ne "@names";
    $wrong{ $route->{name} } = 'no summary' unless length $said->{summary};
    next if $route->{open};
    my $path = $route->{path} =~ s/\{\w+\}/none/gr;
    my $code = $m->call($route->{method}, $path, token => undef)->code;

    $wrong{ $route->{name} } = "answers $code" if $code != 401;
}
is_deeply(\%wrong, {}, 'each answers, and names its parameters');
is_deeply([ grep { $ids{$_} > 1 } sort keys %ids ], [], 'each has its own id');
cmp_ok(scalar keys %ids, '>', 80, 'they are many');

for my $path (sort keys %methods) {
    my @known = @{ $methods{$path} };
    my ($other) = grep { my $method = $_; !grep { $_ eq $method } @known }
        qw(PUT POST DELETE PATCH);
    my $refused = $m->call($other, $path =~ s/\{\w+\}/none/gr, token => undef);

    is($refused->code, 405, "$other $path is not there");
    # A path of its own may also be one with an id in that place.
    my %allowed = map { $_ => 1 } split /, /, $refused->header('Allow');
    is_deeply([ grep { !$allowed{$_} } @known, 'OPTIONS',
                (grep { $_ eq 'GET' } @known) ? 'HEAD' : () ], [],
              "$path: Allow names its methods");
}

# ---- scopes ---------------------------------------------------------------------
my %of_api = map { $_->{value} => 1 } @{ $m->must('GET', $m->at(
    'resource-servers', "$m->{tenant}{issuer}api/v2/"))->{scopes} };
my %of_routes = map { $_ => 1 } map { @$_ } map { @{ $_->{scopes} } }
    routes_of($m);

is_deeply([ grep { !$of_api{$_} } sort keys %of_routes ], [],
          'each scope can be granted');

# ---- bodies -----------------------------------------------------------------------
# What the description requires is what the server asks for.
for my $route (grep { $_->{method} eq 'POST' && $_->{body} } routes_of($m)) {
    my $schema = $route->{body}{content}{'application/json'}{schema};
    my ($first) = @{ $schema->{required} || [] } or next;
    my $path = $route->{path} =~ s/\{\w+\}/none/gr;

    is_refused($m->call('POST', $path, body => {}), 400, 'invalid_body',
               qr/'Missing required property: $first'/,
               "$route->{name} needs $first");
    is_refused($m->call('POST', $path, body => { no_such_member => 1 }), 400,
               'invalid_body', qr/not allowed: no_such_member/,
               "$route->{name} takes nothing else");
    is($schema->{additionalProperties}, JSON::PP::false, 'as it says');
}
for my $route (grep { $_->{method} eq 'PATCH' && $_->{body} } routes_of($m)) {
    my $schema = $route->{body}{content}{'application/json'}{schema};
    my $path = $route->{path} =~ s/\{\w+\}/none/gr;

    next unless $schema->{properties};
    is($schema->{minProperties}, 1, "$route->{name} needs something");
    is_refused($m->call('PATCH', $path, body => {}), 400, 'invalid_body',
               qr/'Too few properties defined \(0\), minimum 1'/,
               "$route->{name}: it does");
}

done_testing();
