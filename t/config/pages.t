# The examples of docs/pages.md, and the files an operator starts from: httpd
# takes them all.
use TPA::Test;

my $work = $ENV{TPA_WORK};
my $n = 0;

# What httpd -t says to a folder with these files: name => text.
sub tried {
    my (%files) = @_;
    my $dir = "$work/tmp/pages-t.$$." . ++$n;

    mkdir $dir or die $!;
    for (keys %files) {
        open my $out, '>', "$dir/$_" or die $!;
        print $out $files{$_};
        close $out;
    }
    return config(<<"END");
<VirtualHost *:1>
TPAIssuer https://auth.example.com/
TPASecretFile $work/secret-a
TPATemplates $dir
DBDriver pgsql
DBDParams "dbname=x"
</VirtualHost>
END
}

# ---- the examples ------------------------------------------------------------

my $doc = TPA::Log::slurp("$work/pages.md");
my %examples = (
    'confirm.mustache' => $doc =~ /^```mustache\n(.*?)^```/ms,
    'de.json' => $doc =~ /^```json\n(.*?)^```/ms,
);
for my $name (sort keys %examples) {
    like($doc, qr/`\Q$name\E`/, "$name is named");
    ok(length($examples{$name} // ''), "$name has its example");
    my ($rc, $said) = tried($name => $examples{$name});

    is($rc, 0, "the example of $name") or diag($said);
    ($rc, $said) = tried($name => "$examples{$name}\n{{#x}}");
    isnt($rc, 0, "$name with a mistake");
}
my ($rc, $said) = tried(%examples);
is($rc, 0, 'both examples') or diag($said);

# ---- what is installed to start from -------------------------------------------

for my $path (glob("$work/templates/*"), glob("$work/locales/*")) {
    my ($name) = $path =~ m{([^/]+)$};

    ($rc, $said) = tried($name => TPA::Log::slurp($path));
    is($rc, 0, "$name as it is built in") or diag($said);
    like($doc, $name =~ /^(\w+)\.json$/ ? qr/\(`$1`|`$name`/
             : qr/`\Q$name\E`|^\| `\Q${\($name =~ s{\.mustache$}{}r)}\E` \|/m,
         "$name stands in the documentation");
}

done_testing();
