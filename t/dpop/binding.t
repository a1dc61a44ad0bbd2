# What is bound to a key, and stays so: codes by dpop_jkt, refresh tokens of public
# applications, access tokens of all dialects.
use TPA::Test;
use TPA::DPoP;
use TPA::User;

my $t = tenant('a');
my %dpop = (allow_offline_access => 't', pop_mechanism => 'dpop',
            pop_required => 'f');
my $page = stage($t, app => { method => 'none', api => $t->api(%dpop),
                              refresh_rotation_type => 'rotating' });
my $site = stage($t, app => { api => $t->api(%dpop) });
my $key = dpop_key();
my $other = dpop_key();

# ---- codes -------------------------------------------------------------------------

for my $s ($page, $site) {
    my $of = "a code of an application with $s->{app}{method}";
    my %bound = (dpop_jkt => $key->{jkt});
    my $code = code_of($s, %bound);
    my $ask = sub { exchange($s, $code, @_) };

    is_refused_grant($s, $ask->(), 'key_held', "$of: bound, no proof");
    is_refused_grant($s, with_nonce($t, $other, $ask), 'key_held',
                     "$of: bound, another key");
    my $answer = with_nonce($t, $key, $ask);

    is($answer->code, 200, "$of: bound, its key") or diag($answer->body);
    is(bound_to($answer), $key->{jkt}, "$of: and the token is bound");
    is(with_nonce($t, $other, sub { exchange($s, code_of($s), @_) })->code,
       200, "$of: not bound, any key");
}

# ---- refresh tokens of public applications ----------------------------------------------

my $tokens = tokens_of(with_nonce($t, $key, sub {
    exchange($page, code_of($page), @_) }));
my $token = $tokens->{refresh_token};
my $ask = sub { refresh($page, $token, @_) };

is($tokens->{token_type}, 'DPoP', 'a public application with a key');
is_refused_grant($page, $ask->(), 'key_held', 'its refresh without a proof');
is_refused_grant($page, with_nonce($t, $other, $ask), 'key_held',
                 'with another key');
for my $turn (1 .. 3) {
    my $answer = with_nonce($t, $key, $ask);

    is($answer->code, 200, "turn $turn: with its key") or diag($answer->body);
    is(bound_to($answer), $key->{jkt}, "turn $turn: the token is bound");
    $token = $answer->json->{refresh_token};
    is_refused_grant($page, with_nonce($t, $other, $ask), 'key_held',
                     "turn $turn: and what takes its place");
}

# Also where the API takes no bound tokens: whoever steals it has no use for it.
my $plain = stage($t, app => { method => 'none', api => $t->api(
    allow_offline_access => 't') });

$tokens = tokens_of(with_nonce($t, $key, sub {
    exchange($plain, code_of($plain), @_) }));
is($tokens->{token_type}, 'Bearer', 'an API without a policy');
is_refused_grant($plain, refresh($plain, $tokens->{refresh_token}), 'key_held',
                 'the refresh token is bound all the same');
is(with_nonce($t, $key, sub { refresh($plain, $tokens->{refresh_token}, @_) })
       ->json->{token_type}, 'Bearer', 'and good with the key');

# One that began without a key goes on so; its access tokens follow the proof.
my $old = family_of($plain)->{token};

is(refresh($plain, $old)->code, 200, 'a family without a key');

# ---- of confidential applications: the proof that is sent ---------------------------------

$tokens = tokens_of(exchange($site, code_of($site), with_proof($t, $key)));
is($tokens->{token_type}, 'DPoP', 'a confidential application');
my $follow = refresh($site, $tokens->{refresh_token}, with_proof($t, $other));

is($follow->code, 200, 'refreshes with another key') or diag($follow->body);
is(bound_to($follow), $other->{jkt}, 'which the token is bound to then');
$follow = refresh($site, $tokens->{refresh_token});
is($follow->code, 200, 'or with none');
is(bound_to($follow), undef, 'and is not bound then');

# ---- claims ------------------------------------------------------------------------------

for my $dialect (qw(access_token access_token_authz rfc9068_profile
                    rfc9068_profile_authz)) {
    my $m = $t->machine(api => $t->api(pop_mechanism => 'dpop',
        pop_required => 'f', token_dialect => $dialect));
    my $answer = $t->token($m, with_proof($t, $key));
    my ($header, $claims)
        = TPA::JWT::decode($answer->json->{access_token});

    is_deeply($claims->{cnf}, { jkt => $key->{jkt} }, "$dialect: cnf");
    same_set([ keys %{ $answer->json } ],
             [qw(access_token token_type expires_in scope)],
             "$dialect: the answer holds nothing more");
}

done_testing();
