# After all other tests: nothing that was secret in them stands in any log, in
# the audit events, or in what the database was told. Must run last.
use TPA::Test timeout => 240;

my @seen = do {
    my %once = map { $_ => 1 } split /\n/,
        TPA::Log::slurp("$ENV{TPA_WORK}/seen");

    sort keys %once;
};
my $t = tenant('a');
my $m = $t->machine;

# Enough of its own to find, whichever tests ran before.
my $answer = $t->token($m);
my $fresh = $answer->json->{access_token};

is($answer->code, 200, 'a token');
push @seen, $m->{secret}, $fresh;
is_error($t->token({ %$m, secret => "x$m->{secret}" }), 401, 'invalid_client',
         'a refusal with a secret in it');
is_error($t->token($m, client_assertion => $fresh), 401, 'invalid_client',
         'a refusal with a token in it');
is_error($t->token($m, organization => "org_x", scope => 'no:such'), 400,
         'invalid_scope', 'a refusal by a rule');
cmp_ok(scalar @seen, '>=', 2, scalar(@seen) . ' secrets and tokens were used');

# ---- what was written ----------------------------------------------------------------

# The events of now, too.
$t->event(client_id => $m->{id}, type => 'seccft');
within(1.5, sub { 0 });

my %log;
for my $file (glob("$ENV{TPA_T}/logs/*_log"),
              glob("$ENV{TPA_WORK}/nodes/*/logs/*"), $ENV{TPA_PGLOG}) {
    $log{$file} = TPA::Log::slurp($file) if -f $file;
}
for my $name (qw(a b)) {
    my $db = tenant($name)->db;

    $log{"audit events of $name"} = join "\n", map { $_->[0] }
        $db->rows('SELECT e::text FROM tpa_data.log_events e');
    $log{"other tables of $name"} = join "\n", map { $_->[0] } map {
        $db->rows("SELECT x::text FROM tpa_data.$_ x")
    } map { $_->[0] } $db->rows('SELECT relname FROM pg_class WHERE relkind ='
        . " 'r' AND relnamespace = 'tpa_data'::regnamespace"
        . " AND relname <> 'log_events'");
}
cmp_ok(length $log{"$ENV{TPA_T}/logs/error_log"}, '>', 1000,
       'there is an error log');
cmp_ok(length $log{"$ENV{TPA_T}/logs/access_log"}, '>', 100,
       'there is an access log');
like($log{$ENV{TPA_PGLOG}}, qr/tpa\.m2m_facts\(/,
     'there is a log of what the database was asked');
like($log{'audit events of a'}, qr/seccft/, 'there are audit events');

# One pass for all of them: the longest words of each text are looked up.
my %secret = map { $_ => 1 } @seen;
my %part;   # the parts of tokens count by themselves
for my $text (@seen) {
    my @parts = split /\./, $text;

    next unless @parts == 3;
    $part{ $parts[2] } = 1 if length $parts[2] >= 20;
    $part{ $parts[1] } = 1 if length $parts[1] >= 20;
}

for my $name (sort keys %log) {
    my @found;

    while ($log{$name} =~ /([A-Za-z0-9_.~%+\/=-]{8,})/g) {
        my $word = $1;

        for my $piece ($word, split /[=.\/%+]/, $word) {
            push @found, $piece if $secret{$piece} || $part{$piece};
        }
    }
    is(scalar @found, 0, "$name: no secret, no token")
        or diag(join "\n", map { substr $_, 0, 60 } splice @found, 0, 5);
    # Not in the midst of something: of sealed boxes, which may be in a log, one
    # in some hundred thousand has a nonce that begins like that.
    unlike($log{$name}, qr/(?:(?<![\w.-])|(?<=%[[:xdigit:]]{2}))eyJ[\w-]{10,}\.[\w-]+\.[\w-]{20,}/,
           "$name: nothing that looks like a token")
        if $name !~ /^other tables/;
    next if $name =~ /nodes|_log$|events|tables/;
    unlike($log{$name}, qr/client_secret=|client_assertion=/,
           "$name: no body of a request");
}

# The private parts of the signing keys are sealed.
unlike($log{'other tables of a'}, qr/"(?:d|p|q|dp|dq|qi)":/,
       'no private key lies open in the database');
unlike($log{$_}, qr/BEGIN (?:RSA )?PRIVATE KEY/, "$_: no private key")
    for sort keys %log;

# The secrets of the tenants themselves.
for my $name (qw(a b)) {
    my $text = TPA::Log::slurp("$ENV{TPA_WORK}/secret-$name") =~ s/\s//gr;

    is(scalar(grep { index($log{$_}, $text) >= 0 } keys %log), 0,
       "the secret of tenant $name stands nowhere");
}
my $admin = JSON::PP::decode_json(TPA::Log::slurp("$ENV{TPA_WORK}/init-a"));
is(scalar(grep { index($log{$_}, $admin->{client_secret}) >= 0 } keys %log),
   0, 'the administrator\'s secret stands nowhere');

# ---- control bytes ---------------------------------------------------------------------

my $error_log = main_node->error_log;
my $evil = "x\r\n[fake] line \e[31m red \x07 \x{202e} \x{9b}31m \\";

for (
    [ 'client_id', sub { $t->token({ %$m, id => $evil }) } ],
    [ 'audience', sub { $t->token($m, audience => $evil) } ],
    [ 'organization', sub { $t->token($m, organization => $evil) } ],
    [ 'scope', sub { $t->token($m, scope => $evil) } ],
    [ 'resource', sub { $t->token($m, resource => $evil) } ],
    [ 'a name of a parameter', sub { $t->token($m, $evil => 'x') } ],
    [ 'a repeated parameter', sub {
        $t->http->request('POST', '/oauth/token',
            headers => [ 'Content-Type' =>
                         'application/x-www-form-urlencoded' ],
            body => form($evil => 1, $evil => 2)) } ],
    [ 'the user agent', sub {
        $t->http->request('POST', '/oauth/token', body => 'grant_type=x',
            headers => [ 'User-Agent' => "agent \e[31m \x{7f}",
                'Content-Type' => 'application/x-www-form-urlencoded' ]) } ],
    [ 'a Basic name', sub {
        $t->http->request('POST', '/oauth/token',
            body => 'grant_type=client_credentials',
            headers => [ Authorization => basic(Encode::encode_utf8($evil), 'x'),
                'Content-Type' => 'application/x-www-form-urlencoded' ]) } ],
) {
    my ($name, $ask) = @$_;

    $ask->();
    ok(1, "asked with odd bytes in $name");
}
within(1, sub { 0 });
my $text = $error_log->text;

like($text, qr/TPA0005/, 'these were logged');
unlike($text, qr/[^\n\x20-\x7e\x80-\xff]/, 'no control bytes in the log');
unlike($text, qr/^\[fake\]/m, 'no line of their own in the log');
unlike($text, qr/\xc2\x9b/, 'no other way to start a terminal sequence');
my @refs = $text =~ /\bref=(ref_\w+)/g;
my $story = '';

$story .= (tpactl('explain', $_))[1] for @refs;
cmp_ok(length $story, '>', 1000, 'tpactl explains them');
unlike($story, qr/[^\n\x20-\x7e\x80-\xff]/, 'and prints no control bytes');
unlike($story, qr/\xc2[\x80-\x9f]/, 'nor the others that terminals obey');
my @bad = grep { /[\x00-\x1f\x7f]/ } map { $_->[0] }
    $t->db->rows("SELECT concat_ws(' ', client_id, audience, scope,"
        . ' organization_id, user_agent, description, client_name)'
        . ' FROM tpa_data.log_events');
is(scalar @bad, 0, 'no control bytes in the audit events')
    or diag(explain(\@bad));

done_testing();
