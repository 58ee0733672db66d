#!/usr/bin/perl
#
# Millions of mixed requests: a worker's memory and open files stay what they
# were once its caches were full.
#
#   make soak                          or with another number:
#   t/soak.pl [--requests 200000] [--connections 32]
#
# Five million take some ten minutes on two processors.  Needs wrk.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);

my $top;

BEGIN { $top = abs_path(dirname(__FILE__) . '/..') }

use lib "$top/t/lib";
use CRM::Bench qw(wrk script rss_of);
use CRM::Bench::Leads qw(load);
use CRM::Client;
use CRM::Server;
use CRM::Test ();
use Getopt::Long;
use Time::HiRes qw(time);

GetOptions(
    'requests=i'    => \(my $requests    = 200_000),
    'connections=i' => \(my $connections = 32),
) or die "see the head of $0\n";

$| = 1;

my $server = CRM::Server->new(workers => 1, server => 'access_log off;');
my $crm    = CRM::Test->tenant(server => $server, slug => 'soak');
my @stages = map { $_->{id} } @{ $crm->get('/stages')->json->{data} };
my $leads  = 5000;

load($crm, 1, $leads, \@stages);

my $mixed = script(sprintf <<'END', $leads, join(',', @stages), $crm->token);
local leads, stages = %d, { %s }
local h = { ["Host"] = "soak.localhost", ["Authorization"] = "Bearer %s",
            ["Content-Type"] = "application/json" }
local bad = { ["Host"] = "soak.localhost", ["Authorization"] = "Bearer no" }
local random, format = math.random, wrk.format
local paths = { "/board?limit=20", "/leads?limit=50",
    "/leads?priority=2,3&country=DE&sort=-expected_revenue",
    "/leads?q=company+maryam&limit=20", "/activities/summary", "/me",
    "/openapi.json", "/contacts?q=a", "/leads?nonsense=1", "/nothing",
    "/leads?stage_id=1&sort=position&limit=20", "/stages", "/users" }
local function post(path, body, method)
    return format(method or "POST", "/crm/v1" .. path, h, body)
end
local n = 0
function request()
    local dice, id = random(100), random(leads)
    n = n + 1
    if dice <= 50 then return format("GET", "/crm/v1/leads/" .. id, h) end
    if dice <= 65 then
        return format("GET", "/crm/v1" .. paths[random(#paths)], h)
    end
    if dice <= 75 then
        return post("/leads/" .. id, '{"city":"City ' .. n .. '","stage_id":'
                    .. stages[random(#stages)] .. "}", "PATCH")
    end
    if dice <= 80 then
        return post("/leads/" .. id .. "/messages", '{"body":"Note ' .. n
                    .. '"}')
    end
    if dice <= 84 then
        return post("/leads", '{"name":"Soak ' .. n .. '","email":"s' .. n
                    .. '@soak.example"}')
    end
    if dice <= 88 then
        return post("/leads/" .. id .. "/activities", '{"type_id":1}')
    end
    if dice <= 90 then return post("/leads/" .. id .. "/lost", "") end
    if dice <= 92 then return post("/leads/" .. id .. "/restore", "") end
    if dice <= 94 then return post("/leads", '{"name":7,"x":[]}') end
    if dice <= 96 then return post("/leads", '{"name"') end
    if dice <= 98 then return format("GET", "/crm/v1/leads/" .. id, bad) end
    return post("/leads/batch", '{"operations":[{"op":"update","id":' .. id
                .. ',"body":{"priority":1}},{"op":"create","body":{"name":"B'
                .. n .. '"}}]}')
end
END

my ($done, @memory, @files) = (0);

# the first third fills caches and shapes the heap; then it must stay

while ($done < $requests) {
    my $got = wrk(url => 'http://127.0.0.1:' . $server->port . '/',
                  script => $mixed, connections => $connections,
                  seconds => $requests > 1_000_000 ? 20 : 3, refused => 1);

    $done += $got->{rate} * ($requests > 1_000_000 ? 20 : 3);

    my ($worker) = $server->workers;
    my @open = glob "/proc/$worker/fd/*";

    push @memory, rss_of($worker);
    push @files, scalar @open;
    printf "%9d requests, %6.0f a second: %.1f MiB, %d files\n", $done,
        $got->{rate}, $memory[-1], $files[-1];
}

my $from  = $memory[ @memory / 3 ];
my $grown = $memory[-1] - $from;
my $fine  = $grown < 2 + 0.03 * $from && $files[-1] <= $files[ @files / 3 ] + 2;

$crm->{checked} = $crm->wait_job(
    $crm->operator('POST', '/tenants/soak/check', {}), seconds => 600);
my $faults = $crm->{checked}->json->{result}{faults} // 'no result';

printf "%s: %.1f MiB more than after a third; checker: %s faults\n",
    $fine ? 'flat' : 'GROWS', $grown, $faults;

exit($server->finish && $fine && $faults eq '0' ? 0 : 1);
