# POST /leads/bulk with an Idempotency-Key, sent again after its worker died:
# the claim has ended, what was done is done, the rest is not (api.md,
# "Idempotency": "so that repeating after a crash finishes the rest and doubles
# nothing").
#
# A record that refuses the first time stands for one that was not reached:
# a refusal is not stored.  The claim ends when its key is deleted.

use CRM::Test;
use CRM::Util qw(outcomes);

my $crm = CRM::Test->tenant;

my ($new) = map { $_->{id} } grep { $_->{name} eq 'New' }
            @{ $crm->get('/stages')->json->{data} };


sub lead {
    my (%fields) = @_;

    return $crm->post('/leads', { name => 'Lead', %fields })->json->{id};
}


# what a worker leaves behind that is killed within the request

sub forget_outcome {
    my @outcome = grep { $crm->redis('GET', $_) =~ /"results"/ }
                  @{ $crm->redis('KEYS', '{}i:*') };

    cmp_ok(scalar @outcome, '>=', 1, 'an outcome is stored');
    $crm->redis('DEL', @outcome);
}


sub state_of { return $crm->get("/leads/$_[0]")->json->{state} }


# ---- a filter, which finds less the second time --------------------------

my %key = (headers => { 'Idempotency-Key' => 'closing' });

my @ids = map { lead(source => 'fair') } 1 .. 3;
$crm->post("/leads/$ids[2]/won");

my $first = $crm->bulk('lost', { source => 'fair' }, { note => 'Over' }, %key);

is_deeply(outcomes($first), [ "$ids[0] 200", "$ids[1] 200", "$ids[2] is_won" ],
          'two of three');

forget_outcome();
$crm->post("/leads/$ids[2]/move", { stage_id => $new });

$crm->problem_ok($crm->bulk('lost', { source => 'fair' }, {}, %key), 422,
                 'idempotency_mismatch', undef, 'another body');

my $again = $crm->bulk('lost', { source => 'fair' }, { note => 'Over' }, %key);

is_deeply(outcomes($again), [ map { "$_ 200" } @ids ],
          'the records of the first, all of them');
is($again->json->{job_id}, $first->json->{job_id}, 'and its job');
is(state_of($ids[2]), 'lost', 'the rest is done');
is($crm->get("/leads/$ids[0]")->json->{version}, 2, 'the others once');

my $job = $crm->get('/jobs/' . $first->json->{job_id})->json;
is_deeply([ @$job{qw(state total done failed)} ], [ 'done', 3, 3, 0 ],
          'the job counts all');

my $replay = $crm->bulk('lost', { source => 'fair' }, { note => 'Over' }, %key);
is($replay->header('Idempotency-Replayed'), 'true', 'an outcome again');
is_deeply($replay->json, $again->json, 'the same');

my $undo = $crm->wait_job($crm->post("/jobs/$job->{id}/undo"))->json;
is_deeply([ @$undo{qw(state done failed)} ], [ 'done', 3, 0 ],
          'taken back in one');
is(state_of($_), 'open', "lead $_ is open") for @ids;


# ---- words, which every record is compared with --------------------------

%key = (headers => { 'Idempotency-Key' => 'words' });

my @named = map { lead(name => "Zanjan k$_") } 1 .. 2;
$crm->post("/leads/$named[1]/won");

my $query = { q => 'zanjan k' };

$first = $crm->bulk('lost', $query, {}, %key);
is_deeply(outcomes($first), [ "$named[0] 200", "$named[1] is_won" ],
          'one of two');

forget_outcome();
$crm->post("/leads/$named[1]/move", { stage_id => $new });
$crm->patch("/leads/$named[1]", { name => 'Tabriz' });

$again = $crm->bulk('lost', $query, {}, %key);
is_deeply(outcomes($again), ["$named[0] 200"],
          'what has another name by now is left out');
is(state_of($named[1]), 'open', 'and alone');


# ---- ids ------------------------------------------------------------------

%key = (headers => { 'Idempotency-Key' => 'ids' });

my @two = map { lead() } 1 .. 2;
$crm->post("/leads/$two[0]/won");

$first = $crm->bulk('lost', \@two, {}, %key);
is_deeply(outcomes($first), [ "$two[0] is_won", "$two[1] 200" ], 'one of two');

forget_outcome();
$crm->post("/leads/$two[0]/move", { stage_id => $new });

$again = $crm->bulk('lost', \@two, {}, %key);
is_deeply(outcomes($again), [ map { "$_ 200" } @two ], 'both');
is($again->json->{job_id}, $first->json->{job_id}, 'one job');


# ---- the job is gone ------------------------------------------------------

forget_outcome();
$crm->redis('DEL', '{}job:' . $first->json->{job_id});

my $fresh = $crm->bulk('lost', \@two, {}, %key);
is_deeply(outcomes($fresh), [ map { "$_ 200" } @two ], 'done before');
isnt($fresh->json->{job_id}, $first->json->{job_id}, 'another job');

$crm->check_clean;

done_testing;
