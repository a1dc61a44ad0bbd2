package TPA::Register;

# Applications that register themselves, as a test uses them.

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);
use JSON::PP ();

use TPA::Test ();

our @EXPORT = qw(register registered door metadata);

my $json = JSON::PP->new->utf8->canonical;

# Open or close the door of a tenant, for as long as the test runs.
sub door {
    my ($t, $open, %more) = @_;

    $t->settings(flag_enable_dynamic_client_registration => $open ? 't' : 'f',
                 %more);
    return;
}

# register(t, { members } or 'bytes', headers => [...]): the answer.
sub register {
    my ($t, $body, %opt) = @_;
    my $http = delete $opt{http} || $t->http;
    my $headers = delete $opt{headers}
        || [ 'Content-Type' => 'application/json' ];

    $body = $json->encode($body) if ref $body;
    my $answer = $http->request('POST', "$t->{path}oidc/register",
                                headers => $headers, body => $body, %opt);
    my $said = $answer->json;

    TPA::Test::seen($said->{client_secret})
        if ref $said eq 'HASH' && $said->{client_secret};
    return $answer;
}

# An application as TPA::User and TPA::Browser take it; dies when it could not
# be registered.
sub registered {
    my ($t, %members) = @_;
    my $answer = register($t, {
        redirect_uris => [ 'https://app.example.com/callback' ], %members });

    die "not registered: $answer->{line} $answer->{body}\n"
        if $answer->code != 201;
    my $said = $answer->json;

    return { id => $said->{client_id}, secret => $said->{client_secret},
             method => $said->{token_endpoint_auth_method}, said => $said,
             callback => $said->{redirect_uris}[0] };
}

sub metadata {
    my ($t, %opt) = @_;

    return ($opt{http} || $t->http)->request('GET',
        "$t->{path}.well-known/oauth-authorization-server")->json;
}

1;
