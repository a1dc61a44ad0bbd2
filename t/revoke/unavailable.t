# Without a database nothing is promised: a revocation, an exchange and a refresh
# answer 503, and all is as it was when it is back.
use TPA::Test;
use TPA::User;

my $t = tenant('a');
my $s = stage($t, org => 1, app => { refresh_rotation_type => 'rotating' });
my $family = family_of($s);
my $code = code_of($s);
my @asks = (
    [ 'revocation', sub { revoke($s, $family->{token}, @_) } ],
    [ 'an exchange', sub { exchange($s, $code, @_) } ],
    [ 'a refresh', sub { refresh($s, $family->{token}, @_) } ],
);

# What is known can be read, but nothing can be done.
my %effect = ('revocation' => 'refresh_end', 'an exchange' => 'code_redeem',
              'a refresh' => 'refresh_use');

for (@asks) {
    my ($name, $ask) = @$_;
    my $signature = $t->db->value('SELECT p.oid::regprocedure FROM pg_proc p'
        . ' WHERE p.proname = ? AND p.pronamespace = \'tpa\'::regnamespace',
        $effect{$name});

    $t->db->rows("REVOKE EXECUTE ON FUNCTION $signature FROM tpa_httpd");
    is_error($ask->(), 503, 'temporarily_unavailable',
             "$name, when it can be read and not be done");
    $t->db->rows("GRANT EXECUTE ON FUNCTION $signature TO tpa_httpd");
}

TPA::DB::stop_server();
for (@asks) {
    my ($name, $ask) = @$_;

    for my $n (1 .. 5) {
        my $answer = $ask->('-http' => $t->http);

        is_error($answer, 503, 'temporarily_unavailable', "$name, try $n");
        is($answer->header('Retry-After'), 5, "$name, try $n: Retry-After");
    }
}
TPA::DB::start_server();
ok(within(20, sub {
    !grep { refresh($s, family_of($s)->{token}, '-http' => $t->http)->code
            != 200 } 1 .. 30;
}), 'it is back');
ok(main_node->renew, 'the main node is well');

# Effects are not made again by themselves, so that nothing is done twice: one
# that meets a lost connection says so, and was not made.
my $kept = $t->http;

is(refresh($s, family_of($s)->{token}, '-http' => $kept)->code, 200,
   'a connection');
my $json = tokens_of(refresh($s, $family->{token}, '-http' => $kept));

ok($json->{refresh_token}, 'the refresh token is as good as before');
is(exchange($s, $code, '-http' => $kept)->code, 200, 'and so is the code');
is(revoke($s, $json->{refresh_token}, '-http' => $kept)->code, 200,
   'it can be revoked');
is_error(refresh($s, $json->{refresh_token}), 400, 'invalid_grant',
         'and then is over');

done_testing();
