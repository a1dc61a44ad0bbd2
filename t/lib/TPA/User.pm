package TPA::User;

# A user on the way through an application: connection, user, Organization,
# session, consent, code and refresh tokens, written as the owner of the schema
# would, and the requests an application makes with them.

use strict;
use warnings FATAL => 'all';

use Digest::SHA qw(sha256 sha256_hex);
use Exporter qw(import);
use MIME::Base64 qw(encode_base64url);
use POSIX ();

use TPA::HTTP ();
use TPA::Orgs ();
use TPA::Tenant ();
use TPA::Test ();

our @EXPORT = qw(secret_text challenge_of connection_of user_of app_of
                 org_with membership session_of consent_of code_of family_of
                 stage post_form app_params exchange refresh revoke tokens_of
                 at_once refusal_of is_refused_grant);

our $callback = 'https://app.example.com/callback';

# As secrets, codes and tokens look: 43 characters. No log may show it.
sub secret_text {
    return TPA::Test::seen(TPA::Tenant::text_of(41) . '_-');
}

sub challenge_of { return encode_base64url(sha256($_[0])) }

# ---- rows -----------------------------------------------------------------------

# A domain-level connection whose passwords are ours; columns by name.
sub connection_of {
    my ($t, %row) = @_;

    return TPA::Orgs::connection_row($t, is_domain_connection => 't', %row);
}

sub user_of {
    my ($t, $connection, %row) = @_;

    return TPA::Orgs::user_row($t, $connection, %row);
}

# An application that may act for users at an API of its own (api => ...):
# third-party, confidential, with refresh tokens, unless told otherwise by the
# arguments of TPA::Tenant's client. grant => undef: without a client grant.
sub app_of {
    my ($t, %row) = @_;
    my $api = delete $row{api} || $t->api(allow_offline_access => 't');
    my $grant = exists $row{grant} ? delete $row{grant} : {};
    my $app = $t->client(party => 'third', callbacks => [ $callback ],
        app_type => 'regular_web', organization_usage => 'allow',
        grant_types => [qw(authorization_code refresh_token)], %row);

    $app->{api} = $api;
    $app->{grant} = $t->grant(client => $app, api => $api,
                              subject_type => 'user', %$grant) if $grant;
    return $app;
}

# An Organization that admits third-party applications, with these connections.
sub org_with {
    my ($t, $connections, %row) = @_;
    my $org = $t->org(third_party_client_access => 'allow', %row);

    $t->insert('organization_connections', organization_id => $org->{id},
               connection_id => $_->{id}) for @$connections;
    return $org;
}

sub membership {
    my ($t, $org, $user) = @_;

    $t->insert('organization_members', organization_id => $org->{id},
               user_id => $user->{user_id});
    return;
}

# A session; its cookie is {cookie}, its row is known by {hash}.
sub session_of {
    my ($t, $user, %row) = @_;
    my $cookie = secret_text();
    my $hash = sha256_hex($cookie);
    my $end = $t->db->value("SELECT now() + interval '1 day'");

    $t->insert('sessions', session_hash => $hash, user_id => $user->{user_id},
        connection_id => $user->{connection_id}, authenticated_at => 'now',
        idle_expires_at => $end, expires_at => $end, %row);
    return { cookie => $cookie, hash => $hash };
}

# consent_of(t, user, app, org or undef, scope => [...]): its id.
sub consent_of {
    my ($t, $user, $app, $org, %row) = @_;
    my $id = 'g-' . TPA::Tenant::text_of(20);

    $t->insert('user_grants', id => $id, user_id => $user->{user_id},
        client_id => $app->{id}, resource_server_id => $app->{api}{id},
        organization_id => $org ? $org->{id} : undef,
        scope => $app->{api}{scopes}, %row);
    return $id;
}

# A code for what a stage holds; columns by name, lives => an interval.
sub code_of {
    my ($stage, %row) = @_;
    my $t = $stage->{t};
    my $lives = delete $row{lives} || '60 seconds';
    my $code = secret_text();
    my $verifier = secret_text();

    # One that is over was made earlier.
    $t->insert('authorization_codes', code_hash => sha256_hex($code),
        client_id => $stage->{app}{id}, user_id => $stage->{user}{user_id},
        resource_server_id => $stage->{app}{api}{id},
        organization_id => $stage->{org} ? $stage->{org}{id} : undef,
        connection_id => $stage->{user}{connection_id},
        session_hash => $stage->{session}{hash},
        user_grant_id => $stage->{consent}, redirect_uri => $callback,
        code_challenge => challenge_of($verifier),
        scope => [ @{ $stage->{app}{api}{scopes} }, 'offline_access' ],
        authenticated_at => 'now', created_at => $t->db->value(
            'SELECT now() + least(?::interval, interval \'0\')', $lives),
        expires_at => $t->db->value('SELECT now() + ?::interval', $lives),
        %row);
    return { code => $code, verifier => $verifier };
}

# A family with one refresh token, which is {token}; columns by name.
sub family_of {
    my ($stage, %row) = @_;
    my $t = $stage->{t};
    my $token = secret_text();
    my $id = 'f-' . TPA::Tenant::text_of(20);

    $t->insert('refresh_families', id => $id,
        user_grant_id => $stage->{consent},
        user_id => $stage->{user}{user_id}, client_id => $stage->{app}{id},
        resource_server_id => $stage->{app}{api}{id},
        organization_id => $stage->{org} ? $stage->{org}{id} : undef,
        connection_id => $stage->{user}{connection_id},
        session_hash => $stage->{session}{hash},
        scope => [ @{ $stage->{app}{api}{scopes} }, 'offline_access' ],
        authenticated_at => 'now', %row);
    $t->insert('refresh_tokens', token_hash => sha256_hex($token),
               family_id => $id, generation => $row{generation} || 1);
    return { id => $id, token => $token };
}

# Everything a user needs at an application: stage(t, app => {...}, user =>
# {...}, org => 1 or {...}, connection => {...}, consent => {...}). Things that
# are there already are handed in as what made them.
sub stage {
    my ($t, %opt) = @_;
    my $s = { t => $t };

    $s->{connection} = $opt{connection} && $opt{connection}{id}
        ? $opt{connection} : connection_of($t, %{ $opt{connection} || {} });
    $s->{app} = $opt{app} && $opt{app}{id} ? $opt{app}
        : app_of($t, %{ $opt{app} || {} });
    $s->{user} = $opt{user} && $opt{user}{user_id} ? $opt{user}
        : user_of($t, $s->{connection}, %{ $opt{user} || {} });
    if ($opt{org}) {
        $s->{org} = ref $opt{org} && $opt{org}{id} ? $opt{org}
            : org_with($t, [ $s->{connection} ],
                       ref $opt{org} ? %{ $opt{org} } : ());
        membership($t, $s->{org}, $s->{user});
    }
    $s->{session} = session_of($t, $s->{user});
    $s->{consent} = consent_of($t, $s->{user}, $s->{app}, $s->{org},
                               %{ $opt{consent} || {} });
    return $s;
}

# ---- requests -------------------------------------------------------------------

# The parameters and headers an application proves itself by.
sub app_params {
    my ($app) = @_;

    return ([ Authorization => TPA::HTTP::basic($app->{id}, $app->{secret}) ])
        if $app->{method} eq 'client_secret_basic';
    return ([], client_id => $app->{id},
            $app->{method} eq 'none' ? () : (client_secret => $app->{secret}));
}

my %connection;

# post_form(t, path, app or undef, params...): an answer. Of params, '-http' is
# the connection to use, '-headers' more headers; undef leaves one out.
sub post_form {
    my ($t, $path, $app, %params) = @_;
    my $http = delete $params{'-http'}
        || ($connection{"$$ $t->{node}{port} $t->{host}"} ||= $t->http);
    my $more = delete $params{'-headers'} || [];
    my ($headers, %own) = $app ? app_params($app) : ([]);

    %params = (%own, %params);
    return $http->request('POST', "$t->{path}$path",
        headers => [ 'Content-Type' => 'application/x-www-form-urlencoded',
                     @$headers, @$more ],
        body => TPA::HTTP::form(map { $_ => $params{$_} } sort keys %params));
}

sub ask_tokens {
    my $answer = post_form($_[0], 'oauth/token', @_[1 .. $#_]);
    my $json = $answer->json;

    TPA::Test::seen(grep { defined } @$json{qw(access_token refresh_token)})
        if ref $json eq 'HASH';
    return $answer;
}

# Exchange a code of code_of, as the application of a stage.
sub exchange {
    my ($stage, $code, %params) = @_;

    return ask_tokens($stage->{t}, $params{'-app'} || $stage->{app},
        grant_type => 'authorization_code', code => $code->{code},
        redirect_uri => $callback, code_verifier => $code->{verifier},
        map { $_ => $params{$_} } grep { $_ ne '-app' } keys %params);
}

sub refresh {
    my ($stage, $token, %params) = @_;

    return ask_tokens($stage->{t}, $params{'-app'} || $stage->{app},
        grant_type => 'refresh_token', refresh_token => $token,
        map { $_ => $params{$_} } grep { $_ ne '-app' } keys %params);
}

sub revoke {
    my ($stage, $token, %params) = @_;

    return post_form($stage->{t}, 'oauth/revoke',
        $params{'-app'} || $stage->{app}, token => $token,
        map { $_ => $params{$_} } grep { $_ ne '-app' } keys %params);
}

# The record of the refusal that an application was just told, by this rule (or
# any); the newest there is if none comes.
my %told;

sub refusal_of {
    my ($stage, $rule) = @_;
    my $id = $stage->{app}{id};
    my $last = $told{$id} || '';
    my @new;
    my $event = TPA::Test::within(5, sub {
        @new = grep { $_->{ref} && $_->{log_id} gt $last }
            $stage->{t}->events(client_id => $id);
        return (grep { !defined $rule || $_->{rule} eq $rule } @new)[0];
    }) || $new[0] || {};

    $told{$id} = $event->{log_id};
    return $event;
}

# Is it invalid_grant, for this reason? The reason is for the operator: it
# stands in the record, with the facts.
sub is_refused_grant {
    my ($stage, $answer, $rule, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    TPA::Test::is_error($answer, 400, 'invalid_grant', $name) or return;
    my $event = refusal_of($stage, $rule);
    my $details = $event->{details} || {};

    return Test::More::is($event->{rule}, $rule, "$name: $rule")
        && Test::More::ok($details->{facts} && $event->{type} =~ /^fe/
            && ($details->{flow} // '')
                =~ /^(?:authorization_code|refresh_token)$/,
            "$name: with the facts");
}

# Run n functions at the same moment, each in a process of its own: in each,
# make->(number) prepares, and what it returns is called when all are ready. The
# one line of text that each gave. The database must not be asked meanwhile.
sub at_once {
    my ($n, $make) = @_;
    my @runs;

    pipe my $gate, my $opener or die $!;
    for my $number (1 .. $n) {
        pipe my $from, my $to or die $!;
        my $pid = fork // die "fork: $!";

        if (!$pid) {
            close $_ for $from, $opener;
            my $line = eval {
                my $one = $make->($number);

                syswrite $to, "\n";
                sysread $gate, my $byte, 1;
                $one->();
            } // "died: $@";

            syswrite $to, $line =~ s/\n/ /gr;
            POSIX::_exit(0);
        }
        close $to;
        push @runs, { pid => $pid, from => $from };
    }
    sysread $_->{from}, my $ready, 1 for @runs;
    close $_ for $opener, $gate;
    return map {
        local $/;
        my $line = readline $_->{from};

        waitpid $_->{pid}, 0;
        $line // '';
    } @runs;
}

# The JSON of an answer that must hold tokens.
sub tokens_of {
    my ($answer) = @_;

    die "no tokens: $answer->{line} $answer->{body}\n" if $answer->code != 200;
    return $answer->json;
}

1;
