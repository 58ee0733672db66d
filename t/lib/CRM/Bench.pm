package CRM::Bench;

# Measuring with wrk: requests a second, percentiles, and what each request
# costs nginx and Redis in processor time.

use strict;
use warnings;

use Exporter qw(import);
use File::Temp ();
use POSIX ();
use Time::HiRes qw(time);

our @EXPORT_OK = qw(wrk script median middle cpu_of rss_of);

my $HZ = POSIX::sysconf(POSIX::_SC_CLK_TCK());

# a percentile's time in microseconds
my %UNIT = (us => 1, ms => 1000, s => 1_000_000, m => 60_000_000);


# Options: url, headers, script (a file), connections, seconds, nginx and redis
# (lists of pids).  Dies where an answer is no success.

sub wrk {
    my (%o) = @_;

    my @headers = map { ('-H', "$_: $o{headers}{$_}") }
                  sort keys %{ $o{headers} // {} };
    my @script  = $o{script} ? ('-s', $o{script}) : ();
    my @before  = map { cpu_of(@{ $o{$_} // [] }) } qw(nginx redis);

    open my $pipe, '-|', 'wrk', '--latency', '-t', $o{threads} // 1,
        '-c', $o{connections}, '-d', "$o{seconds}s", @headers, @script,
        $o{url} or die "wrk: $!\n";
    my $text = do { local $/; <$pipe> };
    close $pipe;

    my @after = map { cpu_of(@{ $o{$_} // [] }) } qw(nginx redis);

    die "$o{url}:\n$text"
        if $text =~ /Non-2xx/ && !$o{refused}
           || $text =~ /Socket errors: (?!connect 0, read 0, write 0, timeout 0)/;

    my ($rate)     = $text =~ m{^Requests/sec:\s*([\d.]+)}m or die $text;
    my ($requests) = $text =~ /^\s*(\d+) requests in/m;
    my %at;

    die "$o{url}: nothing was answered within $o{seconds} s\n" if !$requests;

    $at{$1} = $2 * $UNIT{$3}
        while $text =~ /^\s+(50|99)%\s+([\d.]+)(us|ms|s|m)\b/mg;

    return {
        rate => $rate, p50 => $at{50}, p99 => $at{99},
        nginx => ($after[0] - $before[0]) / $requests * 1e6,
        redis => ($after[1] - $before[1]) / $requests * 1e6,
    };
}


# a Lua file for wrk, gone with the variable

sub script {
    my ($lua) = @_;

    my $file = File::Temp->new(SUFFIX => '.lua');

    print {$file} $lua;
    close $file;

    return $file;
}


# seconds of processor time that these processes have had

sub cpu_of {
    my $sum = 0;

    for my $pid (@_) {
        open my $fh, '<', "/proc/$pid/stat" or next;
        my @field = split ' ', (<$fh> =~ s/^.*\) //sr);
        $sum += $field[11] + $field[12];
    }

    return $sum / $HZ;
}


# MiB of memory, the largest of these processes

sub rss_of {
    my $most = 0;

    for my $pid (@_) {
        open my $fh, '<', "/proc/$pid/status" or next;
        my ($kib) = do { local $/; <$fh> } =~ /^VmRSS:\s*(\d+)/m;
        $most = $kib if $kib > $most;
    }

    return $most / 1024;
}


sub median {
    my @sorted = sort { $a <=> $b } @_;

    return $sorted[@sorted / 2];
}


# the median of each figure of several rounds

sub middle {
    my (@rounds) = @_;

    return { map { my $name = $_;
                   ($name => median(map { $_->{$name} // 0 } @rounds)) }
             keys %{ $rounds[0] } };
}


1;
