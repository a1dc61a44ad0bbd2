# A token that was verified, and remembered, is refused once the key that signed
# it is revoked. t/bearer/fetched.t has the same for keys of other machines.
use TPA::Test;

use Time::HiRes qw(time);

my $t = tenant('a');
my $api = $t->db->value('SELECT id FROM tpa_data.resource_servers
                         WHERE identifier = ?', 'urn:second');

$api = $api ? { id => $api, identifier => 'urn:second', scopes => [] }
            : $t->api(identifier => 'urn:second');
my $token = $t->token($t->machine(api => $api))->json->{access_token};
my $kid = (TPA::JWT::decode($token))[0]{kid};
my $http = main_node->http('api');
my $log = main_node->error_log;

sub code {
    my ($token, $client) = @_;

    return ($client || $http)->request('GET', '/t/user', headers => [
        Authorization => "Bearer $token" ])->code;
}

is(code($token), 200, 'a token is taken') for 1 .. 3;
is(scalar(() = $log->lines(qr/TPA0014/)), 1, 'and remembered');

my ($rc) = tpactl(qw(key rotate));
is($rc, 0, 'tpactl key rotate');
is(code($token), 200, 'a rotation leaves it alone');
($rc) = tpactl('key', 'revoke', '--', $kid);
is($rc, 0, 'tpactl key revoke');
my $revoked = time;

ok(within(10, sub { code($token) == 401 }), 'a revocation does not');
cmp_ok(time - $revoked, '<', 5, 'and takes no longer than TPAKeyRefresh, two'
       . ' seconds, and a bit');
ok($log->wait_for(qr/TPA0013: .* kid is not one of the issuer's keys/),
   'for that reason');

# Every process of the node has seen it.
is(within(5, sub {
    !grep { code($token, main_node->http('api', keep => 0)) != 401 } 1 .. 30;
}), 1, 'in all processes');

my $new = $t->token($t->machine(api => $api))->json->{access_token};
is(code($new), 200, 'tokens of the current key are taken');

# t/keys/rotate.t counts the keys of this tenant.
$t->db->rows('DELETE FROM tpa_data.signing_keys WHERE kid = ?', $kid);
done_testing();
