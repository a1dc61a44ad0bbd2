# What is counted, for Prometheus and in mod_status's page: all processes of a
# node together, and only for whom the operator lets in.
use TPA::Test;
use TPA::Browser;
use TPA::User;

my $t = tenant('count');
my $plain = tenant('plain');
my $issuer = 'issuer="https://count.example.test/"';

# A page of numbers: { 'name{labels}' => value }.
sub page {
    my ($host, $path) = @_;
    my $answer = $host->http->request('GET', $path || '/metrics');

    return { $answer->body =~ /^(tpa_\w+\{[^}]*\}):? (\S+)$/mg };
}

# What became more between two pages.
sub grown {
    my ($before, $after) = @_;

    return { map { $_ => $after->{$_} - ($before->{$_} // 0) }
             grep { $after->{$_} != ($before->{$_} // 0) } keys %$after };
}

# Of the numbers that grew while something was done, those of that name,
# without it and its issuer: { 'label="value"' => growth }.
sub counted {
    my ($name, $code) = @_;
    my $before = page($t);

    $code->();
    my $grown = grown($before, page($t));

    return { map { /^\Q$name\E\{\Q$issuer\E,?(.*)\}/
                       ? ($1 => $grown->{$_}) : () } keys %$grown };
}

# ---- what is counted ------------------------------------------------------------

my $m = $t->machine;
my $s = stage($t, org => 1);
my $connection = connection_of($t);
my $app = app_of($t);
my $person = TPA::Browser::person($t, $connection);

sub login {
    my (%values) = @_;
    my $b = TPA::Browser->new($t);

    $b->authorize($app);
    $b->login($person, %values);
    return;
}

for (
    # what, name, what grows, what is done
    [ 'tokens of machines', 'tpa_tokens_issued_total',
      { 'grant="client_credentials"' => 3 },
      sub { $t->token($m) for 1 .. 3 } ],
    [ 'tokens for codes', 'tpa_tokens_issued_total',
      { 'grant="authorization_code"' => 1 },
      sub { exchange($s, code_of($s)) } ],
    [ 'refreshed tokens', 'tpa_tokens_issued_total',
      { 'grant="refresh_token"' => 1 },
      sub { refresh($s, family_of($s)->{token}) } ],
    [ 'a token that was refused is none', 'tpa_tokens_issued_total', {},
      sub { $t->token($m, scope => 'no:such') } ],
    [ 'refusals by rule', 'tpa_refused_total',
      { 'error="invalid_scope",rule="scopes_granted"' => 2 },
      sub { $t->token($m, scope => 'no:such') for 1, 2 } ],
    [ 'refusals by a check of a code', 'tpa_refused_total',
      { 'error="invalid_grant",rule="code_known"' => 1 },
      sub { exchange($s, { code => 'x' x 43 }) } ],
    [ 'what callers send is no label', 'tpa_refused_total',
      { 'error="unsupported_grant_type",rule="grant_type"' => 1 },
      sub { post_form($t, 'oauth/token', undef, grant_type => 'a"}b') } ],
    [ 'signatures', 'tpa_signing_seconds_count', { '' => 2 },
      sub { $t->token($m) for 1, 2 } ],
    [ 'failed logins', 'tpa_logins_total', { 'type="fp"' => 1 },
      sub { login(password => 'wrong-one') } ],
    [ 'logins', 'tpa_logins_total', { 'type="s"' => 1 }, sub { login() } ],
) {
    my ($what, $name, $grows, $done) = @$_;

    is_deeply(counted($name, $done), $grows, $what);
}

# The site's threads call the database too.
my $calls = counted('tpa_database_seconds_count',
                    sub { $t->token($m) for 1 .. 10 })->{''};

cmp_ok($calls, '>=', 10, 'calls of the database');
cmp_ok($calls, '<', 60, 'not more than there are');

# ---- all processes --------------------------------------------------------------

# Answers of several processes add up: each connection may meet another one.
my $sum = counted('tpa_tokens_issued_total', sub {
    at_once(20, sub { return sub { $t->token($m)->code } });
});

is_deeply($sum, { 'grant="client_credentials"' => 20 },
          'twenty at once are twenty');

# ---- the form -------------------------------------------------------------------

my $answer = $t->http->request('GET', '/metrics');
my @lines = split /\n/, $answer->body;
my (%type, %names, @odd);

is($answer->header('Content-Type'),
   'text/plain; version=0.0.4; charset=utf-8', 'the type Prometheus asks for');
is($answer->header('Cache-Control'), 'no-store', 'no cache keeps it');
for (@lines) {
    if (/^# TYPE (\w+) (counter|histogram)$/) {
        push @odd, $_ if $type{$1};
        $type{$1} = $2;
    }
    elsif (/^(\w+?)(?:_bucket|_sum|_count)?\{[^{}]*\} [0-9.]+$/) {
        push @odd, $_ unless $type{$1};
        push @odd, $_ if $names{s/ .*//r}++;
    }
    elsif (!/^# HELP \w+ \S/) {
        push @odd, $_;
    }
}
is_deeply(\@odd, [], 'every line is one of its format, and there once');
is_deeply([ grep { !/\Q$issuer\E/ } grep { !/^#/ } @lines ], [],
          'a tenant shows its own numbers only');
my @buckets = map { /le="[^"]*"\} (\d+)$/ ? $1 : () }
              grep { /^tpa_database_seconds_bucket/ } @lines;

is_deeply(\@buckets, [ sort { $a <=> $b } @buckets ], 'buckets add up');
is($buckets[-1], { map { split / / } grep { /^tpa_database_seconds_count/ }
                   @lines }->{"tpa_database_seconds_count{$issuer}"},
   'the last one holds all');

# ---- who may read ---------------------------------------------------------------

is($t->http->request('GET', '/metrics/closed')->code, 403,
   'not whom the operator keeps out');
is($t->http->request('POST', '/metrics', body => '')->code, 405,
   'there is nothing to post');
my $log = main_node->error_log;

is($t->http->request('GET', '/numbers/open.txt')->code, 403,
   'without any Require nothing is shown');
ok(within(5, sub { $log->lines(qr/TPA0018: .*Require local/) }),
   'and the log says what to write');

# ---- elsewhere ------------------------------------------------------------------

my %issuers = map { /issuer="([^"]+)"/ ? ($1 => 1) : () } keys %{ page($plain) };

ok($issuers{'https://count.example.test/'}, 'a host that is no tenant');
ok($issuers{'https://a.example.test/'}, 'shows those of all');

my $line = "tpa_tokens_issued_total{$issuer,grant=\"client_credentials\"}";
my $auto = page($plain, '/status?auto');

is($auto->{$line}, page($t)->{$line}, 'mod_status has them for machines');
is_deeply([ grep { /_bucket/ } keys %$auto ], [], 'without buckets');
my $html = $plain->http->request('GET', '/status')->body;

like($html, qr{<h2>mod_tpa_orgs</h2>}, 'and for people');
like($html, qr/^\Q$line\E: \d+$/m, 'the same');

# ---- restarts -------------------------------------------------------------------

my $node = TPA::Node->new('numbers')->start;
my $there = tenant('count', node => $node);

$there->token($m);
my $numbers = page($there);

$node->graceful;
$there->token($m);
is_deeply([ map { $_->{"tpa_tokens_issued_total{$issuer,"
                       . "grant=\"client_credentials\"}"} }
            $numbers, page($there) ], [ 1, 2 ],
          'numbers go on over a graceful restart');
$node->stop;

done_testing;
