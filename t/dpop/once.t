# A proof is good once: in sequence, at the same moment, at other nodes; and what
# it went with is not used up when it was not fresh.
use TPA::Test;
use TPA::DPoP;
use TPA::User;

my $t = tenant('a');
my $there = tenant('a', node => TPA::Node->new('dpop-once')->start);
my $api = $t->api(allow_offline_access => 't', pop_mechanism => 'dpop',
                  pop_required => 'f');
my $m = $t->machine(api => $api);
my $s = stage($t, app => { api => $api, refresh_rotation_type => 'rotating',
                           refresh_leeway => 60 });
my $at_there = { %$s, t => $there };
my $key = dpop_key();
my $text = qr/used before/;

sub again { return '-headers' => [ DPoP => $_[0] ] }

for (
    [ 'a machine', sub { $t->token($m, @_) }, sub { $there->token($m, @_) } ],
    [ 'a code', sub { exchange($s, code_of($s), @_) },
      sub { exchange($at_there, code_of($s), @_) } ],
    [ 'a refresh', sub { refresh($s, family_of($s)->{token}, @_) },
      sub { refresh($at_there, family_of($s)->{token}, @_) } ],
) {
    my ($name, $here, $elsewhere) = @$_;
    my $proof = proof($t, $key);

    is($here->(again($proof))->code, 200, "$name: once");
    is_error($here->(again($proof)), 400, 'invalid_dpop_proof',
             "$name: not twice", $text);
    is_error($elsewhere->(again($proof)), 400, 'invalid_dpop_proof',
             "$name: nor at another node", $text);
    is($here->(again(proof($t, $key)))->code, 200, "$name: with another jti");
}

# Of two keys the same jti may come: it is told apart by the key.
my $jti = TPA::Tenant::text_of(22);

is($t->token($m, with_proof($t, $key, jti => $jti))->code, 200, 'a jti');
is($t->token($m, with_proof($t, dpop_key(), jti => $jti))->code, 200,
   'the same jti of another key');

# ---- what it went with -----------------------------------------------------------------

my $used = proof($t, $key);
my $code = code_of($s);
my $token = family_of($s)->{token};

is($t->token($m, again($used))->code, 200, 'a proof is used');
is_error(exchange($s, $code, again($used)), 400, 'invalid_dpop_proof',
         'a code with a proof that was used', $text);
is(exchange($s, $code)->code, 200, 'is still good');
is_error(refresh($s, $token, again($used)), 400, 'invalid_dpop_proof',
         'a refresh token with it', $text);
is(refresh($s, $token)->code, 200, 'is still good');
is_error(refresh($s, $token, again($used)), 400, 'invalid_dpop_proof',
         'what was given in its place is not given for an old proof', $text);
is(refresh($s, $token, with_proof($t, $key))->code, 200,
   'but for a new one, within the leeway');

# A code that is used twice ends what it gave, whatever the proof.
my $first = code_of($s);
my $request = proof($t, $key);
my $given = tokens_of(exchange($s, $first, again($request)));

is_refused_grant($s, exchange($s, $first, again($request)), 'code_unused',
                 'the same request again');
is_refused_grant($s, refresh($s, $given->{refresh_token}), 'refresh_alive',
                 'what the code gave is revoked');

# ---- at the same moment --------------------------------------------------------------------

for my $round (1 .. 3) {
    my $proof = proof($t, $key);
    my @said = at_once(6, sub {
        my ($n) = @_;
        my $one = $n % 2 ? $t : $there;
        my $http = $one->http;

        $http->connect_now;
        return sub {
            my $answer = $one->token($m, '-http' => $http, again($proof));

            return $answer->code == 200 ? 'token' : $answer->error;
        };
    });

    same_set(\@said, [ 'token', ('invalid_dpop_proof') x 5 ],
             "round $round: six at once at two nodes");
}

done_testing();
