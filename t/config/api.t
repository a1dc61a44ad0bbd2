# What configtest says of APIs behind AuthType TPABearer.
use TPA::Test;

my $keys = "$ENV{TPA_WORK}/remote.jwks";
my $tmp = "$ENV{TPA_WORK}/tmp/keys.$$";

sub keys_of {
    my ($text) = @_;

    open my $out, '>', $tmp or die $!;
    print $out $text;
    close $out;
    return $tmp;
}

sub api {
    my (@lines) = @_;

    return join "\n", '<Location /api/>', '    AuthType TPABearer',
        (map { "    $_" } @lines), "</Location>\n";
}

my $audience = 'TPAAudience https://api.example.com/api/';
my $require = 'Require valid-user';
my $issuer = "TPABearerIssuer https://i.example.com/ $keys";

for (
    # name, configuration, what it says; without: it is right
    [ 'an issuer with keys', "$issuer\n" . api($audience, $require) ],
    [ 'keys that are fetched, which nobody tries here', 'TPABearerIssuer'
      . " https://i.example.com/ https://127.0.0.1:1/jwks\n"
      . api($audience, $require) ],
    [ 'keys without TLS', 'TPABearerIssuer https://i.example.com/'
      . " http://i.example.com/jwks\n", qr/fetched from an https URL, not "http:.*write for instance/ ],
    [ 'a name and a password in the URL', 'TPABearerIssuer'
      . " https://i.example.com/ https://a:b\@i.example.com/\n",
      qr/must be fetched from an https URL/ ],
    [ 'authorities that are not there', "TPAFetchCAFile $tmp.none\n"
      . 'TPABearerIssuer https://i.example.com/ https://i.example.com/k',
      qr/line 3: TPABearerIssuer: TPAFetchCAFile cannot be used; .* cannot be/ ],
    [ 'a number that is too small', "TPABearerRefresh 9\n",
      qr/TPABearerRefresh must be a whole number from 10 to 86400/ ],
    [ 'another', "TPABearerStale 604801\n",
      qr/TPABearerStale must be a whole number from 10 to 604800/ ],
    [ 'an issuer of the section', api($audience, $issuer, $require) ],
    [ 'an issuer of the section before its audience',
      api($issuer, $audience, $require) ],
    [ 'requirements in a container', "$issuer\n" . api($audience,
      '<RequireAny>', 'Require tpa-scope a', '</RequireAny>') ],
    [ 'an expression', "$issuer\n" . api($audience,
      'Require tpa-org "%{env:MATCH_ORG}"') ],
    [ 'no issuer', api($audience, $require),
      qr/line 4: TPAAudience needs to know whose tokens are taken.*write/ ],
    [ 'an issuer of nobody', "TPABearerIssuer https://i.example.com/\n"
      . api($audience, $require),
      qr/line 2: TPABearerIssuer: no virtual host has this TPAIssuer; name/ ],
    [ 'an issuer without an audience', api($issuer, $require),
      qr/line 4: TPABearerIssuer belongs to an API; write it beside/ ],
    [ 'an issuer of two lines', "TPABearerIssuer \"a\tb\" $keys\n",
      qr/TPABearerIssuer must be the URL of an issuer, not "a\\+x09b"/ ],
    [ 'no file', "TPABearerIssuer https://i.example.com/ $tmp.none\n",
      qr/line 2: TPABearerIssuer: the keys cannot be used; the file cannot/ ],
    [ 'a file that is no key set', 'TPABearerIssuer https://i.example.com/ '
      . "$ENV{TPA_WORK}/secret-a\n", qr/TPABearerIssuer: the keys cannot/ ],
    [ 'an audience of two words', "$issuer\n" . api('TPAAudience "a b"', $require),
      qr/TPAAudience must be the identifier of an API, not "a b".*for instance/ ],
    [ 'an audience outside of sections', "$issuer\n$audience\n",
      qr/TPAAudience not allowed here|not allowed in/ ],
    [ 'scopes that clients are told of', "$issuer\n" . api($audience,
      'TPABearerScopes offline_access read:posts', $require) ],
    [ 'a told scope of two words', "$issuer\n" . api($audience,
      'TPABearerScopes "a b"', $require),
      qr/TPABearerScopes takes scopes, not "a b"; write for instance/ ],
    [ 'nothing required', "$issuer\n" . api($audience),
      qr/TPA0012: .* line 5: TPAAudience without Require beside it/, 0 ],
    [ 'a requirement of nothing', "$issuer\n" . api($audience,
      'Require tpa-scope'), qr/Require: at least one value is needed/ ],
    [ 'a scope of two words', "$issuer\n" . api($audience,
      'Require tpa-scope "a b"'), qr/a scope has no blanks/ ],
    [ 'a broken expression', "$issuer\n" . api($audience,
      'Require tpa-org "%{nothing"'), qr/the expression .* cannot be read/ ],
    [ 'an unknown provider', "$issuer\n" . api($audience,
      'Require tpa-nobody x'), qr/Unknown Authz provider/ ],
) {
    my ($name, $text, $says, $rc) = @$_;
    my ($code, $said) = config($text);

    is($code, defined $rc ? $rc : $says ? 1 : 0, $name) or diag($said);
    like($said, $says || qr/Syntax OK/, "$name: what it says");
    unlike($said, qr/TPA0012/, "$name: no warning") unless $says;
}

# Files of keys.
for (
    [ 'no JSON', '{' ],
    [ 'no list', '{"keys":{}}' ],
    [ 'no key', '{"keys":[]}' ],
    [ 'a symmetric key', '{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}' ],
    [ 'a megabyte', ' ' x 1048577 ],
) {
    my ($name, $text) = @$_;
    my ($code, $said) = config('TPABearerIssuer https://i.example.com/ '
        . keys_of($text) . "\n");

    is($code, 1, "keys: $name");
    like($said, qr/line 2: TPABearerIssuer: the keys cannot be used; /,
         "keys: $name: what it says");
}
unlink $tmp;

# The whole example that is shipped.
my $example = TPA::Log::slurp("$ENV{TPA_WORK}/conf/api-behind-apache.conf");
my $own = $example =~ s/^TPABearerIssuer .*/$issuer/mr;

isnt($own, $example, 'conf/api-behind-apache.conf names an issuer');
my ($code, $said) = config($own);
is($code, 0, 'and is right') or diag($said);
$own =~ s/^#(ProxyPass.*\n)//m;
$own =~ s/^#(RequestHeader|LogFormat)/$1/mg;
($code, $said) = config($own);
is($code, 0, 'with all that is commented out, too') or diag($said);

done_testing();
