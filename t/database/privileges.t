# What the role of httpd may do: call the functions of schema tpa, nothing
# else. And what everybody else may do: nothing.

use strict;
use warnings FATAL => 'all';

use Test::More;

use TPA::Functions;

fresh_schema();

# Statements in a session that logged in as httpd does; all that it prints.
sub as_httpd {
    my (@statements) = @_;

    open my $pipe, '-|', 'sh', '-c', 'exec "$0" "$@" 2>&1',
        "$ENV{TPA_PGBIN}/psql", qw(-X -q -A -t -U tpa_httpd -d),
        value_of('SELECT current_database()'), map { (-c => $_) } @statements
        or die "psql: $!\n";
    my $text = join '', readline $pipe;

    close $pipe;
    chomp $text;
    return $text;
}

sub refused {
    my ($sql, $what) = @_;

    like as_httpd($sql),
        qr/^ERROR:  (?:permission denied|must be|no schema has been)/m, $what;
    return;
}

is as_httpd('SELECT current_user'), 'tpa_httpd', 'logged in as httpd does';

# ---- tables -----------------------------------------------------------------
my @tables = map { $_->[0] } rows_of(
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n
     ON n.oid = c.relnamespace WHERE n.nspname = 'tpa_data'
     AND c.relkind IN ('r', 'v', 'm', 'S', 'p', 'f') ORDER BY 1");
cmp_ok scalar @tables, '>=', 25, 'there are tables to look at: ' . @tables;
refused("SELECT * FROM tpa_data.$_", "read $_") for @tables;
is_deeply [ map { "@$_" } rows_of(
    "SELECT r, c.relname, p FROM pg_class c,
            unnest('{tpa_httpd,public}'::text[]) AS r,
            unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,
                     TRIGGER}'::text[]) AS p
     WHERE c.relnamespace = 'tpa_data'::regnamespace
       AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
       AND has_table_privilege(r, c.oid, p)") ], [],
    'no right on any table, for httpd or everybody';
is value_of("SELECT count(*) FROM information_schema.column_privileges
             WHERE grantee IN ('tpa_httpd', 'PUBLIC')
             AND table_schema LIKE 'tpa%'"), 0, 'no column of any table';

# ---- everything that is not a table -----------------------------------------
refused($_->[0], $_->[1]) for (
    [ 'CREATE TABLE x (n int)', 'make a table' ],
    [ 'CREATE TABLE public.x (n int)', 'make a table in public' ],
    [ 'CREATE TABLE tpa.x (n int)', 'make a table in tpa' ],
    [ 'CREATE TEMP TABLE x (n int)', 'make a temporary table' ],
    [ 'CREATE SCHEMA x', 'make a schema' ],
    [ 'CREATE FUNCTION tpa.f() RETURNS int LANGUAGE sql AS \'SELECT 1\'',
      'make a function' ],
    [ 'CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS \'SELECT 1\'',
      'make a temporary function' ],
    [ 'ALTER FUNCTION tpa.schema_version() RESET ALL', 'change a function' ],
    [ 'DROP FUNCTION tpa.schema_version()', 'drop a function' ],
    [ 'SET ROLE tpa_owner', 'become the owner' ],
    [ "SELECT tpa_data.words('[]')", 'call a function of the owner' ],
    [ "COPY (SELECT 1) TO PROGRAM 'true'", 'run a program' ],
    [ "SELECT pg_read_file('PG_VERSION')", 'read a file' ],
);
is_deeply [ map { "@$_" } rows_of(
    "SELECT nspname, has_schema_privilege('tpa_httpd', oid, 'USAGE'),
            has_schema_privilege('tpa_httpd', oid, 'CREATE')
     FROM pg_namespace WHERE nspname IN ('tpa', 'tpa_data', 'public')
     ORDER BY 1") ], [ 'public f f', 'tpa t f', 'tpa_data f f' ],
    'schemas of the httpd role';
is_deeply [ map { "@$_" } rows_of(
    "SELECT nspname, has_schema_privilege('public', oid, 'USAGE'),
            has_schema_privilege('public', oid, 'CREATE')
     FROM pg_namespace WHERE nspname IN ('tpa', 'tpa_data', 'public')
     ORDER BY 1") ], [ 'public f f', 'tpa f f', 'tpa_data f f' ],
    'schemas of everybody';
is_deeply [ map { "@$_" } rows_of(
    "SELECT r, p, has_database_privilege(r, current_database(), p)
     FROM unnest('{tpa_httpd,public}'::text[]) AS r,
          unnest('{CONNECT,CREATE,TEMPORARY}'::text[]) AS p ORDER BY 1, 2") ],
    [ 'public CONNECT f', 'public CREATE f', 'public TEMPORARY f',
      'tpa_httpd CONNECT t', 'tpa_httpd CREATE f', 'tpa_httpd TEMPORARY f' ],
    'the database itself';
is value_of("SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls
             OR rolreplication FROM pg_roles WHERE rolname = 'tpa_httpd'"), 'f',
    'the httpd role is nobody special';
is value_of("SELECT count(*) FROM pg_auth_members m JOIN pg_roles r
             ON r.oid = m.member WHERE r.rolname = 'tpa_httpd'"), 0,
    'the httpd role is member of no other';

# ---- functions --------------------------------------------------------------
my $functions = "FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
    WHERE n.nspname = 'tpa'";
cmp_ok value_of("SELECT count(*) $functions"), '>=', 20, 'there are functions';
for (
    [ "NOT has_function_privilege('tpa_httpd', f.oid, 'EXECUTE')",
      'the httpd role may call each' ],
    [ "has_function_privilege('public', f.oid, 'EXECUTE')",
      'nobody else may call any' ],
    [ 'NOT f.prosecdef', 'each runs with the rights of the owner' ],
    [ "pg_get_userbyid(f.proowner) <> 'tpa_owner'", 'each is the owner\'s' ],
    [ "f.proconfig IS NULL OR NOT f.proconfig @>
       '{\"search_path=pg_catalog, tpa_data, pg_temp\"}'",
      'each pins its search path, pg_temp last' ],
    [ "EXISTS (SELECT FROM unnest(f.proargtypes::oid[]) AS t
               WHERE t <> 'text'::regtype)", 'each takes text only' ],
    [ "f.provariadic <> 0 OR f.pronargdefaults > 1 OR (f.pronargdefaults = 1
       AND f.proargnames[f.pronargs] <> 'p_event')",
      'only the event of an effect may be left out' ],
) {
    my ($wrong, $what) = @$_;

    is_deeply [ map { $_->[0] }
                rows_of("SELECT f.proname $functions AND ($wrong)") ], [],
        $what;
}
is_deeply [ map { $_->[0] } rows_of("SELECT f.proname $functions
    GROUP BY f.proname HAVING count(*) > 1") ], [], 'no name stands for two';
is_deeply [ map { $_->[0] } rows_of(
    "SELECT f.proname FROM pg_proc f JOIN pg_namespace n
     ON n.oid = f.pronamespace WHERE n.nspname = 'tpa_data'
     AND (has_function_privilege('public', f.oid, 'EXECUTE')
          OR has_function_privilege('tpa_httpd', f.oid, 'EXECUTE'))") ], [],
    'functions of tpa_data are for the owner alone';
like as_httpd('SELECT version FROM tpa.schema_version()'), qr/^\d+$/,
    'the httpd role calls a function that reads';
is as_httpd("SELECT result FROM tpa.client_delete('{}')"), 'not_found',
    'and one that makes an effect';
like as_httpd('SET search_path = pg_temp, public, tpa_data',
              'SELECT version FROM tpa.schema_version()'), qr/^\d+$/,
    'whatever the search path of the caller is';

done_testing;
