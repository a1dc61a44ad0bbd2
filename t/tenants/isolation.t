# Two tenants in two virtual hosts on two databases never see each other.
use TPA::Test;

my %t = (a => tenant('a'), b => tenant('b'));
my %m = map { $_ => $t{$_}->machine(grant => { organization_usage => 'allow' }) }
    qw(a b);
my $audience = 'https://shared-' . TPA::Tenant::hex_of(8) . '.example.com/';

sub other { return $_[0] eq 'a' ? 'b' : 'a' }

for my $here (qw(a b)) {
    my $there = other($here);
    my $answer = $t{$here}->token($m{$here});

    is($answer->code, 200, "$here: its own application");
    my $token = $answer->json->{access_token};

    is((TPA::JWT::decode($token))[1]{iss}, $t{$here}{issuer},
       "$here: its own issuer");
    ok(TPA::JWT::verify_with_jwks($token, $t{$here}->jwks),
       "$here: its token verifies with its keys");
    ok(!TPA::JWT::verify_with_jwks($token, $t{$there}->jwks),
       "$here: and not with those of $there");
    is_error($t{$there}->token($m{$here}), 401, 'invalid_client',
             "$there: the application of $here is unknown");
    is($t{$there}->token($m{$here})->body,
       $t{$there}->token({ %{ $m{$here} }, id => 'nobody' })->body,
       "$there: as if there were none");
    is_error($t{$here}->token($m{$here},
                              audience => $m{$there}{api}{identifier}), 400,
             'invalid_target', "$here: the API of $there is unknown");
}

# The same names and ids on both sides stay two things.
my $id = 'shared' . TPA::Tenant::text_of(26);
my %same;

for my $here (qw(a b)) {
    my $t = $t{$here};
    my $org = $t->org(id => 'org_' . 'Same0123Same0123', name => 'same-name');
    my $api = $t->api(identifier => $audience, token_lifetime =>
                      $here eq 'a' ? 111 : 222, scopes => [ "read:$here" ]);
    my $client = $t->machine(id => $id, name => "App of $here", api => $api,
        grant => { organization_usage => 'allow' });

    $same{$here} = { client => $client, org => $org };
}
$t{a}->org_grant($same{a}{org}, $same{a}{client}{grant});

isnt($same{a}{client}{secret}, $same{b}{client}{secret}, 'two secrets');
for my $here (qw(a b)) {
    my $there = other($here);
    my $claims = $t{$here}->claims($same{$here}{client});

    is($claims->{scope}, "read:$here", "$here: its own scopes");
    is($claims->{exp} - $claims->{iat}, $here eq 'a' ? 111 : 222,
       "$here: its own lifetime");
    is_error($t{$here}->token($same{$there}{client}), 401, 'invalid_client',
             "$here: the secret of $there is not good");
}
is($t{a}->claims($same{a}{client}, organization => $same{a}{org}{id})->{org_id},
   $same{a}{org}{id}, 'a: the Organization is granted');
is_error($t{b}->token($same{b}{client}, organization => $same{b}{org}{id}),
         400, 'access_denied', 'b: it is not');

# A setting of one is none of the other.
$t{a}->settings(allow_organization_name_in_authentication_api => 't');
is($t{a}->claims($same{a}{client}, organization => 'same-name')->{org_name},
   'same-name', 'a: names are accepted');
is_error($t{b}->token($same{b}{client}, organization => 'same-name'), 400,
         'invalid_request', 'b: they are not');
TPA::Tenant::undo();

# An assertion for one is none for the other, though the application, its key
# and its id are the same.
my $rsa = TPA::JWT::key('rsa', 2048);
my %jwt = map {
    $_ => $t{$_}->machine(id => "$id-key", method => 'private_key_jwt',
        keys => [ { pem => TPA::JWT::public_pem($rsa), kid => 'same-kid-0' } ])
} qw(a b);

sub ask {
    my ($here, $aud, $jti) = @_;
    my $now = time;

    return $t{$here}->token({ %{ $jwt{$here} }, secret => undef },
        client_assertion_type =>
            'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion => seen(TPA::JWT::sign({ alg => 'RS256' }, {
            iss => "$id-key", sub => "$id-key", aud => $aud, iat => $now,
            exp => $now + 60, jti => $jti }, $rsa)));
}
is(ask('a', $t{a}{issuer}, "j1-$$")->code, 200, 'an assertion for a');
is_error(ask('b', $t{a}{issuer}, "j2-$$"), 401, 'invalid_client',
         'an assertion for a, at b');
is(ask('b', $t{b}{issuer}, "j1-$$")->code, 200,
   'the jti of a is not used up at b');

# What one writes down does not stand with the other.
for my $here (qw(a b)) {
    my $there = other($here);
    my $client = $m{$here}{id};

    ok($t{$here}->event(client_id => $client, type => 'seccft'),
       "$here: the audit event of its application");
    is($t{$there}->db->value('SELECT count(*) FROM tpa_data.log_events'
        . " WHERE client_id = ? AND type = 'seccft'", $client), 0,
       "$there: no success of it");
    is($t{$there}->db->value('SELECT count(*) FROM tpa_data.log_events'
        . ' WHERE hostname = ?', $t{$here}{host}), 0,
       "$there: no event of the host of $here");
}
my ($answer) = grep { $_->code == 400 } $t{a}->token($m{a}, scope => 'no:such');
my $event = $t{a}->event(client_id => $m{a}{id}, type => 'feccft');

ok($event && $event->{ref}, 'a refusal at a has a reference');
is((tpactl('explain', $event->{ref}))[0], 0, 'a explains it');
is((tpactl('explain', $event->{ref}, tenant => 'b'))[0], 4,
   'b does not know it');

# Neither key opens at the other's secret.
is((tpactl(qw(key rotate --secret-file), "$ENV{TPA_WORK}/secret-b"))[0], 1,
   'the secret file of b is refused for the keys of a');
is($t{a}->token($m{a})->code, 200, 'and nothing has changed');

done_testing();
