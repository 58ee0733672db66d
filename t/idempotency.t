# Idempotency-Key: a POST that is sent again does nothing again.

use utf8;
use CRM::Test;
use CRM::Util qw(ids pick);

my $crm  = CRM::Test->tenant;
my $sara = $crm->user(name => 'Sara', role => 'salesperson');
my ($new, $qualified) = map { $_->{id} }
                        @{ $crm->get('/stages')->json->{data} };


sub keyed {
    my ($key, %headers) = @_;

    return (headers => { 'Idempotency-Key' => $key, %headers });
}


sub total {
    my ($client) = @_;

    return ($client // $crm)->get('/leads', query => {
        total => 'true', active => 'any', limit => 1 })->json->{total};
}


# ---- the same again ------------------------------------------------------

my $first = $crm->post('/leads', { name => 'Once' }, keyed('k-1'));

$crm->status_ok($first, 201);
is($first->header('Idempotency-Replayed'), undef, 'the first is no replay');

for my $n (2 .. 4) {
    my $again = $crm->post('/leads', { name => 'Once' },
                           keyed('k-1', Connection => 'close'));

    $crm->status_ok($again, 201);
    is($again->header('Idempotency-Replayed'), 'true', "replay $n");
    is($again->body, $first->body, 'the stored body');
    is($again->header('Location'), $first->header('Location'),
       'its Location');
    is($again->header('Content-Type'), 'application/json', 'its type');
}

is(total(), 1, 'one lead');

my $id = $first->json->{id};

$crm->patch("/leads/$id", { name => 'Changed' });
is($crm->post('/leads', { name => 'Once' }, keyed('k-1'))->json->{name},
   'Once', 'the answer of then, not of now');
$crm->delete("/leads/$id");
is($crm->post('/leads', { name => 'Once' }, keyed('k-1'))->json->{id}, $id,
   'also when it is gone');


# ---- another request -----------------------------------------------------

$crm->problem_ok($crm->post('/leads', { name => 'Twice' }, keyed('k-1')), 422,
                 'idempotency_mismatch');
is(total(), 0, 'nothing written');

$crm->status_ok($sara->post('/leads', { name => 'Once' }, keyed('k-1')), 201,
                'another user has keys of their own');
is(total(), 1, 'a lead of its own');
$crm->status_ok($crm->post('/tags', { name => 'Once' }, keyed('k-1')), 201,
                'another route, too');
$crm->status_ok($crm->post('/leads', { name => 'Once' }, keyed('k-2')), 201,
                'another key, another lead');
$crm->status_ok($crm->post('/leads', { name => 'Once' }, keyed('K-1')), 201,
                'keys have case');
$crm->status_ok($crm->post('/leads', { name => 'Once' }), 201, 'no key');
is(total(), 4, 'four by now');


# ---- actions and whatever else is a POST ---------------------------------

my $lead = $crm->post('/leads', { name => 'Action' })->json->{id};
my $at   = "/leads/$lead";

sub same_ok {
    my ($path, $body, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $one = $crm->post($path, $body, keyed("same $name"));
    my $two = $crm->post($path, $body, keyed("same $name"));

    is($two->status, $one->status, "$name: the same status");
    is($two->body, $one->body, "$name: the same body");
    is($two->header('Idempotency-Replayed'), 'true', "$name: replayed");

    return $one;
}

same_ok("$at/won", undef, 'won');
same_ok("$at/move", { stage_id => $new }, 'move');
same_ok("$at/lost", { lost_reason => 'Once' }, 'lost');
same_ok("$at/restore", undef, 'restore');
same_ok("$at/archive", {}, 'archive');
same_ok("$at/messages", { body => 'Once' }, 'note');
same_ok('/contacts', { name => 'Once' }, 'contact');
same_ok('/lost-reasons', { name => 'Twice' }, 'lost reason');
same_ok('/stages', { name => 'Once' }, 'stage');
same_ok('/teams', { name => 'Once', alias => 'once' }, 'team');
same_ok('/users', { name => 'Once', email => 'once@tests.example',
                    role => 'manager' }, 'user');
same_ok('/activity-types', { name => 'Once' }, 'activity type');
same_ok('/duplicate-rules', { name => 'Once', field => 'email',
                              pattern => '.' }, 'duplicate rule');

is_deeply(pick($crm->get($at)->json, qw(version active state)),
          { version => 6, active => 0, state => 'open' },
          'each happened once');
is((grep { $_->{kind} eq 'note' }
    @{ $crm->get("$at/messages")->json->{data} }), 1, 'one note');

# what only looks is answered as it was, too

same_ok('/duplicates/check', { email => 'once@tests.example' }, 'look-up');
same_ok('/duplicate-rules/test', { field => 'email', pattern => '.+',
                                   samples => ['a@b.example'] }, 'samples');
$crm->problem_ok($crm->post('/duplicates/check', { email => 'x@y.example' },
                            keyed('same look-up')),
                 422, 'idempotency_mismatch', undef, 'another look-up');
$crm->problem_ok($crm->post('/duplicate-rules/test',
                            { field => 'email', pattern => '.',
                              samples => [] }, keyed('same samples')),
                 422, 'idempotency_mismatch', undef, 'other samples');

my @pair = map { $crm->post('/leads', { name => "Pair $_" })->json->{id} }
           1, 2;

same_ok('/leads/merge', { ids => \@pair, dry_run => \1 },
        'dry run');
is($crm->get("/leads/$pair[1]")->status, 200, 'nothing was merged');
$crm->problem_ok($crm->post('/leads/merge', { ids => \@pair },
                            keyed('same dry run')),
                 422, 'idempotency_mismatch', undef, 'not the real one');

# If-Match belongs to the first time

my $match = $crm->post('/leads', { name => 'Match' })->json->{id};

is($crm->post("/leads/$match/won", undef,
              keyed('match', 'If-Match' => '"1"'))->status, 200, $_)
    for 'first', 'again';


# ---- what is no success is not stored ------------------------------------

my $before = total();

$crm->problem_ok($crm->post('/leads', {}, keyed('k-4xx')), 422, 'validation');
$crm->problem_ok($crm->post('/leads', undef, raw => '{', keyed('k-4xx')), 400,
                 'malformed_json');
my $good = $crm->post('/leads', { name => 'Good' }, keyed('k-4xx'));

$crm->status_ok($good, 201, 'the same key, a good body');
is($good->header('Idempotency-Replayed'), undef, 'no replay');

my $conflict = $crm->post('/leads', { name => 'Won' })->json->{id};

$crm->post("/leads/$conflict/won");
is($crm->post("/leads/$conflict/won", undef, keyed('k-409'))->status, 409,
   'won twice');
$crm->post("/leads/$conflict/move", { stage_id => $new });
is($crm->post("/leads/$conflict/won", undef, keyed('k-409'))->status, 200,
   'the same key, now it may');
is($crm->post('/tags', { name => 'Late' }, keyed('k-404'),
              token => 'bad')->status, 401, 'no token, no key');
is($crm->post('/tags', { name => 'Late' }, keyed('k-404'))->status, 201,
   'with a token');
is(total(), $before + 2, 'nothing else was written');

my $leaving = $crm->user(name => 'Leaving', role => 'manager');

$leaving->post('/tags', { name => 'Left' }, keyed('leave'));
$crm->patch('/users/' . $leaving->id, { active => \0 });
is($leaving->post('/tags', { name => 'Left' }, keyed('leave'))->status, 401,
   'no replay for one who is out');


# ---- keys ----------------------------------------------------------------

for my $key ('k', 'x' x 255, 'with blank and "quotes"', '~!@#$%^&*()_+{}|:') {
    $crm->status_ok($crm->post('/leads', { name => 'Key' }, keyed($key)), 201,
                    'a key: ' . substr $key, 0, 30);
}

for my $key ('x' x 256, "caf\xe9", '') {
    is($crm->post('/leads', { name => 'Key' }, keyed($key))->status, 400,
       'no key: ' . (length $key > 30 ? '256 characters'
                     : length $key ? 'not ASCII' : 'empty'));
}

# the route and the role come before the key

$crm->problem_ok($crm->post('/nothing', {}, keyed('x' x 256)), 404,
                 'not_found');
$crm->problem_ok($crm->post("/leads/$match", {}, keyed('x' x 256)), 405,
                 'method_not_allowed');
$crm->problem_ok($sara->post('/tags', {}, keyed('x' x 256)), 403,
                 'forbidden');
$crm->problem_ok($crm->post('/tags', {}, keyed('x' x 256),
                            token => undef), 401, 'unauthorized');

is($crm->patch("/leads/$match", { city => $_ }, keyed('patch'))->json->{city},
   $_, "a PATCH has no use for it: $_") for qw(Bonn Köln);


# ---- large bodies --------------------------------------------------------

my $large = { name => 'Large', description => 'ب' x 32_768,
              city => 'Bonn' };
my $one = $crm->post('/leads', $large, keyed('large'));

$crm->status_ok($one, 201, 'an answer over 64 KiB');
cmp_ok(length $one->body, '>', 65_536, 'indeed');

my $now = $crm->patch('/leads/' . $one->json->{id}, { city => 'Köln' });
my $two = $crm->post('/leads', $large, keyed('large'));

is($two->status, 201, 'the stored status');
is($two->header('Idempotency-Replayed'), 'true', 'a replay');
is_deeply(pick($two->json, qw(id city version)),
          { id => $one->json->{id}, city => 'Köln', version => 2 },
          'and what it is now');
is($two->header('Location'), $one->header('Location'), 'Location');

# what is no object at an address of its own is kept whole

my $wide = $crm->post('/activity-types', { name => 'Wide',
                                           default_note => 'x' x 65_536 })
               ->json->{id};
my $plan = $crm->post('/activity-plans', {
    name => 'Wide', steps => [ ({ type_id => $wide }) x 2 ],
})->json->{id};
my $on = $one->json->{id};

$crm->post("/leads/$on/activities", { type_id => 1 });

for my $case ([ "/leads/$on/messages", { body => 'x' x 65_536 } ],
              [ "/leads/$on/activity-plans/$plan", {} ])
{
    my ($path, $body) = @$case;
    my @both = map { $crm->post($path, $body, keyed('large')) } 1, 2;

    $crm->status_ok($both[0], 201, $path);
    cmp_ok(length $both[0]->body, '>', 65_536, "$path: large");
    is($both[1]->header('Idempotency-Replayed'), 'true', "$path: a replay");
    is($both[1]->status, 201, "$path: the stored status");
    ok($both[1]->body eq $both[0]->body, "$path: the same");
}


# ---- copies at the same time ---------------------------------------------

for my $round (1 .. 5) {
    $before = total();

    my @answers = $crm->concurrently(map {
        [ POST => '/leads', { json => { name => "Race $round" },
                              keyed("race $round") } ]
    } 1 .. 16);

    my %got;
    $got{ $_->status == 409 ? '409 ' . $_->code
          : $_->status . ' ' . $_->json->{id} }++ for @answers;
    my @fresh = grep { $_->status == 201
                       && !$_->header('Idempotency-Replayed') } @answers;

    is(@fresh, 1, "round $round: one does it") || diag(explain(\%got));
    ok(!(grep { $_->status == 201 && $_->json->{id} != $fresh[0]->json->{id} }
         @answers), 'the others get its outcome');
    is((grep { !/^201 / && $_ ne '409 idempotency_in_progress' } keys %got),
       0, 'or hear that it is running') || diag(explain(\%got));
    is(total(), $before + 1, 'one lead');
}

$before = total();

my @mixed = $crm->concurrently(map {
    [ POST => '/leads', { json => { name => 'Body ' . $_ % 2 },
                          keyed('mixed') } ]
} 1 .. 12);

is((grep { $_->status == 201 && !$_->header('Idempotency-Replayed') } @mixed),
   1, 'two bodies under one key: one wins');
is((grep { $_->status == 422 && $_->code eq 'idempotency_mismatch' } @mixed),
   6, 'the other body hears so');
is(total(), $before + 1, 'one lead');

for my $round (1 .. 8) {
    $before = total();

    my @answers = $crm->concurrently(map {
        [ POST => '/leads/batch', {
            json => { operations => [ map { { op => 'create',
                                              body => { name => "B$_" } } }
                                      1 .. 20 ] },
            keyed("batch $round") } ]
    } 1 .. 8);

    is((grep { $_->status !~ /^(?:200|409)\z/ } @answers), 0,
       "batches, round $round")
        || diag(map { $_->describe . "\n" } @answers);
    is(total(), $before + 20, 'each record of a batch once');
}


# ---- a move with its columns ----------------------------------------------

my $moved = $crm->post('/leads', { name => 'Moved' })->json->{id};
my @move  = ("/leads/$moved/move?include=columns", { stage_id => 2 },
             headers => { 'Idempotency-Key' => 'with columns' });

my $moving = $crm->post(@move);
$crm->post('/leads', { name => 'Another', stage_id => 2 });
my $replay = $crm->post(@move);

sub counts {
    return [ map { [ $_->{stage}{id}, $_->{count} ] }
             @{ $_[0]->json->{columns} } ];
}

my ($left, $entered) = map { $_->[1] } @{ counts($moving) };

is($replay->header('Idempotency-Replayed'), 'true', 'a move is replayed');
is_deeply(counts($moving), [ [ 1, $left ], [ 2, $entered ] ], 'its columns');
is_deeply(counts($replay), [ [ 1, $left ], [ 2, $entered + 1 ] ],
          'are in the replay too, with the figures of now');
is_deeply([ @{ $replay->json }{qw(id version stage_id)} ], [ $moved, 2, 2 ],
          'beside the stored lead');

$crm->check_clean;
done_testing;
