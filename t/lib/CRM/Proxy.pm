package CRM::Proxy;

# A process between nginx and Redis that can cut a connection in the middle of
# a reply, as a network does, or let requests through by and by, so that those
# of several connections come in turns.

use strict;
use warnings;

use IO::Select;
use IO::Socket::UNIX;
use POSIX ();


# Options: listen, upstream (paths of unix sockets), piece (bytes of a
# connection to Redis at a time; all that are there).

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
        eval { serve($listener, $self{upstream}, $parent,
                     $self{piece} // 65_536) };
        POSIX::_exit(0);
    }

    return bless { %self, pid => $pid, owner => $parent }, $class;
}


# the next reply that comes is cut, and its connection with it

sub cut {
    my ($self) = @_;

    kill 'USR1', $self->{pid};
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
    my ($listener, $upstream, $parent, $piece) = @_;

    my $cut = 0;
    my (%peer, %out, %redis);

    local $SIG{USR1} = sub { $cut = 1 };
    local $SIG{PIPE} = 'IGNORE';

    my $end = sub {
        for my $socket (@_) {
            delete @{$_}{$socket} for \%peer, \%out, \%redis;
            close $socket;
        }
    };

    my %open;                           # the handles by name, for select

    while (getppid() == $parent) {
        my $reading = IO::Select->new($listener, grep { $peer{$_} }
                                                 values %open);
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
                my $server = IO::Socket::UNIX->new(Peer => $upstream);

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
