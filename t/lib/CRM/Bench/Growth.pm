package CRM::Bench::Growth;

# The same requests to tenants of more and more leads, each of them for other
# leads at random, by one client and by many; and to very many small tenants.

use strict;
use warnings;

use CRM::Bench qw(script middle rss_of);
use CRM::Bench::Leads qw(load leads_batch);
use CRM::Test ();
use Time::HiRes qw(time);

# what is asked for; %d: the id of a lead
my @VIEWS = (
    [ 'GET /leads/{id}'          => '/leads/%d' ],
    [ 'GET /board'               => '/board?limit=20' ],
    [ 'page: newest'             => '/leads?limit=50' ],
    [ 'page: far behind'         => '/leads?limit=50&cursor=' ],
    [ 'page: by revenue'         => '/leads?limit=50&sort=-expected_revenue' ],
    [ 'page: three filters, sorted' => '/leads?priority=2,3&country=DE'
                                 . '&source=Fair&sort=-expected_revenue' ],
    [ 'page: two common words'   => '/leads?q=company+maryam' ],
    [ 'page: common and rare'    => '/leads?q=company+fatani' ],
    [ 'page: a telephone number' => '/leads?q=912%%20%07d' ],
    [ 'page: two words, sorted'  => '/leads?q=company+maryam'
                                 . '&sort=-expected_revenue' ],
    [ 'GET .../duplicates'       => '/leads/%d/duplicates' ],
    [ 'POST /duplicates/check'   => '/duplicates/check',
      '{"email":"someone@osmarna.example","phone":"+98 912 %07d"}' ],
    [ 'report: pipeline'         => '/reports/pipeline?group_by=stage' ],
    [ 'report: lost'             => '/reports/lost?group_by=reason' ],
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


# one tenant of so many leads; the figures by view

sub tenant {
    my ($self, $count) = @_;

    my $crm    = CRM::Test->tenant(server => $self->{server},
                                   slug   => "grown$count");
    my @stages = $self->{stages}->($crm);
    my $before = $self->memory;
    my $rate   = load($crm, 1, $count, \@stages);
    my %result = (rate => $rate, bytes => ($self->memory - $before) / $count,
                  loaded => rss_of($self->{server}->workers));

    printf "\n%d leads in one tenant: loaded at %.0f a second, %.0f bytes of "
        . "Redis each, worker %.0f MiB\n%-30s %9s %8s %8s %9s %8s %8s %7s "
        . "%7s\n", $count, @result{qw(rate bytes loaded)}, '', 'alone/s',
        'p50 ms', 'p99 ms', '64/s', 'p50 ms', 'p99 ms', 'nginx', 'Redis';

    for my $view (@VIEWS) {
        my ($name, $path, $body) = @$view;
        my $script = $self->script_for($crm, $count, $path, $body);
        my ($alone, $many) = map {
            my $connections = $_;
            middle(map { $self->{measure}->('/', client => $crm,
                                            script => $script,
                                            connections => $connections) }
                   1 .. $self->{rounds})
        } 1, 64;

        $result{views}{$name} = { alone => $alone, many => $many };
        printf "%-30s %9.0f %8.2f %8.2f %9.0f %8.2f %8.2f %7.0f %7.0f\n",
            $name, (map { ($_->{rate}, $_->{p50} / 1000, $_->{p99} / 1000) }
                    $alone, $many), @$many{qw(nginx redis)};
    }

    $result{worker} = rss_of($self->{server}->workers);
    printf "worker %.0f MiB\n", $result{worker};

    return \%result;
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


# A hundred leads each; requests to all of them, so that no cache holds them.

sub tenants {
    my ($self, $count) = @_;

    my $before = $self->memory;
    my $from   = time;
    my $lua    = 'local who = {';
    my $body;

    for my $n (1 .. $count) {
        my $crm = CRM::Test->tenant(server => $self->{server},
                                    slug   => "many$n");

        $body //= leads_batch([ map { $_->{id} }
                                @{ $crm->get('/stages')->json->{data} } ],
                              1, 100);

        my $res = $crm->post('/leads/batch', undef, raw => $body);

        die $res->describe . "\n" if $res->status != 200;
        $lua .= '"' . $crm->token . '",';
    }

    my $file = script($lua . <<"END");
}
function request()
    local n = math.random($count)
    return wrk.format("GET", "/crm/v1/leads/50", {
        ["Host"] = "many" .. n .. ".localhost",
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
