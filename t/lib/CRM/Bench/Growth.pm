package CRM::Bench::Growth;

# The same requests to tenants of more and more leads, each of them for other
# leads at random, by one client and by many; and to very many small tenants.

use strict;
use warnings;

use CRM::Bench qw(script middle rss_of);
use CRM::Bench::Leads qw(load leads_batch);
use CRM::Test ();
use POSIX ();
use Time::HiRes qw(time);

# What is asked for; %d: the id of a lead.  All by one client, those with 64 by
# so many as well.

my @VIEWS = (
    [ 'GET /leads/{id}'          => 64, '/leads/%d' ],
    [ 'GET /board'               => 64, '/board?limit=20' ],
    [ 'page: newest'             => 64, '/leads?limit=50' ],
    [ 'page: far behind'         => 0, '/leads?limit=50&cursor=' ],
    [ 'page: by revenue'         => 0, '/leads?limit=50'
                                 . '&sort=-expected_revenue' ],
    [ 'page: three filters, sorted' => 0, '/leads?priority=2,3&country=DE'
                                 . '&source=Fair&sort=-expected_revenue' ],
    [ 'page: two common words'   => 0, '/leads?q=company+maryam' ],
    [ 'page: common and rare'    => 0, '/leads?q=company+fatani' ],
    [ 'page: a telephone number' => 0, '/leads?q=912%%20%07d' ],
    [ 'page: two words, sorted'  => 0, '/leads?q=company+maryam'
                                 . '&sort=-expected_revenue' ],
    [ 'GET /leads/{id}/duplicates' => 0, '/leads/%d/duplicates' ],
    [ 'POST /duplicates/check'   => 64, '/duplicates/check',
      '{"email":"someone@osmarna.example","phone":"+98 912 %07d"}' ],
    [ 'report: pipeline'         => 0, '/reports/pipeline?group_by=stage' ],
    [ 'report: lost'             => 0, '/reports/lost?group_by=reason' ],
);


# Options: server, measure (as in run.pl), stages (of a tenant), rounds.

sub new {
    my ($class, %self) = @_;

    return bless \%self, $class;
}


sub memory {
    my ($self) = @_;

    my ($bytes) = $self->{server}->redis('INFO', 'memory')
                  =~ /^used_memory:(\d+)/m;

    return $bytes;
}


# Tenants of so many leads; the figures by number of leads.  What is compared is
# asked one after the other: rounds that lie minutes apart show the machine.

sub tenants {
    my ($self, @counts) = @_;

    my %result = map { $_ => $self->loaded($_) } @counts;

    for my $view (@VIEWS) {
        my ($name, $connections) = @$view;
        my %rounds;

        for (1 .. $self->{rounds}) {
            for my $count (@counts) {
                my $of = $result{$count};

                push @{ $rounds{$count}{one} }, $self->ask($of, $view, 1);
                push @{ $rounds{$count}{many} },
                    $self->ask($of, $view, $connections) if $connections;
            }
        }

        for my $count (@counts) {
            $result{$count}{views}{$name} = {
                map { $_ => middle(@{ $rounds{$count}{$_} }) }
                keys %{ $rounds{$count} } };
        }
    }

    for my $count (@counts) {
        print_tenant($count, $result{$count}, $result{ $counts[0] });
        delete @{ $result{$count} }{qw(crm files)};
    }

    $result{worker} = rss_of($self->{server}->workers);
    printf "worker %.0f MiB\n", $result{worker};

    return \%result;
}


# a tenant of so many leads, and what loading them took

sub loaded {
    my ($self, $count) = @_;

    my $crm    = CRM::Test->tenant(server => $self->{server},
                                   slug   => "grown$count");
    my @stages = $self->{stages}->($crm);
    my $before = $self->memory;
    my $rate   = load($crm, 1, $count, \@stages);

    return { crm => $crm, rate => $rate,
             files  => { map { $_->[0] => $self->script_for($crm, $count,
                                                            @$_[2, 3]) }
                         @VIEWS },
             bytes  => ($self->memory - $before) / $count,
             worker => rss_of($self->{server}->workers) };
}


sub ask {
    my ($self, $tenant, $view, $connections) = @_;

    return $self->{measure}->('/', client => $tenant->{crm}, seconds => 1,
                              script => $tenant->{files}{ $view->[0] },
                              connections => $connections);
}


# `of first': the rate of one client, as a part of that in the first tenant

sub print_tenant {
    my ($count, $tenant, $first) = @_;

    printf "\n%d leads in one tenant: loaded at %.0f a second, %.0f bytes of "
        . "Redis each, worker %.0f MiB\n%-28s %8s %8s %7s %7s %7s %7s %9s %7s "
        . "%7s\n", $count, @$tenant{qw(rate bytes worker)}, '', 'of first',
        'one: /s', 'p50 ms', 'p99 ms', 'nginx', 'Redis', 'many: /s', 'p50 ms',
        'p99 ms';

    for my $name (map { $_->[0] } @VIEWS) {
        my ($one, $many) = @{ $tenant->{views}{$name} }{qw(one many)};

        printf "%-28s %8.2f %8.0f %7.2f %7.2f %7.0f %7.0f", $name,
            $one->{rate} / $first->{views}{$name}{one}{rate}, $one->{rate},
            $one->{p50} / 1000, $one->{p99} / 1000, @$one{qw(nginx redis)};
        printf " %9.0f %7.2f %7.2f", $many->{rate}, $many->{p50} / 1000,
            $many->{p99} / 1000 if $many;
        print "\n";
    }
}


sub script_for {
    my ($self, $crm, $count, $path, $body) = @_;

    $path .= $self->middle_of($crm, $count) if $path =~ /cursor=\z/;

    my ($what, $data) = map {
        defined ? /%/ ? "string.format([=[$_]=], id)" : "[=[$_]=]" : 'nil'
    } $path, $body;

    return script(sprintf <<'END', $crm->slug, $crm->token, $count,
local headers = { ["Host"] = "%s.localhost", ["Authorization"] = "Bearer %s",
                  ["Content-Type"] = "application/json" }
function request()
    local id = math.random(%d)
    return wrk.format("%s", "/crm/v1" .. %s, headers, %s)
end
END
        $body ? 'POST' : 'GET', $what, $data);
}


# a cursor behind half of the leads, or behind 20,000 where there are more

sub middle_of {
    my ($self, $crm, $count) = @_;

    my $pages = $count > 40_000 ? 40 : $count / 1000;
    my $cursor;

    for (1 .. $pages) {
        my $page = $crm->get('/leads', query => {
            limit => 500, fields => 'id',
            defined $cursor ? (cursor => $cursor) : () })->json;

        $cursor = $page->{next_cursor};
    }

    return $cursor;
}


# A tenant with a hundred leads; its token.

sub small_tenant {
    my ($self, $n) = @_;

    my $crm = CRM::Test->tenant(server => $self->{server}, slug => "many$n");
    my $res = $crm->post('/leads/batch', undef, raw => leads_batch(
        [ map { $_->{id} } @{ $crm->get('/stages')->json->{data} } ], 1, 100));

    die $res->describe . "\n" if $res->status != 200;

    return $crm->token;
}


# by four processes; the tokens of all, in order

sub small_tenants {
    my ($self, $count) = @_;

    my (@pipes, @tokens);

    for my $part (0 .. 3) {
        my $pid = open($pipes[$part], '-|') // die "fork: $!\n";

        next if $pid;

        for (my $n = $part; $n < $count; $n += 4) {
            print $self->small_tenant($n), "\n";
        }

        close STDOUT;
        POSIX::_exit(0);
    }

    for my $n (0 .. $count - 1) {
        chomp($tokens[$n] = readline($pipes[$n % 4]) // die "no tenant $n\n");
    }

    return @tokens;
}


# Requests to all of them, so that no cache holds them.

sub small {
    my ($self, $count) = @_;

    my $before = $self->memory;
    my $from   = time;
    my $tokens = join ',', map { "\"$_\"" } $self->small_tenants($count);
    my $file   = script(sprintf <<'END', $tokens, $count);
local who = { %s }
function request()
    local n = math.random(%d)
    return wrk.format("GET", "/crm/v1/leads/50", {
        ["Host"] = "many" .. n - 1 .. ".localhost",
        ["Authorization"] = "Bearer " .. who[n] })
end
END
    my $bytes = ($self->memory - $before) / $count / 100;
    my $took  = time - $from;
    my $m     = middle(map { $self->{measure}->('/', script => $file) }
                       1 .. $self->{rounds});
    my $mib   = rss_of($self->{server}->workers);

    printf "\n%d tenants of 100 leads: made in %.0f s, %.0f bytes of Redis a "
        . "lead, worker %.0f MiB\n  GET /leads/{id} of any %8.0f/s  p50 %.2f "
        . "ms  p99 %.2f ms\n", $count, $took, $bytes, $mib, $m->{rate},
        $m->{p50} / 1000, $m->{p99} / 1000;

    return { count => $count, bytes => $bytes, read => $m, worker => $mib };
}


1;
