# How often a request asks the database. The module writes the number into a
# note of the request, and the access log prints it.
use TPA::Test;
use TPA::User;
use TPA::DPoP;

my $t = tenant('a');
my $rsa = TPA::JWT::key('rsa', 2048);
my $org = $t->org;
my $m = $t->machine(grant => { organization_usage => 'allow' });
my $jwt = $t->machine(method => 'private_key_jwt',
                      keys => [ { pem => TPA::JWT::public_pem($rsa) } ]);

$t->org_grant($org, $m->{grant});

my $key = dpop_key();
my $user = stage($t, org => 1);
my $turns = stage($t, org => 1, app => { refresh_rotation_type => 'rotating',
                                         refresh_leeway => 60 });
my $twice = family_of($turns)->{token};
my $used = code_of($user);

# httpd writes a line after its answer: the first one looked at must not be one
# of these.
my $before = main_node->access_log;

refresh($turns, $twice);
exchange($user, $used);
within(5, sub { 2 <= $before->lines(qr/^a\.example\.test /) });

sub assertion {
    my $now = time;

    return TPA::JWT::sign({ alg => 'RS256' }, {
        iss => $jwt->{id}, sub => $jwt->{id}, aud => $t->{issuer},
        iat => $now, exp => $now + 60, jti => "trip-$$-" . rand }, $rsa);
}

for (
    # name                                  calls  code
    [ 'a token', 1, 200, sub { $t->token($m) } ],
    [ 'a token for an Organization', 1, 200,
      sub { $t->token($m, organization => $org->{id}) } ],
    [ 'a refusal by a rule', 1, 400,
      sub { $t->token($m, organization => 'org_' . 'x' x 16) } ],
    [ 'a wrong secret', 1, 401,
      sub { $t->token({ %$m, secret => 'x' x 43 }) } ],
    [ 'an unknown client', 1, 401, sub { $t->token({ %$m, id => 'none' }) } ],
    [ 'an assertion, whose jti must be used up', 2, 200, sub {
        $t->token({ %$jwt, secret => undef }, client_assertion => assertion(),
            client_assertion_type =>
                'urn:ietf:params:oauth:client-assertion-type:jwt-bearer') } ],
    [ 'a code', 2, 200, sub { exchange($user, code_of($user)) } ],
    [ 'a code that is not', 1, 400,
      sub { exchange($user, { code => 'x' x 43 }) } ],
    [ 'a code with a wrong verifier', 1, 400,
      sub { exchange($user, code_of($user), code_verifier => 'x' x 43) } ],
    [ 'a code that was used', 2, 400, sub { exchange($user, $used) } ],
    [ 'a refresh token', 2, 200,
      sub { refresh($user, family_of($user)->{token}) } ],
    [ 'a refresh token that rotates', 2, 200,
      sub { refresh($turns, family_of($turns)->{token}) } ],
    [ 'a token with a proof, whose jti must be used up', 1, 200,
      sub { $t->token($m, with_proof($t, $key)) } ],
    [ 'a bad proof', 1, 400,
      sub { $t->token($m, '-headers' => [ DPoP => 'x' ]) } ],
    [ 'a code with a proof', 2, 200,
      sub { exchange($user, code_of($user), with_proof($t, $key)) } ],
    [ 'a refresh token with a proof', 2, 200, sub {
        refresh($user, family_of($user)->{token}, with_proof($t, $key)) } ],
    [ 'a refresh token again, within the leeway', 2, 200,
      sub { refresh($turns, $twice) } ],
    [ 'a refresh token that is not', 1, 400,
      sub { refresh($user, 'x' x 43) } ],
    [ 'a scope that was not granted', 1, 400, sub {
        refresh($user, family_of($user)->{token}, scope => 'no:such') } ],
    [ 'a revocation', 2, 200,
      sub { revoke($user, family_of($user)->{token}) } ],
    [ 'a revocation of nothing', 1, 200, sub { revoke($user, 'x' x 43) } ],
    [ 'a bad body', 0, 400, sub { $t->token({ %$m, id => "\xff" }) } ],
    [ 'the wrong method', 0, 405,
      sub { $t->http->request('GET', '/oauth/token') } ],
    [ 'the keys', 0, 200,
      sub { $t->http->request('GET', '/.well-known/jwks.json') } ],
    [ 'the metadata', 0, 200, sub {
        $t->http->request('GET', '/.well-known/openid-configuration') } ],
) {
    my ($name, $calls, $code, $ask) = @$_;
    my $log = main_node->access_log;
    my $answer = $ask->();
    my $line = $log->wait_for(qr/^a\.example\.test /);

    is($answer->code, $code, $name);
    like($line, $calls ? qr/ calls=$calls$/ : qr/ calls=(?:0|-)$/,
         "$name: $calls round trips");
}

# The same over many requests, as the log of the database tells it. Events are
# written in batches, and each child looks now and then for new keys, and for what
# the metadata announce.
my $n = 200;
my $log = TPA::Log->new($ENV{TPA_PGLOG});
my %calls;

$t->token($m) for 1 .. $n;
within(2, sub { 0 });
$calls{$_}++ for map { /execute \S+: .* FROM tpa\.(\w+)\(/ ? $1 : () }
    $log->lines;
is(delete $calls{m2m_facts}, $n, 'one call a token gathers the facts');
my $batches = delete $calls{events_add} || 0;

ok($batches > 0 && $batches <= $n / 2, "$batches calls write its events");
delete @calls{qw(schema_version signing_keys open_doors)};
is_deeply(\%calls, {}, 'and nothing else is asked');

done_testing();
