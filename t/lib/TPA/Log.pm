package TPA::Log;

# A log file from where it stood when the test looked first.

use strict;
use warnings FATAL => 'all';

use Time::HiRes qw(sleep time);

sub slurp {
    my ($file) = @_;

    open my $in, '<', $file or return '';
    binmode $in;
    local $/;
    my $text = <$in>;

    return defined $text ? $text : '';
}

sub new {
    my ($class, $file) = @_;

    return bless { file => $file, at => -s $file || 0 }, $class;
}

# All that was written since.
sub text {
    my ($self) = @_;

    open my $in, '<', $self->{file} or return '';
    binmode $in;
    seek $in, $self->{at}, 0;
    local $/;
    my $text = <$in>;

    return defined $text ? $text : '';
}

sub lines {
    my ($self, $match) = @_;

    return grep { !defined $match || $_ =~ $match } split /\n/, $self->text;
}

# Wait until a line matches; that line, or undef after some seconds.
sub wait_for {
    my ($self, $match, $seconds) = @_;
    my $end = time + ($seconds || 5);

    while (1) {
        my ($line) = $self->lines($match);

        return $line if defined $line;
        return if time > $end;
        sleep 0.02;
    }
}

1;
