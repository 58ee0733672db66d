package CRM::Proxy;

# A process between nginx and Redis that can cut a connection in the middle of
# a reply, as a network does, let requests through by and by, so that those of
# several connections come in turns, or hold one back, so that others come
# between it and what was read before it.

use strict;
use warnings;

use IO::Select;
use IO::Socket::UNIX;
use POSIX ();


# Options: listen, upstream (paths of unix sockets), piece (bytes of a
# connection to Redis at a time; all that are there), hold (a pattern: after
# arm() the first request that matches waits, with what its connection sends
# after it, for release()).

sub new {
    my ($class, %self) = @_;

    unlink $self{listen};

    my $listener = IO::Socket::UNIX->new(
        Local => $self{listen}, Listen => 128,
    ) or die "$self{listen}: $!\n";

    chmod 0777, $self{listen};

    my $parent = $$;
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        eval { serve($listener, $parent, %self) };
        POSIX::_exit(0);
    }

    return bless { %self, pid => $pid, owner => $parent }, $class;
}


# the next reply that comes is cut, and its connection with it

sub cut {
    my ($self) = @_;

    kill 'USR1', $self->{pid};
}


sub arm {
    my ($self) = @_;

    unlink "$self->{listen}.held";
    kill 'HUP', $self->{pid};
}


# whether the request to hold has come; waits so many seconds for it

sub held {
    my ($self, $seconds) = @_;

    for (0 .. 100 * ($seconds // 0)) {
        return 1 if -e "$self->{listen}.held";
        select undef, undef, undef, 0.01 if $seconds;
    }

    return 0;
}


sub release {
    my ($self) = @_;

    kill 'USR2', $self->{pid};
}


sub stop {
    my ($self) = @_;

    my $pid = delete $self->{pid} or return;

    kill 'KILL', $pid;
    waitpid $pid, 0;
}


sub DESTROY {
    my ($self) = @_;

    local ($?, $!);
    $self->stop if $self->{owner} == $$;
}


# ---- the process ---------------------------------------------------------

sub serve {
    my ($listener, $parent, %self) = @_;

    my $piece = $self{piece} // 65_536;
    my $hold = $self{hold};
    my ($cut, $armed, $release) = (0, 0, 0);
    my (%peer, %out, %redis, @held);

    local $SIG{USR1} = sub { $cut = 1 };
    local $SIG{USR2} = sub { $release = 1 };
    local $SIG{HUP}  = sub { ($armed, $release) = (1, 0) };
    local $SIG{PIPE} = 'IGNORE';

    my $end = sub {
        for my $socket (@_) {
            delete @{$_}{$socket} for \%peer, \%out, \%redis;
            close $socket;
        }
    };

    my %open;                           # the handles by name, for select

    while (getppid() == $parent) {
        if ($release && @held) {
            $out{ $held[1] } .= $held[2];
            @held = ();
        }

        my $reading = IO::Select->new($listener, grep {
            $peer{$_} && !(@held && $_ == $held[0])
        } values %open);
        my $writing = IO::Select->new(grep { length($out{$_} // '') }
                                      values %open);
        my ($readable, $writable) = IO::Select->select($reading, $writing,
                                                       undef, 0.5);

        for my $socket (@{ $writable // [] }) {
            my $n = syswrite $socket, $out{$socket},
                             $redis{$socket} ? $piece
                                             : length $out{$socket};
            substr $out{$socket}, 0, $n, '' if $n;
        }

        for my $socket (@{ $readable // [] }) {
            if ($socket == $listener) {
                my $client = $listener->accept or next;
                my $server = IO::Socket::UNIX->new(Peer => $self{upstream});

                if (!$server) {
                    close $client;
                    next;
                }

                $_->blocking(0) for $client, $server;
                ($peer{$client}, $peer{$server}) = ($server, $client);
                $redis{$server} = 1;
                $open{$_} = $_ for $client, $server;
                next;
            }

            my $other = $peer{$socket} or next;
            my $n = sysread $socket, my $data, 65536;

            next if !defined $n && $!{EAGAIN};

            if ($n && $cut && $redis{$socket}) {
                syswrite $other, substr $data, 0, rand $n;
                ($cut, $n) = (0, 0);
            }

            if ($n && $armed && !$redis{$socket} && $data =~ $hold) {
                @held = ($socket, $other, $data);
                $armed = 0;
                open my $fh, '>', "$self{listen}.held" or die $!;
                next;
            }

            if ($n) {
                $out{$other} .= $data;
                next;
            }

            delete @open{ $socket, $other };
            $end->($socket, $other);
        }
    }
}


1;
