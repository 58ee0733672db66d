#!/usr/bin/perl

# The cards of 1,000 teams in one request (issue 6: below 20 ms), each team with
# a few leads, activities and orders; CRM_BENCH_TEAMS and CRM_BENCH_LEADS
# (of each team) ask for others.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/../lib";

use CRM::Test;
use Time::HiRes qw(time);
use POSIX qw(strftime);

my $teams = $ENV{CRM_BENCH_TEAMS} // 1000;
my $leads = $ENV{CRM_BENCH_LEADS} // 5;
my $runs  = $ENV{CRM_BENCH_RUNS} // 50;

my $server = CRM::Test->private(workers => 1);
my $crm    = CRM::Test->tenant(server => $server);

sub day { return strftime('%Y-%m-%d', gmtime(time + 86400 * $_[0])) }

my @ids = (1, map { my $res = $crm->post('/teams', { name => "Team $_" });
                    die $res->describe if $res->status != 201;
                    $res->json->{id} } 2 .. $teams);

while (my @some = splice @ids, 0, 100) {
    my @lead = map { my $team = $_; map { {
        op => 'create', body => {
            name => "Lead $_", team_id => $team,
            expected_revenue => int rand 100000,
            expected_close => day(int(rand 365) - 30) } } } 1 .. $leads } @some;

    while (my @batch = splice @lead, 0, 500) {
        my $res = $crm->post('/leads/batch', { operations => \@batch });
        die $res->describe if $res->status != 200;

        my @created = map { $_->{id} } @{ $res->json->{results} };

        $crm->concurrently(
            (map { [ 'POST', "/leads/$created[$_]/won", { json => {} } ] }
             grep { $_ % 5 == 0 } 0 .. $#created),
            (map { [ 'POST', "/leads/$created[$_]/activities", { json => {
                         type_id => 1, due_date => day(int(rand 9) - 5) } } ] }
             grep { $_ % 5 == 1 } 0 .. $#created),
            (map { [ 'POST', '/orders', { json => {
                         lead_id => $created[$_], lines => [{
                             description => 'x', unit_price => 100 }] } } ] }
             grep { $_ % 5 == 2 } 0 .. $#created));
    }
}

my (@took, $bytes);

for (1 .. $runs) {
    my $begun = time;
    my $res   = $crm->get('/teams/dashboard?limit=1000');

    push @took, (time - $begun) * 1000;
    die $res->describe
        if $res->status != 200 || @{ $res->json->{data} } != $teams;
    $bytes = length $res->body;
}

@took = sort { $a <=> $b } @took;

printf "cards of %d teams, %d leads each: %.1f ms median, %.1f ms p99 "
       . "(with the client), %d bytes\n",
       $teams, $leads, $took[@took / 2], $took[ int(@took * 0.99) ], $bytes;
