# authorization_code: what a code is bound to, each binding wrong once; one use;
# and what changed since the user agreed.
use TPA::Test;
use TPA::User;

my $t = tenant('a');
my $other_page = 'https://app.example.com/other';
my $s = stage($t, org => 1, app => {
    callbacks => [ $TPA::User::callback, $other_page ] });
my $text = 'The authorization code is not good for this request';

# ---- every way to prove who it is --------------------------------------------------

my $rsa = TPA::JWT::key('rsa', 2048);
my $type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
my %apps = map { $_ => { method => $_ } }
    qw(client_secret_post client_secret_basic none);

$apps{private_key_jwt} = { method => 'private_key_jwt',
                           keys => [ { pem => TPA::JWT::public_pem($rsa) } ] };

sub assertion {
    my ($app) = @_;
    my $now = time;

    return (client_secret => undef, client_assertion_type => $type,
        client_assertion => seen(TPA::JWT::sign({ alg => 'RS256' }, {
            iss => $app->{id}, sub => $app->{id}, aud => $t->{issuer},
            iat => $now, exp => $now + 60, jti => "code-$$-" . rand }, $rsa)));
}

for my $method (sort keys %apps) {
    my $one = stage($t, app => $apps{$method}, connection => $s->{connection});
    my @proof = $method eq 'private_key_jwt' ? assertion($one->{app}) : ();
    my $answer = exchange($one, code_of($one), @proof);
    my $json = $answer->json;

    is($answer->code, 200, "$method") or diag($answer->body);
    same_set([ keys %$json ], [qw(access_token token_type expires_in scope
                                  refresh_token)], "$method: the answer");
    is($answer->header('Content-Type'), 'application/json', "$method: JSON");
    is($answer->header('Cache-Control'), 'no-store', "$method: no-store");
    is($json->{token_type}, 'Bearer', "$method: Bearer");
    is($json->{expires_in}, 3600, "$method: the shorter of two lifetimes");
    is($json->{scope}, 'read:things write:things offline_access',
       "$method: scope");
    like($json->{refresh_token}, qr/^[A-Za-z0-9_-]{43}$/,
         "$method: a refresh token of 256 bits");
    @proof = assertion($one->{app}) if @proof;
    is(refresh($one, $json->{refresh_token}, @proof)->code, 200,
       "$method: which works");
}

# As JSON, like some clients send it.
my $code = code_of($s);
my $as_json = $t->http->request('POST', '/oauth/token',
    headers => [ 'Content-Type' => 'application/json' ],
    body => JSON::PP::encode_json({
        grant_type => 'authorization_code', client_id => $s->{app}{id},
        client_secret => $s->{app}{secret}, code => $code->{code},
        redirect_uri => $TPA::User::callback,
        code_verifier => $code->{verifier} }));

is($as_json->code, 200, 'as JSON') or diag($as_json->body);
seen(@{ $as_json->json }{qw(access_token refresh_token)});

# Only the method that is its own. What the answer tells, and how long it takes,
# is the business of client_auth.t.
my $secretless = { %{ $s->{app} }, method => 'none' };
my $unknown = exchange($s, code_of($s), '-app' => { %$secretless,
                                                    id => 'tpc_nobody' });

is_error($unknown, 401, 'invalid_client', 'an unknown application');
for (
    [ 'a confidential application that sends only its id', $secretless ],
    [ 'one with a wrong secret', { %{ $s->{app} }, secret => 'x' x 43 } ],
    [ 'one with the other method',
      { %{ $s->{app} }, method => 'client_secret_basic' } ],
) {
    my ($name, $app) = @$_;
    my $code = code_of($s);
    my $answer = exchange($s, $code, '-app' => $app);

    is_error($answer, 401, 'invalid_client', $name);
    is($answer->body, $unknown->body, "$name: as if it were unknown");
    is(exchange($s, $code)->code, 200, "$name: the code is not used up");
}

# ---- each binding, wrong once ---------------------------------------------------------

my $public = stage($t, app => { method => 'none' }, user => $s->{user},
                   connection => $s->{connection});
my $second = stage($t, org => $s->{org}, user => user_of($t, $s->{connection}),
                   connection => $s->{connection});
my $long = ('aZ09-._~' x 16);

sub flip { return $_[0] =~ s/^(.)/$1 eq 'A' ? 'B' : 'A'/er }

for (
    # name, the reason, what is sent instead (of the code)
    [ 'a code that is not', 'code_known', sub { code => secret_text() } ],
    [ 'a code one character off', 'code_known',
      sub { code => flip($_[0]{code}) } ],
    [ 'a code with more behind it', 'code_known',
      sub { code => "$_[0]{code}x" } ],
    [ 'a code cut short', 'code_known',
      sub { code => substr $_[0]{code}, 0, -1 } ],
    [ 'a code in another case', 'code_known',
      sub { code => $_[0]{code} =~ tr/a-zA-Z/A-Za-z/r } ],
    [ 'the hash of the code', 'code_known',
      sub { code => Digest::SHA::sha256_hex($_[0]{code}) } ],
    [ 'the verifier as the code', 'code_known',
      sub { code => $_[0]{verifier} } ],
    [ 'the cookie of a session as the code', 'code_known',
      sub { code => $s->{session}{cookie} } ],
    [ 'a refresh token as the code', 'code_known',
      sub { code => family_of($s)->{token} } ],
    [ 'the secret of the application as the code', 'code_known',
      sub { code => $s->{app}{secret} } ],
    [ 'no redirect_uri', 'redirect_same', sub { redirect_uri => undef } ],
    [ 'an empty redirect_uri', 'redirect_same', sub { redirect_uri => '' } ],
    [ 'another redirect_uri of the application', 'redirect_same',
      sub { redirect_uri => $other_page } ],
    [ 'a redirect_uri of nobody', 'redirect_same',
      sub { redirect_uri => 'https://evil.example/' } ],
    [ 'redirect_uri with a slash more', 'redirect_same',
      sub { redirect_uri => "$TPA::User::callback/" } ],
    [ 'redirect_uri with a query more', 'redirect_same',
      sub { redirect_uri => "$TPA::User::callback?x" } ],
    [ 'redirect_uri in another case', 'redirect_same',
      sub { redirect_uri => $TPA::User::callback =~ s/app/APP/r } ],
    [ 'redirect_uri with the port that is the default', 'redirect_same',
      sub { redirect_uri => $TPA::User::callback =~ s/com/com:443/r } ],
    [ 'no code_verifier', 'verifier_sent', sub { code_verifier => undef } ],
    [ 'an empty code_verifier', 'verifier_sent', sub { code_verifier => '' } ],
    [ 'another code_verifier', 'verifier_right',
      sub { code_verifier => secret_text() } ],
    [ 'the code_verifier of another code', 'verifier_right',
      sub { code_verifier => code_of($s)->{verifier} } ],
    [ 'a code_verifier one character off', 'verifier_right',
      sub { code_verifier => flip($_[0]{verifier}) } ],
    [ 'the code_challenge as code_verifier', 'verifier_right',
      sub { code_verifier => challenge_of($_[0]{verifier}) } ],
    [ 'a code_verifier with one character more', 'verifier_right',
      sub { code_verifier => "$_[0]{verifier}x" } ],
    [ 'a code_verifier of 42 characters', 'verifier_form',
      sub { code_verifier => substr $_[0]{verifier}, 0, 42 } ],
    [ 'a code_verifier with a blank', 'verifier_form',
      sub { code_verifier => ' ' . $_[0]{verifier} } ],
    [ 'a code_verifier with a line end', 'verifier_form',
      sub { code_verifier => "$_[0]{verifier}\n" } ],
    [ 'a code_verifier of other characters', 'verifier_form',
      sub { code_verifier => $_[0]{verifier} . '+' } ],
) {
    my ($name, $rule, $change) = @$_;
    my $code = code_of($s);
    my $answer = exchange($s, $code, $change->($code));

    is_refused_grant($s, $answer, $rule, $name);
    is($answer->json->{error_description}, $text, "$name: the same text");
    is(exchange($s, $code)->code, 200, "$name: the code stays good")
        or diag("$name: $rule");
}

for (
    [ 'no code', code => undef ],
    [ 'an empty code', code => '' ],
    [ 'a code that is too long', code => 'x' x 513 ],
    [ 'a code_verifier of 129 characters', code_verifier => 'x' x 129 ],
    [ 'a redirect_uri that is too long',
      redirect_uri => 'https://app.example.com/' . 'x' x 2048 ],
) {
    my ($name, @change) = @$_;

    is_error(exchange($s, code_of($s), @change), 400, 'invalid_request', $name);
}
for my $name (qw(code code_verifier redirect_uri refresh_token)) {
    is_error($t->http->request('POST', "/oauth/token?$name=x",
        headers => [ 'Content-Type' => 'application/x-www-form-urlencoded' ],
        body => form(grant_type => $name eq 'refresh_token' ? $name
                                                : 'authorization_code')),
        400, 'invalid_request', "$name in the URL",
        qr/belongs in the body|more than once/);
}

# A code of 128 characters' verifier is as good as one of 43.
$code = code_of($s, code_challenge => challenge_of($long));
is(exchange($s, $code, code_verifier => $long)->code, 200,
   'a code_verifier of 128 characters');

# Another application: confidential or public, it does not know of the code.
for (
    [ 'the code of a confidential application, sent by a public one',
      $s, $public ],
    [ 'the code of a public application, sent by a confidential one',
      $public, $s ],
    [ 'the code of a confidential application, sent by another',
      $s, $second ],
) {
    my ($name, $whose, $who) = @$_;
    my $code = code_of($whose);

    is_refused_grant($who, exchange($who, $code), 'code_known', $name);
    is(exchange($whose, $code)->code, 200, "$name: it stays good");
}

$code = code_of($s, lives => '-1 second');
is_refused_grant($s, exchange($s, $code), 'code_fresh', 'an expired code');

# ---- PKCE cannot be talked away --------------------------------------------------------

my $loose = stage($t, app => { party => 'permissive',
                               organization_usage => undef });

$code = code_of($loose, code_challenge => undef);
is_refused_grant($loose, exchange($loose, $code), 'verifier_expected',
                 'a verifier where no challenge was sent');
is(exchange($loose, $code, code_verifier => undef)->code, 200,
   'neither verifier nor challenge, by an application that may');

# ---- which API ----------------------------------------------------------------------------

for my $name (qw(audience resource)) {
    my $code = code_of($s);

    is_error(exchange($s, $code, $name => 'https://other.example/'), 400,
             'invalid_target', "$name of another API");
    is_error(exchange($s, $code, $name => "$s->{app}{api}{identifier}x"), 400,
             'invalid_target', "$name with one character more");
    is(exchange($s, $code, $name => $s->{app}{api}{identifier})->code, 200,
       "$name of the API the user was asked about");
}

# ---- one use -------------------------------------------------------------------------------

for (
    [ 'again, all the same' ],
    [ 'again, without the verifier', code_verifier => undef ],
    [ 'again, with another redirect_uri', redirect_uri => $other_page ],
) {
    my ($name, @change) = @$_;
    my $log = main_node->error_log;
    my $code = code_of($s);
    my $json = tokens_of(exchange($s, $code));
    my $next = tokens_of(refresh($s, $json->{refresh_token}));
    my $answer = exchange($s, $code, @change);

    is_refused_grant($s, $answer, 'code_unused', $name);
    is($answer->json->{error_description}, $text, "$name: the same text");
    ok($log->wait_for(qr/:warn\].* TPA0008: .*\Q$s->{app}{id}\E/),
       "$name: the log says so");
    is_error(refresh($s, $next->{refresh_token} || $json->{refresh_token}),
             400, 'invalid_grant', "$name: what the first use gave is over");
}
is_error(exchange($public, do { $code = code_of($s); exchange($s, $code);
                                $code }), 400, 'invalid_grant',
         'a used code that another application sends');
is($t->db->value('SELECT count(*) FROM tpa_data.refresh_families f'
    . ' JOIN tpa_data.authorization_codes c ON c.family_id = f.id'
    . ' WHERE c.code_hash = ? AND f.revoked_at IS NULL',
    Digest::SHA::sha256_hex($code->{code})), 1, 'ends nothing');

# Of many at once one gets tokens; and since the others prove that the code
# went astray, its refresh token is over, too.
for my $round (1 .. slow_run() ? 2 : 6) {
    my $code = code_of($s);
    my @lines = at_once(8, sub {
        my $http = $t->http;

        $http->connect_now;
        return sub {
            my $answer = exchange($s, $code, '-http' => $http);

            return join ' ', $answer->code,
                $answer->json->{refresh_token} || $answer->error;
        };
    });
    my @won = map { /^200 (\S+)/ ? $1 : () } @lines;

    is(scalar @won, 1, "round $round: one of eight gets tokens")
        or diag(explain(\@lines));
    is(scalar(grep { $_ eq '400 invalid_grant' } @lines), 7,
       "round $round: the others are refused");
    is_error(refresh($s, $won[0]), 400, 'invalid_grant',
             "round $round: and end what the first one got");
}

# ---- what the token says, and what is written down ------------------------------------------

$code = code_of($s);
my $json = tokens_of(exchange($s, $code));
my $claims = (TPA::JWT::decode($json->{access_token}))[1];

is_deeply($claims, {
    iss => $t->{issuer}, sub => $s->{user}{user_id},
    aud => $s->{app}{api}{identifier}, azp => $s->{app}{id},
    org_id => $s->{org}{id}, scope => $json->{scope}, iat => $claims->{iat},
    exp => $claims->{iat} + 3600 }, 'claims: no gty, no permissions');

my $event = $t->event(client_id => $s->{app}{id}, type => 'seacft');

is_deeply({ map { $_ => $event->{$_} } qw(user_id organization_id audience scope
                                          connection ref rule) },
    { user_id => $s->{user}{user_id}, organization_id => $s->{org}{id},
      audience => $s->{app}{api}{identifier}, scope => $json->{scope},
      connection => $s->{connection}{name}, ref => undef, rule => undef },
    'the record') or diag(explain($event));
same_set([ keys %{ $event->{details} } ], [qw(access_token_jti familyId)],
         'its details');
is($t->db->value('SELECT count(*) FROM tpa_data.refresh_families WHERE id = ?',
                 $event->{details}{familyId}), 1, 'name the family');

for my $dialect (qw(access_token access_token_authz rfc9068_profile
                    rfc9068_profile_authz)) {
    my $one = stage($t, org => 1, app => { api => $t->api(
        token_dialect => $dialect, enforce_policies => 't',
        token_lifetime => 1800, scopes => [qw(a b c d)],
        allow_offline_access => 't') }, consent => { scope => [qw(a b c)] });
    my $role = TPA::Orgs::role_row($t);

    $t->insert('role_permissions', role_id => $role->{id}, permission => $_,
               resource_server_id => $one->{app}{api}{id}) for qw(b c d);
    $t->insert('organization_member_roles', role_id => $role->{id},
               organization_id => $one->{org}{id},
               user_id => $one->{user}{user_id});
    my $json = tokens_of(exchange($one, code_of($one,
        scope => [qw(a b offline_access)])));
    my ($header, $claims) = TPA::JWT::decode($json->{access_token});

    is($json->{scope}, 'b offline_access', "$dialect: roles narrow");
    is($json->{expires_in}, 1800, "$dialect: the API's lifetime is shorter");
    is($header->{typ}, $dialect =~ /rfc/ ? 'at+jwt' : 'JWT', "$dialect: typ");
    is_deeply($claims->{permissions}, $dialect =~ /authz/ ? [qw(b c d)] : undef,
              "$dialect: permissions");
    is($claims->{sub}, $one->{user}{user_id}, "$dialect: sub");
    same_set([ keys %$claims ], [qw(iss sub aud iat exp scope org_id),
        $dialect =~ /rfc/ ? qw(client_id jti) : 'azp',
        $dialect =~ /authz/ ? 'permissions' : () ], "$dialect: claims");
}

$t->settings(allow_organization_name_in_authentication_api => 't');
is((TPA::JWT::decode(tokens_of(exchange($s, code_of($s)))->{access_token}))
   [1]{org_name}, $s->{org}{name}, 'org_name where names are accepted');
$t->undo;

# ---- when a refresh token comes with it ---------------------------------------------------

for (
    # name                                         scope               app
    [ 'offline_access was not granted', 0, [qw(read:things)], {} ],
    [ 'the API does not allow it', 0, [qw(read:things offline_access)],
      { api => $t->api } ],
    [ 'the application has no grant type refresh_token', 0,
      [qw(read:things offline_access)],
      { grant_types => [ 'authorization_code' ] } ],
    [ 'all of it', 1, [qw(read:things offline_access)], {} ],
) {
    my ($name, $comes, $scope, $app) = @$_;
    my $one = stage($t, app => $app, connection => $s->{connection});
    my $json = tokens_of(exchange($one, code_of($one, scope => $scope)));

    is(exists $json->{refresh_token} ? 1 : 0, $comes,
       "a refresh token: $name");
    is($json->{scope}, $comes ? 'read:things offline_access' : 'read:things',
       "$name: scope");
}

# ---- what changed since the user agreed -----------------------------------------------------

my %fresh = (org => 1, app => {}, connection => {});

for (
    # name, the error, what is done, and whether the code is gone with it
    [ 'the user is blocked', 'invalid_grant', sub { $t->update('users',
        { user_id => $_[0]{user}{user_id} }, blocked => 't') } ],
    [ 'the user is no member any more', 'invalid_grant', sub { $t->db->rows(
        'DELETE FROM tpa_data.organization_members WHERE user_id = ?',
        $_[0]{user}{user_id}) } ],
    [ 'the Organization closed itself', 'invalid_grant',
      sub { $t->update('organizations', { id => $_[0]{org}{id} },
                       third_party_client_access => 'block') } ],
    [ 'the Organization listed the application as not for members',
      'invalid_grant', sub {
        $t->update('organizations', { id => $_[0]{org}{id} },
                   is_app_entitlement_active => 't');
        $t->insert('organization_clients', client_id => $_[0]{app}{id},
            organization_id => $_[0]{org}{id}, use_for_member_access => 'f') } ],
    [ 'the connection is disabled for the Organization', 'invalid_grant',
      sub { $t->update('organization_connections',
          { organization_id => $_[0]{org}{id} }, is_enabled => 'f') } ],
    [ 'the connection is no domain-level one any more', 'invalid_grant',
      sub { $t->update('connections', { id => $_[0]{connection}{id} },
                       is_domain_connection => 'f') } ],
    [ 'the client grant is gone', 'invalid_grant', sub { $t->db->rows(
        'DELETE FROM tpa_data.client_grants WHERE id = ?',
        $_[0]{app}{grant}{id}) } ],
    [ 'the API takes no users any more', 'invalid_grant',
      sub { $t->update('resource_servers', { id => $_[0]{app}{api}{id} },
                       user_policy => 'deny_all') } ],
    [ 'the application lost the grant type', 'unauthorized_client',
      sub { $t->update('clients', { client_id => $_[0]{app}{id} },
                       grant_types => [ 'refresh_token' ]) } ],
    [ 'the user took the consent back', 'invalid_grant', sub { $t->db->rows(
        'DELETE FROM tpa_data.user_grants WHERE id = ?', $_[0]{consent}) } ],
    [ 'the user logged out', 'invalid_grant', sub { $t->db->rows(
        'DELETE FROM tpa_data.sessions WHERE session_hash = ?',
        $_[0]{session}{hash}) } ],
    [ 'the user was deleted', 'invalid_grant', sub { $t->db->rows(
        'DELETE FROM tpa_data.users WHERE user_id = ?',
        $_[0]{user}{user_id}) } ],
    [ 'the Organization was deleted', 'invalid_grant', sub { $t->db->rows(
        'DELETE FROM tpa_data.organizations WHERE id = ?', $_[0]{org}{id}) } ],
    [ 'the API was deleted', 'invalid_grant', sub { $t->db->rows(
        'DELETE FROM tpa_data.resource_servers WHERE id = ?',
        $_[0]{app}{api}{id}) } ],
    [ 'the application was deleted', 'invalid_client', sub { $t->db->rows(
        'DELETE FROM tpa_data.clients WHERE client_id = ?',
        $_[0]{app}{id}) } ],
) {
    my ($name, $error, $do) = @$_;
    my $one = stage($t, %fresh);
    my $code = code_of($one);

    $do->($one);
    my $answer = exchange($one, $code);

    is_error($answer, $error eq 'invalid_client' ? 401 : 400, $error, $name)
        or next;
    next if $error eq 'invalid_client';
    my $event = $t->event(client_id => $one->{app}{id}, type => 'feacft');

    is($event->{details}{flow}, 'authorization_code', "$name: explained");
    is($t->db->value('SELECT count(*) FROM tpa_data.refresh_families'
        . ' WHERE client_id = ?', $one->{app}{id}), 0, "$name: nothing made");
}

# What is left of the scopes is what is granted now.
my $less = stage($t, org => 1);

$code = code_of($less);
$t->update('client_grants', { id => $less->{app}{grant}{id} },
           scope => [ 'read:things' ]);
is(tokens_of(exchange($less, $code))->{scope}, 'read:things offline_access',
   'a client grant that shrank');

# What came back before the exchange never was away.
my $back = stage($t, org => 1);

$code = code_of($back);
$t->update('organizations', { id => $back->{org}{id} },
           third_party_client_access => $_) for qw(block allow);
is(exchange($back, $code)->code, 200, 'an Organization that opened again');

done_testing();
