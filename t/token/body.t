# What the token endpoint accepts as a request, and how it refuses the rest.
use TPA::Test;

my $t = tenant('a');
my $m = $t->machine;
my $http = $t->http;
my $form = 'application/x-www-form-urlencoded';
my $json = 'application/json';
my @pairs = (grant_type => 'client_credentials', client_id => $m->{id},
             client_secret => $m->{secret},
             audience => $m->{api}{identifier});
my $good = form(@pairs);
my %object = @pairs;
my $good_json = JSON::PP->new->canonical->encode(\%object);

# The object with more members, as text.
sub members { return $good_json =~ s/\}$/,$_[0]}/r }

sub send_body {
    my ($type, $body, %opt) = @_;
    my $query = defined $opt{query} ? "?$opt{query}" : '';
    my $headers = delete $opt{headers} || [];

    return $http->request('POST', "/oauth/token$query", body => $body, %opt,
        headers => [ defined $type ? ('Content-Type' => $type) : (),
                     @$headers ]);
}

# Not of interest in the logs' test, unlike the real secret.
my $no_secret = form(grant_type => 'client_credentials',
                     client_id => $m->{id});

# ---- requests that are fine ---------------------------------------------------

for (
    # name                            type                       body, options
    [ 'a form',                       $form,                     $good ],
    [ 'a form with its charset',      "$form;charset=UTF-8",     $good ],
    [ 'the same with a blank',        "$form; charset=utf-8",    $good ],
    [ 'the type in capitals',         uc $form,                  $good ],
    [ 'a form in chunks',             $form, $good, chunked => 1, chunk => 7 ],
    [ 'a form in chunks of one byte', $form, $good, chunked => 1, chunk => 1 ],
    [ 'a form after 100-continue',    $form, $good,
      headers => [ Expect => '100-continue' ] ],
    [ 'a form that says identity',    $form, $good,
      headers => [ 'Content-Encoding' => 'identity' ] ],
    [ 'escapes nobody needed',        $form,
      $good =~ s/client_credentials/%63lient%5Fcredentials/r ],
    [ 'an escaped name',              $form, $good =~ s/audience/%61udience/r ],
    [ 'plus for a blank',             $form,
      "$good&scope=read%3Athings+write%3Athings" ],
    [ '%20 for a blank',              $form,
      "$good&scope=read%3Athings%20write%3Athings" ],
    [ 'an unknown parameter',         $form, "$good&unknown=1" ],
    [ 'a name without =',             $form, "$good&unknown" ],
    [ 'an empty parameter',           $form, "$good&scope=&organization=" ],
    [ 'empty pairs',                  $form, "&&$good&&" ],
    [ 'an unknown parameter in the URL', $form, $good, query => 'x=1' ],
    [ '64 parameters',                $form,
      join '&', $good, map { "x$_=1" } 1 .. 60 ],
    [ 'a name of 64 bytes',           $form, "$good&" . 'n' x 64 . '=1' ],
    [ 'a value of 16384 bytes',       $form, "$good&x=" . 'v' x 16384 ],
    [ 'a body of just the most bytes', $form,
      $good . '&' x (65536 - length $good) ],
    [ 'JSON',                         $json,                     $good_json ],
    [ 'JSON with a charset',          "$json; charset=utf-8",    $good_json ],
    [ 'JSON with blanks around',      $json, " \n$good_json\n " ],
    [ 'JSON in chunks',               $json, $good_json, chunked => 1 ],
    [ 'JSON with a null',             $json, members('"scope":null') ],
    [ 'JSON with an empty text',      $json, members('"scope":""') ],
    [ 'JSON with an escape',          $json,
      $good_json =~ s/client_credentials/client\\u005fcredentials/r ],
) {
    my ($name, @args) = @$_;
    my $answer = send_body(@args);

    is($answer->code, 200, $name) or diag($answer->line, $answer->body);
    seen($answer->json->{access_token}) if $answer->code == 200;
}

# ---- requests that are not ------------------------------------------------------

my @bad = (
    # name                          type      body                    text, options
    [ '%zz',                        $form, "$good&scope=%zz" ],
    [ 'half an escape at the end',  $form, "$good&scope=%4" ],
    [ 'a lone percent sign',        $form, "$good&scope=100%" ],
    [ '%00',                        $form, "$good&scope=a%00b" ],
    [ 'a NUL byte',                 $form, "$good&scope=a\0b" ],
    [ 'a NUL in a name',            $form, "$good&sc%00ope=a" ],
    [ 'bytes that are not UTF-8',   $form, "$good&scope=%ff%fe" ],
    [ 'an overlong NUL',            $form, "$good&scope=%c0%80" ],
    [ 'half a surrogate pair',      $form, "$good&scope=%ed%a0%80" ],
    [ 'a value without a name',     $form, "$good&=x" ],
    [ 'a parameter twice',          $form, "$good&audience=x", qr/audience/ ],
    [ 'the same value twice',       $form,
      "$good&grant_type=client_credentials", qr/grant_type/ ],
    [ 'twice, once escaped',        $form, "$good&%61udience=x", qr/audience/ ],
    [ 'twice, once empty',          $form, "$good&audience=", qr/audience/ ],
    [ 'an unknown parameter twice', $form, "$good&x=1&x=2" ],
    [ 'a parameter in URL and body', $form, $good, qr/audience/,
      query => 'audience=x' ],
    [ 'an unknown one in URL and body', $form, "$good&x=1", undef,
      query => 'x=1' ],
    [ 'a parameter twice in the URL', $form, $good, undef, query => 'x=1&x=2' ],
    [ 'a bad escape in the URL',    $form, $good, undef, query => 'x=%zz' ],
    [ 'grant_type in the URL',      $form,
      $good =~ s/grant_type=\w+&//r, qr/grant_type/,
      query => 'grant_type=client_credentials' ],
    [ 'audience in the URL',        $form, $no_secret, qr/audience/,
      query => 'audience=x' ],
    [ 'client_id in the URL',       $form, 'grant_type=client_credentials',
      qr/client_id/, query => 'client_id=x' ],
    [ 'client_secret in the URL',   $form, $no_secret, qr/client_secret/,
      query => 'client_secret=x' ],
    [ '65 parameters',              $form,
      join '&', $good, map { "x$_=1" } 1 .. 61 ],
    [ 'a name of 65 bytes',         $form, "$good&" . 'n' x 65 . '=1' ],
    [ 'a value of 16385 bytes',     $form, "$good&x=" . 'v' x 16385 ],
    [ 'an empty body',              $form, '', qr/grant_type/ ],
    [ 'no grant_type',              $form, $good =~ s/grant_type=\w+&//r,
      qr/grant_type/ ],
    [ 'an empty grant_type',        $form, $good =~ s/=client_cred\w+/=/r,
      qr/grant_type/ ],
    [ 'grant_type in capitals',     $form, $good =~ s/grant_type/GRANT_TYPE/r,
      qr/grant_type/ ],
    [ 'JSON that is called a form', $form, $good_json ],
    [ 'a form that is called JSON', $json, $good ],
    [ 'an empty object',            $json, '{}', qr/grant_type/ ],
    [ 'a list',                     $json, '[]' ],
    [ 'a bare text',                $json, '"x"' ],
    [ 'half an object',             $json, substr $good_json, 0, -1 ],
    [ 'more behind the object',     $json, "$good_json x" ],
    [ 'two objects',                $json, "$good_json$good_json" ],
    [ 'a number',                   $json, members('"scope":1') ],
    [ 'true',                       $json, members('"scope":true') ],
    [ 'a list of texts',            $json, members('"scope":["x"]') ],
    [ 'an object',                  $json, members('"scope":{}') ],
    [ 'a number nobody reads',      $json, members('"unknown":1') ],
    [ 'a member twice',             $json, members('"audience":"x"') ],
    [ 'an escaped NUL',             $json, members('"scope":"a\u0000b"') ],
    [ 'a NUL byte in JSON',         $json, members("\"scope\":\"a\0b\"") ],
    [ 'JSON that is not UTF-8',     $json, members("\"scope\":\"\xff\"") ],
    [ 'half a surrogate pair in JSON', $json, members('"scope":"\ud800"') ],
    [ 'a comment',                  $json, "/* */$good_json" ],
    [ 'deep nesting',               $json,
      members('"scope":' . '[' x 1000 . ']' x 1000) ],
    [ 'a member in URL and JSON',   $json, $good_json, undef,
      query => 'audience=x' ],
);

for (@bad) {
    my ($name, $type, $body, $text, %opt) = @$_;

    is_error(send_body($type, $body, %opt), 400, 'invalid_request', $name,
             $text);
}

is_error(send_body(undef, undef, length => undef), 400, 'invalid_request',
         'no body at all', qr/grant_type/);

# ---- media types ------------------------------------------------------------------

for (
    [ 'text/plain', $good ],
    [ 'multipart/form-data; boundary=x', "--x\r\n" ],
    [ "${form}x", $good ],
    [ 'application/jsonx', $good_json ],
    [ 'application/json-patch+json', $good_json ],
    [ 'text/json', $good_json ],
    [ undef, $good ],
    [ '', $good ],
) {
    my ($type, $body) = @$_;

    is_error(send_body($type, $body), 415, 'invalid_request',
             'type ' . ($type // '(none)'));
}
is_error(send_body($form, $good, headers => [ 'Content-Encoding' => $_ ]),
         415, 'invalid_request', "content coding $_")
    for qw(gzip deflate br x-unknown);

# ---- sizes ----------------------------------------------------------------------------

is_error(send_body($form, $good . '&' x (65537 - length $good)), 413,
         'invalid_request', 'one byte more than the most');
is_error(send_body($form, 'x' x 65537, chunked => 1, chunk => 4000), 413,
         'invalid_request', 'one byte more, in chunks');
is_error(send_body($form, '', length => 99999999999), 413, 'invalid_request',
         'a body of which only the length is bad');

# TPAMaxBody of the host counts, before the database is looked for.
my $small = tenant('small')->http;

sub small_body {
    my ($n, @more) = @_;
    my $body = 'grant_type=client_credentials&client_id=x&client_secret=y';

    return $small->request('POST', '/oauth/token', @more,
        headers => [ 'Content-Type' => $form ],
        body => $body . '&' x ($n - length $body));
}
is(small_body(1024)->code, 503, 'a smaller limit, just kept');
is_error(small_body(1025), 413, 'invalid_request', 'a smaller limit, passed');
is_error(small_body(1025, chunked => 1), 413, 'invalid_request',
         'a smaller limit, passed in chunks');

# So does LimitRequestBody; what it refuses httpd answers in its own words.
my $limit = tenant('limit')->http;

for ([ 2000, 200 ], [ 2001, 413 ]) {
    my ($bytes, $status) = @$_;

    for my $chunked (0, 1) {
        my $answer = $limit->request('POST', '/oauth/token',
            headers => [ 'Content-Type' => $form ], chunked => $chunked,
            body => $good . '&' x ($bytes - length $good));
        my $name = "LimitRequestBody, $bytes bytes"
            . ($chunked ? ' in chunks' : '');

        is($answer->code, $status, $name);
        seen($answer->json->{access_token}) if $answer->code == 200;
    }
}

# A body that ends early is no request, and no token comes of it.
{
    my $cut = $t->http;

    ok($cut->connect_now, 'connected');
    my $socket = $cut->{socket};

    syswrite $socket, "POST /oauth/token HTTP/1.1\r\nHost: $t->{host}\r\n"
        . "Content-Type: $form\r\nContent-Length: " . (length($good) + 10)
        . "\r\n\r\n$good";
    shutdown $socket, 1;
    my $answer = $cut->answer('POST');

    ok($answer->code == 0 || $answer->code == 400,
       'a body that ends early gets no token') or diag($answer->{line});
}

# ---- methods ------------------------------------------------------------------------------

for my $method (qw(GET PUT DELETE PATCH BREW)) {
    my $answer = $http->request($method, '/oauth/token');

    is_error($answer, 405, 'invalid_request', $method);
    same_set([ split /,\s*/, $answer->header('Allow') ], [qw(POST OPTIONS)],
             "$method: Allow");
}
my $head = $http->request('HEAD', '/oauth/token');

is($head->code, 405, 'HEAD');
same_set([ split /,\s*/, $head->header('Allow') ], [qw(POST OPTIONS)],
         'HEAD: Allow');
my $options = $http->request('OPTIONS', '/oauth/token');

is($options->code, 204, 'OPTIONS');
is($options->body, '', 'OPTIONS has no body');
same_set([ split /,\s*/, $options->header('Allow') ], [qw(POST OPTIONS)],
         'OPTIONS: Allow');
is($http->request('GET', '/oauth/token?' . form(grant_type => 'x'))->code,
   405, 'GET with parameters');

# After all this the connection is still in step.
is(send_body($form, $good)->code, 200, 'and a good request after all these');

done_testing();
