package TPA::Tenant;

# A tenant as a test sees it: its host, its database, and ways to make what a
# test needs in it. Rows are written as the owner of the schema would; the
# functions that do it for administrators have tests of their own.

use strict;
use warnings FATAL => 'all';

use Digest::SHA qw(sha256_hex);
use Encode ();
use JSON::PP ();
use Time::HiRes ();

use TPA::DB ();
use TPA::HTTP ();
use TPA::JWT ();
use TPA::Node ();

my @letters = ('0' .. '9', 'A' .. 'Z', 'a' .. 'z');

sub text_of { return join '', map { $letters[rand @letters] } 1 .. $_[0] }
sub hex_of { return join '', map { sprintf '%x', rand 16 } 1 .. $_[0] }

# new('a'): host a.example.test. The host b has a database of its own; all
# others share that of a.
sub new {
    my ($class, $name, %opt) = @_;
    my $node = $opt{node} || TPA::Node->main_node;

    return bless {
        name => $name, node => $node, host => "$name.example.test",
        issuer => "https://$name.example.test/" . ($name eq 'c' ? 'path/' : ''),
        path => $name eq 'c' ? '/path/' : '/',
        database => $name eq 'b' ? 'tpa_b' : 'tpa_a', %opt,
    }, $class;
}

sub db { return TPA::DB->open($_[0]{database}) }

sub http {
    my ($self, %opt) = @_;

    return $self->{node}->http($self->{name}, %opt);
}

# ---- making things ----------------------------------------------------------------

sub array_of {
    my ($list) = @_;

    return '{' . join(',', map { '"' . s/(["\\])/\\$1/gr . '"' } @$list) . '}';
}

sub insert {
    my ($self, $table, %row) = @_;
    my @columns = sort keys %row;

    $self->db->rows("INSERT INTO tpa_data.$table (@{[ join ', ', @columns ]})"
        . " VALUES (@{[ join ', ', map { '?' } @columns ]})",
        map { ref $row{$_} eq 'ARRAY' ? array_of($row{$_}) : $row{$_} }
        @columns);
    return;
}

# update('clients', { client_id => ... }, column => value, ...)
sub update {
    my ($self, $table, $where, %row) = @_;
    my @columns = sort keys %row;
    my @keys = sort keys %$where;

    $self->db->rows("UPDATE tpa_data.$table SET "
        . join(', ', map { "$_ = ?" } @columns)
        . (@keys ? ' WHERE ' . join ' AND ', map { "$_ = ?" } @keys : ''),
        (map { ref $_ ? array_of($_) : $_ } @row{@columns}), @$where{@keys});
    return;
}

# An API: scopes => [...], other columns of resource_servers by name.
sub api {
    my ($self, %row) = @_;
    my $scopes = delete $row{scopes} || [ 'read:things', 'write:things' ];
    my $n = 0;

    %row = (id => hex_of(24), name => 'An API',
            identifier => 'https://api-' . hex_of(12) . '.example.com/', %row);
    $self->insert('resource_servers', %row);
    $self->insert('resource_server_scopes', resource_server_id => $row{id},
                  value => $_, position => $n++) for @$scopes;
    return { %row, scopes => $scopes };
}

# An application: method, party => first | third | permissive, secret,
# keys => [ { pem, alg, kid, expires } ], other columns of clients by name.
sub client {
    my ($self, %row) = @_;
    my $party = delete $row{party} || 'first';
    my $method = delete $row{method} || 'client_secret_post';
    my $keys = delete $row{keys} || [];
    my $secret = delete $row{secret} || text_of(41) . '_-';
    my $id = delete $row{id}
        || ($party eq 'third' ? 'tpc_' . text_of(22) : text_of(32));

    # Tokens name the application, so its id is no secret; its secret is.
    TPA::Test::seen($secret);
    $self->insert('clients', client_id => $id, name => "App $id",
        token_endpoint_auth_method => $method,
        secret_hash => $method eq 'none' ? undef : sha256_hex($secret),
        is_first_party => $party eq 'first' ? 't' : 'f',
        third_party_security_mode => { first => undef, third => 'strict',
                                       permissive => 'permissive' }->{$party},
        grant_types => [ 'client_credentials' ], %row);
    my $client = { id => $id, secret => $secret, method => $method };

    $self->credential($client, %$_) for @$keys;
    return $client;
}

# A public key of an application; expires is an interval from now.
sub credential {
    my ($self, $client, %key) = @_;
    my $keys = $client->{keys} ||= [];
    my $expires = delete $key{expires};

    %key = (kid => 'kid-' . text_of(12), alg => 'RS256', %key);
    $self->insert('client_credentials', id => 'cred_' . text_of(22),
        client_id => $client->{id}, slot => @$keys + 1,
        expires_at => defined $expires
            ? $self->db->value('SELECT now() + ?::interval', $expires) : undef,
        %key);
    push @$keys, \%key;
    return;
}

# A client grant: client, api, scope => [...], other columns by name. Without
# a client it is the default of third-party applications.
sub grant {
    my ($self, %row) = @_;
    my $client = delete $row{client};
    my $api = delete $row{api};

    %row = (id => 'cgr_' . text_of(16), resource_server_id => $api->{id},
            $client ? (client_id => $client->{id})
                    : (default_for => 'third_party_clients'),
            scope => $row{allow_all_scopes} ? [] : $api->{scopes}, %row);
    $self->insert('client_grants', %row);
    return { %row };
}

sub org {
    my ($self, %row) = @_;

    %row = (id => 'org_' . text_of(16), name => 'org-' . hex_of(12), %row);
    $self->insert('organizations', %row);
    return { %row };
}

sub org_grant {
    my ($self, $org, $grant) = @_;

    $self->insert('organization_client_grants', organization_id => $org->{id},
                  grant_id => $grant->{id});
    return;
}

# An application that may use an API: an application's arguments, and
# api => ..., grant => { columns of its grant }.
sub machine {
    my ($self, %row) = @_;
    my $api = delete $row{api} || $self->api;
    my $grant = delete $row{grant} || {};
    my $client = $self->client(%row);

    $client->{api} = $api;
    $client->{grant} = $self->grant(client => $client, api => $api, %$grant);
    return $client;
}

# Change settings of the tenant for as long as this test runs.
my @undo;

sub settings {
    my ($self, %row) = @_;

    for my $column (sort keys %row) {
        push @undo, [ $self, $column, $self->db->value(
            "SELECT $column FROM tpa_data.tenant") ];
    }
    $self->update('tenant', {}, %row);
    return;
}

sub undo {
    for my $change (reverse splice @undo) {
        my ($self, $column, $value) = @$change;

        $self->update('tenant', {}, $column => $value);
    }
    return;
}

my $owner = $$;

END {
    local $?;
    eval { undo() } if $$ == $owner;
}

# ---- asking ---------------------------------------------------------------------------

my %connection;

# token(client, audience => ..., scope => ..., ...): an answer. The audience is
# that of the client's API unless it is given; undef leaves a parameter out.
# With '-http' another connection is used, with '-headers' more are sent.
sub token {
    my ($self, $client, %params) = @_;
    my $http = delete $params{'-http'}
        || ($connection{"$$ $self->{node}{port} $self->{host}"}
            ||= $self->http);
    my @headers = ('Content-Type' => 'application/x-www-form-urlencoded',
                   @{ delete $params{'-headers'} || [] });
    my @auth = (client_id => $client->{id}, client_secret => $client->{secret});

    if ($client->{method} eq 'client_secret_basic') {
        push @headers, Authorization =>
            TPA::HTTP::basic($client->{id}, $client->{secret});
        @auth = ();
    }
    $params{audience} = $client->{api}{identifier}
        if $client->{api} && !exists $params{audience};
    my $answer = $http->request('POST', "$self->{path}oauth/token",
        headers => \@headers,
        body => TPA::HTTP::form(grant_type => 'client_credentials', @auth,
                                map { $_ => $params{$_} } sort keys %params));
    my $json = $answer->json;

    TPA::Test::seen($json->{access_token})
        if ref $json eq 'HASH' && $json->{access_token};
    return $answer;
}

# The claims of the token a request got; dies when it got none.
sub claims {
    my ($self, $client, %params) = @_;
    my $answer = $self->token($client, %params);

    die "no token: $answer->{line} $answer->{body}\n" if $answer->code != 200;
    return (TPA::JWT::decode($answer->json->{access_token}))[1];
}

sub jwks {
    my ($self) = @_;

    return $self->http->request('GET', "$self->{path}.well-known/jwks.json")
        ->json;
}

# ---- what it wrote down -----------------------------------------------------------------

# The audit event with a reference, or the newest of a client; the audit queue
# is written within moments.
sub event {
    my ($self, %where) = @_;

    return TPA::Test::within(5, sub { ($self->events(%where))[0] });
}

sub events {
    my ($self, %where) = @_;
    my @columns = sort keys %where;

    return map { JSON::PP::decode_json(Encode::encode_utf8($_->[0])) }
        $self->db->rows('SELECT row_to_json(e) FROM tpa_data.log_events e WHERE '
            . join(' AND ', map { "$_ = ?" } @columns)
            . ' ORDER BY log_id DESC LIMIT 100', @where{@columns});
}

1;
