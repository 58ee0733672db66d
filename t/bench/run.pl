#!/usr/bin/perl
#
# Speed, as ratios: to the limit (nginx's own `return 200' of the same bytes,
# the same command block sent to the same Redis) and to peers that do the same
# work over the same data.  All in one run, in alternating rounds, medians.
#
#   make bench                         or with other sizes:
#   t/bench/run.pl [--rounds 3] [--seconds 2] [--connections 64]
#                  [--leads 20000] [--growth 1000,100000] [--tenants 0]
#                  [--only REGEX] [--json FILE]
#
# --growth 1000,100000,1000000 and --tenants 10000 take some minutes more.
# Needs wrk; the peers need Debian's Lua module with lua-nginx-redis and
# lua-cjson, and node with npm.  Nothing else should run on the machine.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);

my $top;

BEGIN { $top = abs_path(dirname(__FILE__) . '/../..') }

use lib "$top/t/lib";
use CRM::Bench qw(wrk script middle);
use CRM::Bench::Growth;
use CRM::Bench::Leads qw(load);
use CRM::Bench::Peers;
use CRM::Bench::Replay;
use CRM::Client;
use CRM::Server;
use CRM::Test ();
use Getopt::Long;
use Mojo::JSON qw(encode_json);
use Time::HiRes qw(time);

GetOptions(
    'rounds=i'      => \(my $rounds      = 3),
    'seconds=i'     => \(my $seconds     = 2),
    'connections=i' => \(my $connections = 64),
    'leads=i'       => \(my $leads       = 20_000),
    'growth=s'      => \(my $growth      = '1000,100000'),
    'tenants=i'     => \(my $tenants     = 0),
    'only=s'        => \(my $only        = '.'),
    'json=s'        => \my $json,
) or die "see the head of $0\n";

$| = 1;
chdir $top or die "$top: $!\n";

my $begun  = time;
my $server = CRM::Server->new(
    no_start => 1, workers => 1, server => 'access_log off;',
    main     => 'worker_rlimit_nofile 16384;' . CRM::Bench::Peers::modules(),
);

$server->write('nginx.conf', conf());
$server->start;

my $crm    = CRM::Test->tenant(server => $server, slug => 'bench');
my @stages = stages($crm);
my %result = (machine => machine(), leads => $leads, rounds => $rounds,
              seconds => $seconds, connections => $connections);

$result{load} = load($crm, 1, $leads, \@stages);
printf "%s\n%d leads loaded in batches, %.0f a second\n", $result{machine},
    $leads, $result{load};

routes();
connections();
guesses();

my $grown = CRM::Bench::Growth->new(server => $server, measure => \&measure,
                                    stages => \&stages, rounds => $rounds);

$result{growth}  = $grown->tenants(split /,/, $growth);
$result{tenants} = $grown->small($tenants) if $tenants;

$result{took} = time - $begun;
printf "\n%.0f seconds\n", $result{took};

if ($json) {
    open my $out, '>', $json or die "$json: $!\n";
    print {$out} encode_json(\%result), "\n";
    close $out or die "$json: $!\n";
    print "$json\n";
}

exit($server->finish ? 0 : 1);


# ---- the server ----------------------------------------------------------

sub conf {
    return $server->nginx_conf
           =~ s/worker_connections 1024/worker_connections 8192/r;
}


sub reconfigure {
    $server->write('nginx.conf', conf());
    $server->reload;
    $server->wait_for('the old workers to end', 30,
                      sub { $server->workers == $server->{workers} });
    $server->wait_ready;
}


sub machine {
    my ($model) = CRM::Server::slurp('/proc/cpuinfo')
                  =~ /^model name\s*:\s*(.*)/m;
    my $cpus = () = CRM::Server::slurp('/proc/cpuinfo') =~ /^processor/mg;
    my ($kib) = CRM::Server::slurp('/proc/meminfo') =~ /^MemTotal:\s*(\d+)/m;
    my ($load) = CRM::Server::slurp('/proc/loadavg') =~ /^(\S+)/;

    return sprintf '%s, %d processors, %.0f GiB, load %s', $model // 'unknown',
           $cpus, $kib / 1048576, $load;
}


sub ok {
    my ($res) = @_;

    die $res->describe . "\n" if $res->status !~ /^2/;

    return $res->json;
}


# eight columns

sub stages {
    my ($crm) = @_;

    my @ids = map { $_->{id} } grep { !$_->{is_won} }
              @{ ok($crm->get('/stages'))->{data} };

    push @ids, ok($crm->post('/stages', {
        name => "Stage $_", sequence => 31 + $_ }))->{id} for @ids + 1 .. 7;

    return @ids;
}


sub url { return 'http://127.0.0.1:' . $server->port . $_[0] }


# one measurement of a request as the tenant's user

sub measure {
    my ($path, %o) = @_;

    my $client = delete $o{client} // $crm;
    my $port   = delete $o{port} // $server->port;

    return wrk(
        url => "http://127.0.0.1:$port$path", connections => $connections, seconds => $seconds,
        headers => { Host => $client->slug . '.localhost',
                     Authorization => 'Bearer ' . $client->token },
        nginx => [ $server->workers ], redis => [ $server->redis_pid ], %o,
    );
}


# ---- routes --------------------------------------------------------------

sub routes {
    my $lead = int($leads / 2);
    my @subjects = grep { $_->{name} =~ /$only/ } (
        { name => 'GET /leads/{id}', path => "/leads/$lead", peer => 'lead' },
        { name => 'page: newest', path => '/leads?limit=50', peer => 'leads' },
        { name => 'page: my open by next activity',
          path => '/leads?user_id=me&state=open&sort=next_activity&limit=50' },
        { name => "page: a team's", path => '/leads?team_id=1&limit=50' },
        { name => 'page: a column by position',
          path => "/leads?stage_id=$stages[1]&sort=position&limit=50" },
        { name => 'page: three filters, sorted',
          path => '/leads?priority=2,3&country=DE&source=Fair'
                  . '&sort=-expected_revenue&limit=50' },
        { name => 'page: two words', path => '/leads?q=company+maryam'
                                             . '&limit=50' },
        { name => 'GET /board', path => '/board?limit=20' },
        { name => 'GET /activities/summary', path => '/activities/summary' },
        { name => 'POST /leads', script => create_script($crm, $stages[0]),
          replay => 1 },
        { name => 'PATCH that moves a stage', script => patch_script() },
        { name => 'activity done', script => \&done_script },
        $crm->get('/openapi.json')->json->{paths}{'/duplicates/check'}
            ? { name => 'POST /duplicates/check', script => check_script() }
            : (),
    );

    my $peers = CRM::Bench::Peers->new(server => $server, crm => $crm,
                                       lead => $lead);

    add_references(grep { $_->{path} } @subjects);
    $peers->start(\&reconfigure);

    my $replay = grep({ $_->{replay} } @subjects) && record();

    for my $round (1 .. $rounds) {
        for my $s (@subjects) {
            push @{ $s->{limit} }, measure("/plain/$s->{number}")
                if $s->{number};
            push @{ $s->{limit} }, $replay->measure if $s->{replay};
            push @{ $s->{crm} }, $s->{script}
                ? measure('/', script => ref $s->{script} eq 'CODE'
                                         ? $s->{script}->() : $s->{script})
                : measure("/crm/v1$s->{path}");

            next if !$s->{peer};

            for my $peer ($peers->names) {
                my $got = measure($peers->path($peer, $s->{peer}),
                                  $peers->options($peer));
                push @{ $s->{peers}{$peer} }, $got;
            }
        }
        print '.';
    }

    $peers->stop;
    print_routes($peers, @subjects);
}


# what Redis gets for creations, in a tenant of their own

sub record {
    my $client = CRM::Test->tenant(server => $server, slug => 'block');
    my $script = create_script($client, 1);

    # past the sizes at which Redis keeps sorted sets as lists
    load($client, 1, 2000, [ stages($client) ]);

    return CRM::Bench::Replay->new(
        server => $server, crm => $client,
        work   => sub { measure('/', script => $script, client => $client,
                                seconds => 3 * $seconds) },
    );
}


sub print_routes {
    my ($peers, @subjects) = @_;

    printf "\n%d leads, 1 worker, %d connections, medians of %d rounds of %d "
        . "s; processor time in microseconds a request\n\n", $leads,
        $connections, $rounds, $seconds;
    printf "%-31s %8s %7s %8s %8s %7s %7s %7s %7s\n", '', 'of limit',
        'x Lua', 'x Node', 'a second', 'p50 ms', 'p99 ms', 'nginx', 'Redis';

    for my $s (@subjects) {
        my $crm   = middle(@{ $s->{crm} });
        my $limit = $s->{limit} ? middle(@{ $s->{limit} }) : undef;
        my %peer  = map { $_ => middle(@{ $s->{peers}{$_} }) }
                    keys %{ $s->{peers} // {} };

        $result{routes}{ $s->{name} } = {
            crm => $crm, limit => $limit, peers => \%peer,
            $limit ? (ratio => $crm->{rate} / $limit->{rate}) : (),
        };

        printf "%-31s %8s %7s %8s %8.0f %7.2f %7.2f %7.0f %7.0f\n",
            $s->{name}, $limit ? sprintf('%.2f', $crm->{rate} / $limit->{rate})
                               : '',
            (map { $peer{$_} ? sprintf '%.1f', $crm->{rate} / $peer{$_}{rate}
                             : '' } qw(Lua Node)),
            $crm->{rate}, $crm->{p50} / 1000, $crm->{p99} / 1000,
            $crm->{nginx}, $crm->{redis};
    }

    print "no peer: $_\n" for $peers->missing;
}


# `return 200' of the bytes that each subject answers.  nginx limits a word of
# its configuration to 4096 bytes: a long body is joined from pieces, which
# only flatters us by a few microseconds.

sub add_references {
    my (@subjects) = @_;

    my $number = 0;

    for my $subject (@subjects) {
        my $body = $crm->get($subject->{path})->body;
        my $n = $subject->{number} = ++$number;

        die "$subject->{name}: $body\n" if $body !~ /^\{/ || $body =~ /\$/;
        $body =~ s/([\\'])/\\$1/g;

        my @pieces = $body =~ /((?:\\.|[^\\]){1,1800})/gs;
        my $words  = join '', map { "\${plain_${n}_$_}" } 0 .. $#pieces;

        $server->{http} .= join '', map {
            "map '' \$plain_${n}_$_ { default '$pieces[$_]'; }\n"
        } 0 .. $#pieces;

        $server->{server} .= "location = /plain/$n {
            default_type application/json; return 200 \"$words\"; }\n";
    }
}


# ---- scripts for wrk -----------------------------------------------------

sub head_of_script {
    my ($client) = @_;

    return sprintf 'local headers = { ["Host"] = "%s.localhost", '
        . '["Authorization"] = "Bearer %s", '
        . '["Content-Type"] = "application/json" } local n = 0 ',
        $client->slug, $client->token;
}


sub create_script {
    my ($client, $stage) = @_;

    return script(head_of_script($client) . sprintf <<'END', $stage);
function request()
    n = n + 1
    return wrk.format("POST", "/crm/v1/leads", headers,
        '{"name":"Lead number ' .. n .. ' of the benchmark","stage_id":%d,'
        .. '"contact_name":"Maryam Hosseini","company_name":"Company ' .. n
        .. '","email":"lead' .. n .. '@company.example","phone":"+98 912 '
        .. string.format("%%07d", n) .. '","city":"Tehran","country":"IR",'
        .. '"expected_revenue":1000,"source":"Website"}')
end
END
}


sub patch_script {
    my $ids = join ',', @stages;

    return script(head_of_script($crm) . <<"END");
local stages = { $ids }
function request()
    n = n + 1
    return wrk.format("PATCH", "/crm/v1/leads/" .. (n * 7919 % $leads + 1),
        headers, '{"stage_id":' .. stages[math.random(#stages)] .. '}')
end
END
}


sub check_script {
    return script(head_of_script($crm) . <<"END");
function request()
    n = n + 1
    local k = n * 7919 % $leads
    return wrk.format("POST", "/crm/v1/duplicates/check", headers,
        '{"email":"lead' .. k .. '\@company' .. k % 50000 .. '.example",'
        .. '"phone":"+98 912 ' .. string.format("%07d", k) .. '"}')
end
END
}


# Each is completed once: its type schedules the next one, whose id the answer
# has.  So every round needs activities of its own.

my $again;

sub done_script {
    my $type = $again //= ok($crm->post('/activity-types', {
        name => 'Again and again', chaining => 'trigger' }))->{id};

    ok($crm->patch("/activity-types/$type", { next_type_id => $type }));

    my @ids = map {
        ok($crm->post("/leads/$_/activities", { type_id => $type }))->{id}
    } 1 .. $connections;

    return script(head_of_script($crm) . <<"END");
local ready = { ${\ join ',', @ids } }
function request()
    local id = table.remove(ready)
    if not id then
        return wrk.format("GET", "/crm/v1/me", headers)
    end
    return wrk.format("POST", "/crm/v1/activities/" .. id .. "/done", headers,
        '{"feedback":"Called."}')
end
function response(status, _, body)
    local id = body:match('"next":{"id":(%d+)')
    if id then ready[#ready + 1] = id end
end
END
}


# ---- connections and workers ---------------------------------------------

sub connections {
    my $lead   = int($leads / 2);
    my $create = create_script($crm, $stages[0]);
    my %made;

    print "\nGET /leads/{id} and GET /board by connections and workers\n\n";
    printf "%8s %12s %12s %8s %8s %12s %8s %8s\n", 'workers', 'connections',
        map { ("$_/s", 'p50 ms', 'p99 ms') } qw(lead board);

    for my $workers (1, 2) {
        $server->{workers} = $workers;
        reconfigure();

        for my $clients (64, 2000) {
            my @got;

            for my $path ("/leads/$lead", '/board?limit=20') {
                push @got, middle(map {
                    measure("/crm/v1$path", connections => $clients,
                            seconds => 1)
                } 1 .. $rounds);
            }

            $result{clients}{"$workers/$clients"} = {
                lead => $got[0], board => $got[1] };
            printf "%8d %12d %12.0f %8.2f %8.2f %12.0f %8.2f %8.2f\n",
                $workers, $clients, map { ($_->{rate}, $_->{p50} / 1000,
                                           $_->{p99} / 1000) } @got;
        }

        $made{$workers} = creations($create);
    }

    $server->{workers} = 1;
    reconfigure();
    print_creations(\%made);
}


# All in one tenant.  Retries: how many of a hundred were begun anew.

sub creations {
    my ($script) = @_;

    my $before = retries();
    my @rounds = map { measure('/', script => $script, connections => 64,
                               seconds => 1) } 1 .. $rounds;
    my $made   = 0;

    $made += $_->{rate} for @rounds;

    return { %{ middle(@rounds) },
             retries => 100 * (retries() - $before) / $made };
}


# workers tell every second

sub retries {
    sleep 2;

    my ($n) = $crm->operator('GET', '/metrics')->body
              =~ /^crm_retries_total (\d+)$/m;

    return $n;
}


sub print_creations {
    my ($made) = @_;

    $result{creations} = $made;

    print "\nPOST /leads in one tenant, 64 connections\n\n";
    printf "%8s %12s %8s %8s %8s %8s %8s\n", 'workers', 'a second', 'p50 ms',
        'p99 ms', 'nginx', 'Redis', 'retries';

    for my $workers (sort keys %$made) {
        my $m = $made->{$workers};

        printf "%8d %12.0f %8.2f %8.2f %8.0f %8.0f %7.1f%%\n", $workers,
            $m->{rate}, $m->{p50} / 1000, $m->{p99} / 1000, $m->{nginx},
            $m->{redis}, $m->{retries};
    }
}


# ---- ten thousand wrong tokens a second ----------------------------------

# Right ones at a steady 1,000 a second, alone and beside the wrong ones: wrk's
# delay() paces each of its connections.

sub guesses {
    my $lead  = int($leads / 2);
    my $right = script(head_of_script($crm) . <<"END");
function delay() return 15 end
function request()
    return wrk.format("GET", "/crm/v1/leads/$lead", headers)
end
END
    my $wrong = script(head_of_script($crm) . <<"END");
function delay() return 19 end
function request()
    n = n + 1
    headers["Authorization"] = "Bearer guess-" .. n .. "-" .. math.random()
    return wrk.format("GET", "/crm/v1/leads/$lead", headers)
end
END
    my (@alone, @beside, @rate);

    for (1 .. $rounds) {
        push @alone, measure('/', script => $right, connections => 16);

        my $pid = open my $pipe, '-|', 'wrk', '-t', 1, '-c', 200, '-d',
            $seconds + 1 . 's', '-s', $wrong, url('/') or die "wrk: $!\n";
        select undef, undef, undef, 0.5;
        push @beside, measure('/', script => $right, connections => 16);
        push @rate, do { local $/; <$pipe> } =~ m{^Requests/sec:\s*([\d.]+)}m;
        close $pipe;
    }

    my ($alone, $beside) = (middle(@alone), middle(@beside));

    $result{guesses} = { alone => $alone, beside => $beside,
                         rate => CRM::Bench::median(@rate) };
    printf "\nright tokens beside %.0f wrong ones a second: %.2f of their rate,"
        . " p50 %.2f ms instead of %.2f, p99 %.2f instead of %.2f\n",
        $result{guesses}{rate}, $beside->{rate} / $alone->{rate},
        map { $_ / 1000 } $beside->{p50}, $alone->{p50}, $beside->{p99},
                          $alone->{p99};
}
