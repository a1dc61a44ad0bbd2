package TPA::Browser;

# A scripted user agent: keeps cookies as browsers keep them, reads forms, and
# sends them with the headers a browser would add. Redirects are followed only
# when a test says so.

use strict;
use warnings FATAL => 'all';

use Digest::SHA qw(sha256);
use MIME::Base64 qw(encode_base64url);

use TPA::HTTP ();
use TPA::Orgs ();
use TPA::Tenant ();
use TPA::Test ();

# new(tenant, node => ...): one browser, with no cookies, at a tenant's host.
sub new {
    my ($class, $t, %opt) = @_;
    my $node = delete $opt{node} || $t->{node};

    return bless { t => $t, http => $node->http($t->{name}), cookies => {},
                   headers => [], %opt }, $class;
}

# One more browser: the same user elsewhere, or somebody else.
sub another {
    my ($self, %opt) = @_;

    return TPA::Browser->new($self->{t}, %opt);
}

# ---- cookies --------------------------------------------------------------------

sub cookie { return $_[0]{cookies}{ $_[1] } }
sub session { return $_[0]->cookie('__Host-tpa_session') }
sub forget { delete @{ $_[0]{cookies} }{ @_[1 .. $#_] }; return }

# Browsers drop a __Host- cookie that is not Secure, has a Domain, or another
# Path. What they keep no log may show.
sub keep_cookies {
    my ($self, $answer) = @_;

    for (@{ $answer->{headers}{'set-cookie'} || [] }) {
        my ($pair, @attributes) = split /\s*;\s*/;
        my ($name, $value) = split /=/, $pair, 2;
        my %has = map { my ($n, $v) = split /=/, $_, 2; (lc $n => $v // '') }
            @attributes;

        next if $name =~ /^__Host-/ && !(exists $has{secure}
            && !exists $has{domain} && ($has{path} // '') eq '/');
        $self->{attributes}{$name} = \%has;
        TPA::Test::seen($value);
        if (exists $has{'max-age'} && $has{'max-age'} <= 0) {
            delete $self->{cookies}{$name};
        }
        else {
            $self->{cookies}{$name} = $value;
        }
    }
    return;
}

# ---- requests -------------------------------------------------------------------

sub path_of {
    my ($self, $url) = @_;

    $url =~ s{^https://\Q$self->{t}{host}\E(?::\d+)?(?=/)}{};
    return $url;
}

sub ask {
    my ($self, $method, $url, %opt) = @_;
    my @headers = (@{ $self->{headers} }, @{ delete $opt{headers} || [] });
    my @cookies = map { "$_=$self->{cookies}{$_}" }
        sort keys %{ $self->{cookies} };

    push @headers, Cookie => join '; ', @cookies if @cookies;
    my $answer = $self->{http}->request($method, $self->path_of($url),
                                        headers => \@headers, %opt);

    $self->keep_cookies($answer);
    $self->note($answer);
    return $self->{page} = $answer;
}

# Tickets and codes of what came, for the test of the logs.
sub note {
    my ($self, $answer) = @_;

    my $body = $answer->body;

    TPA::Test::seen($body =~ /name="ticket" value="([^"]+)"/g,
        $body =~ /[?&;]ticket=([^"&]+)/g, $body =~ /name="code" value="([^"]+)"/g,
        $answer->header('Location') =~ /[?&](?:code|ticket)=([^&]+)/g);
    return;
}

sub get { my ($self, $url, %opt) = @_; return $self->ask('GET', $url, %opt) }

# post(url, name => value, ...), as a page of ours would send it.
sub post {
    my ($self, $url, @pairs) = @_;

    return $self->ask('POST', $url, body => TPA::HTTP::form(@pairs),
        headers => [ 'Content-Type' => 'application/x-www-form-urlencoded',
                     Origin => 'null', 'Sec-Fetch-Site' => 'same-origin' ]);
}

# As far as redirects lead within our host.
sub follow {
    my ($self, $answer) = @_;

    $answer ||= $self->{page};
    for (1 .. 10) {
        my $to = $answer->header('Location');

        last unless $answer->code =~ /^30[1237]$/
            && $self->path_of($to) =~ m{^/};
        $answer = $self->get($to);
    }
    return $answer;
}

# ---- pages ----------------------------------------------------------------------

my %entity = (amp => '&', lt => '<', gt => '>', quot => '"');

sub plain {
    my ($text) = @_;

    $text =~ s{&(?:#(\d+)|#x([0-9A-Fa-f]+)|(\w+));}
        {defined $1 ? chr $1 : defined $2 ? chr hex $2
             : $entity{$3} || "&$3;"}ge;
    return $text;
}

sub attributes {
    my ($tag) = @_;
    my %has;

    while ($tag =~ /\s([a-zA-Z-]+)(?:="([^"]*)")?/g) {
        my ($name, $value) = ($1, $2);

        $has{lc $name} = plain($value // '');
    }
    return \%has;
}

# The forms of a page: action, fields (pairs in order), buttons (pairs).
sub forms {
    my ($self, $answer) = @_;
    my $html = ($answer || $self->{page})->body;
    my @forms;

    while ($html =~ m{<form\b([^>]*)>(.*?)</form>}gs) {
        my ($head, $inside) = (attributes($1), $2);
        my $form = { action => $head->{action}, fields => [], buttons => [],
                     method => lc($head->{method} || 'get') };

        while ($inside =~ /<(input|button)\b([^>]*)>/g) {
            my ($tag, $has) = ($1, attributes($2));

            next unless defined $has->{name};
            push @{ $form->{ $tag eq 'button' ? 'buttons' : 'fields' } },
                $has->{name} => $has->{value} // '';
        }
        push @forms, $form;
    }
    return @forms;
}

# The first form that has a field or button of that name; undef when none has.
sub form_with {
    my ($self, $name) = @_;

    for my $form ($self->forms) {
        my %has = (@{ $form->{fields} }, @{ $form->{buttons} });

        return $form if exists $has{$name};
    }
    return;
}

# Fill in and send the form that has all of these names; a value that is undef
# is left out. Dies when the page has no such form: what the test expected is
# not there.
sub submit {
    my ($self, %values) = @_;
    my ($form) = grep {
        my %has = (@{ $_->{fields} }, @{ $_->{buttons} });

        !grep { !exists $has{$_} } keys %values;
    } $self->forms;

    die "no form with @{[ sort keys %values ]} on:\n" . $self->{page}{line}
        . "\n" . $self->{page}->body . "\n" unless $form;
    my %fields = (@{ $form->{fields} }, %values);

    return $self->post($form->{action}, map { $_ => $fields{$_} }
                       grep { defined $fields{$_} } sort keys %fields);
}

# Which page is this? By the path its form goes to, or what it is about.
sub at {
    my ($self, $answer) = @_;

    $answer ||= $self->{page};
    return 'redirect' if $answer->header('Location') ne '';
    for my $form ($self->forms($answer)) {
        return $1 if ($form->{action} // '') =~ m{/u/([a-z-]+)$};
    }
    return $answer->body =~ /ref_[0-9A-Za-z]{12}/ ? 'error'
        : $answer->body =~ /data-message=/ ? 'message' : 'page';
}

# What an error page says: (error, description, reference).
sub told {
    my ($self, $answer) = @_;
    my $html = ($answer || $self->{page})->body;
    my @codes = map { plain($_) } $html =~ m{<code>([^<]*)</code>}g;
    my ($text) = $html =~ m{<dd lang="en"[^>]*>([^<]*)</dd>};

    return ($codes[0] // '', defined $text ? plain($text) : '',
            $codes[1] // '');
}

# A user of a database connection with a password, which is {password}; other
# columns of users by name. Few rounds, since there are many tests.
sub person {
    my ($t, $connection, %row) = @_;
    my $password = delete $row{password}
        || 'pw-' . TPA::Tenant::text_of(16);
    my $salt = join '', map { ('.', '/', 'A' .. 'Z', 'a' .. 'z', 0 .. 9)
                              [rand 64] } 1 .. 21;
    my $user = TPA::Orgs::user_row($t, $connection,
        password_hash => crypt($password, "\$2y\$04\$${salt}u"), %row);

    return { %$user, password => TPA::Test::seen($password) };
}

# ---- the flow -------------------------------------------------------------------

# A verifier and its challenge.
sub pkce {
    my $verifier = TPA::Test::seen(TPA::Tenant::text_of(41) . '_-');

    return ($verifier, encode_base64url(sha256($verifier)));
}

# authorize(app, name => value, ...): a right request unless told otherwise;
# undef leaves a parameter out. The verifier and state are kept.
sub authorize {
    my ($self, $app, %params) = @_;

    return $self->get($self->request_of($app, %params));
}

sub request_of {
    my ($self, $app, %params) = @_;
    my ($verifier, $challenge) = pkce();

    $self->{verifier} = $verifier;
    $self->{state} = 'state-' . TPA::Tenant::text_of(12);
    %params = (
        client_id => $app->{id}, response_type => 'code',
        redirect_uri => $app->{callback} || 'https://app.example.com/callback',
        scope => 'read:things', state => $self->{state},
        code_challenge => $challenge, code_challenge_method => 'S256',
        $app->{api} ? (audience => $app->{api}{identifier}) : (), %params);
    return "$self->{t}{path}authorize?"
        . TPA::HTTP::form(map { $_ => $params{$_} } sort keys %params);
}

# Type into the login page. Connections of other tests may be on it as well, so
# the user's own is named.
sub login {
    my ($self, $user, %values) = @_;

    return $self->submit(identifier => $user->{email},
                         password => $user->{password},
                         connection => $user->{connection_id}, %values);
}

# The whole way with one user: to the code, or wherever it ends.
sub run {
    my ($self, $app, $user, %params) = @_;

    $self->authorize($app, %params);
    $self->login($user) if $self->at eq 'login';
    $self->consent if $self->at eq 'consent';
    return $self->{page};
}

sub consent {
    my ($self, $decision) = @_;

    return $self->submit(decision => $decision || 'accept');
}

# Parameters of a redirect to the application.
sub returned {
    my ($self, $answer) = @_;
    my ($query) = ($answer || $self->{page})->header('Location')
        =~ /\?([^#]*)/;

    return { map { map { s/\+/ /gr =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger }
                   split /=/, $_, 2 } split /&/, $query // '' };
}

sub code { return $_[0]->returned($_[1])->{code} }

1;
