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
           organizations organization_client_grants tenant connections users
           organization_members organization_connections organization_domains
           client_connections);
}

plan tests => 77;

my ($db, $conn) = fresh_db();
ctl_ok(qw(schema apply --db), $conn, '--sql-dir', $ENV{TPA_SQLDIR});
my ($code, $out, $err) = ctl(qw(demo load --db), $conn);
is $code, 1, 'without a tenant';
like $err, qr/tpactl init/, 'it says what to run';
for my $bad ('not a url', 'relative', "https://x/\t", 'https://' . 'x' x 600) {
    ($code, $out, $err) = ctl(qw(demo load --db), $conn, '--api', $bad);
    is $code, 2, 'no API: ' . substr $bad, 0, 20;
}
for my $bad ('app.example', 'http://app.example/', 'https:///',
             'https://app.example', 'https://app.example/path',
             'https://app.example/?', 'https://me@app.example/',
             'https://*.example/') {
    ($code, $out, $err) = ctl(qw(demo load --db), $conn, '--app', $bad);
    is $code, 2, "no application: $bad";
}

# ---- made -----------------------------------------------------------------
($db, $conn) = tenant();
my $made = ctl_ok(qw(demo load --json --db), $conn);
is join(' ', sort keys %$made),
    'api application machines organizations users', 'what programs get';
is $made->{api}, $api, 'the API';
is join(' ', sort keys %{ $made->{organizations} }), 'acme globex initech',
    'the Organizations';
like $made->{organizations}{$_}, qr/^org_[0-9A-Za-z]{16}$/, "the id of $_"
    for qw(acme globex initech);
my ($ours, $theirs) = @{ $made->{machines} };
is scalar @{ $made->{machines} }, 2, 'two machines';
is "$ours->{name}/$theirs->{name}", 'Back office/Partner reports', 'by name';
ok !$ours->{third_party}, 'ours is first-party';
ok $theirs->{third_party}, "the partner's is third-party";
like $ours->{client_id}, qr/^[0-9A-Za-z]{32}$/, 'the id of ours';
like $theirs->{client_id}, qr/^tpc_[0-9A-Za-z]{22}$/, "that of the partner's";

is psql($db, "SELECT name, token_lifetime, is_system, scope_list,
              allow_offline_access
              FROM tpa_data.resource_servers WHERE identifier = '$api'"),
    'Posts API|86400|f|create:posts read:posts update:posts delete:posts|t',
    'the API has four scopes, and refresh tokens';
is join(' ', psql($db, 'SELECT name, display_name, third_party_client_access
                        FROM tpa_data.organizations ORDER BY name')),
    'acme|Acme Inc|allow globex|Globex Corporation|allow'
    . ' initech|Initech|block', 'names, and the switch';
is psql($db, "SELECT count(*) FROM tpa_data.organizations WHERE
              branding_primary ~ '^#[0-9a-f]{6}\$'
              AND branding_page_background ~ '^#[0-9a-f]{6}\$'"), 3, 'colours';
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

# ---- the application and its users -----------------------------------------
my $app = $made->{application};
is "$app->{name}|$app->{url}", 'Post Planner|https://app.localhost:8443/',
    'the application';
like $app->{client_id}, qr/^tpc_[0-9A-Za-z]{22}$/, 'its id';
is psql($db, "SELECT is_first_party, third_party_security_mode, app_type,
              token_endpoint_auth_method, grant_types, callbacks, web_origins,
              allowed_origins FROM tpa_data.clients
              WHERE client_id = '$app->{client_id}'"),
    'f|strict|spa|none|{authorization_code,refresh_token}'
    . '|{https://app.localhost:8443/}|{https://app.localhost:8443}'
    . '|{https://app.localhost:8443}', 'a strict single-page application';
is psql($db, "SELECT organization_usage, organization_require_behavior,
              organization_discovery_methods, redirection_policy
              FROM tpa_data.clients WHERE client_id = '$app->{client_id}'"),
    'require|post_login_prompt|{email,organization_name}'
    . '|open_redirect_protection', 'for Organizations only';
is psql($db, "SELECT refresh_rotation_type, refresh_expiration_type,
              refresh_infinite_token_lifetime, refresh_token_lifetime
              FROM tpa_data.clients WHERE client_id = '$app->{client_id}'"),
    'rotating|expiring|f|2592000', 'with the defaults of a public application';
is psql($db, "SELECT scope, subject_type FROM tpa_data.client_grants
              WHERE client_id = '$app->{client_id}'"),
    '{create:posts,read:posts,update:posts,delete:posts}|user',
    'its client grant is for users';
is psql($db, 'SELECT name, strategy, is_domain_connection
              FROM tpa_data.connections'), 'demo-users|auth0|t',
    'a connection of the domain';
is join(' ', psql($db, 'SELECT o.name FROM tpa_data.organization_connections x
                        JOIN tpa_data.organizations o
                          ON o.id = x.organization_id
                        WHERE x.is_enabled ORDER BY o.name')),
    'acme globex initech', 'enabled for all Organizations';
is join(' ', psql($db, "SELECT domain FROM tpa_data.organization_domains
                        WHERE status = 'verified'
                        AND use_for_organization_discovery ORDER BY domain")),
    'acme.example globex.example initech.example', 'found by their domains';

my %member = ('ada@acme.example' => [ qw(acme globex initech) ],
              'grace@globex.example' => [ 'globex' ]);
is join(' ', map { $_->{email} } @{ $made->{users} }),
    join(' ', sort keys %member), 'the users';
for my $user (@{ $made->{users} }) {
    my $email = $user->{email};

    like $user->{password}, qr/^[0-9A-Za-z]{14}$/, "$email: a password";
    is_deeply $user->{organizations}, $member{$email}, "$email: where";
    is join(' ', psql($db, "SELECT o.name FROM tpa_data.organization_members m
                            JOIN tpa_data.organizations o
                              ON o.id = m.organization_id
                            WHERE m.user_id = '$user->{user_id}'
                            ORDER BY o.name")),
        join(' ', @{ $member{$email} }), "$email: is a member there";
    like psql($db, "SELECT password_hash FROM tpa_data.users
                    WHERE user_id = '$user->{user_id}' AND email = '$email'"),
        qr/^\$2y\$/, "$email: the password is kept as a hash";
}
isnt $made->{users}[0]{password}, $made->{users}[1]{password},
    'each has a password of its own';

# ---- again ----------------------------------------------------------------
my $before = picture($db);
($code, $out, $err) = ctl(qw(demo load --db), $conn);
is "$code$err", '0', 'again';
like $out, qr/nothing was\s+changed/, 'it says so';
my $secrets = join '|', map { quotemeta } $ours->{client_secret},
    $theirs->{client_secret}, map { $_->{password} } @{ $made->{users} };
unlike $out, qr/$secrets/, 'no secret is printed';
my $again = ctl_ok(qw(demo load --json --db), $conn);
is picture($db), $before, 'nothing was changed';
$_->{client_secret} = undef for @{ $made->{machines} };
$_->{password} = undef for @{ $made->{users} };
is_deeply $again, $made, 'for programs: the same, without secrets';

# ---- taken up where it was cut off ----------------------------------------
psql($db, "DELETE FROM tpa_data.clients WHERE name = 'Partner reports'");
$again = ctl_ok(qw(demo load --json --db), $conn);
is $again->{machines}[1]{client_id}, $theirs->{client_id}, 'the same machine';
ok $again->{machines}[1]{client_secret}, 'with a secret';
is $again->{machines}[0]{client_secret}, undef, 'the other is left alone';
is psql($db, 'SELECT count(*) FROM tpa_data.organization_client_grants'), 1,
    'its grant is good for acme again';

my ($ada, $grace) = @{ $made->{users} };
psql($db, "DELETE FROM tpa_data.users WHERE user_id = '$grace->{user_id}'");
$again = ctl_ok(qw(demo load --json --db), $conn);
is $again->{users}[1]{user_id}, $grace->{user_id}, 'the same user';
ok $again->{users}[1]{password}, 'with a password';
is $again->{users}[0]{password}, undef, 'the other keeps hers';

# ---- loaded by a version that knew no users -------------------------------
psql($db, "DELETE FROM tpa_data.clients WHERE name = 'Post Planner'");
psql($db, 'DELETE FROM tpa_data.connections');
psql($db, "DELETE FROM tpa_data.organizations WHERE name = 'initech'");
psql($db, "UPDATE tpa_data.organizations
           SET third_party_client_access = 'block'");
psql($db, 'UPDATE tpa_data.resource_servers SET allow_offline_access = false');
$again = ctl_ok(qw(demo load --json --app https://app.example:9443/ --db),
                $conn);
is $again->{application}{client_id}, $app->{client_id},
    'the application is added';
is psql($db, "SELECT callbacks, web_origins FROM tpa_data.clients
              WHERE client_id = '$app->{client_id}'"),
    '{https://app.example:9443/}|{https://app.example:9443}', 'where it is now';
is join(' ', psql($db, 'SELECT third_party_client_access
                        FROM tpa_data.organizations ORDER BY name')),
    'allow allow block', 'the Organizations are open to it';
is psql($db, "SELECT allow_offline_access FROM tpa_data.resource_servers
              WHERE identifier = '$api'"), 't', 'and the API';

# ---- what an operator changed stays ---------------------------------------
psql($db, "UPDATE tpa_data.organizations SET third_party_client_access = 'block'
           WHERE name = 'acme'");
ctl_ok(qw(demo load --json --db), $conn);
is psql($db, "SELECT third_party_client_access FROM tpa_data.organizations
              WHERE name = 'acme'"), 'block', 'a switch that was turned';

# ---- what is in the way ---------------------------------------------------
my $management = psql($db, 'SELECT identifier FROM tpa_data.resource_servers'
                      . ' WHERE is_system');
($code, $out, $err) = ctl(qw(demo load --db), $conn, '--api', $management);
is $code, 1, 'an API of another kind';
like $err, qr/--api/, 'it says what to write';
my $second = ctl_ok(qw(demo load --json --db), (tenant())[1]);
isnt $second->{machines}[0]{client_id}, $ours->{client_id},
    'another tenant has machines of its own';
