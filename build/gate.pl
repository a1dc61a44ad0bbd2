# Views of C sources for the gates; see gate.sh for what each prints.
use strict;
use warnings;

sub slurp {
    my ($file) = @_;
    open(my $in, '<', $file) or die "$file: $!\n";
    local $/;
    my $text = <$in>;
    return defined $text ? $text : '';
}

# Blank comments, keeping lines; with $texts blank what stands in quotes too.
sub strip {
    my ($text, $texts) = @_;
    $text =~ s{(/\*.*?\*/|//[^\n]*)|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')}{
        my $s = defined $1 ? $1 : $2;
        defined $1 ? blank($s) : $texts ? '""' : $s;
    }gse;
    return $text;
}

sub blank {
    my ($s) = @_;
    $s =~ s/[^\n]+/ /g;
    return $s;
}

# Names of the files on standard input, each with its lines from view().
sub each_line {
    my ($view) = @_;
    while (my $file = <STDIN>) {
        chomp $file;
        my $n = 0;
        for my $line (split /\n/, $view->(slurp($file))) {
            $n++;
            print "$file:$n:$line\n" if $line =~ /\S/;
        }
    }
}

# Only what stands in double quotes; neighbours are joined, as in C.
sub texts_only {
    my ($text) = @_;
    my ($out, $open, $lines) = ('', undef, 0);
    my $close = sub {
        $out .= (defined $open ? " $open " : '') . "\n" x $lines;
        ($open, $lines) = (undef, 0);
    };
    $text = strip($text, 0);
    while ($text =~ /"((?:\\.|[^"\\\n])*)"|'(?:\\.|[^'\\\n])*'|(\n)|(\S)/g) {
        if (defined $1) {
            $open = defined $open ? $open . $1 : $1;
        }
        elsif (defined $2) {
            $lines++;
            $close->() if !defined $open;
        }
        else {
            $close->();
        }
    }
    $close->();
    return $out;
}

my $quoted = qr/"(?:\\.|[^"\\])*"/;
my $text = qr/"((?:\\.|[^"\\])*)"/;

# The body of a C table: what stands between its braces.
sub table {
    my ($file, $name) = @_;
    my $code = strip(slurp($file), 0);
    $code =~ /\b\Q$name\E\s*\[[^\]]*\]\s*=\s*
              (\{(?:[^{}"]|$quoted|(?1))*\})/x
        or die "$file has no table $name\n";
    return substr($1, 1, -1);
}

sub rows {
    my ($file, $table, $field) = @_;
    my $body = table($file, $table);
    while ($body =~ /\{((?:[^{}"]|$quoted)*)\}/g) {
        my @texts = ($1 =~ /$text/g);
        my $word = $texts[($field || 1) - 1];
        print "$word\n" if defined $word;
    }
}

# All texts of a table that is a plain list.
sub list {
    my ($file, $table) = @_;
    my $body = table($file, $table);
    print "$1\n" while $body =~ /$text/g;
}

sub none {
    my ($regex, $say) = @_;
    while (my $line = <STDIN>) {
        chomp $line;
        my ($file, $n, $text) = split /:/, $line, 3;
        if (!defined $text) {
            print "! $line\n";
        }
        elsif ($text =~ /$regex/) {
            print "! $file:$n: $say: ", $text =~ s/^\s+//r, "\n";
        }
        else {
            print "+\n";
        }
    }
}

my %does = (
    code  => sub { each_line(sub { strip($_[0], 0) }) },
    bare  => sub { each_line(sub { strip($_[0], 1) }) },
    texts => sub { each_line(\&texts_only) },
    rows  => \&rows,
    list  => \&list,
    none  => \&none,
);
my $what = shift @ARGV;
$does{$what}->(@ARGV);
