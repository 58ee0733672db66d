package CRM::Bench::Replay;

# The command block of a POST /leads, sent to the same Redis without nginx: two
# of them are watched, what differs between them is what depends on the id, and
# copies with further ids are sent, 64 under way at a time.

use strict;
use warnings;

use CRM::Bench qw(cpu_of);
use IO::Socket::UNIX;
use Time::HiRes qw(time);

my $WIDTH = 64;


# Arguments: server, crm.

sub new {
    my ($class, %self) = @_;

    my $self = bless \%self, $class;
    my ($first, $second) = map { $self->watch($_) } 1, 2;

    @$self{qw(template id)} = ($self->template($first, $second),
                               $second->{id});

    return $self;
}


# commands of one creation, as lists of words, and the id it gave

sub watch {
    my ($self, $n) = @_;

    my $crm = $self->{crm};
    my $pid = open my $monitor, '-|', 'redis-cli', '-s',
        "$self->{server}{dir}/redis/redis.sock", 'monitor'
        or die "redis-cli: $!\n";

    <$monitor>;                                 # OK

    my $lead = $crm->post('/leads', {
        name => 'Lead number 1 of the benchmark', stage_id => 1,
        contact_name => 'Maryam Hosseini', company_name => 'Company 1',
        email => 'lead1@company.example', phone => '+98 912 0000001',
        city => 'Tehran', country => 'IR', expected_revenue => 1000,
        source => 'Website',
    })->json->{id};

    my @commands;

    while (my $line = <$monitor>) {
        next if $line =~ /^\S+ \[\d+ lua\]/ || $line =~ /registry/;

        my @words = map { plain($_) } $line =~ /"((?:[^"\\]|\\.)*)"/g;

        push @commands, \@words;
        last if $words[0] eq 'FCALL';
    }

    kill 'TERM', $pid;
    close $monitor;

    return { id => $lead, commands => \@commands };
}


# a word without the escapes of MONITOR

sub plain {
    my ($word) = @_;

    my %short = (n => "\n", r => "\r", t => "\t");

    $word =~ s/\\(?:x([0-9a-f]{2})|(.))/
               defined $1 ? chr hex $1 : $short{$2} \/\/ $2/gex;

    return $word;
}


# Each word of the first with that of the second: where they differ by the id,
# a sub of the id.

sub template {
    my ($self, $first, $second) = @_;

    die "two creations of different shape\n"
        if @{ $first->{commands} } != @{ $second->{commands} };

    my @ids = map { $_->{id} } $first, $second;
    my @template;

    for my $c (0 .. $#{ $first->{commands} }) {
        my ($one, $two) = map { $_->{commands}[$c] } $first, $second;

        die "two creations of different length\n" if @$one != @$two;
        push @template, [ map { part($one->[$_], $two->[$_], @ids) }
                          0 .. $#$two ];
    }

    return \@template;
}


sub part {
    my ($one, $two, @ids) = @_;

    return $two if $one eq $two;

    # longest first: padded to ten digits, within its bucket, as it is
    for my $form (sub { sprintf '%010d', $_[0] },
                  sub { sprintf '%04d', $_[0] & 2047 }, sub { $_[0] }) {
        my ($a, $b) = map { $form->($_) } @ids;
        my $at = rindex $two, $b;

        next if $at < 0 || substr($one, $at, length $a) ne $a;

        my ($head, $tail) = (substr($two, 0, $at),
                             substr $two, $at + length $b);

        return sub { $head . $form->($_[0]) . $tail }
            if "$head$a$tail" eq $one || $head =~ /^1;\d+;/;
    }

    return $two;                                # a time, a rank
}


sub block {
    my ($self, $id) = @_;

    return join '', map {
        my @words = map { ref ? $_->($id) : $_ } @$_;
        join '', '*', scalar @words, "\r\n",
             map { '$' . length($_) . "\r\n$_\r\n" } @words;
    } @{ $self->{template} };
}


# so many of them; the same figures as of CRM::Bench::wrk

sub measure {
    my ($self, $count) = @_;

    my $server = $self->{server};
    my $socket = IO::Socket::UNIX->new(
        Peer => "$server->{dir}/redis/redis.sock") or die "Redis: $!\n";
    my @parts;

    # ids far above those in use, and each once
    my $id = $self->{id} += 1_000_000;

    for (my $n = 0; $n < $count; $n += $WIDTH / 2) {
        push @parts, join('', map { $self->block(++$id) } 1 .. $WIDTH / 2)
                     . "*1\r\n\$4\r\nPING\r\n";
    }

    my $before = cpu_of($server->redis_pid);
    my $begun  = time;

    $self->send_all($socket, @parts);

    my $took = time - $begun;

    return { rate => $count / $took, p50 => 0, p99 => 0, nginx => 0,
             redis => (cpu_of($server->redis_pid) - $before) / $count * 1e6 };
}


# two parts under way; each ends with a PING

sub send_all {
    my ($self, $socket, @parts) = @_;

    my ($sent, $done, $tail) = (0, 0, '');

    while ($done < @parts) {
        if ($sent < @parts && $sent - $done < 2) {
            syswrite_all($socket, $parts[$sent++]);
            next;
        }

        sysread $socket, my $data, 262_144 or die "Redis: $!\n";
        $tail .= $data;
        die "Redis: $1\n" if $tail =~ /^-(.*)/m;

        my $n = () = $tail =~ /\+PONG\r\n/g;

        $done += $n;
        $tail = substr $tail, -6;
        $tail = '' if $n && $tail =~ /PONG/;
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
