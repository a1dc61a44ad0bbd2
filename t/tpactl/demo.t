# demo load: what the first steps are taken with.

use strict;
use warnings FATAL => 'all';

use Digest::SHA qw(sha256_hex);
use Test::More;

use TPA::Ctl;

my $secret = spew(scratch('secret'), 'd' x 64 . "\n");
my $api = 'https://api.example.com/';

sub tenant {
    my ($db, $conn) = fresh_db();

    ctl_ok(qw(schema apply --db), $conn, '--sql-dir', $ENV{TPA_SQLDIR});
    ctl_ok(qw(init --db), $conn, '--secret-file', $secret, '--issuer',
           "https://$db.example.com/" =~ tr/_/-/r);
    return ($db, $conn);
}

sub picture {
    my ($db) = @_;

    return join "\n", map { psql($db, "SELECT t.xmin, t::text FROM tpa_data.$_ t
                                       ORDER BY t::text") }
        qw(clients resource_servers resource_server_scopes client_grants
           organizations organization_client_grants tenant);
}

plan tests => 40;

my ($db, $conn) = fresh_db();
ctl_ok(qw(schema apply --db), $conn, '--sql-dir', $ENV{TPA_SQLDIR});
my ($code, $out, $err) = ctl(qw(demo load --db), $conn);
is $code, 1, 'without a tenant';
like $err, qr/tpactl init/, 'it says what to run';
for my $bad ('not a url', 'relative', "https://x/\t", 'https://' . 'x' x 600) {
    ($code, $out, $err) = ctl(qw(demo load --db), $conn, '--api', $bad);
    is $code, 2, 'no API: ' . substr $bad, 0, 20;
}

# ---- made -----------------------------------------------------------------
($db, $conn) = tenant();
my $made = ctl_ok(qw(demo load --json --db), $conn);
is join(' ', sort keys %$made), 'api machines organizations',
    'what programs get';
is $made->{api}, $api, 'the API';
is join(' ', sort keys %{ $made->{organizations} }), 'acme globex',
    'the Organizations';
like $made->{organizations}{$_}, qr/^org_[0-9A-Za-z]{16}$/, "the id of $_"
    for qw(acme globex);
my ($ours, $theirs) = @{ $made->{machines} };
is scalar @{ $made->{machines} }, 2, 'two machines';
is "$ours->{name}/$theirs->{name}", 'Back office/Partner reports', 'by name';
ok !$ours->{third_party}, 'ours is first-party';
ok $theirs->{third_party}, "the partner's is third-party";
like $ours->{client_id}, qr/^[0-9A-Za-z]{32}$/, 'the id of ours';
like $theirs->{client_id}, qr/^tpc_[0-9A-Za-z]{22}$/, "that of the partner's";

is psql($db, "SELECT name, token_lifetime, is_system, scope_list
              FROM tpa_data.resource_servers WHERE identifier = '$api'"),
    'Posts API|86400|f|create:posts read:posts update:posts delete:posts',
    'the API has four scopes';
is join(' ', psql($db, 'SELECT name, display_name FROM tpa_data.organizations
                        ORDER BY name')),
    'acme|Acme Inc globex|Globex Corporation', 'display names';
for my $machine ($ours, $theirs) {
    like $machine->{client_secret}, qr/^[0-9A-Za-z_-]{43}$/, 'a secret';
    is psql($db, "SELECT secret_hash FROM tpa_data.clients
                  WHERE client_id = '$machine->{client_id}'"),
        sha256_hex($machine->{client_secret}), 'kept as a hash';
}
is psql($db, "SELECT is_first_party, third_party_security_mode, grant_types,
              token_endpoint_auth_method, registered_via FROM tpa_data.clients
              WHERE client_id = '$_->[0]'"), $_->[1], 'an application'
    for [ $ours->{client_id},
          't||{client_credentials}|client_secret_post|manual' ],
        [ $theirs->{client_id},
          'f|strict|{client_credentials}|client_secret_post|manual' ];
is psql($db, "SELECT scope, organization_usage, allow_any_organization,
              subject_type FROM tpa_data.client_grants
              WHERE client_id = '$_->[0]'"), $_->[1], 'its client grant'
    for [ $ours->{client_id},
          '{create:posts,read:posts,update:posts,delete:posts}|allow|t|client'
        ], [ $theirs->{client_id}, '{read:posts}|require|f|client' ];
is join(' ', psql($db, 'SELECT o.name, g.client_id
    FROM tpa_data.organization_client_grants x
    JOIN tpa_data.organizations o ON o.id = x.organization_id
    JOIN tpa_data.client_grants g ON g.id = x.grant_id')),
    "acme|$theirs->{client_id}", 'good for acme, and for nobody else';

# ---- again ----------------------------------------------------------------
my $before = picture($db);
($code, $out, $err) = ctl(qw(demo load --db), $conn);
is "$code$err", '0', 'again';
like $out, qr/nothing was\s+changed/, 'it says so';
unlike $out, qr/\Q$ours->{client_secret}\E|\Q$theirs->{client_secret}\E/,
    'no secret is printed';
my $again = ctl_ok(qw(demo load --json --db), $conn);
is picture($db), $before, 'nothing was changed';
$_->{client_secret} = undef for @{ $made->{machines} };
is_deeply $again, $made, 'for programs: the same, without secrets';

# ---- taken up where it was cut off ----------------------------------------
psql($db, "DELETE FROM tpa_data.clients WHERE name = 'Partner reports'");
$again = ctl_ok(qw(demo load --json --db), $conn);
is $again->{machines}[1]{client_id}, $theirs->{client_id}, 'the same machine';
ok $again->{machines}[1]{client_secret}, 'with a secret';
is $again->{machines}[0]{client_secret}, undef, 'the other is left alone';
is psql($db, 'SELECT count(*) FROM tpa_data.organization_client_grants'), 1,
    'its grant is good for acme again';

# ---- what is in the way ---------------------------------------------------
my $management = psql($db, 'SELECT identifier FROM tpa_data.resource_servers'
                      . ' WHERE is_system');
($code, $out, $err) = ctl(qw(demo load --db), $conn, '--api', $management);
is $code, 1, 'an API of another kind';
like $err, qr/--api/, 'it says what to write';
my $second = ctl_ok(qw(demo load --json --db), (tenant())[1]);
isnt $second->{machines}[0]{client_id}, $ours->{client_id},
    'another tenant has machines of its own';
