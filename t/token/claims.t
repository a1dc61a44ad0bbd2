# What a token says, in every dialect, and what the answer around it says.
use TPA::Test;
use Time::HiRes qw(time);    # the other time() may be behind by a tick

my $t = tenant('a');
my $jwks = $t->jwks;
my $org = $t->org;

my %machine = map {
    my $client = $t->machine(
        api => $t->api(token_dialect => $_, token_lifetime => 1234),
        grant => { organization_usage => 'allow' });

    $t->org_grant($org, $client->{grant});
    $_ => $client;
} qw(access_token access_token_authz rfc9068_profile rfc9068_profile_authz);

for my $dialect (sort keys %machine) {
    my $m = $machine{$dialect};
    my $rfc = $dialect =~ /rfc9068/;

    for my $case ('no organization', 'an organization',
                  'an organization and names') {
        my $name = "$dialect, $case";
        my $in_org = $case ne 'no organization';

        $t->settings(allow_organization_name_in_authentication_api => 't')
            if $case =~ /names/;
        my $before = time;
        my $answer = $t->token($m,
            organization => $in_org ? $org->{id} : undef);
        my $after = time;
        my $json = $answer->json;

        TPA::Tenant::undo();
        is($answer->code, 200, $name) or next;

        # The answer.
        is($answer->header('Content-Type'), 'application/json',
           "$name: content type");
        is($answer->header('Cache-Control'), 'no-store', "$name: not cached");
        is($answer->header('Pragma'), 'no-cache', "$name: nor by old caches");
        is($answer->header('Set-Cookie'), '', "$name: no cookie");
        same_set([ keys %$json ],
                 [qw(access_token expires_in scope token_type)],
                 "$name: members of the answer");
        is($json->{token_type}, 'Bearer', "$name: token_type");
        like($answer->body, qr/"expires_in":\s*1234\b/,
             "$name: expires_in is a number");

        # The header.
        my ($header, $claims) = TPA::JWT::decode($json->{access_token});

        is_deeply($header, { alg => 'RS256', typ => $rfc ? 'at+jwt' : 'JWT',
                             kid => $header->{kid} }, "$name: header");
        ok(TPA::JWT::verify_with_jwks($json->{access_token}, $jwks),
           "$name: the signature is that of a published key");

        # The claims.
        my %expected = (
            iss => 'https://a.example.test/',
            sub => "$m->{id}\@clients",
            aud => $m->{api}{identifier},
            scope => 'read:things write:things',
            $rfc ? (client_id => $m->{id}, jti => $claims->{jti})
                 : (azp => $m->{id}, gty => 'client-credentials'),
            $in_org ? (org_id => $org->{id}) : (),
            $case =~ /names/ ? (org_name => $org->{name}) : (),
            $dialect =~ /authz/
                ? (permissions => [ 'read:things', 'write:things' ]) : (),
            iat => $claims->{iat}, exp => $claims->{exp},
        );
        is_deeply($claims, \%expected, "$name: claims");
        ok($claims->{iat} >= int $before && $claims->{iat} <= $after,
           "$name: iat is now");
        is($claims->{exp} - $claims->{iat}, 1234,
           "$name: exp is the API's lifetime after iat");
        like($claims->{jti}, qr/^[\w-]{20,}$/, "$name: jti") if $rfc;
    }
}

# ---- details --------------------------------------------------------------------------

# Numbers are numbers, and aud is a text.
my $m = $machine{rfc9068_profile_authz};
my $payload = MIME::Base64::decode_base64url(
    (split /\./, $t->token($m)->json->{access_token})[1]);

like($payload, qr/"$_":\s*\d+[,}]/, "$_ is a number") for qw(iat exp);
like($payload, qr/"aud":\s*"https:/, 'aud is a text');

# No two tokens are alike, where they have a jti.
my %jti = map { $t->claims($m)->{jti} => 1 } 1 .. 20;

is(scalar keys %jti, 20, 'twenty tokens, twenty jti');

# Permissions are the scopes of this token, not of the grant.
is_deeply($t->claims($m, scope => 'read:things')->{permissions},
          [ 'read:things' ], 'permissions of a narrower token');

# Without scopes there is no scope claim.
my $bare = $t->machine(api => $t->api(token_dialect => 'access_token_authz'),
                       grant => { scope => [] });
my $claims = $t->claims($bare);

ok(!exists $claims->{scope}, 'no scope claim without scopes');
is_deeply($claims->{permissions}, [], 'and no permissions');

# Lifetimes: that of the API, never that of the application.
for (
    # party    columns of the API           of the application           seconds
    [ 'first', {},                          {},                          86400 ],
    [ 'third', {},                          {},                          86400 ],
    [ 'third', { token_lifetime => 600 },   {},                          600 ],
    [ 'third', { token_lifetime => 90000 },
      { jwt_lifetime_in_seconds => 60 },    90000 ],
    [ 'first', { token_lifetime => 2592000, token_lifetime_for_web => 5 },
      {},                                   2592000 ],
) {
    my ($party, $api, $client, $seconds) = @$_;
    my $m = $t->machine(party => $party, api => $t->api(%$api), %$client);
    my $answer = $t->token($m);
    my $claims = (TPA::JWT::decode($answer->json->{access_token}))[1];

    is($claims->{exp} - $claims->{iat}, $seconds,
       "$party-party, lifetime $seconds");
    is($answer->json->{expires_in}, $seconds, "expires_in $seconds");
}

# The id of a third-party application shows in its token.
my $partner = $t->machine(party => 'third');
like($t->claims($partner)->{azp}, qr/^tpc_[0-9A-Za-z]{22}$/,
     'azp of a third-party application');

# Names that need escaping survive.
my $odd = $t->machine(api => $t->api(
    identifier => "urn:test:\x{e4}\"\\/<>\x{1F600}-" . TPA::Tenant::hex_of(8)));
is($t->claims($odd)->{aud}, $odd->{api}{identifier},
   'an identifier of odd characters');

# An issuer with a path, and with another host header than its own.
my $c = tenant('c');
is($c->claims($m)->{iss}, 'https://c.example.test/path/',
   'an issuer with a path');
my $answer = $t->http->request('POST', '/oauth/token',
    headers => [ 'Content-Type' => 'application/x-www-form-urlencoded',
                 'X-Forwarded-Host' => 'evil.example',
                 'X-Forwarded-Proto' => 'http',
                 Forwarded => 'host=evil.example;proto=http' ],
    host => 'a.example.test:8443',
    body => form(grant_type => 'client_credentials', client_id => $m->{id},
                 client_secret => $m->{secret},
                 audience => $m->{api}{identifier}));
seen($answer->json->{access_token});
is((TPA::JWT::decode($answer->json->{access_token}))[1]{iss},
   'https://a.example.test/', 'the issuer is not made from the request');

done_testing();
