# What administrators do, and what ends by it.

use strict;
use warnings FATAL => 'all';

use Test::More;

use TPA::Functions;
use TPA::FlowRows;

flow_world();

my ($acme, $globex) = map { org_of($_) } 1, 2;

# What is open: sessions and codes of ann, and families by name.
sub open_now {
    return join ' ', count_of('sessions', "user_id = 'auth0|ann'"),
        count_of('authorization_codes',
                 "user_id = 'auth0|ann' AND used_at IS NULL"),
        map { $_->[0] } rows_of('SELECT id FROM tpa_data.refresh_families
            WHERE revoked_at IS NULL ORDER BY id');
}

# A session of ann with a code of each kind, and four families.
my $session = start_session();
my $bobs = start_session(user_id => 'auth0|bob');
rows_of('INSERT INTO tpa_data.organization_members VALUES (?, ?), (?, ?)',
        $globex, 'auth0|ann', $acme, 'auth0|bob');
my %of_bob = (user_id => 'auth0|bob', session_hash => $bobs);
issue(session_hash => $session, org_id => $_) for undef, $acme, $globex;
for ([ acme => org_id => $acme ], [ bob => %of_bob, org_id => $acme ],
     [ globex => org_id => $globex ], [ none => org_id => undef ]) {
    my ($family, @o) = @$_;

    redeem(scalar(issue(session_hash => $session, @o)), family => $family);
}
my $all = open_now();
is $all, '1 3 acme bob globex none', 'what is open';

sub version {
    return call_of($_[0] => { id => $_[1] })->{body}{version};
}

sub user_update {
    my ($patch) = @_;
    my $id = 'auth0|ann';

    return user_update => { id => $id, patch => $patch,
                            version => version(user_get => $id) };
}

sub org_update {
    my ($patch) = @_;

    return organization_update => { id => $acme, patch => $patch, version =>
                                    version(organization_get => $acme) };
}

# ---- call, result, what is open then ----------------------------------------
my $password = '$2y$12$' . 'b' x 53;
for (
    [ sub { user_update({ name => 'Anna' }) }, 'updated', $all,
      'another name' ],
    [ sub { user_update({ blocked => $FALSE }) }, 'updated', $all,
      'no block' ],
    [ sub { user_update({ password_hash => $password }) }, 'updated',
      '0 0 bob', 'a new password' ],
    [ sub { user_update({ blocked => $TRUE }) }, 'updated', '0 0 bob',
      'a block' ],
    [ sub { (user_delete => { id => 'auth0|ann' }) }, 'deleted', '0 0 bob',
      'no user' ],
    [ sub { (organization_member_remove => { organization_id => $acme,
          members => [ 'auth0|ann' ] }) }, 'deleted', '1 2 bob globex none',
      'no member' ],
    [ sub { (organization_member_remove => { organization_id => $acme,
          members => [ 'auth0|ann', 'auth0|bob' ] }) }, 'deleted',
      '1 2 globex none', 'two who are no members' ],
    [ sub { (organization_member_remove => { organization_id => $acme,
          members => [ 'auth0|none' ] }) }, 'unchanged', $all,
      'nobody to remove' ],
    [ sub { (grant_delete => { id => value_of("SELECT user_grant_id
          FROM tpa_data.refresh_families WHERE id = 'acme'") }) }, 'deleted',
      '1 2 bob globex none', 'no consent in an Organization' ],
    [ sub { (grant_delete_by_user => { user_id => 'auth0|ann' }) }, 'deleted',
      '1 0 bob', 'no consent at all' ],
    [ sub { org_update({ third_party_client_access => 'block' }) }, 'updated',
      $all, 'the Organization blocks: asked at each use, nothing ends' ],
    [ sub { (organization_delete => { id => $acme }) }, 'deleted',
      '1 2 globex none', 'no Organization' ],
    [ sub { (client_delete => { client_id => 'tpc_1' }) }, 'deleted', '1 0 ',
      'no application' ],
    [ sub { (resource_server_delete => { id => api_of(1) }) }, 'deleted',
      '1 0 ', 'no API' ],
    [ sub { (connection_delete => { id => con_of(1), most => 100 }) },
      'deleted', '0 0 ', 'no connection' ],
) {
    my ($call, $result, $open, $what) = @$_;
    my ($fn, $o) = $call->();

    rows_of('BEGIN');
    is call_of($fn => $o)->{result}, $result, "$fn: $what";
    $open =~ s/ $//;
    is open_now(), $open, "open then: $what";
    rows_of('ROLLBACK');
}

# A block that comes while a login is on its way.
my $o = JSON::PP::encode_json({ session_hash => hash_of('late'), user_id =>
    'auth0|bob', connection_id => con_of(1), lifetime_s => 9, idle_s => 9 });
my @said = at_once(2, sub {
    return $_[0] == 1
        ? "UPDATE tpa_data.users SET blocked = true
           WHERE user_id = 'auth0|bob'; SELECT pg_sleep(1)"
        : "SELECT pg_sleep(0.5); SELECT result FROM tpa.session_start('$o')";
});
is $said[1][-1], 'not_found', 'who logs in during a block is not let in';

done_testing;
