#!/usr/bin/perl
#
# Leads lost and won back by filter, as jobs, and what others wait meanwhile:
# another tenant and the same, one request after another (goal: none over
# 50 ms).
#
#   t/bench/bulk.pl [--leads 10000]
#
# Nothing else should run on the machine.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use CRM::Bench::Leads qw(load);
use CRM::Test;
use Getopt::Long;
use Time::HiRes qw(sleep time);

GetOptions('leads=i' => \(my $leads = 10_000)) or die "see the head of $0\n";

$| = 1;

my $server = CRM::Test->private(workers => 2);
my $crm    = CRM::Test->tenant(server => $server);
my $other  = CRM::Test->tenant(server => $server);
my @stages = map { $_->{id} } grep { !$_->{is_won} }
             @{ $crm->get('/stages')->json->{data} };

load($crm, 1, $leads, \@stages);


sub job {
    my ($action, $state) = @_;

    my $res = $crm->post('/leads/bulk', {
        action => $action, filter => { state => $state }, params => {} });

    die $res->describe . "\n" if $res->status != 202;

    return $res->json->{id};
}


# milliseconds of each request, one of every kind in turn

sub meanwhile {
    my ($round) = @_;

    my $lead = 1 + $round * 7919 % $leads;

    return map {
        my ($client, $method, @request) = @$_;
        my $begun = time;
        my $res   = $client->$method(@request);

        die $res->describe . "\n" if $res->status !~ /^2/;
        1000 * (time - $begun);
    } [ $other, get => '/leads' ], [ $crm, get => "/leads/$lead" ],
      [ $crm, get => '/board' ], [ $other, post => '/leads', { name => 'x' } ],
      [ $crm, patch => "/leads/$lead", { city => "City $round" } ];
}


for my $work ([ lost => 'open' ], [ restore => 'lost' ]) {
    my $begun = time;
    my $id    = job(@$work);
    my ($round, $job, @ms) = (0);

    do {
        push @ms, meanwhile(++$round);
        sleep 0.02;
        $job = $crm->get("/jobs/$id")->json;
    } until $job->{state} !~ /^(?:queued|running)\z/;

    @ms = sort { $a <=> $b } @ms;
    printf "%-8s %d of %d leads in %.1f s, %d failed; %d requests meanwhile: "
        . "p50 %.1f ms, p99 %.1f ms, worst %.1f ms\n", $work->[0],
        $job->{done}, $leads, time - $begun, $job->{failed}, scalar @ms,
        $ms[@ms / 2], $ms[0.99 * @ms], $ms[-1];
}
