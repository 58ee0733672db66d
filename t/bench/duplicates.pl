#!/usr/bin/perl
#
# Duplicates: what the default rules add to a creation, how long a look-up
# takes, how fast a changed rule is indexed.
#
#   t/bench/duplicates.pl [--leads 100000] [--looks 2000]
#
# Nothing else should run on the machine.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);

my $top;

BEGIN { $top = abs_path(dirname(__FILE__) . '/../..') }

use lib "$top/t/lib";
use CRM::Client;
use CRM::Server;
use CRM::Test ();
use Getopt::Long;
use Time::HiRes qw(sleep time);

GetOptions(
    'leads=i' => \(my $leads = 100_000),
    'looks=i' => \(my $looks = 2000),
) or die "see the head of $0\n";

$| = 1;

my $server = CRM::Server->new(workers => 1, server => 'access_log off;');
my $bare   = CRM::Test->tenant(server => $server, slug => 'bare');
my $crm    = CRM::Test->tenant(server => $server, slug => 'rules');

$bare->delete("/duplicate-rules/$_") for 1 .. 5;
settle($bare);

my $without = load($bare, 10_000);
my $with    = load($crm, 10_000);

printf "creation, Redis' time of a commit: %.0f us without rules, %.0f us "
       . "with five, ratio %.2f (goal 1.5)\n",
       $without, $with, $with / $without;

load($crm, $leads - 10_000, 10_000) if $leads > 10_000;

look('GET /leads/{id}/duplicates', sub {
    $crm->get('/leads/' . (1 + int rand $leads) . '/duplicates');
});
look('POST /duplicates/check', sub {
    $crm->post('/duplicates/check', { body(int rand $leads) });
});
look('GET /leads?include=duplicate_count', sub {
    $crm->get('/leads?include=duplicate_count');
}, $looks / 20);
look('GET /duplicates', sub { $crm->get('/duplicates') }, $looks / 20);

my $began = time;

$crm->post('/duplicate-rules', { name => 'Same person', pattern => '.+',
                                 field => 'contact_name' });

my ($worst, $n) = (0, 0);

until (settled($crm)) {
    my $start = time;

    $crm->get('/leads/' . (1 + int rand $leads));
    $worst = time - $start if time - $start > $worst;
    $n++;
}

my $took = time - $began;

printf "a new rule: %d leads in %.1f s, %.0f/s (goal 20000); %d requests "
       . "meanwhile, the slowest %.1f ms (goal 20)\n",
       $leads, $took, $leads / $took, $n, 1000 * $worst;

exit($server->finish ? 0 : 1);


# three leads of a company, each of another person

sub body {
    my ($i) = @_;

    my $firm = int($i / 3);

    return (email        => "person$i\@company$firm.test",
            phone        => '+49 30 ' . (1_000_000 + $i),
            contact_name => "Person $i",
            company_name => "Company $firm GmbH",
            website      => "https://www.company$firm.test/");
}


# microseconds that Redis takes for the commit of one lead

sub load {
    my ($tenant, $count, $from) = @_;

    $server->redis('CONFIG', 'RESETSTAT');

    for (my $i = $from // 0; $i < $count + ($from // 0); $i += 1000) {
        my $res = $tenant->post('/leads/batch', { operations => [
            map { { op => 'create', body => { name => "Deal $_", body($_) } } }
            $i .. $i + 999
        ] });

        die $res->describe . "\n" if $res->status != 200;
    }

    my ($usec) = $server->redis('INFO', 'commandstats')
                 =~ /^cmdstat_fcall:.*usec_per_call=([\d.]+)/m;

    return $usec;
}


sub look {
    my ($name, $request, $times) = @_;

    my @ms;

    for (1 .. $times // $looks) {
        my $start = time;
        my $res   = $request->();

        die $res->describe . "\n" if $res->status != 200;
        push @ms, 1000 * (time - $start);
    }

    @ms = sort { $a <=> $b } @ms;

    printf "%s at %d leads, one at a time: p50 %.2f ms, p99 %.2f ms\n", $name,
           $leads, $ms[@ms / 2], $ms[0.99 * @ms];
}


sub settled {
    my ($tenant) = @_;

    return !grep({ /"building":"1"/ }
                 @{ $tenant->redis('HVALS', '{}conf:duplicate_rule') });
}


sub settle {
    my ($tenant) = @_;

    sleep 0.1
        while !settled($tenant) || @{ $tenant->redis('SMEMBERS', '{}d:gone') };
}
