# What a virtual host takes over from the server, and what it does not: asked
# of a running httpd.
use TPA::Test;

my $node = TPA::Node->new('merge');

# Its own hosts instead of those of the other tests.
my $text = TPA::Log::slurp($node->{conf}) =~ s/^Include +".*extra\.conf"\n//mr;
my $nowhere = 'DBDriver pgsql' . "\n"
    . "DBDParams \"host=$ENV{TPA_WORK}/nowhere dbname=x\"\nDBDMin 0\n";

$text .= <<"END";
DefaultRuntimeDir "$node->{logs}"
ErrorLog "$node->{logs}/error_log"
TypesConfig /dev/null
TPASecretFile "$ENV{TPA_WORK}/secret-a"
TPAIssuer https://server.example.test/
TPAMaxBody 2000
TPARetryAfter 11
TPAMetadataMaxAge 22
TPARateLimit default 7 1/d
TPARateLimit client:y 8 1/d
$nowhere
<VirtualHost *:$node->{port}>
    ServerName plain.example.test
</VirtualHost>
<VirtualHost *:$node->{port}>
    ServerName inherits.example.test
    TPAIssuer https://inherits.example.test/
    $nowhere
</VirtualHost>
<VirtualHost *:$node->{port}>
    ServerName overrides.example.test
    TPAIssuer https://overrides.example.test/
    TPAMaxBody 3000
    TPARetryAfter 33
    TPAMetadataMaxAge 0
    TPARateLimit default 9 1/d
    TPARateLimit client:z off
    $nowhere
</VirtualHost>
<VirtualHost *:$node->{port}>
    ServerName half.example.test
    TPAIssuer https://half.example.test/
    TPARetryAfter 44
    $nowhere
</VirtualHost>
END
open my $out, '>', $node->{conf} or die $!;
print $out $text;
close $out;
$node->start;

sub post {
    my ($host, $size) = @_;
    my $body = form(grant_type => 'client_credentials', client_id => 'x',
                    client_secret => 'y');

    return $node->http($host)->request('POST', '/oauth/token',
        body => $body . '&' x ($size - length $body),
        headers => [ 'Content-Type' => 'application/x-www-form-urlencoded' ]);
}

for (
    # host        most bytes   Retry-After   max-age
    [ 'inherits',  2000,       11,           22 ],
    [ 'overrides', 3000,       33,           0 ],
    [ 'half',      2000,       44,           22 ],
) {
    my ($host, $bytes, $retry, $age) = @$_;
    my $doc = $node->http($host)
        ->request('GET', '/.well-known/openid-configuration');

    is($doc->json->{issuer}, "https://$host.example.test/", "$host: issuer");
    is($doc->header('Cache-Control'), "public, max-age=$age",
       "$host: TPAMetadataMaxAge");
    my $answer = post($host, $bytes);

    is_error($answer, 503, 'temporarily_unavailable', "$host: $bytes bytes");
    is($answer->header('Retry-After'), $retry, "$host: TPARetryAfter");
    is_error(post($host, $bytes + 1), 413, 'invalid_request',
             "$host: one byte more");
}

# Limits are inherited one by one.
for (
    # host          application   burst; undef: no limit
    [ 'inherits',   'x',          7 ],
    [ 'inherits',   'y',          8 ],
    [ 'overrides',  'x',          9 ],
    [ 'overrides',  'y',          8 ],
    [ 'overrides',  'z',          undef ],
    [ 'half',       'z',          7 ],
) {
    my ($host, $id, $burst) = @$_;

    is($node->http($host)->request('GET', "/authorize?client_id=$id")
       ->header('x-ratelimit-limit'), $burst // '',
       "$host: TPARateLimit of $id");
}

# The issuer of the server is not that of every host.
is($node->http('plain')->request('GET', '/.well-known/openid-configuration')
       ->code, 404, 'a host without an issuer is no tenant');
unlike(post('plain', 100)->body, qr/"error"/, 'its paths are its own');

$node->stop;
done_testing();
