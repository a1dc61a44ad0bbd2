# How answers travel: query, form_post, web_message.
use TPA::Test;
use TPA::Browser;
use TPA::User;

my $t = tenant('a');
my $connection = connection_of($t);
my $user = TPA::Browser::person($t, $connection);
my $api = $t->api;
my $callback = 'https://app.example.com/callback';
my %own = (api => $api, callbacks => [ $callback, 'https://app.example.com/q?a=b',
           'https://evil.example/cb' ], web_origins => [ 'https://app.example.com' ]);
my $app = app_of($t, %own);
my $open = app_of($t, %own, redirection_policy => 'allow_always');
my $b = TPA::Browser->new($t);

$b->run($_, $user) for $app, $open;

# ---- query ---------------------------------------------------------------------

$b->authorize($app, response_mode => 'query');
ok($b->code, 'query: a code');
$b->authorize($app, redirect_uri => 'https://app.example.com/q?a=b');
like($b->{page}->header('Location'),
     qr{^https://app\.example\.com/q\?a=b&code=[\w-]+&state=},
     'a redirect URI with a query keeps it');

# ---- form_post -----------------------------------------------------------------

my $answer = $b->authorize($app, response_mode => 'form_post');
my ($form) = $b->forms;
my %fields = @{ $form->{fields} };

is($answer->code, 200, 'form_post: a page');
is($answer->header('Location'), '', 'and no redirect');
is($form->{action}, $callback, 'its form goes to the redirect URI');
is($form->{method}, 'post', 'by POST');
is_deeply([ sort keys %fields ], [qw(code iss state)], 'code, state and iss');
is($fields{state}, $b->{state}, 'the state as it was sent');
is($fields{iss}, $t->{issuer}, 'the issuer');
like($answer->header('Content-Security-Policy'),
     qr{form-action 'self' https://app\.example\.com;}, 'it may go there');
my ($nonce) = $answer->header('Content-Security-Policy')
    =~ /script-src 'nonce-([^']+)'/;

like($answer->body, qr/<script nonce="\Q$nonce\E">/, 'its script has the nonce');
is($answer->header('Cache-Control'), 'no-store', 'no cache keeps the code');
$b->authorize($open, response_mode => 'form_post', prompt => 'none',
              scope => 'write:things');
%fields = @{ ($b->forms)[0]{fields} };
is($fields{error}, 'consent_required', 'errors travel the same way');
is($fields{iss}, $t->{issuer}, 'with the issuer');
$b->authorize($app, response_mode => 'form_post', prompt => 'none',
              scope => 'write:things');
is($b->at, 'error', 'unless they are not to travel');

# ---- web_message ---------------------------------------------------------------

sub message {
    my ($browser) = @_;
    my ($origin) = $browser->{page}->body =~ /data-origin="([^"]*)"/;
    my ($text) = $browser->{page}->body =~ /data-message="([^"]*)"/;

    return (TPA::Browser::plain($origin // ''), defined $text
        ? JSON::PP::decode_json(TPA::Browser::plain($text)) : undef);
}

$answer = $b->authorize($app, response_mode => 'web_message',
                        prompt => 'none');
my ($origin, $message) = message($b);

seen($message->{response}{code});
is($answer->code, 200, 'web_message: a page');
is($origin, 'https://app.example.com', 'to the origin of the redirect URI');
is($message->{type}, 'authorization_response', 'of the type that is agreed');
is_deeply([ sort keys %{ $message->{response} } ], [qw(code iss state)],
          'code, state and iss');
is($message->{response}{state}, $b->{state}, 'the state as it was sent');
like($answer->header('Content-Security-Policy'),
     qr{frame-ancestors https://app\.example\.com(?:;|$)},
     'that origin may frame it, and nobody else');

for ([ 'open_redirect_protection', $app ], [ 'allow_always', $open ]) {
    my ($policy, $app) = @$_;
    my $answer = $b->authorize($app, response_mode => 'web_message',
                               prompt => 'none', scope => 'write:things');
    my ($origin, $message) = message($b);

    is($message->{response}{error}, 'consent_required',
       "$policy: a silent error is posted");
    is($origin, 'https://app.example.com', "$policy: to that origin");
    is($message->{response}{code}, undef, "$policy: without a code");
    is($message->{response}{iss}, $t->{issuer}, "$policy: with the issuer");
}
my $stranger = $b->another;

$stranger->authorize($app, response_mode => 'web_message', prompt => 'none');
is((message($stranger))[1]{response}{error}, 'login_required',
   'nobody is logged in: posted as well');
$b->authorize($app, response_mode => 'web_message', organization => 'org_x');
is($b->at, 'error', 'an error that is not silent: our page');

# To origins that are registered, and no others; errors neither.
for my $params ({}, { prompt => 'none' }, { prompt => 'none', x => 1 },
                { organization => 'org_x' }, { scope => "\x01" }) {
    for my $app ($app, $open) {
        my $answer = $b->authorize($app, response_mode => 'web_message',
            redirect_uri => 'https://evil.example/cb', %$params);

        is($answer->code, 400, 'another origin: 400');
        is($b->at, 'error', 'our page, and no message');
        unlike($answer->header('Content-Security-Policy'), qr/evil/,
               'which that origin cannot frame');
    }
}

done_testing();
