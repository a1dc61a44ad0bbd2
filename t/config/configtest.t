# httpd -t finds every mistake, with its file and line, and says what to write.
use TPA::Test;

my $dir = "$ENV{TPA_WORK}/tmp";
my $secret = "$ENV{TPA_WORK}/secret-a";
my $n = 0;

# A file with that content and mode.
sub file {
    my ($text, $mode) = @_;
    my $name = "$dir/secret.$$." . ++$n;

    open my $out, '>', $name or die $!;
    print $out $text;
    close $out;
    chmod $mode, $name;
    return $name;
}

# A folder of pages with these files: name, text, ...
sub pages {
    my (%files) = @_;
    my $name = "$dir/pages.$$." . ++$n;

    mkdir $name or die $!;
    for (keys %files) {
        open my $out, '>', "$name/$_" or die $!;
        print $out $files{$_};
        close $out;
    }
    return $name;
}

# A virtual host that is right, but for what is said here. Its first line is
# line 3 of the file: <VirtualHost> is line 2.
sub host {
    my (@lines) = @_;

    return join "\n", '<VirtualHost *:1>', @lines, 'DBDriver pgsql',
        'DBDParams "dbname=x"', "</VirtualHost>\n";
}

my $issuer = 'TPAIssuer https://auth.example.com/';
my $file = "TPASecretFile $secret";

# ---- what is right --------------------------------------------------------------------

my @right = (
    [ 'nothing', '' ],
    [ 'a tenant', host($issuer, $file) ],
    [ 'a tenant whose file is the server\'s', "$file\n" . host($issuer) ],
    [ 'a tenant in the main server',
      "$issuer\n$file\nDBDriver pgsql\nDBDParams \"dbname=x\"\n" ],
    [ 'a port and a path',
      host('TPAIssuer https://auth.example.com:8443/a/b/', $file) ],
    [ 'two hosts of one tenant', host($issuer, $file) . host($issuer, $file) ],
    [ 'two tenants', host($issuer, $file)
      . host('TPAIssuer https://other.example.com/', $file) ],
    [ 'a file given from the server\'s root',
      host($issuer, 'TPASecretFile ../secret-a') ],
    [ 'a file with comments and two secrets', host($issuer, 'TPASecretFile '
      . file("# new\n" . 'n' x 40 . "\n\n# old\n" . 'o' x 40 . "\n", 0600)) ],
    [ 'a file the group may read', host($issuer,
      'TPASecretFile ' . file('x' x 40 . "\n", 0640)) ],
    [ 'an empty folder of pages', host($issuer, $file,
      'TPATemplates ' . pages()) ],
    [ 'pages, parts of pages and texts', host($issuer, $file,
      'TPATemplates ' . pages('login.mustache' => '{{>ours}}{{t.or}}',
        'ours.mustache' => "Hello\n", 'foot.mustache' => '</html>',
        'de.json' => '{"or": "sonst"}', 'it.json' => '{"or": "o"}',
        README => 'whatever {{', '.hidden.mustache' => '{{')) ],
    [ 'pages of the server', 'TPATemplates ' . pages('en.json' => '{}') . "\n"
      . host($issuer, $file) ],
    [ 'pages of the server, overridden', "TPATemplates $dir/nowhere\n"
      . host($issuer, $file, 'TPATemplates ' . pages()) ],
    [ 'origins of logos', host($issuer, $file,
      'TPALogoOrigins https://a.example https://b.example:8443') ],
    [ 'no origins of logos', host($issuer, $file, 'TPALogoOrigins none') ],
    map([ "newcomers: $_", host($issuer, $file,
          "TPARegisteredOrganizations $_") ], qw(deny allow require)),
    [ 'pages without a tenant', "TPATemplates $dir/nowhere\n" ],
    [ 'directives without a tenant', "TPAMaxBody 1024\n$file\n" ],
    [ 'numbers for some', host($issuer, $file, '<Location /metrics>',
      'SetHandler tpa-metrics', 'Require local', '</Location>') ],
    [ 'numbers by a group of rules', host($issuer, $file, '<Location /metrics>',
      '<RequireAny>', 'Require local', '</RequireAny>',
      'SetHandler tpa-metrics', '</Location>') ],
);

push @right, [ "a limit: $_", host($issuer, $file, "TPARateLimit $_") ]
    for 'default 100 20/s', 'third-party 1 1/m log', 'cimd 0', 'register off',
        'auth-failures 5 10/h', 'client:tpc_x 0 log',
        'client:https://app.example/c.json 10000 10000/s';

my %number = (
    # directive          default  least   most
    TPAMaxBody        => [ 65536, 1024, 1048576 ],
    TPARetryAfter     => [ 5,     1,    3600 ],
    TPAKeyRefresh     => [ 2,     1,    60 ],
    TPAAuditQueue     => [ 1024,  16,   65536 ],
    TPAMetadataMaxAge => [ 300,   0,    86400 ],
    TPAHousekeeping   => [ 60,    0,    86400 ],
    TPALogRetention   => [ 0,     0,    24000 ],
);
for my $name (sort keys %number) {
    push @right, [ "$name $_", host($issuer, $file, "$name $_") ]
        for @{ $number{$name} };
}

for (@right) {
    my ($name, $text) = @$_;
    my ($rc, $said) = config($text);

    is($rc, 0, "right: $name") or diag($said);
}

# ---- what is wrong ----------------------------------------------------------------------

# name, text, line of the mistake, and what must be said of it.
my @wrong = (
    [ 'an issuer of plain http', host('TPAIssuer http://auth.example.com/'),
      3, qr{https://} ],
    [ 'an issuer without its slash', host('TPAIssuer https://auth.example.com'),
      3, qr{slash.*https://auth\.example\.com/}s ],
    [ 'a path without its slash', host('TPAIssuer https://auth.example.com/a'),
      3, qr{slash} ],
    [ 'an issuer with a query', host('TPAIssuer https://auth.example.com/?a=b/'),
      3, qr{query} ],
    [ 'an issuer with a fragment', host('TPAIssuer https://auth.example.com/#/'),
      3, qr{fragment} ],
    [ 'an issuer with a user', host('TPAIssuer https://me@auth.example.com/'),
      3, qr{user} ],
    [ 'an issuer without a host', host('TPAIssuer https:///'), 3, qr{host} ],
    [ 'an issuer that is only a host', host('TPAIssuer auth.example.com'), 3,
      qr{https://} ],
    [ 'an issuer in capitals', host('TPAIssuer https://Auth.Example.com/'), 3,
      qr{lower-case} ],
    [ 'an issuer with an escape', host('TPAIssuer https://auth.example.com/%41/'),
      3, qr{path} ],
    [ 'an issuer with dots in its path',
      host('TPAIssuer https://auth.example.com/a/../b/'), 3, qr{path} ],
    [ 'an issuer with two slashes',
      host('TPAIssuer https://auth.example.com/a//b/'), 3, qr{path} ],
    [ 'an issuer with an odd port',
      host('TPAIssuer https://auth.example.com:99999/'), 3, qr{port} ],
    [ 'an empty issuer', host('TPAIssuer ""'), 3, qr{issuer URL} ],
    [ 'no issuer behind the directive', host('TPAIssuer'), 3,
      qr{one argument.*issuer}s ],
    [ 'two issuers', host('TPAIssuer https://a.example/ https://b.example/'),
      3, qr{one argument} ],
    [ 'an issuer in <Location>',
      host('<Location /x>', $issuer, '</Location>'), 4,
      qr{not allowed in <Location>} ],
    [ 'an issuer in <Directory>',
      "<Directory />\n$issuer\n</Directory>\n", 3,
      qr{not allowed in <Directory>} ],
    [ 'a secret file in <Location>',
      host('<Location /x>', $file, '</Location>'), 4,
      qr{not allowed in <Location>} ],
    [ 'no secret file behind the directive', host($issuer, 'TPASecretFile'),
      4, qr{one argument} ],
    [ 'no secret file', host($issuer), 3, qr{TPASecretFile /} ],
    [ 'a secret file that is not there',
      host($issuer, "TPASecretFile $dir/nowhere"), 4,
      qr{\Q$dir\E/nowhere.*openssl rand}s ],
    [ 'a secret file that is a directory',
      host($issuer, "TPASecretFile $dir"), 4, qr{\Q$dir\E} ],
    [ 'a secret file nobody may read',
      host($issuer, 'TPASecretFile ' . file('x' x 40, 0)), 4,
      qr{secret\.\d+} ],
    [ 'a secret file everybody may read',
      host($issuer, 'TPASecretFile ' . file('x' x 40, 0644)), 4,
      qr{chmod} ],
    [ 'a secret file everybody may write',
      host($issuer, 'TPASecretFile ' . file('x' x 40, 0602)), 4,
      qr{chmod} ],
    [ 'an empty secret file',
      host($issuer, 'TPASecretFile ' . file('', 0600)), 4,
      qr{openssl rand} ],
    [ 'a secret file of comments',
      host($issuer, 'TPASecretFile ' . file("# nothing\n", 0600)), 4,
      qr{openssl rand} ],
    [ 'a secret that is too short',
      host($issuer, 'TPASecretFile ' . file("short\n", 0600)), 4,
      qr{line 1.*32}s ],
    [ 'a second secret that is too short',
      host($issuer, 'TPASecretFile ' . file('x' x 40 . "\nshort\n", 0600)), 4,
      qr{line 2.*32}s ],
    [ 'a secret file that is too long',
      host($issuer, 'TPASecretFile ' . file("# \n" x 40000, 0600)), 4,
      qr{secret\.\d+} ],
    [ 'pages that are not there',
      host($issuer, $file, "TPATemplates $dir/nowhere"), 5,
      qr{\Q$dir\E/nowhere cannot be read.*write the path of a folder}s ],
    [ 'pages of the server that are not there',
      "TPATemplates $dir/nowhere\n" . host($issuer, $file), 2,
      qr{TPATemplates cannot be used.*nowhere} ],
    [ 'pages that are a file', host($issuer, $file, "TPATemplates $secret"),
      5, qr{secret-a cannot be read} ],
    map([ $_->[0], host($issuer, $file, 'TPATemplates ' . pages(@{ $_->[1] })),
          5, qr{pages\.\d+\.\d+/$_->[2]}s ],
        [ 'a page that would not escape',
          [ 'login.mustache' => "a\n{{{b}}}" ],
          qr{login\.mustache line 2: .*write \{\{name\}\}} ],
        [ 'a page with a section left open',
          [ 'consent.mustache' => "{{#a}}\n" ],
          qr{consent\.mustache line 2: .*write \{\{/a\}\}} ],
        [ 'a page with a part that is not there',
          [ 'error.mustache' => "\n\n{{>nope}}" ],
          qr{error\.mustache line 3: .*nope} ],
        [ 'a part that includes itself',
          [ 'head.mustache' => "{{>head}}" ],
          qr{head\.mustache line 1: .*end} ],
        [ 'a page whose name is mistyped', [ 'logn.mustache' => 'x' ],
          qr{logn\.mustache line 1: .*write login\.mustache} ],
        [ 'a page that is no text', [ 'login.mustache' => "a\xff" ],
          qr{login\.mustache line 1: .*UTF-8} ],
        [ 'a page that is too long', [ 'login.mustache' => 'x' x 65537 ],
          qr{login\.mustache line 1: .*65536} ],
        [ 'texts that are no JSON', [ 'de.json' => "{\n\"or\": x}" ],
          qr{de\.json.*line 2} ],
        [ 'texts that are a list', [ 'de.json' => '[]' ],
          qr{de\.json line 1: .*no JSON object} ],
        [ 'a text nobody shows', [ 'de.json' => "{\n\n\"nope\": \"x\"}" ],
          qr{de\.json line 3: "nope" is no key.*en\.json} ],
        [ 'a text that is a number', [ 'de.json' => "{\n\"or\": 1}" ],
          qr{de\.json line 2: "or" is no text} ],
        [ 'a text with a foreign placeholder',
          [ 'de.json' => "{\"or\": \"{application}\"}" ],
          qr{de\.json line 1: .*\{application\}.*English text is: or} ],
        [ 'a text with a stray brace', [ 'de.json' => "{\"or\": \"a {\"}" ],
          qr{de\.json line 1: .*write \{name\}} ],
        [ 'an empty text', [ 'de.json' => '{"or": ""}' ],
          qr{de\.json line 1: .*empty} ],
        [ 'a direction there is none of', [ 'de.json' => '{"dir": "up"}' ],
          qr{de\.json line 1: .*write ltr or rtl} ],
        [ 'a language there is none of', [ 'deutsch.json' => '{}' ],
          qr{deutsch\.json line 1: .*write for instance de\.json} ]),
    [ 'pages in <Location>', host('<Location /x>', 'TPATemplates /x',
      '</Location>'), 4, qr{not allowed in <Location>} ],
    [ 'no folder behind the directive', host($issuer, 'TPATemplates'), 4,
      qr{one argument} ],
    map([ "logos of $_", host($issuer, $file, "TPALogoOrigins $_"), 5,
          qr{must be none, or origins of https.*instance https://cdn} ],
        'http://a.example', 'https://a.example/', 'https://a.example/x', '*',
        'https://*.a.example', 'https:', 'a.example', 'https://u@a.example',
        'https://a.example;x', 'https://b.example none,'),
    map([ "newcomers: $_", host($issuer, $file,
          "TPARegisteredOrganizations $_"), 5,
          qr{must be deny, allow or require, not "$_"; write for instance} ],
        'on', 'Require', 'all'),
    [ 'newcomers in <Location>', host('<Location /x>',
      'TPARegisteredOrganizations deny', '</Location>'), 4,
      qr{not allowed in <Location>} ],
    map([ "a limit: $_->[0]", host($issuer, $file, "TPARateLimit $_->[0]"), 5,
          qr{TPARateLimit: $_->[1].*write for instance TPARateLimit default} ],
        [ '', 'it takes whom' ], [ 'default', 'it takes whom' ],
        [ 'everybody 1 1/s', 'the first word must be default' ],
        [ 'client: 1 1/s', 'client: must be followed' ],
        [ 'default 10', 'a burst needs a rate' ],
        [ 'default -5 1/s', 'the burst must be' ],
        [ 'default 5 1', 'the rate must be' ],
        [ 'default 5 0/s', 'the rate must be' ],
        [ 'default 5 1/w', 'the rate must be' ],
        [ 'default 5 1/s loud', 'only log may follow' ],
        [ 'default 0 1/s', 'only log may follow 0' ],
        [ 'auth-failures 0', 'auth-failures 0 would refuse' ]),
    [ 'a limit in <Location>', host('<Location /x>',
      'TPARateLimit default 1 1/s', '</Location>'), 4,
      qr{not allowed in <Location>} ],
    [ 'logos in <Location>', host('<Location /x>', 'TPALogoOrigins none',
      '</Location>'), 4, qr{not allowed in <Location>} ],
    [ 'two secret files of one tenant', host($issuer, $file)
      . host($issuer, 'TPASecretFile ' . file('x' x 40, 0600)), 3,
      qr{same file} ],
    [ 'a tenant without a database',
      "<VirtualHost *:1>\n$issuer\n$file\n</VirtualHost>\n", 3,
      qr{DBDParams} ],
    map([ "numbers for everybody: $_->[0]", host($issuer, $file, @{ $_->[1] }),
          $_->[2], qr{tpa-metrics needs a Require.*instance Require local} ],
        [ 'a location', [ '<Location /x>', 'SetHandler tpa-metrics',
                          '</Location>' ], 6 ],
        [ 'a section in one that is guarded',
          [ '<Location /x>', 'Require local', '<If "true">',
            'SetHandler TPA-metrics', '</If>', '</Location>' ], 8 ],
        [ 'a whole host', [ 'SetHandler tpa-metrics' ], 5 ]),
    [ 'an unknown directive of ours', host('TPANope on'), 3,
      qr{Invalid command 'TPANope'} ],
);
for my $name (sort keys %number) {
    my ($default, $least, $most) = @{ $number{$name} };

    push @wrong, [ "$name $_->[0]", host($issuer, $file, "$name $_->[1]"), 5,
                   qr{$name must be a whole number from $least to $most,.*instance $default} ]
        for [ 'too small', $least - 1 ], [ 'too great', $most + 1 ],
            [ 'that is no number', 'many' ], [ 'with a unit', "${default}s" ],
            [ 'with a fraction', "$default.5" ],
            [ 'beyond all bounds', '9' x 30 ], [ 'in hexadecimal', '0x400' ];
    push @wrong, [ "$name without a number", host($issuer, $file, $name), 5,
                   qr{one argument} ],
                 [ "$name that is empty", host($issuer, $file, "$name \"\""),
                   5, qr{one argument|whole number} ],
                 [ "$name with two", host($issuer, $file, "$name 1 2"), 5,
                   qr{one argument} ],
                 [ "$name in <Location>", host($issuer, $file, '<Location /x>',
                   "$name $default", '</Location>'), 6,
                   qr{not allowed in <Location>} ];
}

for (@wrong) {
    my ($name, $text, $line, $match) = @$_;
    my ($rc, $said, $conf) = config($text);
    my $place = qr{line $line of \Q$conf\E|\Q$conf\E line $line\b};

    ok($rc != 0 && $said =~ $place && $said =~ $match, "wrong: $name")
        or diag("rc $rc, wanted line $line and $match: $said");
    unlike($said, qr/x{40}|short\n/, "$name: no secret is printed");
}

# Without mod_dbd.
my ($rc, $said, $conf) = config("<VirtualHost *:1>\n$issuer\n$file\n"
                                . "</VirtualHost>\n", without => [ 'dbd' ]);
ok($rc != 0 && $said =~ /\Q$conf\E line 3\b/ && $said =~ /a2enmod dbd/,
   'wrong: no mod_dbd') or diag($said);
($rc, $said) = config('', without => [ 'dbd' ]);
is($rc, 0, 'right: no mod_dbd and no tenant') or diag($said);

# All mistakes are told, not just the first.
($rc, $said, $conf) = config(host($issuer) . host(
    'TPAIssuer https://b.example.com/', "TPASecretFile $dir/nowhere"));
ok($said =~ /\Q$conf\E line 3\b/ && $said =~ /\Q$conf\E line 9\b/,
   'two mistakes, two messages') or diag($said);

# In a file that is included, the file is named.
my $part = file(host('TPAIssuer nonsense'), 0644);
($rc, $said) = config("Include $part\n");
ok($rc != 0 && $said =~ /line 2 of \Q$part\E/, 'a mistake in an included file')
    or diag($said);

done_testing();
