use utf8;

# Jobs: who sees and cancels them, and that they come to their end whatever
# happens to workers and Redis.

use CRM::Test;
use Time::HiRes qw(sleep time);

# what was answered must be there after Redis was killed
my $server = CRM::Test->private(workers => 2,
                                redis => "appendfsync always\n");
my $crm = CRM::Test->tenant(server => $server);
my $queue = '{crm:registry}:queue';


sub check {
    return $crm->operator('POST', '/tenants/' . $crm->slug . '/check', {});
}


sub now { return int(1000 * time) }


# a job's record as it lies in Redis

sub put_job {
    my ($id, %fields) = @_;

    $crm->redis('HSET', "{}job:$id", v => 1, ct => now(), ut => now(),
                kind => 'of_tomorrow', state => 'queued', done => 0,
                failed => 0, params => '{}', user => 1, %fields);
}


sub state_is {
    my ($job, $state, $name) = @_;

    return is($job->json->{state}, $state, $name) || diag($job->describe);
}


subtest 'a check is a job' => sub {
    my $res = check();

    $crm->status_ok($res, 202);
    like($res->header('Location'), qr{^/operator/v1/jobs/\d+$}, 'Location');

    my $job = $res->json;

    is($job->{kind}, 'check', 'kind');
    is($job->{state}, 'queued', 'state');
    is($job->{result}, undef, 'no result yet');
    is($job->{finished_at}, undef, 'not finished');

    my $began = time;
    my $done = $crm->wait_job($res);

    state_is($done, 'done', 'done');
    cmp_ok(time - $began, '<', 2, 'it began at once');
    like($done->json->{finished_at}, qr/^\d{4}-.*Z$/, 'finished_at');
    cmp_ok($done->json->{version}, '>', 1, 'version');
    is($done->header('ETag'), '"' . $done->json->{version} . '"', 'ETag');

    $crm->problem_ok($crm->get("/jobs/$job->{id}"), 404, 'not_found', undef,
                     'the operator\'s jobs are not the tenant\'s');
    is($server->redis('ZCARD', $queue), 0, 'the queue is empty');
};


subtest 'who sees a job' => sub {
    my $sales = $crm->user;
    my $other = $crm->user;
    my $boss = $crm->user(role => 'manager');

    put_job(1, user => $sales->id, total => 10);

    for my $may ($crm, $boss, $sales) {
        my $res = $may->get('/jobs/1');

        $crm->status_ok($res, 200);
        is($res->json->{kind}, 'of_tomorrow', 'kind');
        is($res->json->{total}, 10, 'total');
        ok(!exists $res->json->{$_}, "no $_")
            for qw(params cursor user_id owner);
    }

    $crm->problem_ok($other->get('/jobs/1'), 404, 'not_found');
    $crm->problem_ok($other->post('/jobs/1/cancel', {}), 404, 'not_found');
    $crm->problem_ok($crm->get('/jobs/2'), 404, 'not_found');
    $crm->problem_ok($crm->get('/jobs/1?x=1'), 400, 'unknown_parameter');
    $crm->problem_ok($crm->get('/jobs/1', token => undef), 401,
                     'unauthorized');

    my $res = $crm->get('/jobs/1', headers => { 'If-None-Match' => '"1"' });
    is($res->status, 304, 'not modified');
};


subtest 'cancel' => sub {
    my $sales = $crm->user;

    put_job(3, user => $sales->id);

    $crm->problem_ok($sales->post('/jobs/3/cancel', { x => 1 }), 422,
                     'validation', [['x', 'unknown_field']]);
    $crm->problem_ok($sales->post('/jobs/3/cancel', {},
                                  headers => { 'If-Match' => '"7"' }),
                     412, 'precondition_failed');

    my $res = $sales->post('/jobs/3/cancel', undef);

    $crm->status_ok($res, 200);
    is($res->json->{state}, 'cancelled', 'state');
    ok($res->json->{finished_at}, 'finished_at');
    is($res->json->{version}, 2, 'version');
    cmp_ok($crm->redis('PTTL', '{}job:3'), '>', 1e9, 'it will be forgotten');

    $crm->problem_ok($sales->post('/jobs/3/cancel', {}), 409,
                     'not_cancellable');

    for my $state (qw(done failed)) {
        put_job(4, state => $state);
        $crm->problem_ok($crm->post('/jobs/4/cancel', {}), 409,
                         'not_cancellable');
    }

    for my $kind (qw(duplicate_index stage_change time_zone)) {
        put_job(4, kind => $kind);
        $crm->problem_ok($crm->post('/jobs/4/cancel', {}), 409,
                         'not_cancellable', undef,
                         "$kind follows from what is done");
        is($crm->get('/jobs/4')->json->{state}, 'queued', 'and goes on');
    }

    put_job(5);
    my @answers = $crm->concurrently(
        map { ['POST', '/jobs/5/cancel', { json => {} }] } 1 .. 5);
    is((grep { $_->status == 200 } @answers), 1, 'one of many cancels');
    is((grep { $_->status == 409 } @answers), 4, 'the others are late');

    put_job(6);
    @answers = map {
        $crm->post('/jobs/6/cancel', {},
                   headers => { 'Idempotency-Key' => 'once' })
    } 1 .. 2;
    is_deeply([ map { $_->status } @answers ], [200, 200], 'idempotent');
    is($answers[1]->header('Idempotency-Replayed'), 'true', 'replayed');
};


subtest 'the queue' => sub {

    # a newer program's job: left to its workers
    put_job(7);
    $server->redis('ZADD', $queue, 1, $crm->slug . ':7');

    # finished, never come to be, senseless
    put_job(8, state => 'done');
    $server->redis('ZADD', $queue, 1, $crm->slug . ":$_") for 8, 99;
    $server->redis('ZADD', $queue, 1, $_) for 'x', ':', ':-1', "\x{e9}:1";

    # another worker's, and its lease is not over
    put_job(10, kind => 'check', owner => 'somebody', state => 'running',
            lease => now() + 60000);
    $server->redis('ZADD', $queue, 1, $crm->slug . ':10');

    # a place whose job may still come
    $server->redis('ZADD', $queue, now(), $crm->slug . ':98');

    my $end = time + 10;
    sleep 0.1 while $server->redis('ZCARD', $queue) > 3 && time < $end;

    is_deeply([ sort @{ $server->redis('ZRANGE', $queue, 0, -1) } ],
              [ sort map { $crm->slug . ":$_" } 10, 7, 98 ], 'what is left');
    is($crm->get('/jobs/7')->json->{state}, 'queued', 'not touched');
    is($crm->get('/jobs/10')->json->{state}, 'running', 'nor this');
    cmp_ok($server->redis('ZSCORE', $queue, $crm->slug . ':10'), '>',
           now() + 30000, 'looked at again when its lease is over');

    $server->redis('DEL', $queue);
};


subtest 'a lease that is over' => sub {
    my $id = $server->redis('HINCRBY', '{crm:registry}:root', 'id:job', 1);

    $server->redis('HSET', "{crm:registry}:job:$id", v => 3, ct => now(),
                   ut => now(), kind => 'check', state => 'running',
                   done => 5, failed => 0, owner => 'gone',
                   lease => now() - 1,
                   params => '{"tenant":"' . $crm->slug . '"}');
    $server->redis('ZADD', $queue, now() - 1, ":$id");

    my $job = $crm->wait_job("/operator/v1/jobs/$id", seconds => 10);

    state_is($job, 'done', 'somebody else went on');
    is($job->json->{result}{faults}, 0, 'to the end');
};


subtest 'a job that kills whoever takes it' => sub {
    my $id = $server->redis('HINCRBY', '{crm:registry}:root', 'id:job', 1);

    $server->redis('HSET', "{crm:registry}:job:$id", v => 3, ct => now(),
                   ut => now(), kind => 'check', state => 'running',
                   done => 5, failed => 0, tries => 20,
                   params => '{"tenant":"' . $crm->slug . '"}');
    $server->redis('ZADD', $queue, now() - 1, ":$id");

    my $job = $crm->wait_job("/operator/v1/jobs/$id", seconds => 10);

    state_is($job, 'failed', 'is given up');
    is_deeply($job->json->{result}, { code => 'internal' }, 'and says why');
};


subtest 'many jobs at once' => sub {
    my @jobs = map { check() } 1 .. 25;

    is((grep { $_->status == 202 } @jobs), 25, 'taken');
    is((grep { $crm->wait_job($_)->json->{state} eq 'done' } @jobs), 25,
       'all done');
    is($server->redis('ZCARD', $queue), 0, 'the queue is empty');
};


# ---- faults; a check of this tenant takes some time ------------------------

subtest 'a tenant that takes a while' => sub {
    for my $turn (1 .. 4) {
        my $res = $crm->post('/leads/batch', { operations => [
            map { { op => 'create', body => {
                name => "Lead $_ of $turn", email => "a$_\@b.example",
                company_name => "Firma $_ $turn",
            } } } 1 .. 1000
        ] });
        is($res->json->{succeeded}, 1000, 'leads');
    }

    my $job = $crm->wait_job(check());
    is($job->json->{result}{faults}, 0, 'clean') || diag($job->describe);
    cmp_ok($job->json->{result}{entities}, '>', 4000, 'records');
};


sub running {
    my ($res) = @_;

    my $end = time + 5;

    while (time < $end) {
        my $job = $crm->operator('GET', $res->header('Location'))->json;
        return 1 if $job->{state} eq 'running';
        return 0 if $job->{state} ne 'queued';
        sleep 0.002;
    }

    return 0;
}


sub survives {
    my ($name, $harm) = @_;

    subtest $name => sub {
        my $res = check();

        ok(running($res), 'it runs');
        $harm->();

        my $job;
        my $end = time + 30;

        # a worker may be without Redis for a moment
        do {
            $job = $crm->wait_job($res, seconds => 30);
        } while ($job->status == 503 && time < $end);

        state_is($job, 'done', 'it comes to its end');
        is($job->json->{result}{faults}, 0, 'with its result');
    };
}


survives('the workers are killed', sub {
    $server->kill_workers;
    sleep 0.2;
    $server->wait_ready;
});

survives('a new configuration', sub { $server->reload });

survives('two new configurations', sub { $server->reload for 1 .. 2 });

survives('nginx is stopped and started', sub {
    my $began = time;

    $server->stop_nginx;
    cmp_ok(time - $began, '<', 5, 'the job does not hold it');
    $server->start_nginx;
});

survives('Redis stands still', sub {
    $server->pause_redis;
    sleep 3;
    $server->resume_redis;
    $server->wait_ready;
});

survives('Redis is killed', sub {
    $server->kill_redis;
    $server->start_redis;
    $server->wait_ready;
});


subtest 'a worker without jobs leaves at once' => sub {
    my %old = map { $_ => 1 } $server->workers;

    kill 'HUP', $server->nginx_pid;

    my $end = time + 5;
    sleep 0.05 while time < $end && grep { $old{$_} } $server->workers;

    is((grep { $old{$_} } $server->workers), 0, 'gone');
};


subtest 'at the end' => sub {
    my $end = time + 7;
    sleep 0.1 while $server->redis('ZCARD', $queue) && time < $end;

    is_deeply($server->redis('ZRANGE', $queue, 0, -1), [],
              'the queue is empty');
    $crm->check_clean;
};


done_testing;
