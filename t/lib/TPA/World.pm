package TPA::World;

# One object of every kind the Management API knows, in one tenant, and the
# routes as the server itself describes them.

use strict;
use warnings FATAL => 'all';

use JSON::PP ();

use TPA::JWT ();
use TPA::Mgmt ();
use TPA::Orgs ();
use TPA::Tenant ();

use Exporter qw(import);
our @EXPORT = qw(routes_of world_of path_of body_of);

# ---- routes -----------------------------------------------------------------

# Of the document the server gives of itself, in a fixed order:
# { method, path, scopes => [ [ all of these ], ... ], open, body }.
sub routes_of {
    my ($m) = @_;
    my $paths = $m->must('GET', 'openapi.json', token => undef)->{paths};
    my @routes;

    for my $path (sort keys %$paths) {
        for my $method (sort keys %{ $paths->{$path} }) {
            my $said = $paths->{$path}{$method};

            push @routes, {
                method => uc $method, path => substr($path, 1),
                name => uc($method) . ' ' . substr($path, 1),
                scopes => [ map { $_->{bearer} } @{ $said->{security} } ],
                open => !@{ $said->{security} },
                body => $said->{requestBody} };
        }
    }
    return @routes;
}

# ---- objects ------------------------------------------------------------------

sub refresh_row {
    my ($t, $world, $api) = @_;
    my $grant = 'g-' . TPA::Tenant::text_of(20);
    my $family = 'f-' . TPA::Tenant::text_of(20);
    my %of = (user_id => $world->{'users/{id}'},
              client_id => $world->{'clients/{client_id}'},
              resource_server_id => $api);

    $t->insert('user_grants', id => $grant, %of, scope => [ 'read:things' ]);
    $t->insert('refresh_families', id => $family, user_grant_id => $grant,
               %of, connection_id => $world->{'connections/{id}'},
               scope => [ 'read:things' ], authenticated_at => '2026-01-01');
    return ($grant, $family);
}

# An Organization and everything that can hang on it, by the paths below it.
sub fill_org {
    my ($m, $world, $grant) = @_;
    my $org = TPA::Orgs::org_of($m);
    my $at = "organizations/$org->{id}";
    my $domain = TPA::Tenant::hex_of(12) . '.example.com';
    my $in = 'organizations/{organization_id}';
    my $con = $world->{'connections/{id}'};
    my $app = $world->{'clients/{client_id}'};

    $m->must('POST', "$at/enabled_connections",
             body => { connection_id => $con });
    $m->must('POST', "$at/members",
             body => { members => [ $world->{'users/{id}'} ] });
    $m->must('POST', $m->at('organizations', $org->{id}, 'members',
                            $world->{'users/{id}'}, 'roles'),
             body => { roles => [ $world->{'roles/{id}'} ] });
    $m->must('POST', "$at/client-grants", body => { grant_id => $grant });
    $m->must('POST', "$at/clients", body => { clients => [
        { client_id => $app, use_for_member_access => JSON::PP::true } ] });
    %$world = (%$world,
        $in => $org->{id}, 'organizations/{id}' => $org->{id},
        'organizations/name/{name}' => $org->{name},
        "$in/enabled_connections/{connection_id}" => $con,
        "$in/connections/{connection_id}" => $con,
        "$in/members/{user_id}" => $world->{'users/{id}'},
        "$in/client-grants/{grant_id}" => $grant,
        "$in/clients/{client_id}" => $app,
        "$in/discovery-domains/name/{domain}" => $domain,
        "$in/discovery-domains/{id}" => $m->must('POST',
            "$at/discovery-domains", body => { domain => $domain })->{id},
        "$in/invitations/{id}" => $m->must('POST', "$at/invitations", body => {
            inviter => { name => 'Ann' },
            invitee => { email => 'max@example.com' },
            client_id => $world->{login}, send_invitation_email =>
            JSON::PP::false })->{id});
    return;
}

# Ids by the path that ends with their name; and some more that bodies need.
sub world_of {
    my ($m) = @_;
    my $t = $m->tenant;
    my $mark = TPA::Tenant::hex_of(10);
    my $api = $m->must('POST', 'resource-servers', body => {
        identifier => "urn:world:$mark", scopes => [ { value => 'a:x' } ] });
    my $app = $m->must('POST', 'clients', body => {
        name => "World $mark", app_type => 'non_interactive' });
    my $grant = $m->must('POST', 'client-grants', body => {
        client_id => $app->{client_id}, audience => $api->{identifier},
        scope => [ 'a:x' ], organization_usage => 'allow' })->{id};
    my %world = (
        mark => $mark, audience => $api->{identifier},
        email => "w$mark\@example.com", connection => "world-$mark",
        login => $m->must('POST', 'clients', body => {
            name => "Login $mark", app_type => 'regular_web',
            organization_usage => 'allow',
            initiate_login_uri => 'https://a.example/login' })->{client_id},
        'resource-servers/{id}' => $api->{id},
        'clients/{client_id}' => $app->{client_id},
        'client-grants/{id}' => $grant,
        'clients/{client_id}/credentials/{credential_id}' => $m->must('POST',
            "clients/$app->{client_id}/credentials", body => {
                pem => TPA::JWT::public_pem(TPA::JWT::key('rsa', 2048)) })
            ->{id},
        'connections/{id}' => $m->must('POST', 'connections', body => {
            name => "world-$mark", strategy => 'auth0' })->{id},
        'roles/{id}' => $m->must('POST', 'roles',
                                 body => { name => "World $mark" })->{id},
    );

    $world{'users/{id}'} = $m->must('POST', 'users', body => {
        connection => $world{connection}, email => $world{email},
        password => "Very-Secret-$mark" })->{user_id};
    $m->must('PATCH', "connections/$world{'connections/{id}'}/clients",
             body => [ { client_id => $app->{client_id},
                         status => JSON::PP::true } ]);
    $m->must('POST', $m->at('users', $world{'users/{id}'}, 'roles'),
             body => { roles => [ $world{'roles/{id}'} ] });
    $m->must('POST', "roles/$world{'roles/{id}'}/permissions", body => {
        permissions => [ { resource_server_identifier => $api->{identifier},
                           permission_name => 'a:x' } ] });
    fill_org($m, \%world, $grant);
    @world{qw(grants/{id} refresh-tokens/{id})}
        = refresh_row($t, \%world, $api->{id});
    $world{'logs/{id}'} = $m->must('GET', 'logs', query =>
                                   [ per_page => 1 ])->[0]{log_id};
    $world{'keys/signing/{kid}'}
        = $m->must('GET', 'keys/signing')->[0]{kid};
    return \%world;
}

# The path of a route with the ids of a world: as it is sent; undef when it
# names an id of a kind that this world does not have.
sub path_of {
    my ($world, $path) = @_;
    my ($so_far, @sent) = '';

    for my $segment (split m{/}, $path) {
        $so_far .= ($so_far eq '' ? '' : '/') . $segment;
        return undef if $segment =~ /^\{/ && !defined $world->{$so_far};
        push @sent, TPA::HTTP::escape($segment =~ /^\{/ ? $world->{$so_far}
                                                        : $segment);
    }
    return join '/', @sent;
}

# ---- bodies -------------------------------------------------------------------

# A metadata document, at a site of its own.
my $site;

sub document {
    require TPA::Site;
    $site ||= TPA::Site->start;
    return { external_client_id => $site->document('/world') };
}

# A body that a route takes, made of the ids of a world.
my %bodies = (
    'PATCH clients/{client_id}' => sub { { description => 'other' } },
    'POST clients/{client_id}/credentials' => sub {
        { pem => TPA::JWT::public_pem(TPA::JWT::key('rsa', 2048)) } },
    'PATCH clients/{client_id}/credentials/{credential_id}' => sub {
        { expires_at => '2100-01-01T00:00:00Z' } },
    'PATCH resource-servers/{id}' => sub { { name => 'other' } },
    'PATCH client-grants/{id}' => sub { { scope => [] } },
    'PATCH organizations/{id}' => sub { { display_name => 'other' } },
    'POST organizations/{organization_id}/members' => sub {
        { members => [ $_[0]{'users/{id}'} ] } },
    'DELETE organizations/{organization_id}/members' => sub {
        { members => [ $_[0]{'users/{id}'} ] } },
    'POST organizations/{organization_id}/members/{user_id}/roles' => sub {
        { roles => [ $_[0]{'roles/{id}'} ] } },
    'DELETE organizations/{organization_id}/members/{user_id}/roles' => sub {
        { roles => [ $_[0]{'roles/{id}'} ] } },
    'POST organizations/{organization_id}/connections' => sub {
        { connection_id => $_[0]{'connections/{id}'} } },
    'PATCH organizations/{organization_id}/connections/{connection_id}' => sub {
        { show_as_button => JSON::PP::false } },
    'POST organizations/{organization_id}/enabled_connections' => sub {
        { connection_id => $_[0]{'connections/{id}'} } },
    'PATCH organizations/{organization_id}/enabled_connections/{connection_id}' => sub {
        { show_as_button => JSON::PP::false } },
    'POST organizations/{organization_id}/client-grants' => sub {
        { grant_id => $_[0]{'client-grants/{id}'} } },
    'POST organizations/{organization_id}/discovery-domains' => sub {
        { domain => 'other.example.com' } },
    'PATCH organizations/{organization_id}/discovery-domains/{id}' => sub {
        { status => 'verified' } },
    'POST organizations/{organization_id}/clients' => sub {
        { clients => [ { client_id => $_[0]{'clients/{client_id}'},
                         use_for_member_access => JSON::PP::true } ] } },
    'DELETE organizations/{organization_id}/clients' => sub {
        { clients => [ $_[0]{'clients/{client_id}'} ] } },
    'PATCH organizations/{organization_id}/clients/{client_id}' => sub {
        { use_for_member_access => JSON::PP::false } },
    'POST organizations/{organization_id}/invitations' => sub {
        { inviter => { name => 'Ann' }, invitee => { email => 'x@y.example' },
          client_id => $_[0]{login},
          send_invitation_email => JSON::PP::false } },
    'POST clients/cimd/preview' => \&document,
    'POST clients/cimd/register' => \&document,
    'PATCH connections/{id}' => sub { { show_as_button => JSON::PP::false } },
    'PATCH connections/{id}/clients' => sub {
        [ { client_id => $_[0]{'clients/{client_id}'},
            status => JSON::PP::false } ] },
    'PATCH users/{id}' => sub { { name => 'other' } },
    'POST users/{id}/roles' => sub {
        { roles => [ $_[0]{'roles/{id}'} ] } },
    'DELETE users/{id}/roles' => sub {
        { roles => [ $_[0]{'roles/{id}'} ] } },
    'PATCH roles/{id}' => sub { { description => 'other' } },
    'POST roles/{id}/permissions' => sub {
        { permissions => [ { resource_server_identifier => $_[0]{audience},
                             permission_name => 'a:x' } ] } },
    'DELETE roles/{id}/permissions' => sub {
        { permissions => [ { resource_server_identifier => $_[0]{audience},
                             permission_name => 'a:x' } ] } },
);

# Dies where a route takes a body and none is known.
sub body_of {
    my ($world, $route) = @_;

    return undef unless $route->{body};
    my $make = $bodies{ $route->{name} }
        or die "TPA::World: no body for $route->{name}\n";

    return $make->($world);
}

1;
