# Public applications must put a nonce of ours into their proofs: given with each
# answer, good at every node, for some minutes.
use TPA::Test;
use TPA::DPoP;
use TPA::User;

my $t = tenant('a');
my $there = tenant('a', node => TPA::Node->new('dpop-nonce')->start);
my $origin = 'https://app.example.com';
my $s = stage($t, app => { method => 'none', allowed_origins => [ $origin ],
    api => $t->api(allow_offline_access => 't', pop_mechanism => 'dpop',
                   pop_required => 'f') });
my $at_there = { %$s, t => $there };
my $key = dpop_key();
my $text = qr/^Authorization server requires nonce in DPoP proof$/;

sub ask {
    my ($stage, $token, %claims) = @_;

    return refresh($stage, $token, '-headers' => [
        Origin => $origin, DPoP => proof($t, $key, %claims) ]);
}

my $token = family_of($s)->{token};
my $first = ask($s, $token);
my $nonce = $first->header('DPoP-Nonce');

is_error($first, 400, 'use_dpop_nonce', 'no nonce', $text);
like($nonce, qr/^[A-Za-z0-9_-]{22}$/, 'one is given');
is($first->header('Access-Control-Allow-Origin'), $origin,
   'a page may read the answer');
like($first->header('Access-Control-Expose-Headers'), qr/\bDPoP-Nonce\b/,
     'and the nonce');

for (
    [ 'a wrong one', 'x' x 22 ],
    [ 'one with more behind it', "${nonce}x" ],
    [ 'one of another tenant', do {
        my $b = tenant('b');
        my $there = stage($b, app => { method => 'none' });

        exchange($there, code_of($there), with_proof($b, $key))
            ->header('DPoP-Nonce');
    } ],
) {
    my ($name, $wrong) = @$_;

    is_error(ask($s, $token, nonce => $wrong), 400, 'use_dpop_nonce', $name,
             $text);
}
is_error(ask($s, $token, nonce => ''), 400, 'invalid_dpop_proof',
         'an empty one', qr/nonce must be/);

my $good = ask($s, $token, nonce => $nonce);

is($good->code, 200, 'the one that was given') or diag($good->body);
like($good->header('DPoP-Nonce'), qr/^[A-Za-z0-9_-]{22}$/,
     'the next comes with the tokens');
is(bound_to($good), $key->{jkt}, 'which are bound');
is(ask($at_there, $token, nonce => $nonce)->code, 200, 'at another node too');
my $next = ask($at_there, $token)->header('DPoP-Nonce');

is(ask($s, $token, nonce => $next)->code, 200, 'and the other way around');

my $refused = ask($s, $token, nonce => $nonce, htm => 'GET');

is_error($refused, 400, 'invalid_dpop_proof', 'a bad proof with a nonce');
like($refused->header('DPoP-Nonce'), qr/./, 'is given one as well');
is(refresh($s, $token)->header('DPoP-Nonce'), '',
   'without a proof there is none');

# ---- who is not asked ------------------------------------------------------------------

my $site = stage($t, app => { api => $s->{app}{api} });
my $answer = exchange($site, code_of($site), with_proof($t, $key));

is($answer->code, 200, 'a confidential application needs no nonce')
    or diag($answer->body);
is($answer->header('DPoP-Nonce'), '', 'and gets none');

done_testing();
