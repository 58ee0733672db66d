package CRM::Bench::Replay;

# What Redis is sent for many POST /leads, sent again without nginx to the same
# Redis in the same state: recorded by MONITOR in a tenant of its own, replayed
# after that tenant has been put back to where it was.

use strict;
use warnings;

use CRM::Bench qw(cpu_of);
use IO::Socket::UNIX;
use Time::HiRes qw(time);

my $PART  = 32;                         # requests in one write
my $AHEAD = 4;                          # writes under way

my %ESCAPE = (n => "\n", r => "\r", t => "\t", a => "\a", b => "\b");


# Arguments: server, crm (the tenant), work (a sub that creates the leads).

sub new {
    my ($class, %self) = @_;

    my $self = bless \%self, $class;

    $self->{prefix} = 'crm:{' . $self->{crm}->slug . '}:';
    $self->{leads}  = $self->leads;
    $self->{before} = { map { $_ => $self->redis('DUMP', $_) }
                        $self->tenant_keys };
    $self->record;

    return $self;
}


sub redis {
    my ($self, @command) = @_;

    return $self->{server}->redis(@command);
}


sub leads {
    my ($self) = @_;

    return $self->redis('HGET', "$self->{prefix}tenant", 'id:lead') // 0;
}


sub tenant_keys {
    my ($self) = @_;

    my ($cursor, @keys, $some) = (0);

    do {
        ($cursor, $some) = @{ $self->redis('SCAN', $cursor, 'MATCH',
                                           "$self->{prefix}*", 'COUNT',
                                           5000) };
        utf8::decode($_) for @$some;    # redis() sends text
        push @keys, @$some;
    } while ($cursor);

    my %once = map { $_ => 1 } @keys;

    return sort keys %once;
}


# the commands as they are sent, by their blocks: each ends with a commit

sub record {
    my ($self) = @_;

    my $file = "$self->{server}{dir}/monitor";
    my $socket = "$self->{server}{dir}/redis/redis.sock";
    my $pid = fork // die "fork: $!\n";

    if (!$pid) {
        open STDOUT, '>', $file or die "$file: $!\n";
        exec 'redis-cli', '-s', $socket, 'monitor';
    }

    select undef, undef, undef, 0.3;
    $self->{work}->();
    select undef, undef, undef, 0.3;
    kill 'TERM', $pid;
    waitpid $pid, 0;

    open my $fh, '<', $file or die "$file: $!\n";

    my ($block, @blocks) = ('');

    while (my $line = <$fh>) {
        next if $line !~ /^\S+ \[\d+ unix:/ || index($line, $self->{prefix}) < 0
                || $line =~ /"HSET" "\Q$self->{prefix}\Eused:/;

        my @words = map { plain($_) } $line =~ /"((?:[^"\\]|\\.)*)"/g;

        $block .= join '', '*', scalar @words, "\r\n",
                  map { '$' . length($_) . "\r\n$_\r\n" } @words;

        if ($words[0] eq 'FCALL') {
            push @blocks, $block;
            $block = '';
        }
    }

    close $fh;
    unlink $file;

    $self->{count} = @blocks;
    $self->{bytes} = 0;
    $self->{bytes} += length for @blocks;

    while (my @some = splice @blocks, 0, $PART) {
        push @{ $self->{parts} }, join('', @some) . "*1\r\n\$4\r\nPING\r\n";
    }
}


# a word without the escapes of MONITOR

sub plain {
    my ($word) = @_;

    $word =~ s/\\(?:x([0-9a-f]{2})|(.))/
               defined $1 ? chr hex $1 : $ESCAPE{$2} \/\/ $2/gex;

    return $word;
}


sub put_back {
    my ($self) = @_;

    my @keys = $self->tenant_keys;

    while (my @some = splice @keys, 0, 500) {
        $self->redis('DEL', @some);
    }

    my $socket = $self->connect;

    # as bytes: the server's redis() is for text
    for my $key (sort keys %{ $self->{before} }) {
        my @words = ('RESTORE', $key, 0, $self->{before}{$key});

        utf8::encode($words[1]);
        syswrite_all($socket, join '', '*', scalar @words, "\r\n",
            map { '$' . length($_) . "\r\n$_\r\n" } @words);
        CRM::Server::read_reply($socket);
    }
}


sub connect {
    my ($self) = @_;

    return IO::Socket::UNIX->new(
        Peer => "$self->{server}{dir}/redis/redis.sock",
    ) // die "Redis: $!\n";
}


# the same figures as of CRM::Bench::wrk

sub measure {
    my ($self) = @_;

    my $server = $self->{server};

    $self->put_back;

    my $socket = $self->connect;
    my $before = cpu_of($server->redis_pid);
    my $begun  = time;

    send_all($socket, @{ $self->{parts} });

    my $took = time - $begun;
    my $made = $self->leads - $self->{leads};

    die "of $self->{count} blocks $made wrote a lead\n"
        if $made < $self->{count} * 0.99;

    return { rate => $self->{count} / $took, p50 => 0, p99 => 0, nginx => 0,
             redis => (cpu_of($server->redis_pid) - $before)
                      / $self->{count} * 1e6 };
}


# some parts under way; each ends with a PING

sub send_all {
    my ($socket, @parts) = @_;

    my ($sent, $done, $tail) = (0, 0, '');

    while ($done < @parts) {
        if ($sent < @parts && $sent - $done < $AHEAD) {
            syswrite_all($socket, $parts[$sent++]);
            next;
        }

        sysread $socket, my $data, 262_144 or die "Redis: $!\n";
        $tail .= $data;
        die "Redis: $1\n" if $tail =~ /^-([A-Z]+ .*)/m;

        $done += () = $tail =~ /\+PONG\r\n/g;
        $tail = $tail =~ /\+PONG\r\n\z/ ? '' : substr $tail, -6;
    }
}


sub syswrite_all {
    my ($socket, $bytes) = @_;

    my $at = 0;

    while ($at < length $bytes) {
        $at += syswrite($socket, $bytes, length($bytes) - $at, $at)
               // die "Redis: $!\n";
    }
}


1;
