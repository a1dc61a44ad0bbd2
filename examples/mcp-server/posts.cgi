#!/usr/bin/perl
# A small MCP server behind AuthType TPABearer: one tool, which lists the posts of
# the Organization that the token is for. It sees no token: httpd has verified it,
# and says in TPA_ORG_ID whose it is.
#
# Streamable HTTP without sessions: each POST is one JSON-RPC message, and its
# answer. From the environment: DEMO_POSTS, a folder of files ORG_ID.json.
use strict;
use warnings;

use JSON::PP ();

my $json = JSON::PP->new->utf8->canonical;
my $MOST = 65536;    # bytes of a message
my @VERSIONS = qw(2025-11-25 2025-06-18 2025-03-26);

# ---- HTTP --------------------------------------------------------------------

sub answer {
    my ($status, $body, @headers) = @_;

    print map { "$_\r\n" } "Status: $status", @headers,
        defined $body ? 'Content-Type: application/json' : ();
    print "\r\n", $body // '';
    exit 0;
}

sub reply { answer('200 OK', $json->encode({ jsonrpc => '2.0', @_ })) }

sub fail {
    my ($id, $code, $text) = @_;

    reply(id => $id, error => { code => $code, message => $text });
}

sub message {
    my $length = $ENV{CONTENT_LENGTH} // 0;
    my $text = '';

    answer('413 Content Too Large') if $length > $MOST;
    read STDIN, $text, $length;
    my $said = eval { $json->decode($text) };

    fail(undef, -32700, 'This is no JSON') if !defined $said;
    fail(undef, -32600, 'Send one request of JSON-RPC 2.0')
        if ref $said ne 'HASH' || ref($said->{method} // {});
    return $said;
}

# ---- the tool ------------------------------------------------------------------

my %list_posts = (
    name => 'list_posts',
    title => 'List posts',
    description => 'Lists the posts of the Organization you are logged in for',
    inputSchema => { type => 'object', additionalProperties => \0,
        properties => { organization => { type => 'string',
            description => 'Id of an Organization; unless told, your own' } } },
    annotations => { readOnlyHint => \1 },
);

sub text {
    my ($text, $is_error) = @_;

    return { content => [ { type => 'text', text => $text } ],
             isError => $is_error ? \1 : \0 };
}

sub list_posts {
    my ($wanted) = @_;
    my $own = $ENV{TPA_ORG_ID} // '';

    return text('Your token is for no Organization: log in for one', 1)
        if $own !~ /^org_[A-Za-z0-9]+$/;
    return text("Your token is for $own, and for no other Organization", 1)
        if defined $wanted && $wanted ne $own;
    open my $in, '<:encoding(UTF-8)', "$ENV{DEMO_POSTS}/$own.json"
        or return text("There are no posts of $own");
    return text(do { local $/; <$in> });
}

# ---- JSON-RPC ------------------------------------------------------------------

my %methods = (
    initialize => sub {
        my ($params) = @_;
        my ($version) = grep { $_ eq ($params->{protocolVersion} // '') }
            @VERSIONS;

        return { protocolVersion => $version // $VERSIONS[0],
                 capabilities => { tools => {} },
                 serverInfo => { name => 'demo-posts', version => '1.0.0' } };
    },
    ping => sub { {} },
    'tools/list' => sub { { tools => [ \%list_posts ] } },
    'tools/call' => sub {
        my ($params) = @_;
        my $arguments = $params->{arguments} // {};

        return undef if ($params->{name} // '') ne 'list_posts'
            || ref $arguments ne 'HASH';
        return list_posts($arguments->{organization});
    },
);

answer('405 Method Not Allowed', undef, 'Allow: POST')
    if ($ENV{REQUEST_METHOD} // '') ne 'POST';
my $said = message();

answer('202 Accepted') if !exists $said->{id};    # a notification
my $method = $methods{ $said->{method} // '' }
    or fail($said->{id}, -32601, 'There is no such method');
my $params = ref $said->{params} eq 'HASH' ? $said->{params} : {};
my $result = $method->($params)
    or fail($said->{id}, -32602, 'The tool is list_posts');

reply(id => $said->{id}, result => $result);
