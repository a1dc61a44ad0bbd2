# init: a tenant, made once, whose secret is seen once.

use strict;
use warnings FATAL => 'all';

use Digest::SHA qw(sha256_hex);
use JSON::PP ();
use Test::More;

use TPA::Ctl;

my $secret = spew(scratch('secret'), 'thirty-two bytes, or more ' x 2 . "\n");
my @sql = ('--sql-dir', $ENV{TPA_SQLDIR});
my $issuer = 'https://auth.example.com/';

my @bad_issuers = (
    # issuer                                 what is said
    [ 'http://auth.example.com/',            qr/https:/ ],
    [ 'http://localhost:8080/',              qr/https:/ ],
    [ 'http://127.0.0.1/',                   qr/https:/ ],
    [ 'auth.example.com',                    qr/https:/ ],
    [ 'https://auth.example.com',            qr/write https:\S+\.com\/$/ ],
    [ 'https://auth.example.com/tenant',     qr/write https:\S+tenant\/$/ ],
    [ 'https://auth.example.com/?a=b/',      qr/no query/ ],
    [ 'https://auth.example.com/#/',         qr/fragment/ ],
    [ 'https://me:pw@auth.example.com/',     qr/user/ ],
    [ 'https://auth.example.com@evil.test/', qr/user/ ],
    [ 'https:///',                           qr/host/ ],
    [ 'https://Auth.Example.com/',           qr/lower-case/ ],
    [ 'https://auth.example.com:0/',         qr/port/ ],
    [ 'https://auth.example.com:65536/',     qr/port/ ],
    [ 'https://auth.example.com:/',          qr/port/ ],
    [ 'https://auth.example.com:443/',       qr/443/ ],
    [ 'https://auth.example.com\\evil/',     qr/host|path|characters/ ],
    [ 'https://auth.example.com/a//b/',      qr/path/ ],
    [ 'https://auth.example.com/../',        qr/path/ ],
    [ 'https://auth.example.com/%41/',       qr/path/ ],
    [ "https://auth.example.com/a\n/",       qr/path|host|characters/ ],
    [ 'https://auth.example.com/' . 'a' x 500 . '/', qr/500/ ],
);
my @good_issuers = ('https://auth.example.com/tenants/one/',
                    'https://localhost:8443/', 'https://127.0.0.1:8443/',
                    'https://tenant-b.localhost:8443/',
                    'https://[::1]:8443/');
my @bad_secrets = (
    # text, mode                            what is said
    [ 'short',                 '600' ],
    [ '',                      '600' ],
    [ "# only a comment\n\n",  '600' ],
    [ 'x' x 64,                '644' ],
    [ 'x' x 64,                '602' ],
);

# Whatever the tenant consists of, and when it came to be.
sub picture {
    my ($db) = @_;

    return join "\n", map { psql($db, "SELECT t.xmin, t::text FROM tpa_data.$_ t
                                       ORDER BY t::text") }
        qw(tenant signing_keys clients resource_servers resource_server_scopes
           client_grants);
}

plan tests => 3 * @bad_issuers + 2 * @good_issuers + 2 * @bad_secrets + 48;

# ---- what is no issuer ----------------------------------------------------
my ($db, $conn) = fresh_db();
my @init = (qw(init --db), $conn, '--secret-file', $secret);
my ($code, $out, $err) = ctl(@init, '--issuer', $issuer);
is $code, 1, 'without a schema';
like $err, qr/schema apply/, 'it says what to run';
ctl_ok(qw(schema apply --db), $conn, @sql);
for my $case (@bad_issuers) {
    my ($bad, $say) = @$case;

    ($code, $out, $err) = ctl(@init, '--issuer', $bad);
    is $code, 2, 'no issuer: ' . $bad =~ tr/\n/ /r;
    like $err, $say, 'what is said of it';
    unlike $err, qr/\n./, 'in one line';
}
for my $case (@bad_secrets) {
    my ($text, $mode) = @$case;
    my $file = spew(scratch('bad-secret'), $text, $mode);

    ($code, $out, $err) = ctl(qw(init --db), $conn, '--secret-file', $file,
                              '--issuer', $issuer);
    is $code, 1, 'no secret: ' . length($text) . " bytes, mode $mode";
    unlike $err, qr/x{64}|short\b.*short\b/, 'it is not repeated';
    unlink $file;
}
($code, $out, $err) = ctl(qw(init --db), $conn, '--secret-file',
                          scratch('nowhere'), '--issuer', $issuer);
is $code, 1, 'a secret file that is not there';
like $err, qr/nowhere/, 'it names the file';
is psql($db, 'SELECT count(*) FROM tpa_data.tenant'), 0, 'nothing was made';

# A row that is refused would be quoted by the server, with the key in its box.
psql($db, 'ALTER TABLE tpa_data.signing_keys'
     . ' ADD CONSTRAINT no CHECK (kid = state)');
($code, $out, $err) = ctl(@init, '--issuer', $issuer);
is $code, 1, 'the database refuses a row';
like $err, qr/violates check constraint/, 'it says so';
unlike $err, qr/eyJ|Failing/, 'the row is not repeated';
psql($db, 'ALTER TABLE tpa_data.signing_keys DROP CONSTRAINT no');
is psql($db, 'SELECT count(*) FROM tpa_data.tenant'), 0, 'nothing was made';

# ---- made -----------------------------------------------------------------
($code, $out, $err) = ctl(@init, '--issuer', $issuer, '--json');
is "$code$err", '0', 'init';
my $made = JSON::PP->new->utf8->decode($out);
is join(' ', sort keys %$made), 'audience client_id client_secret issuer',
    'what programs get';
is $made->{issuer}, $issuer, 'the issuer';
is $made->{audience}, "${issuer}api/v2/", 'the audience';
like $made->{client_id}, qr/^[0-9A-Za-z]{32}$/, 'the client id';
like $made->{client_secret}, qr/^[0-9A-Za-z_-]{43}$/, 'the secret';

is psql($db, 'SELECT issuer, name FROM tpa_data.tenant'),
    "$issuer|auth.example.com", 'the tenant, named by its host';
is join(' ', sort(psql($db, 'SELECT state FROM tpa_data.signing_keys'))),
    'current next', 'two keys';
is psql($db, q{SELECT count(*) FROM tpa_data.signing_keys
               WHERE public_jwk::text ~ '"(d|p|q|dp|dq|qi)"'
                  OR sealed ~ '"' OR sealed !~ '^ey[^.]*\.\.'}), 0,
    'their private parts are sealed';
is psql($db, 'SELECT count(DISTINCT (public_jwk, sealed, cert_pem))'
        . ' FROM tpa_data.signing_keys'), 2, 'two different keys';
is psql($db, 'SELECT identifier, name, is_system, id ~ \'^[0-9a-f]{24}$\''
        . ' FROM tpa_data.resource_servers'),
    "${issuer}api/v2/|Management API|t|t", 'the Management API';
is psql($db, 'SELECT client_id, name, is_first_party, app_type,
              token_endpoint_auth_method, grant_types, secret_hash
              FROM tpa_data.clients'),
    join('|', $made->{client_id}, 'Administrator', 't', 'non_interactive',
         'client_secret_post', '{client_credentials}',
         sha256_hex($made->{client_secret})), 'the administrator';
is psql($db, q{SELECT g.client_id, g.subject_type, g.id ~ '^cgr_\w{16}$'
               FROM tpa_data.client_grants g}), "$made->{client_id}|client|t",
    'its client grant';
my @scopes = psql($db, 'SELECT value FROM tpa_data.resource_server_scopes'
                  . ' ORDER BY value');
is psql($db, 'SELECT g.allow_all_scopes OR g.scope @> (
                  SELECT array_agg(s.value::text)
                  FROM tpa_data.resource_server_scopes s)
              FROM tpa_data.client_grants g'), 't', 'for all scopes';
my %scopes = map { $_ => 1 } @scopes;
ok $scopes{$_}, "scope $_" for qw(
    read:clients create:clients update:clients delete:clients
    update:client_keys read:client_summary delete:resource_servers
    create:client_grants read:organizations_summary
    create:organization_client_grants delete:organization_member_roles
    update:tenant_settings create:signing_keys read:logs_users);
is psql($db, 'SELECT count(*) FROM tpa_data.resource_server_scopes'
        . " WHERE coalesce(description, '') = ''"), 0, 'each is described';

# ---- again ----------------------------------------------------------------
my $before = picture($db);
($code, $out, $err) = ctl(@init, '--issuer', $issuer);
is $code, 0, 'init again';
like $out, qr/nothing was changed/, 'it says so';
unlike "$out$err", qr/\Q$made->{client_secret}\E|client_secret/,
    'it prints no secret';
is_deeply ctl_ok(@init, '--json', '--issuer', $issuer),
    { issuer => $issuer, unchanged => JSON::PP::true }, 'for programs';
($code, $out, $err) = ctl(@init, '--issuer', 'https://other.example.com/');
is $code, 1, 'another tenant in the same database';
like $err, qr/holds the tenant of \Q$issuer\E/, 'it says why not';
is picture($db), $before, 'nothing was changed';

# ---- the secret stays where it was printed --------------------------------
my $dump = join '', psql($db, 'SELECT table_to_xml(c.oid, true, true, \'\')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = \'tpa_data\' AND c.relkind = \'r\'');
like $dump, qr/Administrator/, 'the whole database is looked at';
unlike $dump, qr/\Q$made->{client_secret}\E/, 'and the secret is not in it';
my $log = '';
if ($ENV{TPA_PGLOG} && open my $in, '<', $ENV{TPA_PGLOG}) {
    local $/;
    $log = readline $in;
}
unlike $log, qr/\Q$made->{client_secret}\E/, "nor in the server's log";

# ---- other names ----------------------------------------------------------
for my $good (@good_issuers) {
    my ($to, $where) = fresh_db();

    ctl_ok(qw(schema apply --db), $where, @sql);
    $out = ctl_ok(qw(init --db), $where, '--secret-file', $secret, '--issuer',
                  $good, '--name', "My <tenant> 'one'");
    like $out, qr/^  issuer +\Q$good\E$/m, "an issuer: $good";
    is psql($to, 'SELECT issuer, name FROM tpa_data.tenant'),
        "$good|My <tenant> 'one'", 'with a name of its own';
}
