package TPA::Test;

# What every system test uses: the tenants, the node under test, and
# Test::More. Everything a test makes (applications, APIs, Organizations) is
# its own and new, so tests do not meet in the database.

use strict;
use warnings FATAL => 'all';

use JSON::PP ();
use Test::More ();
use Time::HiRes qw(sleep time);

use TPA::DB ();
use TPA::HTTP ();
use TPA::JWT ();
use TPA::Load ();
use TPA::Log ();
use TPA::Node ();
use TPA::Tenant ();

our @EXPORT = qw(tenant main_node form escape basic seen within tpactl config
                 slow_run same_set is_error);

# A test that hangs ends the run of this file, not of all; the longest says
# how long it may take: use TPA::Test timeout => 300. Twice that with sanitizers.
sub import {
    my ($class, %opt) = @_;
    my $caller = caller;
    my $seconds = ($opt{timeout} || 240) * (slow_run() ? 2 : 1);

    $SIG{ALRM} = sub {
        print STDERR "# $0 took more than $seconds s\n";
        $SIG{ALRM} = 'DEFAULT';
        kill 'ALRM', $$;
    };
    alarm($seconds);
    strict->import;
    warnings->import(FATAL => 'all');
    Test::More->import;
    no strict 'refs';
    *{"${caller}::$_"} = \&{"Test::More::$_"} for @Test::More::EXPORT;
    *{"${caller}::$_"} = \&{"TPA::Test::$_"} for @EXPORT;
    return;
}

sub form { return TPA::HTTP::form(@_) }
sub escape { return TPA::HTTP::escape(@_) }
sub basic { return TPA::HTTP::basic(@_) }
sub main_node { return TPA::Node->main_node }

# tenant('a'), tenant('c'), ... by the first label of its host.
sub tenant {
    my ($host, %opt) = @_;

    return TPA::Tenant->new($host, %opt);
}

# Remember what must not stand in any log; zlogs/secrets.t looks for it.
sub seen {
    for my $text (grep { defined && length >= 8 && !/\n/ } @_) {
        open my $out, '>>', "$ENV{TPA_WORK}/seen" or die $!;
        print $out "$text\n";
        close $out;
    }
    return $_[0];
}

# Run until it gives a true value; that value, or undef after some seconds.
sub within {
    my ($seconds, $code) = @_;
    my $end = time + $seconds;

    while (1) {
        my $value = $code->();

        return $value if $value;
        return if time > $end;
        sleep 0.05;
    }
}

# Is the run slow by nature (sanitizers)? Then loops are shorter.
sub slow_run { return $ENV{TPA_SANITIZE} ? 1 : 0 }

# tpactl('key', 'rotate', tenant => 'a'): (exit code, stdout, stderr).
sub tpactl {
    my @args = @_;
    my $tenant = 'a';
    my $dir = "$ENV{TPA_WORK}/tmp/tpactl.$$";

    @args = map { s/'/'\\''/gr } @args;
    for my $i (reverse 0 .. $#args) {
        (undef, $tenant) = splice @args, $i, 2 if $args[$i] eq 'tenant';
    }
    my $rc = system "TPA_DB='host=$ENV{PGHOST} dbname=tpa_$tenant"
        . " user=tpa_owner' TPA_SECRET_FILE='$ENV{TPA_WORK}/secret-$tenant'"
        . " $ENV{TPACTL} " . join(' ', map { "'$_'" } @args)
        . " > $dir.out 2> $dir.err";

    return ($rc >> 8, TPA::Log::slurp("$dir.out"),
            TPA::Log::slurp("$dir.err"));
}

# Do two lists hold the same, in any order?
sub same_set {
    my ($got, $expected, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return Test::More::is_deeply([ sort @$got ], [ sort @$expected ], $name);
}

# An error answer of RFC 6749 5.2: status, error, and nothing but JSON that no
# cache keeps. $text, when given, must match the description.
sub is_error {
    my ($answer, $status, $error, $name, $text) = @_;
    my $json = $answer->json;
    my @wrong;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    $json = {} unless ref $json eq 'HASH';
    push @wrong, "status $answer->{code}, not $status"
        if $answer->code ne $status;
    push @wrong, 'error ' . ($json->{error} // '(none)') . ", not $error"
        if ($json->{error} // '') ne $error;
    push @wrong, 'type ' . $answer->header('Content-Type')
        if $answer->header('Content-Type') ne 'application/json';
    push @wrong, 'Cache-Control ' . $answer->header('Cache-Control')
        if $answer->header('Cache-Control') ne 'no-store';
    push @wrong, 'no error_description'
        unless ($json->{error_description} // '')
            =~ /^[\x20\x21\x23-\x5B\x5D-\x7E]+$/;
    push @wrong, "members @{[ sort keys %$json ]}"
        if grep { !/^error(?:_description|_uri)?$/ } keys %$json;
    push @wrong, "text $json->{error_description}"
        if defined $text && ($json->{error_description} // '') !~ $text;
    return Test::More::ok(!@wrong, $name)
        || Test::More::diag(join '; ', @wrong, $answer->body);
}

# Every configuration test writes one file and asks httpd about it.
# config('text', name => value): (exit code, what httpd -t says).
my $configs = 0;

sub config {
    my ($text, %opt) = @_;
    my $dir = "$ENV{TPA_WORK}/tmp";
    my $file = "$dir/conf.$$." . ++$configs;
    my $modules = TPA::Log::slurp("$ENV{TPA_T}/conf/modules.conf");

    $modules =~ s/^LoadModule \Q$_\E_module .*\n//m for @{ $opt{without} || [] };
    open my $out, '>', "$file.modules" or die $!;
    print $out $modules, "ServerName localhost\nListen 127.0.0.1:1\n",
        "PidFile $file.pid\nErrorLog $file.log\nDefaultRuntimeDir $dir\n";
    close $out;
    open $out, '>', $file or die $!;
    print $out "Include $file.modules\n$text";
    close $out;
    my $said = `$ENV{TPA_HTTPD} -d $dir -t -f $file 2>&1`;

    return ($? >> 8, $said, $file);
}

1;
