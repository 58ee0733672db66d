# GET /metrics of the operator API: Prometheus' text format.

use utf8;
use CRM::Test;

use List::Util qw(sum);
use Time::HiRes qw(sleep);

my $server = CRM::Test->private(workers => 2);
my $crm = CRM::Test->tenant(server => $server);


# name => { labels => value }, and the form of every line

sub metrics {
    my ($name) = @_;

    my $res = $crm->operator('GET', '/metrics');
    my (%value, %type, @wrong, $last);

    for my $line (split /\n/, $res->body) {
        if ($line =~ /^# HELP ([a-z_]+) \S.*$/) {
            push @wrong, "$1 twice" if $value{$1};
            $last = $1;

        } elsif ($line =~ /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/) {
            push @wrong, "$line without HELP" if $1 ne $last;
            $type{$1} = $2;

        } elsif ($line =~ /^([a-z_]+)(?:\{((?:[a-z]+="[^"\\]*",?)+)\})? ([\d.]+)$/) {
            my ($sample, $labels, $number) = ($1, $2 // '', $3);

            push @wrong, "$line under $last"
                if $sample !~ /^\Q$last\E(?:_bucket|_sum|_count)?$/;
            push @wrong, "$line twice"
                if exists $value{$sample}{$labels};
            $value{$sample}{$labels} = $number;

        } else {
            push @wrong, $line;
        }
    }

    is("@wrong", '', $name // 'every line is well-formed');

    return { %value, type => \%type, res => $res };
}


sub requests {
    my ($metrics, $method, $route, $status) = @_;

    my $labels = qq{api="crm",method="$method",route="$route",}
               . qq{status="$status"};

    return $metrics->{crm_requests_total}{$labels} // 0;
}


# ---- the answer ----------------------------------------------------------

my $first = metrics();

is($first->{res}->status, 200, 'status');
is($first->{res}->header('Content-Type'), 'text/plain; version=0.0.4',
   'content type');
is_deeply($first->{type}, {
    crm_requests_total           => 'counter',
    crm_request_duration_seconds => 'histogram',
    crm_duplicate_rule_limits_total => 'counter',
    crm_retries_total            => 'counter',
    crm_redis_connected          => 'gauge',
    crm_redis_in_flight          => 'gauge',
    crm_redis_commands_total     => 'counter',
    crm_redis_reconnects_total   => 'counter',
    crm_redis_timeouts_total     => 'counter',
    crm_redis_refused_total      => 'counter',
}, 'the metrics and their types');

$crm->status_ok($crm->operator('GET', '/metrics', undef, token => undef), 401,
                'not without the key');
$crm->status_ok($crm->operator('GET', '/metrics', undef,
                               token => $crm->token), 401,
                'not with a token of a tenant');


# ---- counting ------------------------------------------------------------

my $lead = $crm->post('/leads', { name => 'Secret name' })->json;

$crm->get("/leads/$lead->{id}") for 1 .. 7;
$crm->get('/leads/999999') for 1 .. 3;
$crm->get('/nothing/of/this/name') for 1 .. 2;

my $tag = $crm->get("/leads/$lead->{id}")->header('ETag');
$crm->get("/leads/$lead->{id}", headers => { 'If-None-Match' => $tag });

my $second = metrics();

is(requests($second, 'POST', '/leads', '2xx'), 1, 'a creation');
is(requests($second, 'GET', '/leads/{id}', '2xx'), 8, 'eight reads');
is(requests($second, 'GET', '/leads/{id}', '3xx'), 1, 'one 304');
is(requests($second, 'GET', '/leads/{id}', '4xx'), 3, 'three 404');
is(requests($second, '', 'none', '4xx'), 2, 'what no route matches');
unlike($second->{res}->body, qr{999999|/leads/\d|of/this},
       'no id and no path as sent');
unlike($second->{res}->body, qr/\Q${\ $crm->slug }\E|Secret|admin@|\@tests/,
       'nothing that says whose');


# ---- the histogram -------------------------------------------------------

my $labels = 'api="crm",method="GET",route="/leads/{id}"';
my @buckets = map { /^\Q$labels\E,le="(.*)"$/ ? $1 : () }
              keys %{ $second->{crm_request_duration_seconds_bucket} };

@buckets = sort { ($a eq '+Inf') <=> ($b eq '+Inf') || $a <=> $b } @buckets;

is_deeply(\@buckets, [ qw(0.001 0.002 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1
                          2.5 5 +Inf) ], 'its bounds');

my @sums = map {
    $second->{crm_request_duration_seconds_bucket}{qq{$labels,le="$_"}}
} @buckets;

is(join(' ', @sums), join(' ', sort { $a <=> $b } @sums), 'is cumulative');
is($sums[-1], 12, 'counts every answer');
is($second->{crm_request_duration_seconds_count}{$labels}, 12, 'its count');
cmp_ok($second->{crm_request_duration_seconds_sum}{$labels}, '<', 12,
       'its sum');


# ---- Redis ---------------------------------------------------------------

sub connections {
    my ($metrics, $value) = @_;

    return scalar grep { $_ == $value }
                  values %{ $metrics->{crm_redis_connected} };
}

sleep 1.5;
my $third = metrics();

is(scalar keys %{ $third->{crm_redis_connected} }, 4,
   'two workers, two connections each');
is(connections($third, 1), 4, 'all of them up');
cmp_ok(sum(values %{ $third->{crm_redis_commands_total} }), '>', 10,
       'commands');


# ---- a reload ------------------------------------------------------------

$server->reload;
$server->wait_ready;

my $fourth = metrics('well-formed after a reload');

is(requests($fourth, 'GET', '/leads/{id}', '2xx'), 8,
   'counting goes on after a reload');

sleep 1.5;
is(scalar keys %{ metrics()->{crm_redis_connected} }, 4,
   'the old workers are gone');


# ---- without Redis -------------------------------------------------------

$server->stop_redis;
sleep 2.5;

my $down = metrics('well-formed without Redis');

is($down->{res}->status, 200, 'metrics need no Redis');
is(connections($down, 0), 4, 'all connections are down');

$server->start_redis;
$server->wait_ready;

done_testing;
