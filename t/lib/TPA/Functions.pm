package TPA::Functions;

# The functions of schema tpa, called in a database made for the test.

use strict;
use warnings FATAL => 'all';

use Digest::SHA qw(sha256_hex);
use Exporter qw(import);
use JSON::PP ();
use Test::More;

use TPA::Ctl;
use TPA::DB;

our @EXPORT = qw(fresh_schema rows_of value_of error_of effect effects_are
    at_once hash_of jwk_of org_of grant_of api_of $TRUE $FALSE);
our ($TRUE, $FALSE) = (JSON::PP::true, JSON::PP::false);

my ($name, $db);

# A new database with the schema applied; its handle. The functions below work
# on it, as the owner of the schema.
sub fresh_schema {
    ($name, my $conn) = fresh_db();
    ctl_ok(qw(schema apply --db), $conn, '--sql-dir', $ENV{TPA_SQLDIR});
    $db = TPA::DB->connect_to($name);
    return $db;
}

sub rows_of { return $db->rows(@_) }
sub value_of { return $db->value(@_) }

# What the server has to say against a statement; '' if nothing. Nothing of it
# is done either way.
sub error_of {
    my ($sql) = @_;

    $db->run('BEGIN');
    my $text = $db->run($sql);
    $db->run('ROLLBACK');
    return $text =~ /^(ERROR: .*)/m ? $1 : '';
}

# Call an effect: "result id", with "-" for no id.
sub effect {
    my ($fn, $object) = @_;
    my ($row) = $db->rows("SELECT result, id FROM tpa.$fn(?)", $object);

    return join ' ', map { defined $_ ? $_ : '-' } @$row;
}

# Rows of [ function, argument, expected, name ].
sub effects_are {
    for (@_) {
        my ($fn, $object, $expected, $what) = @$_;

        is effect($fn, $object), $expected, "$fn: $what";
    }
    return;
}

# Statements in n sessions at once; make->(number) gives them, the lines of
# each session come back.
sub at_once {
    my ($n, $make) = @_;
    my @pipes = map {
        open my $pipe, '-|', "$ENV{TPA_PGBIN}/psql", qw(-X -q -A -t -U),
            'tpa_owner', '-d', $name, '-c', 'SELECT FROM pg_sleep(0.2)', '-c',
            $make->($_) or die "psql: $!\n";
        $pipe;
    } 1 .. $n;

    return map {
        my @lines = grep { /\S/ } readline $_;

        close $_;
        chomp @lines;
        \@lines;
    } @pipes;
}

sub hash_of { return sha256_hex($_[0]) }
sub jwk_of { return { kty => 'RSA', n => $_[0], e => 'AQAB' } }
sub org_of { return 'org_' . substr('0' x 16 . $_[0], -16) }
sub grant_of { return 'cgr_' . substr('0' x 16 . $_[0], -16) }
sub api_of { return substr('0' x 24 . $_[0], -24) }

END {
    local $?;
    $db->disconnect if $db;
}

1;
