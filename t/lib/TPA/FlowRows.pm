package TPA::FlowRows;

# A small world for the functions of the user flow, and calls of them; on top of
# TPA::Functions.

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);
use JSON::PP ();

use TPA::Functions;

our @EXPORT = qw(flow_world call_of con_of event_of events_of now_us
    start_session issue redeem refresh family_of count_of $API);

our $API = 'https://api.example.com/';

my $n = 0;
my $PASSWORD = '$2y$12$' . 'a' x 53;

sub con_of { return 'con_' . substr('0' x 16 . $_[0], -16) }
sub now_us { return time . '000000' }

# Call a function: { result, id, body }, its body decoded.
sub call_of {
    my ($fn, $object, $event) = @_;
    my ($row) = rows_of("SELECT result, id, body FROM tpa.$fn(?, ?)", $object,
                        $event);

    return { result => $row->[0], id => $row->[1], body => $row->[2] &&
             JSON::PP->new->utf8(0)->decode($row->[2]) };
}

# An event to hand in, and the types of those that were stored under a name.
sub event_of {
    my ($type, $name) = @_;

    return { log_id => sprintf('%06d', ++$n) . $name, date => 1, type => $type,
             user_id => 'of the caller', details => { name => $name } };
}

sub events_of {
    my ($name) = @_;

    return join ' ', map { $_->[0] } rows_of(
        'SELECT type FROM tpa_data.log_events WHERE log_id LIKE ?'
        . ' ORDER BY log_id', "%$name%");
}

sub count_of {
    my ($table, $where) = @_;

    return value_of("SELECT count(*) FROM tpa_data.$table"
                    . (defined $where ? " WHERE $where" : ''));
}

# Two Organizations, two APIs, an application of each kind, three connections,
# two users. acme admits third parties, uses connection 1 and has ann.
sub flow_world {
    fresh_schema();
    my $roles = "INSERT INTO tpa_data.role_permissions VALUES";
    rows_of($_) for split /;\n/, <<"END";
INSERT INTO tpa_data.tenant (issuer, name) VALUES ('https://a.example/', 'A');
INSERT INTO tpa_data.resource_servers (id, identifier, name,
    allow_offline_access) VALUES
    ('@{[ api_of(1) ]}', '$API', 'Posts', true),
    ('@{[ api_of(2) ]}', 'urn:two', 'Two', false);
INSERT INTO tpa_data.resource_server_scopes VALUES
    ('@{[ api_of(1) ]}', 'read:posts', 1, 'Read your posts'),
    ('@{[ api_of(1) ]}', 'write:posts', 2, NULL),
    ('@{[ api_of(1) ]}', 'drop:posts', 3, 'Delete your posts');
INSERT INTO tpa_data.organizations (id, name, display_name,
    third_party_client_access) VALUES
    ('@{[ org_of(1) ]}', 'acme', 'Acme', 'allow'),
    ('@{[ org_of(2) ]}', 'globex', NULL, 'block');
INSERT INTO tpa_data.clients (client_id, name, is_first_party,
    third_party_security_mode, app_type, token_endpoint_auth_method,
    grant_types, callbacks) VALUES
    ('tpc_1', 'Third', false, 'strict', 'spa', 'none',
     '{authorization_code,refresh_token}', '{https://app.example/cb}'),
    ('first', 'First', true, NULL, NULL, 'client_secret_post',
     '{authorization_code}', '{}');
INSERT INTO tpa_data.connections (id, name, strategy, is_domain_connection)
    VALUES ('@{[ con_of(1) ]}', 'users', 'auth0', true),
    ('@{[ con_of(2) ]}', 'corp', 'ldap', true),
    ('@{[ con_of(3) ]}', 'own', 'auth0', false);
INSERT INTO tpa_data.client_connections VALUES ('first', '@{[ con_of(3) ]}');
INSERT INTO tpa_data.organization_connections (organization_id, connection_id)
    VALUES ('@{[ org_of(1) ]}', '@{[ con_of(1) ]}');
INSERT INTO tpa_data.users (user_id, connection_id, connection_user_id, name,
    email, username, password_hash) VALUES
    ('auth0|ann', '@{[ con_of(1) ]}', 'ann', 'Ann', 'Ann\@example.com', 'ann',
     '$PASSWORD'),
    ('auth0|bob', '@{[ con_of(1) ]}', 'bob', NULL, 'bob\@example.com', NULL,
     '$PASSWORD');
INSERT INTO tpa_data.organization_members (organization_id, user_id) VALUES
    ('@{[ org_of(1) ]}', 'auth0|ann');
INSERT INTO tpa_data.client_grants (id, client_id, resource_server_id,
    subject_type, scope) VALUES
    ('@{[ grant_of(1) ]}', 'tpc_1', '@{[ api_of(1) ]}', 'user',
     '{read:posts,write:posts}'),
    ('@{[ grant_of(2) ]}', 'tpc_1', '@{[ api_of(1) ]}', 'client', '{}');
INSERT INTO tpa_data.client_grants (id, default_for, resource_server_id,
    subject_type, scope) VALUES
    ('@{[ grant_of(3) ]}', 'third_party_clients', '@{[ api_of(1) ]}', 'user',
     '{read:posts}')
END
    return;
}

# ---- steps of a flow; what is given goes before what is usual ----------------

# A session of a user; its hash.
sub start_session {
    my (%o) = @_;
    my $hash = hash_of('session ' . ++$n);
    my $got = call_of(session_start => { session_hash => $hash,
        user_id => 'auth0|ann', connection_id => con_of(1), ip => '192.0.2.1',
        user_agent => 'test', lifetime_s => 3600, idle_s => 600,
        account_key => 1, %o });

    die "session_start: $got->{result}\n" if $got->{result} ne 'created';
    return $hash;
}

# A code of a fresh session; its hash, and what code_issue said.
sub issue {
    my (%o) = @_;
    my $hash = hash_of('code ' . ++$n);
    my $event = delete $o{event};

    $o{session_hash} ||= start_session(
        map { ($_ => $o{$_}) } grep { $o{$_} } qw(user_id connection_id));
    my $got = call_of(code_issue => { code_hash => $hash,
        client_id => 'tpc_1', user_id => 'auth0|ann', api_id => api_of(1),
        connection_id => con_of(1), redirect_uri => 'https://app.example/cb',
        code_challenge => 'x' x 43, scope => [ 'read:posts' ],
        authenticated_at => now_us(), ttl_s => 60, joins => $FALSE,
        consent => { id => 'consent-' . ++$n, scope => [ 'read:posts' ] },
        %o }, $event);

    return wantarray ? ($hash, $got) : $hash;
}

# Exchange a code; with family => NAME a refresh token of that name comes.
sub redeem {
    my ($code, %o) = @_;
    my $family = delete $o{family};
    my $event = delete $o{event};
    my $jkt = delete $o{jkt};

    return call_of(code_redeem => { code_hash => $code, client_id => 'tpc_1',
        $family ? (family => { id => $family, token_hash => hash_of($family),
                               lifetime_s => 3600, idle_s => 600,
                               dpop_jkt => $jkt }) : (),
        %o }, $event);
}

# A family of refresh tokens; its id, and the hash of its first token.
sub family_of {
    my (%o) = @_;
    my $id = 'family-' . ++$n;
    my $got = redeem(scalar(issue(%o)), family => $id,
                     jkt => $o{dpop_jkt},
                     map { ($_ => $o{$_}) } grep { $_ eq 'client_id' } keys %o);

    die "code_redeem: $got->{result}\n" if $got->{result} ne 'updated';
    return wantarray ? ($id, hash_of($id)) : $id;
}

# Use a refresh token; the successor is named after the new one.
sub refresh {
    my ($token, $new, %o) = @_;
    my $event = delete $o{event};

    return call_of(refresh_use => { token_hash => $token,
        client_id => 'tpc_1', rotates => $TRUE, new_hash => hash_of($new),
        successor => "sealed $new", leeway_s => 0, idle_s => 600, %o },
        $event);
}

1;
