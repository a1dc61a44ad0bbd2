# schema apply and schema status: whole migrations, and nothing done twice.

use strict;
use warnings FATAL => 'all';

use File::Copy qw(copy);
use Test::More;
use Time::HiRes qw(sleep);

use TPA::Ctl;

my $sql = $ENV{TPA_SQLDIR};
my @migrations = sort glob "$sql/migrations/*.sql";
my $newest = @migrations;
my $step = 'UPDATE tpa_data.schema_version SET version = %d,'
    . " applied_at = now();\n";

# A copy of the sql folder, with further files in it.
sub sql_dir {
    my ($name, %more) = @_;
    my $dir = scratch($name);

    mkdir $_ for $dir, "$dir/migrations", "$dir/functions";
    for my $file (@migrations, glob "$sql/functions/*.sql") {
        copy($file, $dir . substr $file, length $sql) or die "$file: $!\n";
    }
    spew("$dir/$_", $more{$_}) for keys %more;
    return $dir;
}

# The whole schema as text: who may do what, and every definition.
sub picture {
    my ($db) = @_;

    return join "\n", psql($db, q{
        SELECT c.oid::text || c.relname || coalesce(c.relacl::text, '')
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname LIKE 'tpa%' AND c.relkind = 'r'
        UNION ALL
        SELECT f.oid::text || f.xmin::text || pg_get_functiondef(f.oid)
        FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
        WHERE n.nspname LIKE 'tpa%'
        ORDER BY 1});
}

sub version {
    return psql($_[0], 'SELECT version FROM tpa_data.schema_version');
}

plan tests => 52;

# ---- from nothing ---------------------------------------------------------
my ($db, $conn) = fresh_db();
my ($code, $out, $err) = ctl(qw(schema status --db), $conn);
is $code, 1, 'status of an empty database';
like $out, qr/^schema of the database: version 0$/m, 'it has no schema';
like $err, qr/schema apply/, 'status says what to run';
($code, $out, $err) = ctl(qw(key list --db), $conn);
is $code, 1, 'other verbs refuse an empty database';
like $err, qr/schema apply/, 'they say what to run';

my @apply = (qw(schema apply --db), $conn, '--sql-dir', $sql);
($code, $out, $err) = ctl(@apply);
is "$code$err", '0', 'apply';
like $out, qr/^applied migration 0001_\w+\.sql$/m, 'it tells of a migration';
like $out, qr/^schema is at version $newest, functions replaced$/m,
    'it tells the version';
is version($db), $newest, 'the database is at that version';
my $before = picture($db);
($code, $out, $err) = ctl(@apply);
is "$code$err", '0', 'apply again';
is $out, "schema is at version $newest, functions are current;"
    . " nothing to do\n", 'there was nothing to do';
is picture($db), $before, 'nothing was changed';
($code, $out, $err) = ctl(qw(schema status --db), $conn);
is "$code$err", '0', 'status agrees';
is_deeply ctl_ok(qw(schema status --json --db), $conn),
    { database => $newest, build => $newest }, 'status for programs';

# ---- functions are replaced when their text is another --------------------
my $f = "CREATE OR REPLACE FUNCTION tpa.x() RETURNS int LANGUAGE sql"
    . " AS 'SELECT %d';\n";
my $dir = sql_dir('functions', 'functions/zz.sql' => sprintf $f, 1);
@apply = (qw(schema apply --db), $conn, '--sql-dir', $dir);
like ctl_ok(@apply), qr/functions replaced/, 'a further function';
is psql($db, 'SELECT tpa.x()'), 1, 'it is there';
like ctl_ok(@apply), qr/nothing to do/, 'once';
spew("$dir/functions/zz.sql", sprintf($f, 2) . 'SELECT 1/0;');
($code, $out, $err) = ctl(@apply);
is $code, 1, 'functions that fail';
like $err, qr/those before are in place.*division by zero/s, 'it says why';
is psql($db, 'SELECT tpa.x()'), 1, 'those before are in place';
spew("$dir/functions/zz.sql", sprintf $f, 3);
like ctl_ok(@apply), qr/functions replaced/, 'another text';
is psql($db, 'SELECT tpa.x()'), 3, 'it counts';
ctl_ok(qw(schema apply --db), $conn, '--sql-dir', $sql);

# ---- a migration that fails -----------------------------------------------
my $next = $newest + 1;
my $name = sprintf 'migrations/%04d_more.sql', $next;
my $body = "CREATE TABLE tpa_data.more (n int);\n" . sprintf $step, $next;
$dir = sql_dir('failing', $name => "$body SELECT 1/0;");
@apply = (qw(schema apply --db), $conn, '--sql-dir', $dir);
($code, $out, $err) = ctl(@apply);
is $code, 1, 'a migration that fails at its end';
like $err, qr/stays at version $newest.*division by zero/s, 'it says why';
is version($db), $newest, 'the version before it';
is psql($db, "SELECT to_regclass('tpa_data.more')"), '', 'no half of it';

# ---- one that is cut off --------------------------------------------------
spew("$dir/$name", "$body SELECT pg_sleep(60);");
my $run = start_ctl(@apply);
my $who = "FROM pg_stat_activity WHERE datname = '$db'"
    . " AND query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()";
for (1 .. 100) {
    last if psql('postgres', "SELECT count(*) $who");
    sleep 0.1;
}
is psql('postgres', "SELECT count(pg_terminate_backend(pid)) $who"), 1,
    'its connection is lost in the middle';
($code, $out, $err) = finish_ctl($run);
is $code, 1, 'a migration that is cut off';
is version($db), $newest, 'the version before it';
is psql($db, "SELECT to_regclass('tpa_data.more')"), '', 'no half of it';
spew("$dir/$name", "DROP FUNCTION tpa.schema_version();\n$body");
like ctl_ok(@apply), qr/^applied migration .*_more\.sql$/m, 'then it applies';
is version($db), $next, 'and counts';
is psql($db, 'SELECT * FROM tpa.schema_version()'), $next,
    'the functions follow each migration';
($code, $out, $err) = ctl(qw(schema status --db), $conn);
is $code, 1, 'status of a schema that is newer';
like $err, qr/newer release/, 'it says so';
($code, $out, $err) = ctl(qw(schema apply --db), $conn, '--sql-dir', $sql);
is $code, 1, 'an older release does not apply';
like $err, qr/nothing was changed/, 'it says so';
is version($db), $next, 'nothing was changed';

# ---- migrations that are not in order -------------------------------------
for my $case (
    [ 'migrations/0042_gap.sql',   qr/without a gap/ ],
    [ 'migrations/12_short.sql',   qr/NNNN_name\.sql/ ],
    [ 'migrations/0001_twice.sql', qr/without a gap/ ],
    [ $name,                       qr/left the schema at version/,
      "CREATE TABLE tpa_data.odd (n int);\n" ],
) {
    my ($odd, $say, $text) = @$case;
    my ($empty, $to) = fresh_db();

    (my $id = $odd) =~ tr/a-z0-9/_/c;
    ($code, $out, $err) = ctl(qw(schema apply --db), $to, '--sql-dir',
                              sql_dir($id, $odd => $text // 'SELECT 1;'));
    is $code, 1, "migrations with $odd";
    like $err, $say, "it says what is wrong with $odd";
}
($code, $out, $err) = ctl(qw(schema apply --db), $conn, '--sql-dir',
                          scratch('nowhere'));
is $code, 1, 'a folder that is not there';
like $err, qr/--sql-dir/, 'it says what to write';

# ---- two at once ----------------------------------------------------------
($db, $conn) = fresh_db();
my @runs = map { start_ctl(qw(schema apply --db), $conn, '--sql-dir', $sql) }
    1 .. 3;
my @codes = map { (finish_ctl($_))[0] } @runs;
is "@codes", '0 0 0', 'three at once all end well';
is version($db), $newest, 'at the newest version';

# ---- without the role of httpd --------------------------------------------
($db, $conn) = fresh_db();
psql('postgres', 'ALTER ROLE tpa_httpd RENAME TO tpa_httpd_away');
($code, $out, $err) = ctl(qw(schema apply --db), $conn, '--sql-dir', $sql);
psql('postgres', 'ALTER ROLE tpa_httpd_away RENAME TO tpa_httpd');
is $code, 1, 'the role of httpd is missing';
like $err, qr/createuser\s+tpa_httpd/, 'it says how to make it';
