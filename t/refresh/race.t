# Sixty-four clients with one refresh token at the same moment, over two nodes on
# one database, again and again: one winner or the same answer, no session lost,
# theft always caught. With TPA_LONG, two thousand rounds.
use TPA::Test timeout => 3600;
use TPA::User;
use IO::Handle ();
use POSIX ();
use Time::HiRes qw(sleep time);

my $CLIENTS = 64;
my $ROUNDS = $ENV{TPA_LONG} ? 2000 : slow_run() ? 15 : 50;
my $SECONDS = $ENV{TPA_LONG} ? 3000 : 30;

my $node = TPA::Node->new('race')->start;
my @tenants = (tenant('a'), tenant('a', node => $node));
my $t = $tenants[0];
my %stage = map {
    $_ => stage($t, org => 1, app => { refresh_rotation_type => 'rotating',
                                       refresh_leeway => $_ })
} 0, 60;

# ---- the clients -------------------------------------------------------------------

# Each reads lines: the leeway of the application, what is asked, and with what.
sub client {
    my ($number, $in, $out) = @_;
    my $there = $tenants[$number % 2];
    my $http = $there->http;

    $SIG{ALRM} = 'DEFAULT';
    # The ends of other clients' pipes are open here, so an end must be said.
    while (defined(my $line = readline $in)) {
        last if $line eq "end\n";
        my ($leeway, $ask, @what) = split ' ', $line;
        my $s = { %{ $stage{$leeway} }, t => $there };
        my $answer = $ask eq 'refresh'
            ? refresh($s, @what, '-http' => $http)
            : exchange($s, { code => $what[0], verifier => $what[1] },
                       '-http' => $http);
        my $json = $answer->json;

        $json = {} unless ref $json eq 'HASH';
        print $out join(' ', $answer->code,
            $json->{refresh_token} || $json->{error} || '-'), "\n";
    }
    return;
}

# A restart in the middle loses nothing that was answered.
TPA::DB::durable();
# The connection to the database must not live on in them, or it never ends.
TPA::DB::close_all();
my @clients = map {
    my $number = $_;

    pipe my $in, my $to or die $!;
    pipe my $from, my $out or die $!;
    my $pid = fork // die "fork: $!";

    if (!$pid) {
        close $_ for $to, $from;
        $out->autoflush(1);
        eval { client($number, $in, $out) } or print $out "died $@\n";
        POSIX::_exit(0);
    }
    close $_ for $in, $out;
    $to->autoflush(1);
    { pid => $pid, to => $to, from => $from };
} 1 .. $CLIENTS;

# All of them ask the same; what they heard, by answer. Something may happen
# meanwhile.
sub all_ask {
    my ($line, $meanwhile) = @_;
    my %heard;

    print { $_->{to} } "$line\n" for @clients;
    $meanwhile->() if $meanwhile;
    for (@clients) {
        my $answer = readline $_->{from};

        chomp($answer //= 'lost');
        $heard{$answer}++;
    }
    return \%heard;
}

sub won { return [ map { /^200 (\S+)/ ? $1 : () } keys %{ $_[0] } ] }

# Does it, however often it takes a node to notice that its connections died?
sub until_known {
    my ($s, $token) = @_;

    return within(20, sub {
        my $answer = refresh($s, $token);

        return $answer->code == 503 ? undef : $answer;
    });
}

# ---- what may happen ------------------------------------------------------------------

my %family;    # of the application with a leeway: lives on from round to round
my (%rounds, %wrong, %noticed);

sub wrong {
    my ($kind, $what, $heard) = @_;

    $wrong{$kind}++;
    diag("$kind: $what: ", join ', ', map { "$heard->{$_} x "
        . s/ (\S{4})\S{30,}/ $1.../r } sort keys %$heard);
    return;
}

# All hear of the same successor, and it works: it is what the next round asks
# with. meanwhile: what happens to the database; then some may hear 503, and
# hear of it when they ask again.
my $killed = 0;

sub same_answer {
    my ($kind, $meanwhile) = @_;
    my $s = $stage{60};

    $killed ||= $meanwhile ? 1 : 0;
    my $family = $family{60} ||= family_of($s);
    my $token = $family->{token};
    my $heard = all_ask("60 refresh $token", $meanwhile);
    my @won = @{ won($heard) };
    my $odd = grep { !/^200 / && !($killed && /^503 /) } keys %$heard;

    $noticed{$kind} += $heard->{'503 temporarily_unavailable'} || 0;
    my $again = until_known($s, $token);

    push @won, $again->json->{refresh_token} || '(none)';
    wrong($kind, 'an answer of another kind', $heard) if $odd;
    wrong($kind, 'not the same successor for all', $heard)
        if grep { $_ ne $won[0] } @won;
    @{ $family{60}{old} }[0, 1] = (@{ $family->{old} || [] }[1], $token);
    $family->{token} = $won[0];
    return;
}

# Without a leeway one wins, and since the others used the token too, it was
# stolen: the family is over.
sub one_winner {
    my ($kind) = @_;
    my $family = family_of($stage{0});
    my $heard = all_ask("0 refresh $family->{token}");
    my @won = @{ won($heard) };

    wrong($kind, 'not one winner', $heard)
        if @won != 1 || $heard->{"200 $won[0]"} != 1
        || ($heard->{'400 invalid_grant'} || 0) != $CLIENTS - 1;
    wrong($kind, 'the winner goes on', $heard)
        if @won && refresh($stage{0}, $won[0])->code != 400;
    return;
}

# A token older than the one before is theft at any time; then all that follows
# is over, for whoever has it.
sub theft {
    my ($kind) = @_;
    my $s = $stage{60};
    my $family = delete $family{60};
    my $heard = all_ask("60 refresh $family->{old}[0]");
    my $odd = grep { $_ ne '400 invalid_grant' && !($killed && /^503 /) }
        keys %$heard;

    wrong($kind, 'not invalid_grant', $heard)
        if $odd || !$heard->{'400 invalid_grant'};
    wrong($kind, 'the family lives', $heard)
        if until_known($s, $family->{token})->code != 400
        || until_known($s, $family->{old}[1])->code != 400;
    return;
}

# A code is good once, on all nodes together.
sub one_exchange {
    my ($kind) = @_;
    my $code = code_of($stage{0});
    my $heard = all_ask("0 exchange $code->{code} $code->{verifier}");
    my @won = @{ won($heard) };

    wrong($kind, 'not one winner', $heard)
        if @won != 1 || $heard->{"200 $won[0]"} != 1
        || ($heard->{'400 invalid_grant'} || 0) != $CLIENTS - 1;
    wrong($kind, 'the winner goes on', $heard)
        if @won && refresh($stage{0}, $won[0])->code != 400;
    return;
}

# A share of all rounds each; what a killed connection leaves behind is noticed
# later, so these come last.
my $start = time;

for (
    # name                                        of a hundred  what
    [ 'with a leeway all hear the same', 50, \&same_answer ],
    [ 'an old token ends all', 2, \&theft ],
    [ 'without one, one wins, and the theft is seen', 20, \&one_winner ],
    [ 'a code is exchanged once', 10, \&one_exchange ],
    [ 'the connections to the database are killed', 16,
      sub { same_answer($_[0], sub { TPA::DB::kill_backends() }) } ],
    [ 'the database is restarted', 2, sub { same_answer($_[0], sub {
        TPA::DB::pg_ctl('-m', 'immediate', 'restart') }) } ],
    [ 'an old token ends all, then, too', 0, \&theft ],
) {
    my ($kind, $share, $do) = @$_;
    my $n = int($ROUNDS * $share / 100) || 1;

    for my $round (1 .. $n) {
        last if $round > 2 && time - $start > $SECONDS;
        same_answer('between the thefts') for $kind =~ /^an old/ ? 1 .. 3 : ();
        $do->($kind);
        $rounds{$kind}++;
    }
    ok(!$wrong{$kind}, "$kind: $rounds{$kind} rounds of $CLIENTS clients"
       . ($noticed{$kind} ? ", $noticed{$kind} times 503" : ''));
}
ok(!$wrong{'between the thefts'}, 'and between these');
note(sprintf '%.1f s', time - $start);

# Every theft was written down: of each family that ended so, once.
my $dead = $t->db->value('SELECT count(*) FROM tpa_data.refresh_families'
    . ' WHERE revoked_reason = ? AND client_id IN (?, ?)', 'reuse',
    map { $stage{$_}{app}{id} } 0, 60);

ok(within(5, sub { $t->db->value('SELECT count(DISTINCT details->>\'familyId\')'
    . ' FROM tpa_data.log_events WHERE type = ? AND client_id IN (?, ?)',
    'ferrt', map { $stage{$_}{app}{id} } 0, 60) == $dead }),
   "$dead families ended by theft, and each is in the record");

print { $_->{to} } "end\n" for @clients;
waitpid $_->{pid}, 0 for @clients;
$node->stop;
ok(main_node->renew, 'the main node is well');
done_testing();
