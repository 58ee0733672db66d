#!/usr/bin/perl
#
# What a user with many activities waits for: the top menu, the first page of
# each state, the board, at a few and at many, and the ratio between the two.
#
#   t/bench/activities.pl [--few 1000] [--many 100000] [--seconds 3]
#
# Needs wrk.  Nothing else should run on the machine.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp ();
use POSIX qw(strftime);

my $top;

BEGIN { $top = abs_path(dirname(__FILE__) . '/../..') }

use lib "$top/t/lib";
use CRM::Client;
use CRM::Server;
use CRM::Test ();
use Getopt::Long;

GetOptions(
    'few=i'     => \(my $few     = 1000),
    'many=i'    => \(my $many    = 100_000),
    'seconds=i' => \(my $seconds = 3),
) or die "see the head of $0\n";

$| = 1;

my $server = CRM::Server->new(workers => 1, server => 'access_log off;');
my @sizes  = ($few, $many);
my @crm    = map { CRM::Test->tenant(server => $server, slug => "acts$_") }
             @sizes;
my @paths  = ('/activities/summary',
              (map { "/activities?user_id=me&state=$_" }
               qw(overdue today planned)),
              '/leads?sort=next_activity', '/board');

load($crm[$_], $sizes[$_]) for 0 .. $#sizes;
report();
exit($server->finish ? 0 : 1);


# About a hundred activities on a lead, over ten days around today.  wrk knows
# no number of requests, only a time: it runs until there are enough.

sub load {
    my ($crm, $count) = @_;

    my @leads = map { $crm->post('/leads', { name => "Lead $_" })->json->{id} }
                1 .. ($count + 99) / 100;
    my @days  = map { strftime('%Y-%m-%d', gmtime(time + 86_400 * $_)) }
                -5 .. 4;
    my $done  = 0;

    while ($done < $count) {
        if ($count - $done > 20_000) {
            plan_many($crm, \@leads, \@days);
            $done = planned($crm);
            next;
        }

        my $lead = $leads[$done % @leads];

        $crm->post("/leads/$lead/activities",
                   { type_id => 4, due_date => $days[rand @days] });
        $done++;
    }

    printf "%d activities on %d leads\n", planned($crm), scalar @leads;
}


sub planned {
    my $sum = $_[0]->get('/activities/summary')->json;

    return $sum->{overdue} + $sum->{today} + $sum->{planned};
}


sub plan_many {
    my ($crm, $leads, $days) = @_;

    my $lua = File::Temp->new(SUFFIX => '.lua');

    print $lua qq(
math.randomseed(os.time())
local days = { ${\ join ', ', map { qq("$_") } @$days } }
function request()
    local id = $leads->[0] + math.random(0, ${\ scalar(@$leads) } - 1)
    return wrk.format("POST", "/crm/v1/leads/" .. id .. "/activities",
                      { ["Content-Type"] = "application/json",
                        ["Host"] = "${\ $crm->slug}.localhost",
                        ["Authorization"] = "Bearer ${\ $crm->token}" },
                      '{"type_id":4,"due_date":"' .. days[math.random(#days)]
                      .. '"}')
end
);
    close $lua;

    qx(wrk -t 1 -c 16 -d 2s -s $lua http://127.0.0.1:@{[ $server->port ]}/);
}


# milliseconds of the mean answer to one client

sub wrk {
    my ($crm, $path) = @_;

    my $text = qx(wrk -t 1 -c 1 -d ${seconds}s \\
                  -H 'Host: @{[ $crm->slug ]}.localhost' \\
                  -H 'Authorization: Bearer @{[ $crm->token ]}' \\
                  'http://127.0.0.1:@{[ $server->port ]}/crm/v1$path' 2>&1);

    die "$path:\n$text" if $text =~ /Non-2xx|Socket errors/;
    $text =~ m{^Requests/sec:\s*([\d.]+)}m or die "$path:\n$text";

    return 1000 / $1;
}


sub report {
    printf "\n%-42s %10s %10s %7s\n", 'mean of one client, ms', @sizes,
        'ratio';

    for my $path (@paths) {
        my @ms = map { wrk($_, $path) } @crm;

        printf "%-42s %10.3f %10.3f %7.2f\n", $path, @ms, $ms[1] / $ms[0];
    }
}
