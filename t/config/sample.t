# The files of conf/: what they show is what httpd takes.
use TPA::Test;

my $conf = TPA::Log::slurp("$ENV{TPA_WORK}/conf/tpa_orgs.conf");
my $load = TPA::Log::slurp("$ENV{TPA_WORK}/conf/tpa_orgs.load");
my $secret = "$ENV{TPA_WORK}/secret-a";

like($load, qr/^# Depends: dbd$/m, 'a2enmod enables mod_dbd first');
like($load, qr{^LoadModule tpa_orgs_module /\S+/mod_tpa_orgs\.so$}m,
     'the module is loaded by its name');

my ($rc, $said) = config($conf);
is($rc, 0, 'tpa_orgs.conf as it is shipped') or diag($said);
unlike($conf, qr/^[^#\n]/m, 'it sets nothing');

# Every directive it shows, with the value it shows.
my %shown = $conf =~ /^#(TPA\w+) +(\S.*)$/mg;

cmp_ok(scalar keys %shown, '>=', 7, 'it shows directives');
for my $name (sort keys %shown) {
    my $value = $name eq 'TPASecretFile' ? $secret : $shown{$name};

    # A file of keys is there on no other machine.
    $value =~ s{ \S+\.jwks$}{ $ENV{TPA_WORK}/remote.jwks};
    my ($rc, $said) = config("TPASecretFile $secret\n$name $value\n"
        . "DBDriver pgsql\nDBDParams \"dbname=x\"\n");

    is($rc, 0, "$name $shown{$name}") or diag($said);
}

# The whole virtual host at its end, but for the parts of mod_ssl.
my ($host) = $conf =~ /^(#<VirtualHost .*^#<\/VirtualHost>)/ms;

$host =~ s/^#//mg;
$host =~ s/^ *SSL.*\n//mg;
$host =~ s{TPASecretFile .*}{TPASecretFile $secret};
like($host, qr/TPAIssuer .*DBDParams /s, 'it shows a virtual host');
($rc, $said) = config($host);
is($rc, 0, 'which is right') or diag($said);

done_testing();
