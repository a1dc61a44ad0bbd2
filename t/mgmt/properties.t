# Every property of a third-party application, as the server's description
# names it: a value that is taken, one that is not, on creation and on change.
# Those that are not for third parties are refused whatever they hold.
use TPA::Test timeout => 300;
use TPA::Mgmt;

my $m = mgmt('a');
my $t = $m->tenant;
my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $org = $t->org->{id};

# property => [ taken, refused ]; members of objects by their path. A value that
# needs others beside it is the body as a whole.
my %values = (
    name => [ "N\x{e4}me", '<b>' ],
    description => [ 'd' x 140, 'd' x 141 ],
    logo_uri => [ 'https://a.example/l.png', 'javascript:alert(1)' ],
    app_type => [ 'native', 'resource_server' ],
    grant_types => [ [ 'authorization_code', 'refresh_token' ], [ 'implicit' ] ],
    token_endpoint_auth_method => [ 'client_secret_basic', 'private_key_jwt' ],
    client_authentication_methods => [ undef, { tls_client_auth => {} } ],
    callbacks => [ [ 'https://a.example/cb' ], [ 'https://*.a.example/cb' ] ],
    allowed_origins => [ [ 'https://a.example' ], [ 'https://*.a.example' ] ],
    web_origins => [ [ 'https://a.example:8443' ], [ 'https://a.example/x' ] ],
    client_metadata => [ { a => 'b' }, { a => 1 } ],
    'jwt_configuration.lifetime_in_seconds' => [ 1, 0 ],
    'jwt_configuration.alg' => [ 'RS256', 'HS256' ],
    'jwt_configuration.secret_encoded' => [ $false, $true ],
    'refresh_token.rotation_type' => [
        { rotation_type => 'rotating', expiration_type => 'expiring' },
        { rotation_type => 'rotating' } ],
    'refresh_token.expiration_type' => [ 'expiring', 'non-expiring' ],
    'refresh_token.leeway' => [ 5, -1 ],
    'refresh_token.token_lifetime' => [ 31557600, 157788001 ],
    'refresh_token.infinite_token_lifetime' => [ $true, 1 ],
    'refresh_token.idle_token_lifetime' => [ 100, 0 ],
    'refresh_token.infinite_idle_token_lifetime' => [ $false, $true ],
    'refresh_token.policies' => [
        [ { audience => 'urn:x', scope => [ 'a' ] } ], [ { scope => [] } ] ],
    require_proof_of_possession => [ $true, 'true' ],
    redirection_policy => [ 'allow_always', 'never' ],
    organization_usage => [ 'require', 'required' ],
    organization_require_behavior => [ 'post_login_prompt', 'prompt' ],
    organization_discovery_methods => [ [ 'organization_name' ], [] ],
    'default_organization.organization_id' => [
        { organization_id => $org, flows => [ 'client_credentials' ] },
        { organization_id => 'org_none', flows => [ 'client_credentials' ] } ],
    'default_organization.flows' => [
        { organization_id => $org, flows => [ 'client_credentials' ] },
        { organization_id => $org, flows => [ 'authorization_code' ] } ],
    oidc_conformant => [ $true, $false ],
    'token_quota.client_credentials' => [
        { enforce => $true, per_day => 10, per_hour => 2 }, { per_day => 0 } ],
    skip_non_verifiable_callback_uri_confirmation_prompt => [ $true, 'yes' ],
    'identity_assertion_authorization_grant.active' => [ $true, 'yes' ],
    sso_disabled => [ $false, $true ],
    cross_origin_authentication => [ $false, $true ],
    custom_login_page_on => [ $true, $false ],
    is_token_endpoint_ip_header_trusted => [ $false, $true ],
    # What a change may only repeat.
    is_first_party => [ $false, 'no' ],
    third_party_security_mode => [ 'strict', 'lenient' ],
);

my $doc = $m->must('GET', 'openapi.json', token => undef);

sub described {
    my ($path, $method) = @_;

    return $doc->{paths}{$path}{$method}{requestBody}{content}
        {'application/json'}{schema}{properties};
}

my %on = (create => described('/clients', 'post'),
          update => described('/clients/{client_id}', 'patch'));

sub parties { return @{ $_[0]{'x-applications'} || [] } }

sub is_for {
    my ($property, $party) = @_;

    return scalar grep { $_ eq $party } parties($property);
}

# A body with one property, given by its path.
sub body_with {
    my ($path, $value) = @_;
    my ($top, $inner) = split /\./, $path;

    return { $top => $value } unless defined $inner;
    return { $top => ref $value eq 'HASH' && exists $value->{$inner}
             ? $value : { $inner => $value } };
}

sub create {
    my ($mode, $body) = @_;

    return $m->call('POST', 'clients', body => {
        name => 'Property', is_first_party => $false,
        third_party_security_mode => $mode, %$body });
}

# ---- nothing is left out ------------------------------------------------------
my $strict = 'strict third-party';
my %tops = map { /^(\w+)/ => 1 } keys %values;
my %open = map { $_ => 1 } grep { is_for($on{create}{$_}, $strict) }
    keys %{ $on{create} };

# The id is chosen for them; what they may repeat of it stands in clients.t.
delete $open{client_id};
is_deeply([ sort keys %tops ], [ sort keys %open ],
          'each property that is theirs is tried');
for my $top (sort keys %open) {
    my $schema = $on{create}{$top};
    my @inner = $schema->{properties} ? sort keys %{ $schema->{properties} }
                                      : ();

    next if $top eq 'client_authentication_methods';   # credentials.t
    is_deeply([ grep { !$values{"$top.$_"} } @inner ], [],
              "$top: each member is tried") if @inner;
}

# ---- theirs -------------------------------------------------------------------
my $one = create(strict => {})->json->{client_id};
my $fresh = $m->must('GET', "clients/$one");

for my $path (sort keys %values) {
    my ($good, $bad) = @{ $values{$path} };
    my ($top, $inner) = split /\./, $path;
    my $app = create(strict => {})->json->{client_id};
    my $on_change = $on{update}{$top};
    my ($taken, $got);

    $taken = is_done(create(strict => body_with($path, $good)), 201,
                     "$path is taken on creation");
    $got = is_done($m->call('PATCH', "clients/$app",
                            body => body_with($path, $good)), 200,
                   "$path is taken on change");
    for ([ creation => $taken ], [ change => $got ]) {
        my ($when, $object) = @$_;
        my $sent = body_with($path, $good)->{$top};
        my $is = ref $sent eq 'HASH'
            ? { map { $_ => $object->{$top}{$_} } keys %$sent }
            : $object->{$top};

        is($json->encode($is), $json->encode($sent), "$path is so on $when");
    }
    my $before = $m->must('GET', "clients/$app");

    is_refused(create(strict => body_with($path, $bad)), 400, 'invalid_body',
               qr/\b\Q$top\E\b/, "$path is refused on creation");
    is_refused($m->call('PATCH', "clients/$app",
                        body => body_with($path, $bad)), 400, 'invalid_body',
               qr/\b\Q$top\E\b/, "$path is refused on change");
    is_done($m->call('GET', "clients/$app"), 200, "$path: as it was", $before);
    ok(defined $on_change, "$path: the description says so");
}

# ---- not theirs -----------------------------------------------------------------
# A good value: it is the property that is refused. And nothing: it is refused
# all the same.
my %any = (boolean => $false, string => 'https://a.example/x', array => [],
           object => { a => 1 });
my $closed = 0;

for my $name (sort keys %{ $on{create} }) {
    my $schema = $on{create}{$name};
    my $type = ref $schema->{type} ? $schema->{type}[0] : $schema->{type};

    next if is_for($schema, $strict);
    $closed++;
    for my $value ($any{$type}, undef) {
        my $shown = "$name, " . $json->encode($value);
        my $message = defined $value ? "Payload validation error: 'Additional"
            . " properties not allowed: $name'." : qr/\b$name\b/;

        is_refused(create(strict => { $name => $value }), 400, 'invalid_body',
                   $message, "$shown: not on creation");
        is_refused($m->call('PATCH', "clients/$one",
                            body => { $name => $value }), 400, 'invalid_body',
                   $message, "$shown: not on change");
    }
}
cmp_ok($closed, '>', 10, 'there are such');
for my $name (qw(jwks_uri external_client_id registered_via)) {
    is_refused(create(strict => { $name => 'https://a.example/x' }), 400,
               'invalid_body', qr/not allowed: $name/, "$name: not set by hand");
}
is_done($m->call('GET', "clients/$one"), 200, 'the application is as it was',
        $fresh);

# ---- permissive -------------------------------------------------------------------
# Others may have more; but Organizations, and what takes passwords, they may
# not have.
$t->settings(permissive_mode_available => 't');
my $loose = 'permissive third-party';
my @orgs = qw(organization_usage organization_require_behavior
              organization_discovery_methods);

for my $name (sort keys %{ $on{create} }) {
    my $schema = $on{create}{$name};
    my $type = ref $schema->{type} ? $schema->{type}[0] : $schema->{type};

    next unless is_for($schema, $loose) && !is_for($schema, $strict);
    is_done(create(permissive => { $name => $any{$type} }), 201,
            "permissive: $name is taken");
}
for my $name (@orgs) {
    is_refused(create(permissive => { $name => $values{$name}[0] }), 403, undef,
               qr/It must be unset.* on property $name/,
               "permissive: $name is refused");
}
for my $case ([ grant_types => [ 'password' ] ],
              [ app_type => 'resource_server' ], [ oidc_conformant => 'x' ]) {
    my ($name, $value) = @$case;

    is_refused(create(permissive => { $name => $value }), 400, 'invalid_body',
               qr/\b$name\b/, "permissive: $name is refused");
}

done_testing();
