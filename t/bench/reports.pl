#!/usr/bin/perl
#
# What a manager waits for: the reports at a million leads, and what somebody
# else's reads feel of them.
#
#   t/bench/reports.pl [--leads 1000000] [--rounds 20]
#
# The leads are rows alone (crm_row.h), since that is all that reports read.
# Nothing else should run on the machine.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use IO::Socket::UNIX;
use POSIX ();
use Time::HiRes qw(time);

my $top;

BEGIN { $top = abs_path(dirname(__FILE__) . '/../..') }

use lib "$top/t/lib";
use CRM::Client;
use CRM::Server;
use CRM::Test ();
use Getopt::Long;

GetOptions(
    'leads=i'  => \(my $leads  = 1_000_000),
    'rounds=i' => \(my $rounds = 20),
) or die "see the head of $0\n";

use constant { SIZE => 50, ROWS => 1960, DAY => 86_400_000 };

$| = 1;

my $server = CRM::Server->new(workers => 1, server => 'access_log off;');
my $crm    = CRM::Test->tenant(server => $server, slug => 'reports');
my @users  = map { $crm->user->id } 1 .. 100;
my $lead   = $crm->post('/leads', { name => 'Lead' })->json->{id};
my $socket = IO::Socket::UNIX->new(Peer => "$server->{dir}/redis/redis.sock")
    or die "Redis: $!\n";

load();
report();
others();
exit($server->finish ? 0 : 1);


# bytes, which the tests' client would take for characters

sub set {
    my ($key, $value) = @_;

    my @words = ('SET', "crm:{reports}:$key", $value);

    print {$socket} '*3', "\r\n", map { '$' . length . "\r\n$_\r\n" } @words;
    $socket->flush;
    <$socket>;
}


sub row {
    my ($id, $now) = @_;

    my $state   = int rand 3;
    my $created = int($now - ($leads - $id) / $leads * 900 * DAY);
    my $closed  = $state ? $created + int rand 60 * DAY : 0;

    return pack('q<', int rand 1_000_000)
           . substr(pack('Q<', $created), 0, 6)
           . substr(pack('Q<', $closed), 0, 6)
           . substr(pack('L<', 20_700 + rand(400) + (1 << 23)), 0, 3)
           . chr(3 | ($state != 2) << 2 | $state << 3 | 1 << 5)
           . pack('L<4', 1 + rand 4, 1, $users[rand @users],
                  $state == 2 ? 1 + rand 4 : 0)
           . pack('S<', (3000, 10_000, 0)[$state]) . 'DE' . "\1" x 6;
}


sub load {
    my $now = int(time * 1000);

    for my $string (0 .. $leads / ROWS) {
        set("l:x:$string", join '', map {
            my $id = $string * ROWS + $_;
            $id > 0 && $id <= $leads ? row($id, $now) : "\0" x SIZE;
        } 0 .. ROWS - 1);
    }

    $crm->redis('HSET', '{}tenant', 'id:lead', $leads);
}


sub report {
    printf "%-48s %8s %8s\n", "reports of $leads leads, ms", 'median', 'most';

    for my $path ('pipeline', 'pipeline?group_by=user',
                  'pipeline?group_by=month&calendar=jalali', 'lost',
                  'lost?group_by=month', 'pipeline?type=opportunity&team_id=1',
                  "pipeline?user_id=$users[0]",
                  'lost?closed_at_from=2026-01-01T00:00:00Z', 'forecast',
                  'pipeline?group_by=tag') {
        my @ms = timed($rounds, "/reports/$path");

        printf "%-48s %8.1f %8.1f\n", $path, $ms[ @ms / 2 ], $ms[-1];
    }
}


sub timed {
    my ($n, $path) = @_;

    return sort { $a <=> $b } map {
        my $start = time;
        my $res = $crm->get($path);
        die $res->describe . "\n" if $res->status != 200;
        1000 * (time - $start);
    } 1 .. $n;
}


# a lead, read again and again while another client asks for reports

sub others {
    my @before = timed(500, "/leads/$lead");
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        $crm->{ua} = CRM::Client->user_agent;
        $crm->get('/reports/pipeline') while 1;
        POSIX::_exit(0);
    }

    my @during = timed(2000, "/leads/$lead");

    kill TERM => $pid;
    waitpid $pid, 0;

    for (['a lead by itself', \@before], ['beside reports', \@during]) {
        my ($name, $ms) = @$_;

        printf "%-48s %8.1f %8.1f  99 %%: %.1f\n", $name, $ms->[ @$ms / 2 ],
               $ms->[-1], $ms->[ 0.99 * $#$ms ];
    }
}
