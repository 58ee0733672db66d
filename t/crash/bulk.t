# Jobs over many leads while workers are killed: everything is done, nothing
# twice, and the indexes hold.

use utf8;
use CRM::Test;
use CRM::Util qw(pick);

use Time::HiRes qw(sleep time);

my $server = CRM::Test->private;
my $crm    = CRM::Test->tenant(server => $server);

my $total = 2000;

for (1 .. $total / 1000) {
    $crm->status_ok($crm->post('/leads/batch', {
        operations => [ map { { op => 'create', body => {
            name => "Lead $_", source => 'fair', expected_revenue => $_
        } } } 1 .. 1000 ],
    }), 200);
}


sub job {
    my ($id) = @_;

    my $res = $crm->get("/jobs/$id");

    return $res->status == 200 ? $res->json : { state => 'unknown',
                                                done => 0 };
}


# kills every worker some times on the way, until the job has ended

sub killed_on_the_way {
    my ($id) = @_;

    my $end   = time + 60;
    my $kills = 0;
    my $job;
    my $seen  = 0;

    do {
        sleep 0.02;
        $job = job($id);

        if ($kills < 3 && $job->{done} > $seen && $job->{done} < $total) {
            $server->kill_workers;
            $kills++;
            $seen = $job->{done} + 200;
        }
    } while ($job->{state} !~ /^(?:done|failed|cancelled)\z/ && time < $end);

    cmp_ok($kills, '>', 0, "workers killed $kills times");

    return $job;
}


sub messages_of {
    my ($job) = @_;

    my %n;

    for my $id (1 .. $total) {
        my $n = grep { ($_->{job_id} // 0) == $job }
                @{ $crm->get("/leads/$id/messages")->json->{data} };
        $n{$n}++;
    }

    return \%n;
}


my $res = $crm->post('/leads/bulk', { action => 'lost',
                                      filter => { source => 'fair' },
                                      params => { note => 'Over' } });
$crm->status_ok($res, 202);

my $id  = $res->json->{id};
my $job = killed_on_the_way($id);

is_deeply(pick($job, qw(state total done failed)),
          { state => 'done', total => $total, done => $total, failed => 0 },
          'every record, each counted once');
is_deeply(messages_of($id), { 1 => $total }, 'one message on each');

$res = $crm->post("/jobs/$id/undo", {});
$crm->status_ok($res, 202);
$job = killed_on_the_way($res->json->{id});

is_deeply(pick($job, qw(state total done failed)),
          { state => 'done', total => $total, done => $total, failed => 0 },
          'undone');
is($crm->get('/leads', query => { state => 'open', total => 'true',
                                  limit => 1 })->json->{total}, $total,
   'all are open again');

$res = $crm->post('/leads/bulk', {
    action => 'schedule_activity',
    filter => { source => 'fair' },
    params => { type_id => 1, due_date => '2027-01-15' },
});
$crm->status_ok($res, 202);
$job = killed_on_the_way($res->json->{id});

is_deeply(pick($job, qw(state total done failed)),
          { state => 'done', total => $total, done => $total, failed => 0 },
          'planned');

my %planned;

$planned{ @{ $crm->get("/leads/$_/activities")->json->{data} } }++
    for 1 .. $total;
is_deeply(\%planned, { 1 => $total }, 'one activity on each');

my $check = $crm->wait_job($crm->operator('POST', '/tenants/' . $crm->slug
                                                  . '/check', {}));

is($check->json->{result}{faults}, 0, 'the indexes hold')
    || diag($check->describe);

done_testing;
