# Redirect URIs: byte by byte, before any page and any cookie; the port of a
# loopback address is the only slack. What is not registered is never gone to.
use TPA::Test;
use TPA::Browser;
use TPA::User;

my $t = tenant('a');
my $connection = connection_of($t);
my $api = $t->api;
my $registered = 'https://app.example.com/cb';
my $app = app_of($t, api => $api, callbacks => [ $registered,
    'https://other.example.com/a?b=c' ], redirection_policy => 'allow_always');
my $b = TPA::Browser->new($t);

sub fate {
    my ($app, $uri, %params) = @_;
    my $browser = $b->another;

    $browser->authorize($app, redirect_uri => $uri, %params);
    die 'a cookie came' if $browser->at eq 'error'
        && $browser->cookie('__Host-tpa_browser');
    return $browser->at;
}

is(fate($app, $registered), 'login', 'a registered one');
is(fate($app, 'https://other.example.com/a?b=c'), 'login',
   'another, with a query');

# ---- whatever else it may look like ---------------------------------------------

my %tried;

sub mutations {
    my ($uri) = @_;
    my ($scheme, $rest) = $uri =~ m{^(\w+)://(.*)$};
    my ($host, $path) = $rest =~ m{^([^/]*)(/.*)$};
    my @uris = (
        "$uri/", "$uri?", "$uri#", "$uri?x=y", "$uri#x", "$uri/..", "$uri/.",
        "$uri/../evil", "$uri%2f..", "$uri;x", "$uri%00", "$uri\n", "$uri ",
        " $uri", "\t$uri", "$uri\\", "$uri%20", "$uri.", "$uri%23", "$uri%3f",
        uc $uri, ucfirst $uri, "http://$rest", "$scheme:/$rest",
        "$scheme:$rest", "//$rest", "/$rest", "$scheme:///$rest", $rest,
        "$scheme://$host:443$path", "$scheme://$host:8443$path",
        "$scheme://$host:$path", "$scheme://$host.$path",
        "$scheme://$host\@evil.example$path", "$scheme://evil.example\@$host$path",
        "$scheme://a\@b\@$host$path", "$scheme://a:b\@$host$path",
        "$scheme://\@$host$path", "$scheme://$host%40evil.example$path",
        "$scheme://evil.example/$host$path", "$scheme://evil.example?$host$path",
        "$scheme://evil.example#$host$path", "$scheme://evil.example\\$host$path",
        "$scheme://evil.example\\\@$host$path",
        "$scheme://$host\\.evil.example$path", "$scheme://$host.evil.example$path",
        "$scheme://evil$host$path", "$scheme://evil.$host$path",
        "$scheme://$host//cb", "$scheme://$host/./cb", "$scheme://$host/x/../cb",
        "$scheme://$host/%63b", "$scheme://$host/c%62", "$scheme://$host/CB",
        "$scheme://$host/", "$scheme://$host", "$scheme://*$path", '*',
        "$scheme://$host/*", "$scheme://*.example.com$path", 'https://.*',
        'javascript:alert(1)', 'data:text/html,x', 'about:blank',
        "javascript://$host$path", "x:$uri", "https:$rest", "https:/\\$rest",
        "$scheme://${\uc $host}$path", "$scheme://$host$path\x{2025}",
        "$scheme://app.example.c\x{f6}m$path", "$scheme://app\x{3002}example.com$path",
        "\x{feff}$uri", "$uri\x{200b}", "$scheme://$host$path%e2%80%8b");

    for my $i (0 .. length($uri) - 1) {
        push @uris, substr($uri, 0, $i) . substr($uri, $i + 1),
            substr($uri, 0, $i) . '*' . substr($uri, $i + 1),
            substr($uri, 0, $i) . substr($uri, $i, 1) . substr($uri, $i),
            substr($uri, 0, $i) . '%' . sprintf('%02x', ord substr $uri, $i, 1)
                . substr($uri, $i + 1);
    }
    push @uris, map { substr $uri, 0, $_ } 0 .. length($uri) - 1;
    return grep { $_ ne $uri && !$tried{$_}++ } @uris;
}

my @mutations = mutations($registered);

cmp_ok(scalar @mutations, '>', 180, scalar(@mutations) . ' mutations');
my @gone;

for my $uri (@mutations) {
    my $browser = $b->another;
    my $answer = $browser->authorize($app, redirect_uri => $uri);

    push @gone, $uri if $answer->code != 400 || $browser->at ne 'error'
        || $answer->header('Location') ne ''
        || $answer->header('Set-Cookie') ne '';
}
is(scalar @gone, 0, 'none of them is gone to, none gets a cookie')
    or diag(join "\n", @gone);

# What is registered is no pattern.
my $odd = app_of($t, api => $api, callbacks => [
    'https://a.example.com/c.b', 'https://a.example.com/x(y|z)+',
    'https://a.example.com/100%' ], redirection_policy => 'allow_always');

is(fate($odd, 'https://a.example.com/c.b'), 'login', 'a dot is a dot');
is(fate($odd, 'https://a.example.com/cxb'), 'error', 'and nothing else');
is(fate($odd, 'https://a.example.com/x(y|z)+'), 'login', 'brackets likewise');
is(fate($odd, 'https://a.example.com/xy'), 'error', 'and nothing else');
is(fate($odd, 'https://a.example.com/100%'), 'login', 'a percent sign');

# ---- loopback --------------------------------------------------------------------

my @loopback = ('http://127.0.0.1/cb', 'http://[::1]/cb',
                'http://127.0.0.1:8000/x', 'http://localhost/cb',
                'com.example.app:/cb');
my $native = app_of($t, api => $api, app_type => 'native',
                    callbacks => \@loopback);
my $web = app_of($t, api => $api, callbacks => \@loopback);

for (
    # uri                          native   web
    [ 'http://127.0.0.1/cb',       'login', 'login' ],
    [ 'http://127.0.0.1:5000/cb',  'login', 'error' ],
    [ 'http://127.0.0.1:1/x',      'login', 'error' ],
    [ 'http://[::1]:5000/cb',      'login', 'error' ],
    [ 'com.example.app:/cb',       'login', 'login' ],
    [ 'http://localhost:5000/cb',  'error', 'error' ],
    [ 'http://127.0.0.1:0x50/cb',  'error', 'error' ],
    [ 'http://127.0.0.1:99999/cb', 'error', 'error' ],
    [ 'http://127.0.0.1:/cb',      'error', 'error' ],
    [ 'http://127.0.0.1:5000/CB',  'error', 'error' ],
    [ 'http://127.0.0.1:5000/cb?', 'error', 'error' ],
    [ 'http://127.0.0.1:5000@evil.example/cb', 'error', 'error' ],
    [ 'https://127.0.0.1:5000/cb', 'error', 'error' ],
    [ 'http://127.0.0.2:5000/cb',  'error', 'error' ],
    [ 'http://127.1:5000/cb',      'error', 'error' ],
    [ 'http://[::0001]:5000/cb',   'error', 'error' ],
    [ 'com.example.app:8000/cb',   'error', 'error' ],
) {
    my ($uri, @fates) = @$_;

    is(fate($native, $uri), $fates[0], "$uri of a native application");
    is(fate($web, $uri), $fates[1], "$uri of another");
}

# ---- who asks --------------------------------------------------------------------

for (
    [ 'unknown', 'tpc_' . 'x' x 22 ], [ 'of odd bytes', "a'b<c>\x{263a}" ],
    [ 'too long', 'x' x 300 ], [ 'with a blank', "$app->{id} " ],
    [ 'in other case', uc $app->{id} ],
) {
    my ($name, $id) = @$_;
    my $answer = $b->authorize($app, client_id => $id);

    is($answer->code, 400, "a client_id $name: 400");
    is($b->at, 'error', "a client_id $name: our page");
    is(($b->told)[0], 'invalid_request', "a client_id $name: invalid_request");
    unlike($answer->body, qr/<c>/, "a client_id $name: nothing unescaped");
}
is((fate($app, undef)), 'error', 'no redirect URI: our page');
my $reborn = app_of($t, api => $api);

$t->db->rows('DELETE FROM tpa_data.clients WHERE client_id = ?',
             $reborn->{id});
is(fate($reborn, 'https://app.example.com/callback'), 'error',
   'an application that is gone');

done_testing();
