# POST /leads/bulk: one action over many leads, and taking it back.

use utf8;
use CRM::Test;
use CRM::Util qw(ids outcomes pick);

use Time::HiRes qw(sleep time);

my $crm  = CRM::Test->tenant;
my $sara = $crm->user(name => 'Sara', role => 'salesperson');
my ($new, $qualified, $proposition, $won) = map { $_->{id} }
                        @{ $crm->get('/stages')->json->{data} };


sub lead {
    my (%fields) = @_;

    return $crm->post('/leads', { name => 'Lead', %fields })->json->{id};
}


sub fields {
    my ($id, @names) = @_;

    return pick($crm->get("/leads/$id")->json, @names);
}


sub wait_job {
    my ($res) = @_;

    my $job = $res->json;
    my $end = time + 30;

    while ($job->{state} =~ /queued|running/ && time < $end) {
        sleep 0.05;
        $job = $crm->get("/jobs/$job->{id}")->json;
    }

    return $job;
}


sub undo {
    my ($id) = @_;

    my $res = $crm->post("/jobs/$id/undo", {});
    $crm->status_ok($res, 202);

    return wait_job($res);
}


# ---- the frame -----------------------------------------------------------

for my $case (
    [ 'no action',      { ids => [1] } ],
    [ 'unknown action', { action => 'paint', ids => [1] } ],
    [ 'no ids',         { action => 'won' } ],
    [ 'empty ids',      { action => 'won', ids => [] } ],
    [ 'bad id',         { action => 'won', ids => [0] } ],
    [ 'text id',        { action => 'won', ids => ['1'] } ],
    [ 'both',           { action => 'won', ids => [1], filter => {} } ],
    [ 'too many',       { action => 'won', ids => [ 1 .. 1001 ] } ],
    [ 'unknown field',  { action => 'won', ids => [1], parms => {} } ],
    [ 'unknown param',  { action => 'won', ids => [1],
                          params => { note => 'x' } } ],
    [ 'no stage',       { action => 'move', ids => [1] } ],
    [ 'wrong stage',    { action => 'move', ids => [1],
                          params => { stage_id => 999 } } ],
    [ 'two reasons',    { action => 'lost', ids => [1],
                          params => { lost_reason_id => 1,
                                      lost_reason => 'x' } } ],
    [ 'no assignee',    { action => 'assign', ids => [1], params => {} } ],
    [ 'priority',       { action => 'priority', ids => [1],
                          params => { priority => 4 } } ],
    [ 'page in filter', { action => 'won', filter => { limit => '1' } } ],
    [ 'odd filter',     { action => 'won', filter => { colour => '1' } } ],
    [ 'bad filter',     { action => 'won', filter => { stage_id => 'x' } } ],
) {
    $crm->problem_ok($crm->post('/leads/bulk', $case->[1]), 422,
                     'validation', undef, $case->[0]);
}

$crm->problem_ok($sara->bulk('won', {}), 403, 'forbidden', undef,
                 'a filter is the manager\'s');
$crm->problem_ok($sara->bulk('delete', [1]), 403, 'forbidden', undef,
                 'deleting, too');


# ---- lost, and back ------------------------------------------------------

my @ids = map { lead(name => "L$_", expected_revenue => 100) } 0 .. 4;

$crm->post("/leads/$ids[1]/won", {});
$crm->patch("/leads/$ids[2]", { probability => 40 });

my @order = @ids[ 3, 1, 0, 2 ];
my $res = $crm->bulk('lost', [ @order, 999_999 ],
               { lost_reason => 'Moved away', note => 'Sorry' });

$crm->status_ok($res, 200);
is_deeply(outcomes($res), [ "$order[0] 200", "$order[1] is_won",
                           "$order[2] 200", "$order[3] 200",
                           '999999 not_found' ], 'in the order of the ids');
is_deeply(pick($res->json, qw(succeeded failed)),
          { succeeded => 3, failed => 2 }, 'counted');

my $job = $res->json->{job_id};
my ($reason) = grep { $_->{name} eq 'Moved away' }
               @{ $crm->get('/lost-reasons')->json->{data} };

is($reason->{used}, 3, 'one reason');
is_deeply(fields($ids[0], qw(state active probability lost_reason_id)),
          { state => 'lost', active => Mojo::JSON->false, probability => 0,
            lost_reason_id => $reason->{id} }, 'lost');

my $message = $crm->get("/leads/$ids[0]/messages")->json->{data}[0];

is($message->{job_id}, $job, 'the message names the job');
is($message->{body}, 'Sorry', 'with the note');
is($crm->get("/leads/$ids[1]")->json->{version}, 2, 'refused: untouched');

is_deeply(pick($crm->get("/jobs/$job")->json,
               qw(kind state total done failed)),
          { kind => 'bulk', state => 'done', total => 5, done => 3,
            failed => 2 }, 'a job of its own');

$crm->post("/leads/$ids[3]/restore", {});

my $undone = undo($job);

is_deeply(pick($undone, qw(kind state done failed)),
          { kind => 'undo', state => 'done', done => 2, failed => 1 },
          'undone but for one');
is_deeply($undone->{result}{results},
          [ { id => $ids[3], status => 409, code => 'changed_since' } ],
          'that one was restored by hand');
is_deeply(fields($ids[2], qw(state active probability probability_mode
                             lost_reason_id closed_at)),
          { state => 'open', active => Mojo::JSON->true, probability => 40,
            probability_mode => 'manual', lost_reason_id => undef,
            closed_at => undef }, 'as it was');
is($crm->get("/leads/$ids[2]/messages")->json->{data}[0]{job_id},
   $undone->{id}, 'its message names the undo');
$crm->problem_ok($crm->post("/jobs/$job/undo", {}), 409, 'not_undoable',
                 undef, 'once');


# ---- move, won, assign, tags, priority -----------------------------------

my ($red, $blue) = map {
    $crm->post('/tags', { name => $_ })->json->{id}
} qw(red blue);

@ids = map { lead(name => "M$_", tag_ids => [$red], priority => $_) } 0 .. 2;

$res = $crm->bulk('move', \@ids, { stage_id => $proposition });
is($res->json->{succeeded}, 3, 'moved');
is($crm->get("/leads/$ids[1]")->json->{stage_id}, $proposition, 'there');
undo($res->json->{job_id});
is_deeply(fields($ids[1], qw(stage_id probability)),
          { stage_id => $new, probability => 10 }, 'and back');

$res = $crm->bulk('move', [ $ids[0] ], { stage_id => $won });
is($crm->get("/leads/$ids[0]")->json->{state}, 'won', 'moved is won');
undo($res->json->{job_id});
is_deeply(fields($ids[0], qw(state stage_id closed_at)),
          { state => 'open', stage_id => $new, closed_at => undef },
          'and not any more');

$res = $crm->bulk('assign', \@ids, { user_id => $sara->id });
is($crm->get("/leads/$ids[2]")->json->{user_id}, $sara->id, 'assigned');
$crm->patch("/leads/$ids[2]", { user_id => undef });
$undone = undo($res->json->{job_id});
is_deeply([ map { $crm->get("/leads/$_")->json->{user_id} } @ids ],
          [ $crm->id, $crm->id, undef ], 'taken back where it still held');
is($undone->{failed}, 1, 'one failed');

my $left = lead();
my $home = $crm->get("/leads/$left")->json->{team_id};

$crm->bulk('assign', [$left], { user_id => undef, team_id => undef });
is_deeply(fields($left, qw(user_id team_id)),
          { user_id => undef, team_id => $home },
          'null: nobody, and of a team nothing is said');
$crm->problem_ok($crm->bulk('assign', [$left], { team_id => undef }), 422,
                 'validation', [[ 'user_id', 'required' ]]);

$res = $crm->bulk('tag_add', \@ids, { tag_ids => [ $blue, $red ] });
is_deeply([ sort @{ $crm->get("/leads/$ids[0]")->json->{tag_ids} } ],
          [ sort $red, $blue ], 'tags united');
undo($res->json->{job_id});
is_deeply($crm->get("/leads/$ids[0]")->json->{tag_ids}, [$red],
          'as before');
$res = $crm->bulk('tag_remove', \@ids, { tag_ids => [$red] });
is_deeply($crm->get("/leads/$ids[0]")->json->{tag_ids}, [], 'removed');

$res = $crm->bulk('priority', \@ids, { priority => 3 });
is($crm->get("/leads/$ids[0]")->json->{priority}, 3, 'priority');
undo($res->json->{job_id});
is_deeply([ map { $crm->get("/leads/$_")->json->{priority} } @ids ],
          [ 0, 1, 2 ], 'each its own');

$res = $crm->bulk('archive', \@ids);
is($crm->get("/leads/$ids[0]")->json->{active}, Mojo::JSON->false,
   'archived');
$res = $crm->bulk('restore', \@ids);
is($res->json->{succeeded}, 3, 'restored');
is_deeply(outcomes($crm->bulk('restore', [ $ids[0] ])), ["$ids[0] not_lost"],
          'once');


# ---- rights --------------------------------------------------------------

my $hers = lead(user_id => $sara->id);

is_deeply(outcomes($sara->bulk('priority', [ $hers, $ids[0] ],
                       { priority => 2 })),
          [ "$hers 200", "$ids[0] not_found" ], 'each by its own rights');


# ---- email ---------------------------------------------------------------

my @mail = (lead(email => 'a@example.com'), lead(), lead(email => 'A@EXAMPLE.COM'),
            lead(email => 'b@example.com'));

$res = $crm->bulk('email', \@mail, { subject => 'Hello', body => 'All' });
is_deeply($res->json->{recipients}, [qw(a@example.com b@example.com)],
          'each address once');
is_deeply(outcomes($res), [ "$mail[0] 200", "$mail[1] no_address",
                           "$mail[2] 200", "$mail[3] 200" ],
          'without an address: failed');
is_deeply(pick($crm->get("/leads/$mail[3]/messages")->json->{data}[0],
               qw(kind subject body to job_id)),
          { kind => 'email', subject => 'Hello', body => 'All',
            to => 'b@example.com', job_id => $res->json->{job_id} },
          'recorded');
$crm->problem_ok($crm->post('/jobs/' . $res->json->{job_id} . '/undo', {}),
                 409, 'not_undoable', undef, 'mail cannot be taken back');


# ---- idempotency ---------------------------------------------------------

my %key = (headers => { 'Idempotency-Key' => 'bulk-1' });

my $first  = $crm->bulk('priority', \@ids, { priority => 1 }, %key);
my $second = $crm->bulk('priority', \@ids, { priority => 1 }, %key);

is_deeply($second->json, $first->json, 'the same answer');
is($second->header('Idempotency-Replayed'), 'true', 'replayed');

# at once, over connections of their own, so that both workers have some

my %code;

for my $round (1 .. 40) {
    my $many   = CRM::Client->new(%$crm, ua => undef);
    my @copies = map { [ POST => '/leads/bulk', {
        json    => { action => 'priority', ids => \@ids,
                     params => { priority => $round % 4 } },
        headers => { 'Idempotency-Key' => "bulk-at-once-$round" },
    } ] } 1 .. 4;

    $code{ $_->code // $_->status }++ for $many->concurrently(@copies);
}

is_deeply([ grep { !/^(?:200|idempotency_in_progress)\z/ } keys %code ], [],
          'copies at once: done, or in progress');
cmp_ok($code{200}, '>=', 40, 'once each');


# ---- filters -------------------------------------------------------------

$crm->problem_ok($crm->post('/leads/bulk', { action => 'archive',
                                             filter => $_->[0] }),
                 422, 'validation', [ $_->[1] ], "$_->[1][0]: $_->[1][1]")
    for [ { colour => '1' }, [ 'filter.colour', 'unknown_field' ] ],
        [ { stage_id => 'x' }, [ 'filter.stage_id', 'invalid' ] ],
        [ { stage_id => 1 }, [ 'filter.stage_id', 'invalid' ] ],
        [ { limit => '1' }, [ 'filter.limit', 'unknown_field' ] ];

$res = $crm->bulk('priority', { q => 'M1' }, { priority => 2 });
$crm->status_ok($res, 200);
is_deeply(outcomes($res), ["$ids[1] 200"], 'what the filter finds');

$res = $crm->bulk('won', { id => '999999' });
is_deeply($res->json->{results}, [], 'nothing found');

my @operations = map { { op => 'create', body => { name => "Big $_",
                         source => 'fair' } } } 1 .. 700;

$crm->post('/leads/batch', { operations => \@operations }) for 1 .. 2;

$res = $crm->bulk('lost', { source => 'fair' },
            { lost_reason => 'Moved away' });
$crm->status_ok($res, 202);
like($res->header('Location'), qr{^/crm/v1/jobs/\d+$}, 'a job');

my $big = wait_job($res);

is_deeply(pick($big, qw(state total done failed)),
          { state => 'done', total => 1400, done => 1400, failed => 0 },
          'all of them');
ok(defined $big->{undo_until}, 'can be undone');
is($crm->get('/leads', query => { source => 'fair', total => 'true',
                                  limit => 1 })->json->{total}, 0,
   'no open one is left');

$undone = undo($big->{id});
is_deeply(pick($undone, qw(state total done failed)),
          { state => 'done', total => 1400, done => 1400, failed => 0 },
          'undone');
is($crm->get('/leads', query => { source => 'fair', total => 'true',
                                  limit => 1 })->json->{total}, 1400,
   'all are back');

$res = $crm->bulk('priority', { source => 'fair' }, { priority => 3 });
my $cancelled = $crm->post('/jobs/' . $res->json->{id} . '/cancel', {});
$crm->status_ok($cancelled, 200);
is($cancelled->json->{state}, 'cancelled', 'cancelled');
sleep 0.3;

my $done = $crm->get('/leads', query => { source => 'fair', priority => 3,
                     total => 'true', limit => 1 })->json->{total};
sleep 0.3;
is($crm->get('/leads', query => { source => 'fair', priority => 3,
                     total => 'true', limit => 1 })->json->{total}, $done,
   'nothing comes after');

$res = $crm->bulk('delete', { source => 'fair' });
is(wait_job($res)->{done}, 1400, 'deleted');


# ---- reasons that are merged ---------------------------------------------

my @reasons = map {
    $crm->post('/lost-reasons', { name => $_ })->json->{id}
} qw(Dear Costly);

@ids = map { lead(name => "R$_") } 0 .. 3;
$crm->bulk('lost', [ @ids[ 0 .. 2 ] ], { lost_reason_id => $reasons[0] });
$crm->bulk('lost', [ $ids[3] ], { lost_reason_id => $reasons[1] });

$crm->problem_ok($crm->post("/lost-reasons/$reasons[0]/merge",
                            { into_id => $reasons[0] }), 422, 'validation',
                 undef, 'into itself');
$crm->problem_ok($sara->post("/lost-reasons/$reasons[0]/merge",
                             { into_id => $reasons[1] }), 403, 'forbidden',
                 undef, 'a manager\'s');

$res = $crm->post("/lost-reasons/$reasons[0]/merge",
                  { into_id => $reasons[1] });
$crm->status_ok($res, 202);
is_deeply(pick(wait_job($res), qw(kind state done failed)),
          { kind => 'reason_merge', state => 'done', done => 3,
            failed => 0 }, 'merged');
is($crm->get("/lost-reasons/$reasons[0]")->status, 404, 'gone');
is($crm->get("/lost-reasons/$reasons[1]")->json->{used}, 4, 'with the other');
is($crm->get("/leads/$ids[1]")->json->{lost_reason_id}, $reasons[1],
   'on the records');

# one into another that is itself merged meanwhile: whichever is faster, both
# come to an end, and what is left goes the second way

for my $round (1 .. 6) {
    @reasons = map {
        $crm->post('/lost-reasons', { name => "$_ $round" })->json->{id}
    } qw(From Via To);

    @ids = map { $_->{id} } @{ $crm->post('/leads/batch', {
        operations => [ map { { op => 'create', body => { name => "C$_" } } }
                        1 .. 120 ] })->json->{results} };
    $crm->bulk('lost', \@ids, { lost_reason_id => $reasons[0] });

    my @merges = grep { $_->status == 202 } $crm->concurrently(
        [ POST => "/lost-reasons/$reasons[1]/merge",
          { json => { into_id => $reasons[2] } } ],
        [ POST => "/lost-reasons/$reasons[0]/merge",
          { json => { into_id => $reasons[1] } } ],
    );

    is_deeply([ map { wait_job($_)->{state} } @merges ],
              [ ('done') x @merges ], 'a chain of merges ends');

    for my $left (@reasons[0, 1]) {
        $res = $crm->post("/lost-reasons/$left/merge",
                          { into_id => $reasons[2] });
        wait_job($res) if $res->status == 202;
    }

    is($crm->get("/lost-reasons/$reasons[2]")->json->{used}, 120,
       'every record has the last one');
}


# ---- changes of a stage --------------------------------------------------

my $until = sub {
    my ($id, $name, $wanted) = @_;

    my $end = time + 10;
    my $is;

    do {
        $is = $crm->get("/leads/$id")->json->{$name};
        sleep 0.05;
    } while ($is ne $wanted && time < $end);

    return $is;
};

my $stage = $crm->post('/stages', { name => 'Talks', probability => 20 })
                ->json->{id};

my ($auto, $manual, $lost) = map { lead(stage_id => $stage, %$_) }
                             {}, { probability => 55 }, {};

$crm->post("/leads/$lost/lost", {});
$crm->patch("/stages/$stage", { probability => 70 });
is($until->($auto, 'probability', 70), 70, 'the probability follows');
is($crm->get("/leads/$manual")->json->{probability}, 55, 'not a manual one');
is($crm->get("/leads/$lost")->json->{probability}, 0, 'nor a lost one');

my ($column) = grep { $_->{stage}{id} == $stage }
               @{ $crm->get('/board')->json->{columns} };
is($column->{count}, 2, 'in its column');

$crm->patch("/stages/$stage", { is_won => Mojo::JSON->true });
is($until->($auto, 'state', 'won'), 'won', 'won with its stage');
is($until->($manual, 'state', 'won'), 'won', 'every one');
is($crm->get("/leads/$lost")->json->{state}, 'lost', 'but for a lost one');
$crm->patch("/stages/$stage", { is_won => Mojo::JSON->false });
is($until->($auto, 'state', 'open'), 'open', 'and open again');
is_deeply(fields($auto, qw(closed_at probability)),
          { closed_at => undef, probability => 70 }, 'as if moved');

my $team = $crm->post('/teams', { name => 'Others' })->json->{id};

$crm->patch("/stages/$stage", { team_id => $team });
is($until->($auto, 'stage_id', $new), $new,
   'where the stage is another team\'s: the first');


$crm->check_ok if $crm->can('check_ok');

done_testing;
