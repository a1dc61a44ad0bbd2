# What comes in may have any shape: it is refused with a 4xx that says why, by
# every route. And what goes out has the shape that was asked for.
use TPA::Test timeout => 500;
use TPA::Mgmt;
use TPA::World;

my $m = mgmt('a');
my $t = $m->tenant;
my $doc = $m->must('GET', 'openapi.json', token => undef);
my @routes = routes_of($m);
my %here = %{ world_of($m) };
my $most = 1_048_576;

sub ask {
    my ($route, %opt) = @_;

    return $m->call($route->{method}, path_of(\%here, $route->{path}), %opt);
}

# ---- bodies -------------------------------------------------------------------
my @bodies = (
    # name, body
    [ 'cut short', '{"name": "x"' ],
    [ 'two of them', '{} {}' ],
    [ 'no quotes', '{name: 1}' ],
    [ 'a comment', '{/* */}' ],
    [ 'a comma too many', '{"name": "x",}' ],
    [ 'a member twice', '{"name": "x", "name": "x"}' ],
    [ 'a member twice, deep', '{"a": [{"b": {"c": 1, "c": 2}}]}' ],
    [ 'a member twice by an escape', '{"name": "x", "na\u006de": "x"}' ],
    [ 'a NUL byte', "{\"name\": \"x\0\"}" ],
    [ 'a NUL behind it', "{}\0" ],
    [ 'an escaped NUL', '{"name": "a\u0000b"}' ],
    [ 'an escaped NUL in a name', '{"na\u0000me": "x"}' ],
    [ 'a control byte', "{\"name\": \"a\x01b\"}" ],
    [ 'not UTF-8', "{\"name\": \"\xff\"}" ],
    [ 'UTF-8 of too many bytes', "{\"name\": \"\xc0\xaf\"}" ],
    [ 'half a surrogate pair', '{"name": "\ud800"}' ],
    [ 'half a surrogate pair, in UTF-8', "{\"name\": \"\xed\xa0\x80\"}" ],
    [ 'UTF-16', "\xff\xfe{\0}\0" ],
    [ 'deep', '{"a":' x 25 . '1' . '}' x 25 ],
    [ 'very deep', '[' x 100_000 ],
    [ 'very deep, and closed', '[' x 3000 . ']' x 3000 ],
    [ 'a number out of all range', '{"a": 1e999}' ],
    [ 'a whole number out of range', '{"a": 99999999999999999999}' ],
    [ 'a text', '"x"' ],
    [ 'a number', '1' ],
    [ 'null', 'null' ],
    [ 'a member nobody knows', '{"no_such_member": true}' ],
    [ 'of a prototype', '{"__proto__": {"x": 1}, "constructor": 1}' ],
    [ 'members of ours', '{"version": "1", "id": "x", "@x": 1, "patch": {}}' ],
);

for my $route (grep { $_->{body} } @routes) {
    my %wrong;

    for (@bodies) {
        my ($name, $body) = @$_;
        my $answer = ask($route, body => $body);
        my $got = $answer->json // {};

        $wrong{$name} = $answer->{line} . ' ' . $answer->body
            if $answer->code != 400 || ($got->{errorCode} // '')
                !~ /^invalid_(?:body|query_string)$/ || !length $got->{message};
    }
    is_deeply(\%wrong, {}, "$route->{name}: bodies of all shapes are refused");
}

# Where members are free, as deep as a body may be and no deeper.
my $user = $m->at('users', $here{'users/{id}'});

for ([ '{"a":', '}' ], [ '[', ']' ]) {
    my ($open, $close) = @$_;
    my $nested = sub {
        return '{"user_metadata": {"deep": ' . $open x $_[0] . '1'
            . $close x $_[0] . '}}';
    };

    is_done($m->call('PATCH', $user, body => $nested->(22)), 200,
            "24 levels of $open");
    is_refused($m->call('PATCH', $user, body => $nested->(23)), 400,
               'invalid_body', "Payload validation error: 'The body is nested"
               . " deeper than 24 levels'.", "25 levels of $open");
}

# ---- sizes and types ------------------------------------------------------------
my ($post) = grep { $_->{name} eq 'POST organizations' } @routes;

sub of_size {
    my ($n) = @_;
    my $rest = '{"name": "x", "filler": ""}';

    return '{"name": "x", "filler": "' . 'x' x ($n - length $rest) . '"}';
}

is_refused(ask($post, body => of_size($most)), 400, 'invalid_body',
           qr/not allowed: filler/, 'as long as it may be');
for my $way ([], [ chunked => 1, chunk => 60_000 ]) {
    my $how = @$way ? 'in chunks' : 'announced';
    my $answer = $t->http(keep => 0)->request('POST', '/api/v2/organizations',
        headers => [ Authorization => 'Bearer ' . $m->token,
                     'Content-Type' => 'application/json' ],
        body => of_size($most + 1), @$way);

    is_refused($answer, 413, 'payload_too_large',
               "The body of the request is longer than $most bytes",
               "too long by one byte, $how");
}
for (
    # headers, status
    [ [ 'Content-Type' => 'application/json' ], 400 ],
    [ [ 'Content-Type' => 'application/json; charset=utf-8' ], 400 ],
    [ [ 'Content-Type' => 'Application/JSON' ], 400 ],
    [ [ 'Content-Type' => 'application/x-www-form-urlencoded' ], 415 ],
    [ [ 'Content-Type' => 'text/plain' ], 415 ],
    [ [ 'Content-Type' => 'application/jsonp' ], 415 ],
    [ [ 'Content-Type' => 'application/xml' ], 415 ],
    [ [ 'Content-Type' => 'multipart/form-data; boundary=x' ], 415 ],
    [ [], 415 ],
    [ [ 'Content-Type' => 'application/json',
        'Content-Encoding' => 'gzip' ], 415 ],
    [ [ 'Content-Type' => 'application/json',
        'Content-Encoding' => 'identity' ], 400 ],
) {
    my ($headers, $status) = @$_;
    my $answer = $t->http->request('POST', '/api/v2/organizations', headers =>
        [ Authorization => 'Bearer ' . $m->token, @$headers ],
        body => '{"name": ""}');

    is_refused($answer, $status, $status == 415 ? 'unsupported_media_type'
               : 'invalid_body', qr/./, "media type @$headers: $status");
}

# ---- text -----------------------------------------------------------------------
for my $text ("\x{e4}\x{df}", "\x{4f60}\x{597d}", "\x{1f600}", "a\x{301}",
              "\x{202e}x", "\x{feff}x", "\x{10ffff}", '\\"\'', "<&>",
              "line\nbreak\ttab", '%00%27', '$1 ?', "';--") {
    my $body = { display_name => $text, metadata => { $text => $text } };
    my $path = "organizations/$here{'organizations/{id}'}";
    my $got = is_done($m->call('PATCH', $path, body => $body), 200,
                      'a text of ' . join ' ', map { sprintf '%x', ord }
                      split //, $text);

    is($got->{display_name}, $text, 'as it was sent');
    is($m->must('GET', $path)->{metadata}{$text}, $text, 'and kept');
    $m->must('PATCH', $path, body => { metadata => { $text => undef } });
}
is_done($m->call('POST', 'roles', body => '{"name": "\ud83d\ude00 '
                 . $here{mark} . '"}'), 200, 'a pair of surrogates');

# ---- paths ------------------------------------------------------------------------
my @segments = ('%00', '%ff', '%', '%zz', '%2e%2e', '..', '.', 'x' x 3000,
                '%c3%a4', '%F0%9F%98%80', "'", '%22', '%2F', '%2e%2e%2fx', '*',
                '%5C', '%0a', '-1', 'null', ';', '@', '%7C', 'a%7Cb%7Cc', '?');

for my $route (grep { $_->{path} =~ /\{/ } @routes) {
    my %wrong;

    for my $segment (@segments) {
        my $path = $route->{path} =~ s/\{\w+\}/$segment/gr;
        my $answer = $m->call($route->{method}, $path,
                              body => body_of(\%here, $route));

        $wrong{$segment} = "$answer->{line} " . $answer->body
            if $answer->code !~ /^(?:40[045]|204)$/
               # Dots are taken out of a path before it is ours.
               && !($answer->code == 200 && $segment =~ /^(?:[.?]|%2e%2e\z)/);
    }
    is_deeply(\%wrong, {}, "$route->{name}: ids of all shapes are unknown");
}

# ---- queries ------------------------------------------------------------------------
my @values = ('', 'x', '-1', '0', '1', '99999999999999999999', '1.5', '1e3',
              'true', 'True', 'null', '%00', '%ff', '%', 'a%2Cb', ',', "'",
              '%22', '%5C', '*', '%25', '_', 'x' x 2000, '%F0%9F%98%80',
              'name:x', 'name:%22x', 'a:b+AND+', 'name:1', 'name:-1');
my $tried = 0;

splice @values, 12 if slow_run();

for my $route (grep { $_->{method} eq 'GET' } @routes) {
    my $said = $doc->{paths}{"/$route->{path}"}{get};
    my %wrong;

    for my $param (grep { $_->{in} eq 'query' } @{ $said->{parameters} }) {
        for my $value (@values) {
            my $answer = ask($route, query => "$param->{name}=$value");
            my $code = ($answer->json // {});

            $tried++;
            $code = ref $code eq 'HASH' ? $code->{errorCode} // '' : '';
            $wrong{"$param->{name}=$value"} = "$answer->{line} "
                . $answer->body if $answer->code != 200
                && !($answer->code == 400
                     && $code =~ /^invalid_(?:query_string|paging)$/);
        }
    }
    is_deeply(\%wrong, {}, "$route->{name}: parameters of all shapes");
}
cmp_ok($tried, '>', 800, 'they were many');
is_done($m->call('GET', 'roles?no_such=1&&=&x'), 200, 'unknown parameters');

# ---- fields ---------------------------------------------------------------------------
my %needs = ('GET users-by-email' => [ email => $here{email} ],
             'GET refresh-tokens' => [ user_id => $here{'users/{id}'} ]);
my $with_fields = 0;

# An object out of an answer: the only one, or the first of a list.
sub one_of {
    my ($answer) = @_;
    my $got = $answer->json;
    my ($list) = ref $got eq 'HASH' ? grep { ref eq 'ARRAY' } values %$got
                                    : $got;

    return $list && ref $list->[0] eq 'HASH' ? $list->[0] : $got;
}

for my $route (grep { $_->{method} eq 'GET' } @routes) {
    my $said = $doc->{paths}{"/$route->{path}"}{get};
    my @query = @{ $needs{ $route->{name} } || [] };

    next unless grep { $_->{name} eq 'include_fields' } @{ $said->{parameters} };
    # Log events come in while we look: the oldest stays.
    push @query, sort => 'date:1' if $route->{path} eq 'logs';
    my $is_list = $route->{path} !~ /\}$/;
    my $all = $is_list ? one_of(ask($route, query => \@query))
                       : ask($route, query => \@query)->json;
    my ($one, $two) = sort keys %$all;

    $with_fields++;
    for (
        [ [ fields => $one ], { $one => $all->{$one} } ],
        [ [ fields => "$one,$two" ],
          { map { $_ => $all->{$_} } $one, $two } ],
        [ [ fields => $one, fields => $two ],
          { map { $_ => $all->{$_} } $one, $two } ],
        [ [ fields => $one, include_fields => 'true' ],
          { $one => $all->{$one} } ],
        [ [ fields => "$one,no_such", include_fields => 'false' ],
          { map { $_ => $all->{$_} } grep { $_ ne $one } keys %$all } ],
        [ [ fields => 'no_such' ], {} ],
        [ [ include_fields => 'true' ], $all ],
    ) {
        my ($more, $expected) = @$_;
        my $answer = ask($route, query => [ @query, @$more ]);
        my $got = $is_list ? one_of($answer) : $answer->json;

        is_deeply($got, $expected, "$route->{name}: @$more")
            or diag($answer->body);
    }
}
cmp_ok($with_fields, '>=', 12, 'fields of many');

done_testing();
